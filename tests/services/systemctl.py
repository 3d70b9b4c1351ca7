"""`systemctl --user` and `loginctl` for tests: one unit, run as systemd would. Written from the manual pages
(systemd.syntax(7), systemd.service(5), sd_notify(3)), not from our code.

Put on PATH as an executable of that name. $FAKE_SYSTEMD is its folder: `calls` has a line for each call; a file
`broken` there makes every call fail with its text; `linger` holds what loginctl says, `environment` what
show-environment adds.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

FOLDER = Path(os.environ["FAKE_SYSTEMD"])
STATE = FOLDER / "state.json"
SUPERVISOR = FOLDER / "supervisor.pid"
UNITS = Path(os.environ.get("XDG_CONFIG_HOME") or f"{os.environ['HOME']}/.config") / "systemd" / "user"
STOPPED = {"ActiveState": "inactive", "MainPID": 0, "Result": "success", "ExecMainStatus": 0}
BURST = 5


def words(line: str) -> list[str]:
    """A line as its words: quotes, C escapes (the two that may occur), then specifiers."""
    found: list[str] = []
    current: str | None = None
    quote = ""
    at = 0
    while at < len(line):
        character = line[at]
        if character == "\\":
            at += 1
            assert line[at] in "\\\"'", f"unknown escape in {line}"
            current = (current or "") + line[at]
        elif quote:
            if character == quote:
                quote = ""
            else:
                current = (current or "") + character
        elif character in "\"'":
            quote, current = character, current or ""
        elif character.isspace():
            if current is not None:
                found.append(current)
            current = None
        else:
            current = (current or "") + character
        at += 1
    assert not quote, f"a quote is open in {line}"
    return [specified(word) for word in (*found, *([current] if current is not None else []))]


def specified(text: str) -> str:
    rest = text.replace("%%", "\0")
    assert "%" not in rest, f"an unknown specifier in {text}"
    return rest.replace("\0", "%")


def without_variables(word: str) -> str:
    rest = word.replace("$$", "\0")
    assert "$" not in rest, f"a variable in {word}"
    return rest.replace("\0", "$")


def read_unit(name: str) -> dict[str, Any]:
    unit: dict[str, Any] = {"Environment": {}}
    for line in (UNITS / name).read_text().splitlines():
        key, equals, value = line.partition("=")
        if line.startswith(("#", "[")) or not equals:
            continue
        if key == "Environment":
            unit["Environment"] |= dict(word.split("=", 1) for word in words(value))
        elif key == "ExecStart":
            first, *rest = words(value)
            unit[key] = [first, *map(without_variables, rest)]
        else:
            unit[key] = specified(value)
    return unit


def read_state() -> dict[str, Any]:
    state: dict[str, Any] = json.loads(STATE.read_text()) if STATE.exists() else dict(STOPPED)
    return state


def write_state(**state: object) -> None:
    draft = STATE.with_suffix(".new")
    draft.write_text(json.dumps({**read_state(), **state}))
    draft.replace(STATE)


class Supervisor:
    """What systemd does with one unit from its start to its end."""

    def __init__(self, unit: dict[str, Any]) -> None:
        self.unit = unit
        self.stopping = False
        self.woken = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True
        self.woken.set()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def run(self) -> None:
        assert self.unit["Type"] == "notify"
        assert self.unit["Restart"] == "on-failure"
        for _ in range(BURST):
            code = self.run_once()
            failed = code not in (0, -signal.SIGTERM)
            result = "success" if not failed else "exit-code" if code > 0 else "signal"
            if self.stopping or not failed:
                write_state(ActiveState="inactive", MainPID=0, Result=result, ExecMainStatus=abs(code))
                return
            write_state(ActiveState="activating", MainPID=0, Result=result, ExecMainStatus=abs(code))
            self.woken.wait(float(os.environ.get("FAKE_RESTART_SECONDS", "0.2")))
            if self.stopping:
                write_state(ActiveState="inactive")
                return
        write_state(ActiveState="failed")

    def run_once(self) -> int:
        address = f"{FOLDER}/notify"
        Path(address).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.bind(address)
            channel.settimeout(0.05)
            own = {name: os.environ[name] for name in ("HOME", "PATH", "LANG") if name in os.environ}
            self.process = subprocess.Popen(
                self.unit["ExecStart"],
                cwd=self.unit["WorkingDirectory"],
                env={**own, "NOTIFY_SOCKET": address, **self.unit["Environment"]},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=(FOLDER / "journal").open("ab"),
            )
            write_state(ActiveState="activating", MainPID=self.process.pid)
            while self.process.poll() is None:
                with suppress(TimeoutError):
                    told = channel.recv(4096).decode().splitlines()
                    if "READY=1" in told:
                        write_state(ActiveState="active", Result="success", ExecMainStatus=0, Told=told)
            return self.process.returncode


def alive() -> int | None:
    try:
        pid = int(SUPERVISOR.read_text())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid


def start(name: str) -> int:
    if alive() is not None and read_state()["ActiveState"] == "active":
        return 0
    stop()
    STATE.unlink(missing_ok=True)
    begun = subprocess.Popen(
        [sys.executable, __file__, "supervise", name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(FOLDER / "journal").open("ab"),
        start_new_session=True,
    )
    SUPERVISOR.write_text(str(begun.pid))
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        state = read_state()
        if state["ActiveState"] == "active":
            return 0
        if state["Result"] != "success" or begun.poll() is not None:
            break
        time.sleep(0.02)
    print(f"Job for {name} failed because the control process exited with error code.", file=sys.stderr)
    return 1


def stop() -> int:
    pid = alive()
    if pid is None:
        return 0
    os.kill(pid, signal.SIGTERM)
    while alive() is not None:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.02)
    return 0


def systemctl(command: str, arguments: list[str]) -> int:
    flags = [argument for argument in arguments if argument.startswith("-")]
    names = [argument for argument in arguments if not argument.startswith("-")]
    if command == "show-environment":
        print(f"HOME={os.environ['HOME']}\nPATH=/usr/bin:/bin")
        print(text(FOLDER / "environment"), end="")
        return 0
    if command in ("daemon-reload", "reset-failed"):
        return 0
    if command == "show" and not names:
        print("Version=252")
        return 0
    name = names[0]
    link = UNITS / "default.target.wants" / name
    if command == "show":
        enabled = "enabled" if link.is_symlink() else "disabled" if (UNITS / name).exists() else ""
        state = read_state() if alive() is not None or STATE.exists() else STOPPED
        shown = {**state, "UnitFileState": enabled}
        asked = next(flag for flag in flags if flag.startswith("--property=")).partition("=")[2].split(",")
        print("\n".join(f"{key}={shown[key]}" for key in asked))
        return 0
    if not (UNITS / name).exists() and command in ("enable", "start"):
        print(f"Failed to {command} {name}: Unit file {name} does not exist.", file=sys.stderr)
        return 1
    if command == "enable":
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(UNITS / name)
        return 0
    if command == "disable":
        link.unlink(missing_ok=True)
        return stop() if "--now" in flags else 0
    return {"start": lambda: start(name), "stop": stop}[command]()


def text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def main() -> int:
    called, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    if arguments[:1] == ["supervise"]:
        Supervisor(read_unit(arguments[1])).run()
        return 0
    with (FOLDER / "calls").open("a") as calls:
        calls.write(f"{called} {' '.join(arguments)}\n")
    if (FOLDER / "broken").exists():
        print(text(FOLDER / "broken"), file=sys.stderr)
        return 1
    if called == "loginctl":
        print(text(FOLDER / "linger") or "yes")
        return 0
    assert arguments[0] == "--user"
    return systemctl(arguments[1], arguments[2:])


if __name__ == "__main__":
    sys.exit(main())
