"""The request side: golden cases, a strict upstream's rules, signatures there and back, the prompt cache's prefix."""

import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.gemini import GEMINI
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.blocks import Block, Text, Thinking, ToolResult, ToolUse
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request
from tests.dialects.conversations import TOOLS, blocks_of, conversation
from tests.dialects.gemini.golden import run
from tests.dialects.gemini.replies import call, chunk, stream, text, thought
from tests.dialects.golden_cases import assert_golden, cases
from tests.upstreams.gemini_rules import refusal

CASES = cases(GEMINI)
NEWEST = "gemini-3.1-pro-preview"


def test_there_are_golden_cases() -> None:
    assert len(CASES) > 40


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_golden(path: Path) -> None:
    assert_golden(path, run)


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_strict_upstream_takes_it(path: Path) -> None:
    case = orjson.loads(path.read_bytes())
    assert refusal(run(case)[0], case["model"]) is None


@pytest.mark.parametrize(
    "model", [NEWEST, "gemini-3-flash-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.0-flash"]
)
@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_every_model_takes_every_case(path: Path, model: str) -> None:
    case = {**orjson.loads(path.read_bytes()), "model": model}
    assert refusal(run(case)[0], model) is None


def encode(request: Request, model: str = NEWEST, origin: str = "acme", **quirks: Any) -> JsonObject:
    return GEMINI.encode(request, model=model, origin=origin, quirks=Quirks(**quirks), notes=Notes())


def decoded(body: Any) -> Request:
    return decode_request(body)


def model_parts(blocks: tuple[Block, ...], model: str = NEWEST, origin: str = "acme") -> Any:
    """The parts of a model turn made of `blocks`."""
    results = tuple([ToolResult(block.id, "ok") for block in blocks if isinstance(block, ToolUse)])
    messages = (Message("user", "hi"), Message("assistant", blocks), Message("user", results or "so?"))
    body: Any = encode(Request("m", messages), model, origin)
    assert refusal(body, model) is None
    return body["contents"][1]["parts"]


BASH: JsonObject = {"command": "ls"}
SAID: dict[str, list[Any]] = {
    "thought and text": [thought("hm"), text("ok")],
    "signed thought": [thought("hm", thoughtSignature="S"), text("ok")],
    "one call": [thought("hm"), call("Bash", BASH, "a", thoughtSignature="S")],
    "parallel calls, the first signed": [
        call("Bash", BASH, "a", thoughtSignature="S"),
        call("Bash", BASH, "b"),
        call("Read", {}, "c"),
    ],
    "text, then a signed call": [text("ok"), call("Bash", BASH, "a", thoughtSignature="S")],
    "thought, text and call, each signed": [
        thought("hm", thoughtSignature="S1"),
        text("ok", thoughtSignature="S2"),
        call("Bash", BASH, "a", thoughtSignature="S3"),
    ],
    "signed text alone": [text("ok", thoughtSignature="S")],
    "thought and signed text": [thought("hm"), text("ok", thoughtSignature="S")],
    "empty signed part behind text, then a call": [
        text("ok"),
        text("", thoughtSignature="S1"),
        call("Bash", BASH, "a", thoughtSignature="S2"),
    ],
    "empty signed part behind a call": [
        call("Bash", BASH, "a", thoughtSignature="S1"),
        text("", thoughtSignature="S2"),
    ],
    "empty signed part first": [text("", thoughtSignature="S1"), text("ok")],
    "calls signed one by one": [
        call("Bash", BASH, "a", thoughtSignature="S1"),
        call("Bash", BASH, "b", thoughtSignature="S2"),
    ],
    "steps of its own tools": [
        {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "s"}, "thoughtSignature": "S1"},
        {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "id": "s", "response": {}}, "thoughtSignature": "S2"},
        text("ok"),
        call("Bash", BASH, "a", thoughtSignature="S3"),
    ],
}


@pytest.mark.parametrize("parts", SAID.values(), ids=SAID)
@pytest.mark.parametrize("cut", ["one chunk", "a chunk for each part"])
def test_what_gemini_said_it_gets_back_as_it_was(parts: list[Any], cut: str) -> None:
    """Round trip: a reply through Claude Code's history and back, every signature on its very part (pain 32)."""
    chunks = [chunk(*parts)] if cut == "one chunk" else [chunk(part) for part in parts]
    events = stream(*chunks, chunk(finish="STOP"), context=ReplyContext("acme", NEWEST))
    assert model_parts(blocks_of(events)) == parts


def test_signatures_survive_pieces_of_text() -> None:
    """Claude Code joins the pieces of a text; the signed ones come apart again where they were joined."""
    pieces = [text("Hel", thoughtSignature="S1"), text("lo "), text("you", thoughtSignature="S2")]
    signed_call = call("Bash", BASH, "a", thoughtSignature="S3")
    events = stream(*[chunk(piece) for piece in [*pieces, signed_call]], chunk(finish="STOP"))
    assert model_parts(blocks_of(events)) == [*pieces, signed_call]


def test_a_turn_of_calls_without_ids_gets_none_back() -> None:
    """musistudio/claude-code-router#1262: older models refuse the field."""
    events = stream(chunk(call("Bash", BASH), call("Bash", BASH)), chunk(finish="STOP"))
    history = blocks_of(events)
    body: Any = encode(
        Request("m", (Message("assistant", history), Message("user", (ToolResult("nobody", "?"),)))), "gemini-2.5-flash"
    )
    assert "id" not in str(body["contents"])


@pytest.mark.parametrize("parts", SAID.values(), ids=SAID)
def test_another_provider_or_generation_sees_no_signature(parts: list[Any]) -> None:
    history = blocks_of(stream(chunk(*parts), chunk(finish="STOP")))
    for told in (model_parts(history, origin="other"), model_parts(history, model="gemini-2.5-pro")):
        found = [part.get("thoughtSignature") for part in told if part.get("thoughtSignature")]
        assert set(found) <= {"skip_thought_signature_validator"}
        assert not [part for part in told if part.get("thought") or "toolCall" in part]
    assert all("thoughtSignature" not in part for part in model_parts(history, model="gemini-2.5-pro"))


def test_a_call_of_another_model_gets_the_stand_in_once_a_turn() -> None:
    """Users switch models: history from DeepSeek must not break Gemini 3."""
    history: tuple[Block, ...] = (
        Thinking("hm", seal(Envelope("deepseek", "reasoning_content"))),
        Text("ok"),
        ToolUse("call_1", "Bash", BASH),
        ToolUse("call_2", "Bash", BASH),
    )
    parts = model_parts(history)
    assert [part.get("thoughtSignature") for part in parts] == [None, "skip_thought_signature_validator", None]
    assert all("thoughtSignature" not in part for part in model_parts(history, model="gemini-2.5-flash"))


def test_input_that_is_no_object_does_not_crash() -> None:
    uses = (ToolUse("a", "Bash", "text"), ToolUse("b", "Bash", None), ToolUse("c", "Bash", [1]))
    body: Any = encode(Request("m", (Message("user", "hi"), Message("assistant", uses))))
    found = [part["functionCall"]["args"] for part in body["contents"][1]["parts"]]
    assert found == [{"input": "text"}, {}, {"input": [1]}]


def thinking(rng: random.Random, calls: list[str]) -> dict[str, Any]:
    """Thoughts that carry a signature for the first call, of this or another provider or generation."""
    state: Any = {"generation": rng.choice(["3", "2.5"]), "calls": dict.fromkeys(calls[:1], "S")}
    sealed = seal(Envelope(rng.choice(["acme", "other"]), "thought_signature", state))
    return {"type": "thinking", "thinking": rng.choice(["hm", ""]), "signature": sealed}


@pytest.mark.parametrize("seed", range(120))
@pytest.mark.parametrize("model", [NEWEST, "gemini-2.5-flash"])
def test_one_more_turn_is_a_strict_prefix_extension(seed: int, model: str) -> None:
    """Rule 7. What was sent up to any assistant message stands at the start of everything sent later."""
    messages = conversation(random.Random(f"prefix/{seed}"), thinking)
    known: Any = {"model": "claude", "max_tokens": 9000, "system": "S", "tools": TOOLS}
    whole: Any = encode(decoded({**known, "messages": messages}), model)
    assert refusal(whole, model) is None
    for position, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        part: Any = encode(decoded({**known, "messages": messages[:position]}), model)
        size = len(part["contents"])
        assert whole["contents"][:size] == part["contents"]
        assert len(whole["contents"]) > size
        declared = [body["tools"][0]["functionDeclarations"] for body in (whole, part)]
        assert declared[0][: len(declared[1])] == declared[1]
        assert refusal(part, model) is None
