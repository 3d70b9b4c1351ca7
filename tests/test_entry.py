"""The short ways past the command line: what they load, and that they are taken."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from ccrouter import entry
from ccrouter.daemon.handshake import HANDSHAKE_VARIABLE
from ccrouter.daemon.spawn import daemon_command

COSTLY = (
    "click", "jsonschema", "rpds", "referencing", "yaml", "regex", "tiktoken", "rich", "prompt_toolkit", "json_repair",
    "sqlite3", "google", "requests", "ccrouter.cli", "ccrouter.demo", "ccrouter.commands.start",
)  # fmt: skip
"""Between 1 and 20 ms of start and as much as 3 MB each, for as long as the daemon lives."""

SERVE = f"""
import sys
from ccrouter import entry
import ccrouter.server.serve as serving
def report(main):
    main.close()
    print([name for name in {COSTLY!r} if name in sys.modules], file=sys.stderr)
    return 0
serving.new_loop_run = report
entry.main()
"""

CONFIG = {
    "Providers": [
        {
            "name": "a",
            "api_base_url": "http://127.0.0.1:9/v1/chat/completions",
            "api_key": "k",
            "models": ["m"],
            "transformer": {"use": ["reasoning", ["maxtoken", {"max_tokens": 100}]], "m": {"use": ["tooluse"]}},
        },
        {"name": "g", "api_base_url": "https://g.test/v1beta/models/", "api_key": "k", "models": ["n"]},
    ],
    "Router": {"default": "a,m", "longContext": "g,n", "longContextThreshold": 1000},
}


@pytest.mark.parametrize("content", [orjson.dumps(CONFIG), b"// mine\n" + orjson.dumps(CONFIG)])
def test_what_the_daemon_loads(tmp_path: Path, content: bytes) -> None:
    config = tmp_path / "config.json"
    config.write_bytes(content.replace(b'["maxtoken", {"max_tokens": 100}]', b'"maxtoken"'))
    environment = {**os.environ, HANDSHAKE_VARIABLE: "1", "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SERVE, *daemon_command(config)[4:]],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done
    assert done.stderr.splitlines()[-1] == "[]", done.stderr


def test_a_config_that_cannot_be_used_is_told_to_the_one_who_started_it(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"Providers": 7}')
    done = subprocess.run(
        daemon_command(tmp_path / "config.json"),
        env={**os.environ, HANDSHAKE_VARIABLE: "1"},
        stdout=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 1
    failed = orjson.loads(done.stdout)["failed"]
    assert failed["kind"] == "config"
    assert "must be a list" in failed["message"]


def test_the_names_are_those_of_the_modules_that_it_does_not_load() -> None:
    assert entry.HANDSHAKE_VARIABLE == HANDSHAKE_VARIABLE
    assert daemon_command(Path("/x"))[3:] == ["ccrouter", *entry.DAEMON, "/x"]
