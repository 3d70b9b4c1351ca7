"""Parts that came before are given out again, and nobody can tell by what goes out."""

import gc
import random
from dataclasses import replace
from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic import known as known_parts
from ccrouter.dialects.anthropic.known import KnownParts
from ccrouter.dialects.anthropic.request import decode_request, encode_request
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.tool_search import callable_tools
from ccrouter.errors import RequestError
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Tool
from ccrouter.runtime import DIALECTS
from ccrouter.tokens import TokenCounter
from ccrouter.tokens.counter import ceiling
from tests.dialects.conversations import TOOLS, conversation


@pytest.fixture(autouse=True)
def every_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_parts, "LEAST_BYTES", 0)


QUIRKS = (Quirks(), Quirks(keep_cache_control=True, mid_system=True), Quirks(images=False, reasoning_required=True))


def body_of(messages: list[dict[str, Any]]) -> dict[str, Any]:
    return orjson.loads(
        orjson.dumps(
            {
                "model": "claude-opus-4-8",
                "messages": messages,
                "system": [{"type": "text", "text": "Be brief."}],
                "tools": TOOLS,
                "max_tokens": 1000,
            }
        )
    )


def growing(rng: random.Random) -> list[list[dict[str, Any]]]:
    """One conversation as it grows, cut off now and then (a rewind), sometimes with a message twice."""
    whole = conversation(rng) + conversation(rng)
    if rng.random() < 0.3:
        whole.insert(rng.randrange(len(whole)), rng.choice(whole))
    return [whole[:end] for end in range(1, len(whole) + 1)] + [whole[: rng.randint(1, len(whole))]]


@pytest.mark.parametrize("seed", range(40))
def test_what_goes_out_is_what_would_go_out_without(seed: int) -> None:
    rng = random.Random(seed)
    known, counter = KnownParts(rng.choice([300, 3_000, 10**6])), TokenCounter()
    for messages in growing(rng):
        plain = decode_request(body_of(messages))
        request = decode_request(body_of(messages), known)
        assert request == plain
        assert encode_request(request) == body_of(messages)
        assert counter.parts(request) == TokenCounter().parts(plain)
        assert ceiling(request, 100) == ceiling(plain, 100)
        assert callable_tools(request) == callable_tools(plain)
        name = rng.choice(sorted(DIALECTS))
        quirks = rng.choice(QUIRKS)
        for dialect in (DIALECTS[name], OPENAI_CHAT):
            told, untold = Notes(), Notes()
            origin = rng.choice(["acme", "other"])
            wire = dialect.encode(request, model="m", origin=origin, quirks=quirks, notes=told)
            expected = dialect.encode(plain, model="m", origin=origin, quirks=quirks, notes=untold)
            assert orjson.dumps(wire) == orjson.dumps(expected), f"seed {seed}, {dialect.name}"
            assert told.entries == untold.entries, f"seed {seed}, {dialect.name}"


def test_equal_parts_are_the_same_objects() -> None:
    known = KnownParts()
    messages = conversation(random.Random(3))
    first = decode_request(body_of(messages), known)
    second = decode_request(body_of([*messages, {"role": "user", "content": "more"}]), known)
    assert all(one is other for one, other in zip(first.messages, second.messages, strict=False))
    assert first.tools is second.tools
    assert first.system is second.system


def test_small_parts_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_parts, "LEAST_BYTES", 200)
    known = KnownParts()
    small, large = {"role": "user", "content": "a"}, {"role": "user", "content": "a" * 300}
    first, second = (decode_request(body_of([small, large]), known).messages for _ in range(2))
    assert first == second
    assert (first[0] is second[0], first[1] is second[1]) == (False, True)


def test_one_message_twice_in_a_conversation_is_two_objects() -> None:
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "out"}]}
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "Bash", "input": {}}]}
    request = decode_request(body_of([call, result, result]), KnownParts())
    assert request.messages[1] == request.messages[2]
    assert request.messages[1] is not request.messages[2]
    notes = Notes()
    OPENAI_CHAT.encode(request, model="m", origin="o", quirks=Quirks(), notes=notes)
    assert "answers no call of the turn before: told as text" in [note.why for note in notes.entries]


def test_what_cannot_be_understood_is_told_each_time_with_its_place() -> None:
    known = KnownParts()
    for place in (1, 2):
        messages: list[dict[str, Any]] = [{"role": "user", "content": "a"}] * place + [
            {"role": "nobody", "content": ""}
        ]
        with pytest.raises(RequestError, match=rf"^messages\.{place}\.role"):
            decode_request(body_of(messages), known)


def test_it_holds_no_more_than_so_many_bytes_and_parts() -> None:
    known, roomy = KnownParts(most_bytes=10_000), KnownParts()
    for number in range(100):
        decode_request({"model": "m", "messages": [{"role": "user", "content": f"{number} " + "x" * 900}]}, known)
    held = vars(known)
    assert 0 < held["_bytes"] <= 10_000
    assert held["_bytes"] == sum(key[2] for key in held["_parts"])
    for number in range(known_parts.MOST_PARTS + 10):
        decode_request({"model": "m", "messages": [{"role": "user", "content": str(number)}]}, roomy)
    assert len(vars(roomy)["_parts"]) == known_parts.MOST_PARTS
    huge = decode_request({"model": "m", "messages": [{"role": "user", "content": "x" * 20_000}]}, known)
    assert len(huge.messages) == 1
    assert held["_bytes"] == 0


def test_a_changed_message_has_worked_out_nothing_yet() -> None:
    message = Message("user", "a")
    assert message.derive(length) == 1
    changed = replace(message, content="abc")
    assert (changed.derive(length), message.derive(length)) == (3, 1)
    assert message == Message("user", "a")


def test_what_was_worked_out_with_other_things_is_worked_out_again() -> None:
    message, one, other = Message("user", "a"), Quirks(), Quirks()
    made: list[int] = []

    def work() -> int:
        made.append(len(made))
        return len(made)

    asked = [message.derive_with("x", given, work) for given in ((one,), (one,), (other,), (one, message), (one,))]
    assert asked == [1, 1, 2, 3, 4]


def length(message: Message) -> int:
    return len(str(message.content))


def test_what_is_forgotten_is_gone_at_once() -> None:
    """What a part keeps must not keep the part: waiting for Python to look for circles would cost memory."""
    gc.collect()
    before = parts_alive()
    gc.disable()
    try:
        body = body_of(conversation(random.Random(5)))
        request = decode_request(body, KnownParts())
        OPENAI_CHAT.encode(request, model="m", origin="o", quirks=Quirks(), notes=Notes())
        TokenCounter().parts(request)
        callable_tools(request)
        del request
        after = parts_alive()
    finally:
        gc.enable()
    assert after == before


def parts_alive() -> int:
    return sum(type(thing) in {Message, Tool} for thing in gc.get_objects())
