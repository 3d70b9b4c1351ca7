"""`launchctl` for tests: one agent, run as launchd would, but not restarted. Written from launchctl(1) and
launchd.plist(5). $FAKE_LAUNCHD is its folder: `calls` has a line for each call.
"""

import json
import os
import plistlib
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["FAKE_LAUNCHD"])
LOADED = FOLDER / "loaded.json"
DOMAIN = f"gui/{os.getuid()}"


def begin(agent: dict[str, Any]) -> None:
    own = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    with Path(agent["StandardErrorPath"]).open("ab") as log:
        process = subprocess.Popen(
            agent["ProgramArguments"],
            cwd=agent["WorkingDirectory"],
            env={**own, **agent["EnvironmentVariables"]},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    LOADED.write_text(json.dumps({**agent, "pid": process.pid}))


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def failing(code: int, words: str) -> int:
    print(words, file=sys.stderr)
    return code


def launchctl(command: str, target: str, file: str = "") -> int:
    if command == "print" and target == DOMAIN:
        return failing(113, "Could not find domain") if (FOLDER / "no-session").exists() else 0
    if command == "enable":
        return 0
    if command == "bootstrap":
        assert target == DOMAIN
        if LOADED.exists():
            return failing(5, "Bootstrap failed: 5: Input/output error")
        begin(plistlib.loads(Path(file).read_bytes()))
        return 0
    assert target == f"{DOMAIN}/ccrouter"
    if not LOADED.exists():
        return failing(3, "Could not find service")
    agent: dict[str, Any] = json.loads(LOADED.read_text())
    pid = int(agent["pid"])
    if command == "print":
        lines = ["\tstate = not running"] if ended(pid) else ["\tstate = running", f"\tpid = {pid}"]
        print("\n".join([f"{target} = {{", *lines, "\tlast exit code = 0", "\tspawn type = interactive (4)", "}"]))
        return 0
    if command == "kickstart":
        begin(agent)
        return 0
    assert command == "bootout"
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    while not ended(pid):
        time.sleep(0.02)
    LOADED.unlink()
    return 0


if __name__ == "__main__":
    with (FOLDER / "calls").open("a") as calls:
        calls.write(f"launchctl {' '.join(sys.argv[1:])}\n")
    sys.exit(launchctl(*sys.argv[1:]))
