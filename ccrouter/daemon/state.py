"""What a running daemon leaves on disk so that the commands find it: daemon.json, and CCR's pid file beside it.

Neither says that the daemon lives; only its answer over HTTP does (daemon/control.py).
"""

import os
import secrets
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import orjson

from ccrouter.frozen import frozen
from ccrouter.model.json import as_int, as_object, as_str
from ccrouter.startup import endpoint_of


@frozen
class DaemonState:
    """The content of daemon.json. `started_at` is ISO 8601; `admin_token` is why the file has mode 0600; `service` is
    the name of the service manager that started it ("systemd", "launchd"), empty where none did.
    """

    pid: int
    host: str
    port: int
    instance: str
    admin_token: str
    config: str
    started_at: str
    version: str
    service: str = ""

    @property
    def endpoint(self) -> str:
        """The URL for clients on this machine."""
        return endpoint_of(self.host, self.port)


def read_state(path: Path) -> DaemonState | None:
    """The state a daemon left, or None where there is none or it cannot be understood (half written, another's).

    Raises PermissionError where the file is somebody else's.
    """
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        entry = as_object(orjson.loads(content)) or {}
    except orjson.JSONDecodeError:
        return None
    pid, port = as_int(entry.get("pid")), as_int(entry.get("port"))
    host, instance = as_str(entry.get("host")), as_str(entry.get("instance"))
    if pid is None or port is None or host is None or not instance:
        return None
    return DaemonState(
        pid=pid,
        host=host,
        port=port,
        instance=instance,
        admin_token=as_str(entry.get("admin_token")) or "",
        config=as_str(entry.get("config")) or "",
        started_at=as_str(entry.get("started_at")) or "",
        version=as_str(entry.get("version")) or "",
        service=as_str(entry.get("service")) or "",
    )


def write_state(state: DaemonState, state_file: Path, pid_file: Path) -> None:
    """Write both files, each in one step (a reader sees the old or the new one whole). Raises OSError."""
    _replace(state_file, orjson.dumps(asdict(state), option=orjson.OPT_INDENT_2), mode=0o600)
    _replace(pid_file, str(state.pid).encode(), mode=0o644)


def remove_state(instance: str, pid: int, state_file: Path, pid_file: Path) -> None:
    """Remove the files of the daemon `instance` with process id `pid`; another daemon's are left alone."""
    with suppress(OSError):
        state = read_state(state_file)
        if state is not None and state.instance == instance:
            state_file.unlink()
    with suppress(OSError):
        if read_pid(pid_file) == pid:
            pid_file.unlink()


def read_pid(path: Path) -> int | None:
    """The decimal process id in a pid file, CCR's included; None where there is none."""
    try:
        return int(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None


def _replace(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
