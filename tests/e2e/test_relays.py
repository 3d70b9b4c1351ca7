"""The real client through the daemon to Gemini Balance and Claude Relay Service, from configs as their guides have."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ccrouter.model.json import JsonObject
from tests.e2e.claude_code import ClaudeCode
from tests.e2e.conftest import KEY
from tests.e2e.daemon import Daemon
from tests.e2e.install import binary
from tests.e2e.scripts import play
from tests.server.test_claude_relay_service import behind_us
from tests.server.test_gemini_balance import native, with_headers
from tests.upstreams.claude_relay import ClaudeRelayUpstream
from tests.upstreams.gemini_balance import GeminiBalanceUpstream
from tests.upstreams.replies import Call, Reply

pytestmark = pytest.mark.e2e

ALLOW = "--dangerously-skip-permissions"
BASH = (Call("Bash", {"command": "echo ok-$((40+2))", "description": "Add"}, "toolu_a"),)
TURNS = (Reply(calls=BASH), Reply(text=("Done.",)))


def ask(version: str, folder: Path, config: JsonObject) -> str:
    found = binary(version)
    assert found is not None
    (folder / "daemon").mkdir()
    with Daemon(folder / "daemon", {"LOG": True, "APIKEY": KEY, **config}) as daemon:
        return ClaudeCode(version, found, folder, daemon.url, KEY).ask("Add", ALLOW).text


@pytest.mark.parametrize("config", [with_headers, native])
def test_gemini_balance(version: str, tmp_path: Path, config: Callable[[str], JsonObject]) -> None:
    with GeminiBalanceUpstream(play(*TURNS)) as balance:
        said = ask(version, tmp_path, config(balance.url))
        assert balance.refusals == []
        assert any(b"ok-42" in request.raw for request in balance.requests)
    assert said == "Done."


def test_claude_relay_service(version: str, tmp_path: Path) -> None:
    with ClaudeRelayUpstream(play(*TURNS)) as relay:
        said = ask(version, tmp_path, behind_us(relay.url))
        assert relay.refusals == []
        assert any(b"ok-42" in request.raw for request in relay.requests)
        assert {path for path, _ in relay.asked if path.endswith("/messages")} == {"/api/v1/messages"}
    assert said == "Done."
