"""`ccr init` in a real terminal: what is missing is asked for, a key without showing it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.upstreams.openai_chat import OpenAIChatUpstream

KEY = "sk-upstream"


@pytest.fixture(scope="module")
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream(models=frozenset({"m-big", "m-mini"})) as running:
        yield running


def start(folder: Path, *arguments: str, **more: str) -> "pexpect.spawn[str]":
    environment = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "OLLAMA_HOST": "127.0.0.1:9",
        **more,
    }
    ccr = str(Path(sys.executable).with_name("ccr"))
    return pexpect.spawn(
        ccr, ["init", "--no-start", *arguments], env=environment, cwd=str(folder), encoding="utf-8", timeout=30
    )


def test_it_asks_for_provider_address_and_key(tmp_path: Path, upstream: OpenAIChatUpstream) -> None:
    child = start(tmp_path, "--model", "m-big")
    child.expect("Which provider shall serve")
    child.sendline("mine")
    child.expect("Its address")
    child.sendline(f"{upstream.url}/v1")
    child.expect("Its key, or")
    child.sendline(KEY)
    child.expect("streamed answer")
    child.expect("Write this to .*config.json")
    assert KEY not in str(child.before)
    child.sendline("y")
    child.expect("Next: ccr code")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert (tmp_path / ".claude-code-router" / ".env").read_text() == f"MINE_API_KEY={KEY}\n"


def test_a_no_writes_nothing(tmp_path: Path, upstream: OpenAIChatUpstream) -> None:
    arguments = ("--provider", "mine", "--url", f"{upstream.url}/v1", "--key", KEY, "--model", "m-big")
    child = start(tmp_path, *arguments)
    child.expect("Write this to .*config.json")
    child.sendline("n")
    child.expect("Nothing was written")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1
    assert not (tmp_path / ".claude-code-router").exists()


def test_of_several_keys_it_asks_whose_serves(tmp_path: Path) -> None:
    child = start(tmp_path, "--no-test", OPENROUTER_API_KEY="k1", DEEPSEEK_API_KEY="k2")
    child.expect("Who shall serve by default")
    child.expect("Number")
    child.sendline("2")
    child.expect("Which model shall serve")
    child.sendline("1")
    child.expect("Write this to .*config.json")
    child.sendline("y")
    child.expect("default +openrouter,")
    child.expect(pexpect.EOF)
