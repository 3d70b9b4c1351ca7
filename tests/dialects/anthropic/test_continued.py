"""A body that goes on where another ended is read as any other: nothing is lost, doubled or taken from elsewhere."""

import copy
import json
import random
from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic import continued
from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.dialects.anthropic.continued import ContinuedBodies, Read
from ccrouter.dialects.anthropic.known import KnownParts
from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.errors import RequestError
from ccrouter.model.request import Request
from tests.dialects.conversations import TOOLS, conversation

PADDING = 'é“ " \\ \n \t \u0001 x' * 40


class Reader:
    """Reads bodies one after the other, as the gateway does, and compares with a fresh look at each."""

    def __init__(self) -> None:
        self.bodies = ContinuedBodies()
        self.known = KnownParts()
        self.continued = 0

    def read(self, raw: bytes) -> Request:
        try:
            expected: Request | str = decode_request(parse_body(raw).value)
        except RequestError as error:
            expected = str(error)
        if isinstance(expected, str):
            with pytest.raises(RequestError) as raised:
                self._decoded(raw)
            assert str(raised.value) == expected
            raise raised.value
        read, request = self._decoded(raw)
        self.bodies.remember(raw, read, request.messages)
        assert request == expected
        assert read.body.mended == parse_body(raw).mended
        self.continued += len(read.begun)
        return request

    def _decoded(self, raw: bytes) -> tuple[Read, Request]:
        read = self.bodies.read(raw)
        return read, decode_request(read.body.value, self.known, read.begun)


@pytest.fixture(autouse=True)
def every_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(continued, "LEAST_BYTES", 0)


def body(messages: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"model": "claude-x", "messages": messages, "system": "Be brief.", "tools": TOOLS, "max_tokens": 5, **more}


def long(*seeds: int) -> list[dict[str, Any]]:
    return [message for seed in seeds for message in conversation(random.Random(seed))]


def marked(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With a cache mark on the last message, as the client moves it along."""
    last = messages[-1]
    if not isinstance(last["content"], list) or not last["content"]:
        return messages
    return [*messages[:-1], {**last, "content": [*last["content"][:-1], {**last["content"][-1], "cache_control": {}}]}]


@pytest.mark.parametrize("seed", range(60))
def test_whatever_comes_is_read_as_it_is(seed: int) -> None:
    rng = random.Random(seed)
    reader = Reader()
    sessions = [[message for _ in range(3) for message in conversation(rng)] for _ in range(2)]
    for _ in range(40):
        whole = copy.deepcopy(rng.choice(sessions))
        messages = whole[: rng.randint(1, len(whole))]
        if rng.random() < 0.2:
            messages[rng.randrange(len(messages))] = {"role": "user", "content": f"{rng.random()} {PADDING}"}
        if rng.random() < 0.1:
            messages.insert(rng.randrange(len(messages)), messages[-1])
        given = body(marked(messages), **rng.choice([{}, {}, {"system": "Other."}, {"stream": True}, {"model": "y"}]))
        match rng.randrange(13):
            case 0:
                raw = json.dumps(given).encode()  # with blanks and escapes
            case 1:
                raw = orjson.dumps({"max_tokens": 5, **given})
            case 2:
                raw = orjson.dumps(given)[:-1] + b',"messages":[{"role":"user","content":"the last list counts"}]}'
            case 3:
                raw = orjson.dumps(given)[:-1] + b',"metadata":{"a":"\\ud83d"}}'
            case 4:
                raw = orjson.dumps(given)[: rng.randint(1, 60)]
            case 5:
                given["messages"].append({"role": "nobody", "content": "x"})
                raw = orjson.dumps(given)
            case 7:
                raw = orjson.dumps(given).replace(b'"u1"', b'"\\ud83d"')  # half a surrogate pair, amid the messages
            case 6:
                inner = copy.deepcopy(given)  # a whole body within a call
                given["messages"].append(
                    {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "n", "input": inner}]}
                )
                raw = orjson.dumps(given)
            case _:
                raw = orjson.dumps(given)
        try:
            reader.read(raw)
        except RequestError:
            continue


def test_a_conversation_that_grows_is_parsed_from_where_it_grew() -> None:
    reader = Reader()
    whole = long(*range(8))
    for end in range(2, len(whole) + 1):
        before = reader.continued
        request = reader.read(orjson.dumps(body(marked(whole[:end]))))
        assert len(request.messages) == end
        if end > 3:
            assert reader.continued - before >= end - 3


def test_sessions_side_by_side_and_a_rewind() -> None:
    reader = Reader()
    one, other = [
        [message for seed in seeds for message in conversation(random.Random(seed))] for seeds in ((1, 2), (3, 4))
    ]
    for messages in (one, other, one, other, one[:3], one):
        reader.read(orjson.dumps(body(messages)))
    assert reader.continued > len(one) + len(other)


def test_a_message_told_twice_by_the_same_bytes_is_two_objects() -> None:
    reader = Reader()
    message = {"role": "user", "content": "again"}
    for count in range(1, 6):
        messages = reader.read(orjson.dumps(body([message] * count))).messages
        assert len(set(map(id, messages))) == count


def test_a_mended_body_may_hold_what_has_no_json_of_its_own() -> None:
    """The parser that mends half surrogates reads integers of any size, which cannot be written again."""
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "n", "input": {"n": 0}}]}
    raw = orjson.dumps(body([call])).replace(b'"n":0', b'"n":' + b"9" * 40)[:-1] + b',"metadata":{"a":"\\ud83d"}}'
    reader = Reader()
    for _ in range(2):
        assert len(reader.read(raw).messages) == 1


def test_it_holds_few_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(continued, "MOST_BYTES", 10_000)
    reader = Reader()
    for number in range(50):
        reader.read(orjson.dumps(body([{"role": "user", "content": f"{number} " + "x" * 900}])))
    held = vars(reader.bodies)["_pasts"]
    assert 0 < len(held) <= continued.MOST_BODIES
    assert sum(len(past.raw) for past in held) <= 10_000
