"""Requests of the real client, captured while it runs: nothing in them is lost by decoding, and every dialect gives the
same bytes for the same history and a strict extension for one more turn (Rule 7)."""

import itertools

import orjson
import pytest

from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.dialects.anthropic.request import decode_request, encode_request
from ccrouter.dialects.base import Dialect
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import Json, JsonObject, as_list, as_object
from ccrouter.model.notes import Notes
from ccrouter.runtime import DIALECTS
from tests.e2e.conftest import Rig
from tests.e2e.install import OLDER
from tests.e2e.pictures import png
from tests.e2e.scripts import play
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.replies import Call, Reply, text

pytestmark = pytest.mark.e2e

ALLOW = "--dangerously-skip-permissions"
MODEL = ("--model", "claude,claude-opus-4-8")
CONVERSATION = {
    "anthropic": "messages",
    "openai_chat": "messages",
    "openai_responses": "input",
    "gemini": "contents",
    "vertex_claude": "messages",
    "vertex_openai": "messages",
    "vertex_gemini": "contents",
}
"""Where each dialect's body keeps the turns; a dialect that is not here fails the test below."""


FUNCTIONS = "functionDeclarations"


def captured(rig: Rig, anthropic: AnthropicUpstream) -> list[bytes]:
    """Bodies of a conversation with parallel calls, a failing call, a picture and, on new clients, tool search."""
    rig.client.prepare()
    (rig.client.project / "dot.png").write_bytes(png())
    calls = [
        (
            Call("Bash", {"command": "echo one", "description": "One"}, "toolu_1"),
            Call("Bash", {"command": "false", "description": "Fail"}, "toolu_2"),
        ),
        (Call("Read", {"file_path": str(rig.client.project / "dot.png")}, "toolu_3"),),
    ]
    if rig.client.version != OLDER:
        calls.append((Call("ToolSearch", {"query": "select:WebFetch", "max_results": 3}, "toolu_4"),))
    turns = [Reply(reasoning=("Hm.",), text=("Next.",), calls=made) for made in calls]
    anthropic.begin(play(*turns, text("Done.")))
    answer = rig.client.ask("Do three things", ALLOW, *MODEL)
    assert answer.text == "Done.", answer
    return [request.raw for request in anthropic.requests]


def test_nothing_is_lost_and_the_prefix_stands(rig: Rig, anthropic: AnthropicUpstream) -> None:
    bodies = captured(rig, anthropic)
    assert len(bodies) >= 3
    for raw in bodies:
        body = parse_body(raw).value
        assert encode_request(decode_request(body)) == body
    assert set(DIALECTS) <= set(CONVERSATION)
    main = [body for raw in bodies if (body := parse_body(raw).value).get("tools")]
    for name, dialect in DIALECTS.items():
        sent = [encoded(dialect, body) for body in main]
        assert sent == [encoded(dialect, body) for body in main]
        if name in ("anthropic", "vertex_claude"):
            continue  # goes out as it came: the client itself moves its cache marks
        for shorter, longer in itertools.pairwise(sent):
            turns, more = as_list(shorter[CONVERSATION[name]]) or [], as_list(longer[CONVERSATION[name]]) or []
            assert more[: len(turns)] == turns, name
            assert len(more) > len(turns)
            rest = [{**wire, CONVERSATION[name]: None, "tools": None} for wire in (shorter, longer)]
            assert orjson.dumps(rest[0]) == orjson.dumps(rest[1]), name
            before, after = tools_of(shorter), tools_of(longer)
            assert after[: len(before)] == before, name


def tools_of(wire: JsonObject) -> list[Json]:
    """The tools in a body; Gemini keeps all functions in one entry."""
    tools = as_list(wire.get("tools")) or []
    functions = [declared for tool in tools for declared in as_list((as_object(tool) or {}).get(FUNCTIONS)) or []]
    return functions or tools


def encoded(dialect: Dialect, body: JsonObject) -> JsonObject:
    wire = dialect.encode(decode_request(body), model="m", origin="claude", quirks=Quirks(), notes=Notes())
    return as_object(orjson.loads(orjson.dumps(wire))) or {}
