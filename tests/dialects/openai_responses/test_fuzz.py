"""Random interleavings and mutations: nothing is lost, nothing is raised, the grammar always holds.

`tests/conformance/test_fuzz.py` mutates whole recordings of every dialect; here are what only this one has: several
items under way at once, each told in several ways.
"""

import random
from typing import Any

import orjson
import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from ccrouter.model.envelope import unseal
from ccrouter.model.events import Signature
from ccrouter.model.grammar import violations
from tests.conformance.compare import decode_stream, entries, outcome
from tests.dialects.fuzzing import SEED, check, check_mutated_recording
from tests.dialects.openai_responses.replies import added, arguments, done, ended, event, summary, text

CONTEXT = ReplyContext("acme", "m")


@pytest.mark.parametrize("entry", entries("openai-responses", lambda entry: entry["http_status"] == 200))
def test_mutated_recordings(entry: Any) -> None:
    check_mutated_recording(OPENAI_RESPONSES, CONTEXT, entry)


def pieces(value: str, rng: random.Random) -> list[str]:
    found: list[str] = []
    while value:
        size = rng.randint(1, 6)
        found.append(value[:size])
        value = value[size:]
    return found


def item_events(index: int, rng: random.Random) -> tuple[list[Any], dict[str, Any]]:
    """One item: its events, of which any but the last may be missing, and the item itself."""
    kind = rng.choice(["reasoning", "message", "function_call"])
    deltas: list[Any]
    match kind:
        case "reasoning":
            said = rng.choice(["", "Hm.", "Good, 你好."])
            item: dict[str, Any] = {"type": kind, "id": f"rs_{index}", "encrypted_content": f"blob{index}"}
            item["summary"] = [{"type": "summary_text", "text": said}] if said else []
            deltas = [summary(index, piece) for piece in pieces(said, rng)]
            parts = [event("reasoning_summary_text.done", index, summary_index=0, text=said)] if said else []
        case "message":
            said = rng.choice(["Hi there", "😀 and more", "x"])
            content = [{"type": "output_text", "text": said, "annotations": []}]
            item = {"type": kind, "id": f"msg_{index}", "role": "assistant", "content": content}
            deltas = [text(index, piece) for piece in pieces(said, rng)]
            parts = [event("output_text.done", index, content_index=0, text=said)]
        case _:
            said = orjson.dumps({"n": index, "text": "y" * rng.randint(0, 9)}).decode()
            item = {"type": kind, "id": f"fc_{index}", "call_id": f"call_{index}", "name": "Bash", "arguments": said}
            deltas = [arguments(index, piece) for piece in pieces(said, rng)]
            parts = [event("function_call_arguments.done", index, arguments=said)]
    head = {name: item[name] for name in ("id", "call_id", "name") if name in item}
    if rng.random() < 0.3:
        deltas = []
    if rng.random() < 0.3:
        parts = []
    fields = {name: value for name, value in item.items() if name != "type"}
    return [added(index, kind, **head), *deltas, *parts, done(index, kind, **fields)], item


@pytest.mark.parametrize("number", range(150))
def test_any_interleaving_of_items(number: int) -> None:
    """Items are announced in order; after that their events may come in any interleaving. All is told, in the order
    of the items as far as nobody had to give way, and every seal is in the reasoning block it belongs to."""
    seed = f"{SEED}/interleaving/{number}"
    rng = random.Random(seed)
    tellings = [item_events(index, rng) for index in range(rng.randint(1, 6))]
    waiting = [list(events) for events, _ in tellings]
    items = [item for _, item in tellings]
    frames: list[Any] = []
    begun = 0
    while any(waiting):
        ready = [events for events in waiting[:begun] if events]
        if begun < len(waiting) and (not ready or rng.random() < 0.3):
            frames.append(waiting[begun].pop(0))
            begun += 1
        else:
            frames.append(rng.choice(ready).pop(0))
    frames.append(ended(output=items))
    body = b"".join(b"data: " + orjson.dumps(frame) + b"\n\n" for frame in frames)
    events = check(OPENAI_RESPONSES, CONTEXT, body, seed)
    got = outcome(events)
    said = {
        kind: [item for item in items if item["type"] == kind] for kind in ("message", "reasoning", "function_call")
    }
    assert sorted(got.text) == sorted("".join(item["content"][0]["text"] for item in said["message"])), seed
    summaries = "".join(part["text"] for item in said["reasoning"] for part in item["summary"])
    assert got.reasoning == summaries, seed
    assert [(id_, given["n"]) for id_, _, given in got.tool_calls] == [
        (item["call_id"], orjson.loads(item["arguments"])["n"]) for item in said["function_call"]
    ], seed
    kept: list[Any] = [
        envelope.data["item"]["id"]
        for found in events
        if isinstance(found, Signature)
        and (envelope := unseal(found.signature)) is not None
        and isinstance(envelope.data, dict)
        and isinstance(envelope.data["item"], dict)
    ]
    followed = [item["id"] for item in items[:-1] if item["type"] == "reasoning"]
    assert kept == followed, seed
    whole = outcome(OPENAI_RESPONSES.decoder(CONTEXT).whole(orjson.dumps(frames[-1]["response"])))
    assert (whole.tool_calls, whole.reasoning) == (got.tool_calls, got.reasoning), seed
    assert sorted(whole.text) == sorted(got.text), seed


def test_decoder_takes_any_json() -> None:
    rng = random.Random(SEED)
    odd: list[Any] = [None, "", "x", 0, -1, 10**30, True, [], {}, [None], {"type": "reasoning"}, [{}], {"text": 1}]
    names = (
        "output_index",
        "item",
        "delta",
        "content_index",
        "summary_index",
        "text",
        "arguments",
        "response",
        "error",
    )
    kinds = [
        *(f"response.{name}" for name in ("completed", "failed", "created", "output_item.added", "output_item.done")),
        "response.output_text.delta",
        "response.reasoning_summary_text.delta",
        "response.function_call_arguments.done",
        "response.output_text.annotation.added",
        "error",
        "",
        None,
    ]
    for number in range(600):
        frames: list[Any] = []
        for _ in range(rng.randint(1, 8)):
            fields = {name: rng.choice(odd) for name in names if rng.random() < 0.5}
            if rng.random() < 0.5:
                fields["item"] = {
                    "type": rng.choice(["message", "reasoning", "function_call", "web_search_call", "x", None]),
                    **{name: rng.choice(odd) for name in ("id", "call_id", "name", "content", "summary", "action")},
                }
            frames.append({"type": rng.choice(kinds), **fields})
        body = b"".join(b"data: " + dumped(frame) + b"\n\n" for frame in frames)
        assert violations(decode_stream(OPENAI_RESPONSES.decoder(CONTEXT), body, None)) == [], f"{SEED}/{number}"


def dumped(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        return b'{"type":"response.output_text.delta","delta":"\\ud83d","output_index":1' + b"0" * 30 + b"}"
