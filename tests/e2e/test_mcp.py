"""Tools of an MCP server: names longer than OpenAI allows, schemas without properties."""

import json
import sys
from pathlib import Path

import pytest

from ccrouter.model.json import JsonObject
from tests.e2e import mcp_server
from tests.e2e.conftest import Rig
from tests.e2e.install import OLDER
from tests.upstreams.replies import Reply, call, text

pytestmark = pytest.mark.e2e

LONG = f"mcp__fox__{mcp_server.LONG_NAME}"
BARE = "mcp__fox__bare"


def test_a_tool_with_a_long_name_is_called(rig: Rig, version: str) -> None:
    servers = {"fox": {"command": sys.executable, "args": [str(Path(mcp_server.__file__))]}}
    seen: list[str] = []

    def script(body: JsonObject) -> Reply:
        offered = rig.upstream.requests[-1].tool_names
        seen[:] = [name for name in offered if name.startswith("mcp__fox__a_tool")]
        said = rig.upstream.requests[-1].text
        if "fox says bare" in said:
            return text("Done.")
        if "fox says a_to" in said:
            return call(BARE, {}, "call_3")
        if seen:
            return call(seen[0], {"x": "1"}, "call_2")
        return call("ToolSearch", {"query": f"select:{LONG},{BARE}", "max_results": 5}, "call_1")

    rig.upstream.begin(script)
    answer = rig.client.ask(
        "Ask the fox", "--dangerously-skip-permissions", "--mcp-config", json.dumps({"mcpServers": servers})
    )
    assert answer.text == "Done.", answer
    assert len(seen[0]) <= 64
    called = [block["name"] for block in answer.blocks("assistant", "tool_use")]
    assert called == ([LONG, BARE] if version == OLDER else ["ToolSearch", LONG, BARE])
    assert 'fox says a_to {"x": "1"}' in rig.turns[-1].text
    assert "fox says bare {}" in rig.turns[-1].text
