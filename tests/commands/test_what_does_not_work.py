"""`ccr init` and `ccr provider add`, with and without a terminal, where something is wrong.

One line says what it is and what to do, and nothing is written. Real processes, in front of a real upstream.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.upstreams.openai_chat import OpenAIChatUpstream

KEY, WRONG = "sk-good-0123456789abcdef", "sk-wrong-0123456789abcdef"
SECONDS = 30

FAILURES = {
    "wrong key": ({"--key": WRONG}, r"Wrong key: 127\.0\.0\.1:\d+ refuses sk-…cdef \(401: .*\)\. Check .*"),
    "wrong url": ({"--url": "URL/v7/x"}, r"Wrong URL: nothing is served at \S+/v7/x \(404.*Check .*"),
    "no network": (
        {"--url": "http://127.0.0.1:9/v1"},
        r"No connection: could not connect to 127\.0\.0\.1:9: .*\. (Check|Is|Start) .*",
    ),
    "no such host": (
        {"--url": "https://no-such.invalid/v1"},
        r"No network, or wrong URL: the name no-such\.invalid could not be resolved\. Check the spelling .*",
    ),
    "no such model": ({"--model": "m-god"}, r'No such model: .* has no "m-god".*Did you mean "m-good"\?.*'),
}
"""The words in which it differs from what works, and the line that is to be said: the cause, and what to do."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream(api_key=KEY, listed=("m-good", "m-other"), models=frozenset({"m-good"})) as running:
        yield running


def arguments(command: str, upstream: OpenAIChatUpstream, failure: str) -> list[str]:
    """The command's words with the one thing wrong that is to fail."""
    flags = {"--url": "URL/v1", "--key": KEY, "--model": "m-good", **FAILURES[failure][0]}
    words = [word.replace("URL", upstream.url) for flag in flags.items() for word in flag]
    if command == "init":
        return ["init", "--no-start", "--provider", "mine", *words]
    return ["provider", "add", "--name", "mine", *(word.replace("--model", "--models") for word in words)]


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(folder), "LANG": "C.UTF-8", "TERM": "dumb", "OLLAMA_HOST": "127.0.0.1:9"}


def check(failure: str, said: str, folder: Path) -> None:
    lines = [line for line in said.splitlines() if re.search(FAILURES[failure][1], line)]
    assert len(lines) == 1, said
    assert "Traceback" not in said
    assert "Nothing was written." in said
    assert KEY not in said
    assert WRONG not in said
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("command", ["init", "provider add"])
def test_without_a_terminal(tmp_path: Path, upstream: OpenAIChatUpstream, command: str, failure: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ccrouter", *arguments(command, upstream, failure), "--yes"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1, done
    check(failure, done.stdout + done.stderr, tmp_path)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("command", ["init", "provider add"])
def test_in_a_terminal(tmp_path: Path, upstream: OpenAIChatUpstream, command: str, failure: str) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "ccrouter", *arguments(command, upstream, failure)],
        env=environment(tmp_path),  # pyright: ignore[reportArgumentType]
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=SECONDS,
        dimensions=(50, 400),
    )
    said = ""
    questions = [r"Keep it as .*\] ?", r"Models: .*\]: ?", "Add it all the same.*: ?"]
    while child.expect([*questions, pexpect.EOF]) < len(questions):
        said += f"{child.before}{child.after}"
        child.sendline("")
    said += str(child.before)
    child.close()
    assert child.exitstatus == 1, said
    check(failure, said, tmp_path)
