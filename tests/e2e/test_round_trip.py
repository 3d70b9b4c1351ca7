"""Requests of the real client, captured while it runs: nothing in them is lost by decoding, and every dialect gives the
same bytes for the same history and a strict extension for one more turn (Rule 7)."""

import itertools
from collections.abc import Mapping

import orjson
import pytest

from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.dialects.anthropic.request import decode_request, encode_request
from ccrouter.dialects.base import Dialect
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject, as_list, as_object
from ccrouter.model.notes import Notes
from ccrouter.runtime import DIALECTS
from tests.dialects.losses import losses
from tests.e2e.conftest import Rig
from tests.e2e.install import OLDER
from tests.e2e.pictures import png
from tests.e2e.scripts import play
from tests.e2e.wires import CHAT, CLAUDE, GEMINI, RESPONSES, Wire
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.replies import Call, Reply, text

pytestmark = pytest.mark.e2e

ALLOW = "--dangerously-skip-permissions"
MODEL = ("--model", "claude,claude-opus-4-8")
WIRES: Mapping[str, Wire] = {
    "anthropic": CLAUDE,
    "openai_chat": CHAT,
    "openai_responses": RESPONSES,
    "gemini": GEMINI,
    "vertex_claude": CLAUDE,
    "vertex_gemini": GEMINI,
    "vertex_openai": CHAT,
}
"""How each dialect's body is read; a dialect that is not here fails the test below."""
MODELS: Mapping[str, str] = {"gemini": "gemini-3.1-pro-preview", "vertex_gemini": "gemini-3.1-pro-preview"}


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
        for name, dialect in DIALECTS.items():
            request, notes = decode_request(body), Notes()
            wire = dialect.encode(request, model=MODELS.get(name, "m"), origin="claude", quirks=Quirks(), notes=notes)
            assert losses(request, as_object(orjson.loads(orjson.dumps(wire))) or {}, notes) == [], name
    assert set(DIALECTS) == set(WIRES)
    main = [body for raw in bodies if (body := parse_body(raw).value).get("tools")]
    for name, dialect in DIALECTS.items():
        model = MODELS.get(name, "m")
        sent = [encoded(dialect, body, model) for body in main]
        assert orjson.dumps(sent) == orjson.dumps([encoded(dialect, body, model) for body in main])
        for shorter, longer in itertools.pairwise(sent):
            broken = WIRES[name].grew(shorter, longer)
            assert broken is None, f"{name}: {broken}"
            key = WIRES[name].conversation
            assert len(as_list(longer[key]) or []) > len(as_list(shorter[key]) or []), name


def encoded(dialect: Dialect, body: JsonObject, model: str) -> JsonObject:
    wire = dialect.encode(decode_request(body), model=model, origin="claude", quirks=Quirks(), notes=Notes())
    return as_object(orjson.loads(orjson.dumps(wire))) or {}
