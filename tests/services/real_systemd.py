"""A real `systemd --user` of the test's own, where this machine lets us: root, and no systemd of its own.

systemd wants to find /run/systemd/system, and puts its socket below XDG_RUNTIME_DIR. Both lie on a /run of a mount
namespace's own, so nothing outside of it sees any of this.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SYSTEMD = Path("/lib/systemd/systemd")
RUNTIME = "/run/user/0"
PROGRAMS = ("unshare", "nsenter", "systemctl")
BEGIN = f"mount -t tmpfs tmpfs /run && mkdir -p -m 700 /run/systemd/system {RUNTIME} && exec {SYSTEMD} --user"
START_SECONDS = 10.0
LOCK = Path(tempfile.gettempdir()) / "ccrouter-tests-systemd.lock"
"""One at a time: control groups are the machine's, whatever the mount namespace."""


@dataclass(frozen=True)
class RealSystemd:
    """`within` begins every command that is to see it; `environment` is what such a command needs."""

    within: Sequence[str]
    environment: Mapping[str, str]


def why_not() -> str | None:
    """Why there can be none here."""
    if os.name != "posix" or os.geteuid() != 0:
        return "a systemd of the test's own needs root"
    if Path("/run/systemd/system").exists():
        return "this machine has a systemd of its own"
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"there is no {', '.join(missing) or SYSTEMD}" if missing or not SYSTEMD.exists() else None


@contextmanager
def real_systemd(home: Path) -> Generator[RealSystemd]:
    """Runs until left. Raises OSError where it does not come up (a container may forbid it)."""
    import fcntl  # not on Windows, where `why_not` has said so

    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _systemd(home) as running:
            yield running


@contextmanager
def _systemd(home: Path) -> Generator[RealSystemd]:
    environment = {"HOME": str(home), "PATH": os.defpath, "XDG_RUNTIME_DIR": RUNTIME}
    manager = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", BEGIN],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    within = ("nsenter", "--target", str(manager.pid), "--mount", "--")

    def says(*arguments: str) -> str:
        command = [*within, "systemctl", "--user", *arguments]
        asked = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        return asked.stdout.strip()

    try:
        deadline = time.monotonic() + START_SECONDS
        while says("is-system-running") not in ("running", "degraded"):
            if manager.poll() is not None or time.monotonic() > deadline:
                raise OSError("systemd does not come up here")
            time.sleep(0.05)
        yield RealSystemd(within, environment)
        says("exit")
        manager.wait(60)
    finally:
        manager.kill()
        manager.wait()
