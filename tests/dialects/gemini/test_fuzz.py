"""Random replies, mutated recordings: no exception, the grammar holds, nothing is lost, cuts do not matter."""

import random
from typing import Any

import orjson
import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.gemini import GEMINI
from ccrouter.model.grammar import violations
from tests.conformance.compare import body_of, entries, outcome
from tests.dialects.fuzzing import ROUNDS, SEED, check, replace_value
from tests.dialects.gemini.replies import call, chunk, text, thought

NAMES = frozenset({"Bash", "Read"})
CONTEXT = ReplyContext("acme", "gemini-3-pro-preview", NAMES, search_query="")


@pytest.mark.parametrize("entry", entries("gemini", lambda entry: entry["http_status"] == 200))
def test_mutated_values(entry: Any) -> None:
    """Values anywhere in the JSON replaced by odd ones (bytes and frames are mutated in tests/conformance)."""
    chunks = [orjson.loads(line.removeprefix(b"data: ")) for line in json_of(entry)]
    for number in range(ROUNDS):
        seed = f"{SEED}/{entry['file']}/{number}"
        rng = random.Random(seed)
        mutated = [mutate(each, rng) if rng.random() < 0.5 else orjson.dumps(each) for each in chunks]
        check(GEMINI, CONTEXT, b"".join(b"data: " + each + b"\r\n\r\n" for each in mutated), seed)
        decoder = GEMINI.decoder(ReplyContext("acme", "gemini-2.5-pro", NAMES, search_query="q"))
        assert violations(decoder.whole(b"[" + b",".join(mutated) + b"]")) == [], seed


def json_of(entry: Any) -> list[bytes]:
    body = body_of(entry).replace(b"\r\n", b"\n").strip()
    if entry["streaming"]:
        return [part for part in body.split(b"\n\n") if part.strip()]
    value = orjson.loads(body)
    return [orjson.dumps(each) for each in (value if isinstance(value, list) else [value])]


def mutate(value: Any, rng: random.Random) -> bytes:
    value = orjson.loads(orjson.dumps(value))
    for _ in range(rng.randint(1, 3)):
        replace_value(value, rng)
    try:
        return orjson.dumps(value)
    except TypeError:  # half a surrogate pair, or a number beyond 64 bits
        return b'{"candidates":[{"content":{"parts":[{"text":"\\ud83d"}]}}],"created":1' + b"0" * 30 + b"}"


@pytest.mark.parametrize("number", range(120))
def test_any_order_of_parts(number: int) -> None:
    """Whatever order thoughts, text and calls come in, signed or not, nothing is lost and streams equal wholes."""
    seed = f"{SEED}/parts/{number}"
    rng = random.Random(seed)
    said, reasoning, calls, parts = "", "", list[Any](), list[Any]()
    for position in range(rng.randint(1, 12)):
        signed: Any = {"thoughtSignature": f"S{position}"} if rng.random() < 0.3 else {}
        match rng.randrange(5):
            case 0 | 1:
                said += (piece := rng.choice(["a", "你", "\n", " ", "😀", ""]))
                parts.append(text(piece, **signed))
            case 2:
                reasoning += (piece := rng.choice(["r", "é", ""]))
                parts.append(thought(piece, **signed))
            case 3:
                arguments = {"n": position}
                calls.append(("Bash", arguments))
                parts.append(call("Bash", arguments, rng.choice([None, "same", f"id{position}"]), **signed))
            case _:
                parts.append({"toolCall": {"toolType": "X", "id": str(position)}, **signed})
    chunks = []
    rest = list(parts)
    while rest:
        size = rng.randint(1, 3)
        chunks.append(chunk(*rest[:size]))
        rest = rest[size:]
    chunks.append(chunk(finish="STOP"))
    body = b"".join(b"data: " + orjson.dumps(each) + b"\n\n" for each in chunks)
    got = outcome(check(GEMINI, CONTEXT, body, seed))
    assert (got.text, got.reasoning) == (said, reasoning), seed
    assert [(name, arguments) for _, name, arguments in got.tool_calls] == calls, seed
    assert len({id_ for id_, _, _ in got.tool_calls}) == len(calls), seed
    assert got.stop_reason == ("tool_use" if calls else "end_turn"), seed
    decoder = GEMINI.decoder(CONTEXT)
    whole = decoder.whole(orjson.dumps(chunk(*parts, finish="STOP")))
    assert violations(whole) == [], seed
    assert outcome(whole) == got, seed
