"""The process as Claude Code runs it: one line, exit code 0, nothing on standard error, whatever is wrong."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ccrouter.config.locations import find_config
from ccrouter.daemon.files import files_of
from ccrouter.statusline.asking import STATE_FILE, escaped
from ccrouter.statusline.configured import config_path

SLOW = ("dataclasses", "typing", "pathlib", "click", "orjson", "inspect", "asyncio", "aiohttp", "jsonschema", "rich")
INPUT = json.dumps(
    {"session_id": "s-1", "workspace": {"current_dir": "/nowhere/proj"}, "model": {"display_name": "Opus"}}
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".claude-code-router").mkdir()
    return tmp_path


def run(home: Path, given: bytes | str = INPUT, *arguments: str, **environment: str) -> str:
    """The line. Fails for any exit code but 0 and for any word on standard error."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "ccrouter", "statusline", *arguments],
        input=given.encode() if isinstance(given, str) else given,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "USERPROFILE": str(home), "NO_COLOR": "1", "TERM": "dumb"}
        | environment,
        cwd=home,
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    line, end, rest = done.stdout.decode("utf-8").partition("\n")
    assert (end, rest) == ("\n", "")
    return line


def write(home: Path, name: str, content: str) -> None:
    (home / ".claude-code-router" / name).write_text(content, encoding="utf-8")


@pytest.mark.parametrize(
    "given", [b"", b"nonsense", b"[]", b"7", b"\xff\xfe", b'{"model": 7, "workspace": []}', b"[" * 99_999]
)
def test_nonsense_on_standard_input(home: Path, given: bytes) -> None:
    assert run(home, given) == f"{home.name} ↑ 0 ↓ 0"


@pytest.mark.parametrize(
    "config", ["", "{", "[]", '{"StatusLine": 7, "Router": []}', '{"StatusLine": {"default": []}}', "\0"]
)
def test_a_broken_config(home: Path, config: str) -> None:
    write(home, "config.json", config)
    assert run(home) == "proj Opus ↑ 0 ↓ 0"


def test_the_config_without_a_daemon_also_with_comments(home: Path) -> None:
    status_line = '{"default": {"modules": [{"text": "ü {{target}}"}]}}'
    for comment in ("", "// mine\n"):
        write(home, "config.json", f'{comment}{{"StatusLine": {status_line}, "Router": {{"default": "a,b"}}}}')
        assert run(home, LC_ALL="C") == "ü a,b"


def test_a_config_elsewhere_and_a_preset(home: Path) -> None:
    other = home / "other"
    (other / "presets" / "mine").mkdir(parents=True)
    (other / "c.json").write_text('{"StatusLine": {"default": {"modules": [{"text": "other"}]}}}')
    preset = '{"StatusLine": {"default": {"modules": [{"text": "preset"}]}}}'
    (other / "presets" / "mine" / "manifest.json").write_text(preset)
    assert run(home, CCR_CONFIG=str(other / "c.json")) == "other"
    assert run(home, INPUT, "mine", CCR_CONFIG=str(other / "c.json")) == "preset"
    for stranger in ("not-there", "../presets/mine", "..", "."):
        assert run(home, INPUT, stranger, CCR_CONFIG=str(other / "c.json")) == "other"


@pytest.mark.parametrize("named", [None, "~/x/c.json", "relative.json"])
def test_the_config_is_found_as_everywhere_else(home: Path, named: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    environment = {"CCR_CONFIG": named} if named else {}
    for written in (None, "config.yml", "config.json"):
        if written:
            write(home, written, "{}")
        found = find_config(None, environment)
        assert Path(config_path(environment)) == found
        assert files_of(found).state == found.parent / STATE_FILE


def test_a_script(home: Path) -> None:
    write(home, "line.py", "def render(variables, options):\n    return variables['workDirName'] + options['end']\n")
    write(home, "bad.py", "raise SystemError('!')")
    write(home, "text.py", "render = 'a text'")
    modules = [
        {"type": "script", "scriptPath": name, "options": {"end": "!"}}
        for name in ("line.py", "bad.py", "no.js", "text.py")
    ]
    write(home, "config.json", json.dumps({"StatusLine": {"default": {"modules": modules}}}))
    assert run(home) == "proj! a text"


def test_a_port_where_nobody_or_a_stranger_answers(home: Path) -> None:
    write(home, "config.json", '{"Router": {"default": "a,b"}}')
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        state = {"host": "127.0.0.1", "port": port, "admin_token": "t", "pid": 1, "instance": "i"}
        write(home, STATE_FILE, json.dumps(state))
        began = time.monotonic()
        assert run(home) == "proj b ↑ 0 ↓ 0"  # it accepts and says nothing
        assert time.monotonic() - began < 10
        for answer in (
            b"",
            b"SSH-2.0\r\n",
            b"HTTP/1.1 403 no\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\n\r\n{",
            b"HTTP/1.1 200 OK\r\n\r\n[]",
        ):
            thread = threading.Thread(target=answer_once, args=(listener, answer))
            thread.start()
            line = run(home)
            thread.join(10)
            assert line in ("proj b ↑ 0 ↓ 0", "proj Opus ↑ 0 ↓ 0")
    assert run(home) == "proj b ↑ 0 ↓ 0"  # it is closed


def answer_once(listener: socket.socket, answer: bytes) -> None:
    """Answer the next connection that asks something; those of before may still wait in the queue."""
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(5)
            try:
                if connection.recv(65536):
                    connection.sendall(answer)
                    return
            except OSError:
                continue


def test_nothing_slow_is_loaded(home: Path) -> None:
    write(home, "config.json", '{"StatusLine": {"enabled": true}}')
    program = (
        "import sys\nsys.argv = ['ccr', 'statusline']\nfrom ccrouter.entry import main\n"
        "try:\n    main()\nfinally:\n"
        f"    print([name for name in {SLOW!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys\nsys.path[:0] = {sys.path!r}\n{program}"],
        input=INPUT,
        env={"HOME": str(home), "USERPROFILE": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip() == "[]"


def test_names_in_a_query() -> None:
    assert escaped("a-B_1.2 ü&=#\r\n") == "a%2DB%5F1%2E2%20%C3%BC%26%3D%23%0D%0A"
