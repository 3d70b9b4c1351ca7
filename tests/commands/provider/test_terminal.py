"""`ccr provider add` and `ccr add-gemini-balance` in a real terminal."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from ccrouter.model.json import JsonObject
from tests.terminals.tmux import AVAILABLE, Tmux
from tests.upstreams.gemini_balance import GeminiBalanceUpstream
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Reply, call, text

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="needs tmux")
KEY = "sk-good-0123456789abcdef"
TOKEN = "balance-token-0123456789"
Open = Callable[..., Tmux]


def script(body: JsonObject) -> Reply:
    return call("report_status", {"status": "OK"}) if body.get("tools") else text("O", "K")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".claude-code-router"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Open]:
    opened: list[Tmux] = []

    def open_(*arguments: str) -> Tmux:
        environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "screen-256color", "LANG": "C.UTF-8"}
        opened.append(Tmux([sys.executable, "-m", "ccrouter", *arguments], environment, 110, 90))
        return opened[-1]

    yield open_
    for tmux in opened:
        tmux.__exit__(None, None, None)


def test_asked_tested_shown_and_written(folder: Path, terminal: Open) -> None:
    with OpenAIChatUpstream(script, api_key=KEY, listed=("m-good", "m-other")) as upstream:
        tmux = terminal("provider", "add")
        tmux.wait("deepseek", "Which provider? A name, or its address")
        tmux.type(f"{upstream.url}/v1")
        tmux.press("Enter")
        tmux.wait("Key (empty: none)")
        tmux.type(KEY)
        tmux.press("Enter")
        screen = tmux.wait("_API_KEY in the .env beside the config? [Y/n]")
        assert KEY not in screen
        tmux.press("Enter")
        tmux.wait("✓ list of models: 2", "2  m-other", "Models: names or numbers")
        tmux.type("2 m-good")
        tmux.press("Enter")
        tmux.wait("✓ whole answer", "✓ streamed answer", "✓ tool call", "Write this? [Y/n]")
        assert not folder.exists()
        tmux.press("Enter")
        screen = tmux.wait("is added", "Routes", "exit code 0")
        assert KEY not in screen
    config = (folder / "config.json").read_text()
    assert '"models": ["m-other", "m-good"]' in config
    assert KEY not in config
    assert KEY in (folder / ".env").read_text()


def test_a_wrong_key_and_no(folder: Path, terminal: Open) -> None:
    with OpenAIChatUpstream(script, api_key=KEY, listed=("m-good",)) as upstream:
        tmux = terminal("provider", "add", f"{upstream.url}/v1", "--name", "mine", "--models", "m-good")
        tmux.wait("Key (empty: none)")
        tmux.type("sk-wrong-0123456789abcdef")
        tmux.press("Enter")
        tmux.wait("Keep it as $MINE_API_KEY")
        tmux.press("Enter")
        tmux.wait("✗ Wrong key: 127.0.0.1:", "Add it all the same? [y/N]")
        tmux.press("Enter")
        tmux.wait("Nothing was written.", "exit code 1")
    assert not folder.exists()


def test_ctrl_c_writes_nothing(folder: Path, tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "dumb"}
    arguments = ["-m", "ccrouter", "provider", "add", "deepseek"]
    child = pexpect.spawn(sys.executable, arguments, env=environment, timeout=30)  # pyright: ignore[reportArgumentType]
    child.expect("Key of deepseek")
    child.expect("Key: ")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert not folder.exists()


def test_gemini_balance(folder: Path, terminal: Open) -> None:
    with GeminiBalanceUpstream(script) as balance:
        tmux = terminal("add-gemini-balance")
        tmux.wait("Where does it run? [http://localhost:8000]")
        tmux.type(balance.url)
        tmux.press("Enter")
        tmux.wait("Key of gemini-balance", "Key:")  # what is typed before the prompt is thrown away
        tmux.type(TOKEN)
        tmux.press("Enter")
        tmux.wait("Keep it as $GEMINI_BALANCE_TOKEN")
        tmux.press("Enter")
        tmux.wait("gemini-2.5-flash-search", "[gemini-2.5-flash gemini-2.5-pro]")
        tmux.press("Enter")
        tmux.wait("Shall longContext go to gemini-balance? [Y/n]")
        tmux.press("Enter")
        tmux.wait("✓ tool call", "Write this?")
        tmux.press("Enter")
        tmux.wait("tokens goes to gemini-balance,gemini-2.5-pro (longContext).", "exit code 0")
        assert balance.refusals == []
    assert '"longContext": "gemini-balance,gemini-2.5-pro"' in (folder / "config.json").read_text()
