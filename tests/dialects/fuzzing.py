"""Mutations of recorded replies, and what must hold of every decoder whatever it is fed."""

import os
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import orjson

from ccrouter.dialects.base import Dialect, ReplyContext
from ccrouter.model.events import Event, Failed, Finish
from ccrouter.model.grammar import violations
from tests.conformance.compare import body_of, decode_stream, outcome

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
    "STOP",
)
"""Values that upstreams should not send, and some that end a reply."""


def check(dialect: Dialect, context: ReplyContext, body: bytes, seed: str) -> list[Event]:
    """The events of a streamed reply: grammatical, ended, and the same however the reads are cut."""
    got = [decode_stream(dialect.decoder(context), body, size) for size in (None, 7)]
    for events in got:
        assert violations(events) == [], seed
        assert isinstance(events[-1], Finish | Failed), seed
    assert outcome(got[0]) == outcome(got[1]), seed
    return got[0]


def check_mutated_recording(dialect: Dialect, context: ReplyContext, entry: Any) -> None:
    """A recording (an entry of the index), with bytes and lines of it mutated in each of the rounds."""
    body = body_of(entry)
    for number in range(ROUNDS):
        seed = f"{SEED}/{entry['file']}/{number}"
        rng = random.Random(seed)
        mutated = mutate_lines(body, rng) if number % 2 else mutate_bytes(body, rng)
        if entry["streaming"]:
            check(dialect, context, mutated[:60_000], seed)
        else:
            assert violations(dialect.decoder(context).whole(mutated)) == [], seed


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
                lines[position] = prefix + _mutate_line(lines[position].removeprefix(b"data: "), rng)
        if not lines:
            return b""
    return b"\n".join(lines)


def _mutate_line(line: bytes, rng: random.Random) -> bytes:
    try:
        value = orjson.loads(line)
    except ValueError:
        return line
    replace_value(value, rng)
    try:
        return orjson.dumps(value)
    except TypeError:  # half a surrogate pair, or a number beyond 64 bits
        return b'{"choices":[{"index":0,"delta":{"content":"\\ud83d"}}],"created":1' + b"0" * 30 + b"}"


def replace_value(value: Any, rng: random.Random) -> None:
    """Put an odd value in the place of one anywhere in `value`, if it holds any."""
    holders = list(_containers(value))
    holder = rng.choice(holders) if holders else None
    if holder:
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
        holder[key] = deepcopy(rng.choice(ODD))


def _containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _containers(inner)
