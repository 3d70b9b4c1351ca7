"""Mutated recordings and random streams: no exception, the grammar always holds, however the reads are cut."""

import os
import random
from typing import Any

import orjson
import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.model.events import Event, Failed, Finish
from ccrouter.model.grammar import violations
from ccrouter.sse import FrameSplitter
from tests.conformance.compare import body_of, decode_stream, entries, outcome
from tests.dialects.openai_chat.replies import call, chunk

SEED = int(os.environ.get("CCROUTER_FUZZ_SEED", "20261120"))
ROUNDS = int(os.environ.get("CCROUTER_FUZZ_ROUNDS", "12"))
ODD: tuple[Any, ...] = (
    None,
    "",
    "x",
    0,
    -1,
    3.5,
    True,
    [],
    {},
    [None],
    {"a": 1},
    [{}],
    "[DONE]",
    10**30,
    "\ud83d",
    "stop",
)


def decode(body: bytes, read_size: int | None) -> list[Event]:
    return decode_stream(OPENAI_CHAT.decoder(ReplyContext("acme", "m")), body, read_size)


def check(body: bytes, seed: str) -> None:
    got = [decode(body, size) for size in (None, 7)]
    for events in got:
        assert violations(events) == [], seed
        assert isinstance(events[-1], Finish | Failed), seed
    assert outcome(got[0]) == outcome(got[1]), seed


@pytest.mark.parametrize("entry", entries("openai-chat", lambda entry: entry["http_status"] == 200))
def test_mutated_recordings(entry: Any) -> None:
    body = body_of(entry)
    for number in range(ROUNDS):
        seed = f"{SEED}/{entry['file']}/{number}"
        rng = random.Random(seed)
        mutated = mutate_lines(body, rng) if number % 2 else mutate_bytes(body, rng)
        if entry["streaming"]:
            check(mutated[:60_000], seed)
        else:
            events = OPENAI_CHAT.decoder(ReplyContext("acme", "m")).whole(mutated)
            assert violations(events) == [], seed


def mutate_bytes(body: bytes, rng: random.Random) -> bytes:
    """A few bytes changed, lost or doubled."""
    data = bytearray(body)
    for _ in range(rng.randint(1, 6)):
        position = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                data[position] = rng.randrange(256)
            case 1:
                del data[position : position + rng.randint(1, 40)]
            case 2:
                data[position:position] = data[position : position + rng.randint(1, 200)]
            case _:
                del data[position:]
        if not data:
            break
    return bytes(data)


def mutate_lines(body: bytes, rng: random.Random) -> bytes:
    """Values anywhere in the JSON changed, frames lost, doubled or swapped; the JSON stays whole."""
    lines = body.split(b"\n")
    for _ in range(rng.randint(1, 5)):
        position = rng.randrange(len(lines))
        match rng.randrange(4):
            case 0:
                del lines[position]
            case 1:
                lines.insert(position, lines[position])
            case _:
                prefix = b"data: " if lines[position].startswith(b"data: ") else b""
                lines[position] = prefix + mutate_json(lines[position].removeprefix(b"data: "), rng)
        if not lines:
            return b""
    return b"\n".join(lines)


def mutate_json(line: bytes, rng: random.Random) -> bytes:
    try:
        value = orjson.loads(line)
    except ValueError:
        return line
    holders = list(containers(value))
    if holders:
        holder = rng.choice(holders)
        if holder:
            key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
            holder[key] = rng.choice(ODD)
    try:
        return orjson.dumps(value)
    except TypeError:  # half a surrogate pair, or a number beyond 64 bits
        return b'{"choices":[{"index":0,"delta":{"content":"\\ud83d"}}],"created":1' + b"0" * 30 + b"}"


def containers(value: Any) -> Any:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from containers(inner)


@pytest.mark.parametrize("number", range(60))
def test_any_interleaving_of_deltas(number: int) -> None:
    """Whatever order text, reasoning and calls come in, nothing is lost and the calls' arguments are whole."""
    seed = f"{SEED}/interleaving/{number}"
    rng = random.Random(seed)
    wanted = {
        index: orjson.dumps({"n": index, "text": "x" * rng.randint(0, 30)}).decode()
        for index in range(rng.randint(0, 4))
    }
    left = dict(wanted)
    begun: set[int] = set()
    text, reasoning, frames = "", "", list[Any]()
    for _ in range(rng.randint(1, 12)):
        if rng.random() < 0.5:
            text += (piece := rng.choice(["a", "你", "\n", " ", "😀"]))
            frames.append(chunk({"content": piece}))
        else:
            reasoning += (piece := rng.choice(["r", "é", "."]))
            frames.append(chunk({rng.choice(["reasoning_content", "reasoning"]): piece, "content": ""}))
    while any(left.values()):
        index = rng.choice([index for index, rest in left.items() if rest])
        size = rng.randint(1, 12)
        head = (f"c{index}", "Bash") if index not in begun else (None, None)
        begun.add(index)
        frames.append(chunk({"tool_calls": [call(index, *head, left[index][:size])]}))
        left[index] = left[index][size:]
        if rng.random() < 0.2:
            text += "t"
            frames.append(chunk({"content": "t"}))
    frames.append(chunk({}, rng.choice(["stop", "tool_calls"])))
    body = b"".join(b"data: " + orjson.dumps(frame) + b"\n\n" for frame in frames) + b"data: [DONE]\n\n"
    check(body, seed)
    got = outcome(decode(body, 3))
    assert got.text == text, seed
    assert got.reasoning == reasoning, seed
    assert sorted((id_, arguments["n"]) for id_, _, arguments in got.tool_calls) == [(f"c{n}", n) for n in wanted], seed
    assert got.stop_reason == ("tool_use" if wanted else "end_turn"), seed


def test_splitter_and_decoder_take_pure_noise() -> None:
    rng = random.Random(SEED)
    for number in range(200):
        noise = bytes(rng.choice(b'\n\r :{}[]",adtevn0\xf0\x9f') for _ in range(rng.randint(0, 300)))
        splitter = FrameSplitter()
        decoder = OPENAI_CHAT.decoder(ReplyContext("acme", "m"))
        events = [event for frame in splitter.feed(noise) + splitter.flush() for event in decoder.frame(frame)]
        assert violations(events + decoder.end()) == [], f"{SEED}/{number}"
