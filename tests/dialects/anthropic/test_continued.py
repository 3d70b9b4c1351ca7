"""A body that says what another said is read as any other: nothing is lost, doubled or taken from elsewhere."""

import contextlib
import copy
import json
import random
from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic import continued
from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.dialects.anthropic.continued import UNUSED_SECONDS, ContinuedBodies, Read
from ccrouter.dialects.anthropic.request import decode_request, encode_request
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.tool_search import callable_tools
from ccrouter.errors import RequestError
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request
from ccrouter.runtime import DIALECTS
from ccrouter.tokens import TokenCounter
from ccrouter.tokens.counter import ceiling
from tests.dialects.conversations import TOOLS, conversation

PADDING = 'é“ " \\ \n \t \u0001 x' * 40


class Reader:
    """Reads bodies one after the other, as the gateway does, and compares with a fresh look at each."""

    def __init__(self) -> None:
        self.bodies = ContinuedBodies()
        self.continued = self.ended = 0

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
        self.bodies.remember(raw, read, request)
        assert request == expected
        assert read.mended == parse_body(raw).mended
        self.continued += len(read.known.begun)
        self.ended += bool(read.known.fields)
        return request

    def _decoded(self, raw: bytes) -> tuple[Read, Request]:
        read = self.bodies.read(raw)
        return read, decode_request(read.value, read.known)


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


TAILS: list[dict[str, Any]] = [
    {},
    {"system": "Be long.", "stream": True},
    {"tools": None, "metadata": {"user_id": "é"}, "temperature": 0.5},
    {"metadata": {"user_id": "one"}},
    {"metadata": {"user_id": "two"}},
    {
        "thinking": {"type": "adaptive"},
        "tool_choice": {"type": "auto"},
        "stop_sequences": ["x"],
        "extras": 1,
        "top_k": 3,
    },
]
"""What may differ behind the messages."""
HEADS = (
    b'"max_tokens":7,"stream":false,"metadata":1,"model":"z",',
    b'"top_k":"no number",',
    b'"stream":null,"temperature":1,',
    b'"extras":{"a":1,"messages":[]},"thinking":null,"tools":"none",',
)


def written(rng: random.Random, given: dict[str, Any], raw: bytes) -> bytes:
    """The body as another client may write it, or as somebody may who means ill; `raw` is its usual form."""
    again = b'[{"role":"user","content":"the last list counts"}]}'
    match rng.randrange(16):
        case 0:
            return json.dumps(given).encode()  # with blanks and escapes
        case 1:
            return orjson.dumps({"max_tokens": 5, **given})
        case 2:
            return raw[:-1] + rng.choice([b',"messages":', b',"messages" :', b',"mess\\u0061ges":']) + again
        case 3:
            return raw[:-1] + b',"metadata":{"a":"\\ud83d"}}'
        case 4:
            return raw[: rng.randint(1, 60)]
        case 5:
            return orjson.dumps({**given, "messages": [*given["messages"], {"role": "nobody", "content": "x"}]})
        case 6:
            call = {"type": "tool_use", "id": "c", "name": "n", "input": given}  # a whole body within a call
            return orjson.dumps({**given, "messages": [*given["messages"], {"role": "assistant", "content": [call]}]})
        case 7:
            return raw.replace(b'"u1"', b'"\\ud83d"')  # half a surrogate pair, amid the messages
        case 8:
            names = list(given)
            rng.shuffle(names)
            return orjson.dumps({name: given[name] for name in names})
        case 9:  # names before the messages that may stand behind them, too
            return b"{" + rng.choice(HEADS) + raw[1:]
        case 10:  # and some behind them that stood before
            return raw[:-1] + rng.choice([b',"model":"z","max_tokens":8}', b',"system":"again"}', b',"tools":[]}'])
        case 11:
            more = b"," + rng.choice(HEADS)[:-1] + b',"system":'
            return (b"{" + rng.choice([b"", *HEADS]) + raw[1:]).replace(b',"system":', more)
        case 12:
            cut = raw.find(b',"system":')
            return rng.choice([b"{", b"{}", b"[", b"", raw[: cut - 1], raw[:cut] + b","]) + raw[cut:]
        case 13:
            return raw.replace(b'}],"system":', rng.choice([b'}] ,"system":', b'} ],"system":', b'}],"system" :']))
        case _:
            return raw


@pytest.mark.parametrize("seed", range(150))
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
        given = body(marked(messages), **rng.choice([*TAILS, {"model": "y"}]))
        try:
            reader.read(written(rng, given, orjson.dumps(given)))
        except RequestError:
            continue


QUIRKS = (Quirks(), Quirks(keep_cache_control=True, mid_system=True), Quirks(images=False, reasoning_required=True))


def growing(rng: random.Random) -> list[list[dict[str, Any]]]:
    """One conversation as it grows, cut off now and then (a rewind), sometimes with a message twice."""
    whole = conversation(rng) + conversation(rng)
    if rng.random() < 0.3:
        whole.insert(rng.randrange(len(whole)), rng.choice(whole))
    return [whole[:end] for end in range(1, len(whole) + 1)] + [whole[: rng.randint(1, len(whole))]]


@pytest.mark.parametrize("seed", range(40))
def test_what_goes_out_is_what_would_go_out_without(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(continued, "MOST_BYTES", rng.choice([3_000, 30_000, 10**6]))
    reader, counter = Reader(), TokenCounter()
    for messages in growing(rng):
        given = body(messages, system=[{"type": "text", "text": "Be brief."}])
        plain = decode_request(orjson.loads(orjson.dumps(given)))
        request = reader.read(orjson.dumps(given))
        assert encode_request(request) == given
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


def test_a_session_that_begins_as_another_does_not_take_its_place() -> None:
    """The first message of two sessions may be the same: the same files of instructions, the same question."""
    reader = Reader()
    first, *one = long(1, 2)
    other = long(3, 4)
    for _ in range(3):
        reader.read(orjson.dumps(body([first, *one])))
        reader.read(orjson.dumps(body([first, *other])))
    assert reader.continued >= 2 * (len(one) + len(other) + 2) + 1


def test_what_stands_behind_the_messages_is_the_same_object_for_other_messages() -> None:
    reader = Reader()
    first = reader.read(orjson.dumps(body(long(1), thinking={"type": "adaptive"}, metadata={"user_id": "x"})))
    second = reader.read(orjson.dumps(body(long(2), thinking={"type": "adaptive"}, metadata={"user_id": "x"})))
    assert reader.ended == 1
    assert first.tools is second.tools
    assert first.extras == second.extras == {"metadata": {"user_id": "x"}}
    reader.read(orjson.dumps(body(long(2), thinking={"type": "disabled"})))
    assert reader.ended == 1
    reader.read(orjson.dumps(body(long(3), thinking={"type": "disabled"})))
    assert reader.ended == 2


def test_a_new_session_has_its_own_words_and_the_tools_that_are_known() -> None:
    reader = Reader()
    one, other = [reader.read(orjson.dumps(body(long(seed), metadata={"user_id": str(seed)}))) for seed in (1, 2)]
    assert reader.ended == 1
    assert one.tools is other.tools
    assert (one.extras, other.extras) == ({"metadata": {"user_id": "1"}}, {"metadata": {"user_id": "2"}})


def test_fields_within_another_are_not_the_bodys_own() -> None:
    """As far from the end, to the byte, as the body's own stood before."""
    reader = Reader()
    large = b',"system":"Be brief.","tools":' + orjson.dumps(TOOLS)
    one, other = [b'{"model":"m","messages":' + orjson.dumps(long(seed)) for seed in (1, 2)]
    reader.read(one + large + b',"abc":1}')
    inner = reader.read(other + b',"more":{"x":1' + large + b',"ab":1}}')
    assert (inner.tools, inner.system) == (None, None)
    with pytest.raises(RequestError, match="JSON"):
        reader.read(other + b',"more":[1' + large + b',"abc":1}')
    assert reader.ended == 0
    assert reader.read(other + large + b',"abc":2}').tools is not None
    assert reader.ended == 1


@pytest.mark.parametrize(
    ("before", "after", "known"),
    [
        (b',"abc":"12"}', b',"abc":"34"}', True),
        (b',"abc":"12"}', b',"tools":[]}', False),
        (b',"abc":"12345"}', b',"messages":[]}', False),
        (b',"abc":"12"}', b'x"abc":"12"}', False),
        (b',"abc":"12"}', b' ,"abc":"1"}', False),
        (b'}', b'x', False),
    ],
)  # fmt: skip
def test_what_stands_behind_known_fields_counts_as_it_always_does(before: bytes, after: bytes, known: bool) -> None:
    whole = orjson.dumps(body(long(1)))
    front = whole[: whole.index(b',"max_tokens"')]
    reader = Reader()
    reader.read(front + before)
    with contextlib.suppress(RequestError):
        reader.read(front + after)
    assert reader.ended == known


def test_a_field_between_the_messages_and_a_known_end_is_part_of_the_next_end() -> None:
    reader = Reader()
    raw = [orjson.dumps(body(long(seed))) for seed in range(4)]
    reader.read(raw[0])
    for seed in (1, 2, 3):
        between = raw[seed].replace(b',"system":', b',"top_k":5,"system":')
        assert reader.read(between).top_k == 5
        assert reader.read(raw[seed]).top_k is None


def test_a_name_behind_the_messages_that_stood_before_them_is_told_again() -> None:
    reader = Reader()
    raw = orjson.dumps(body(long(1))).replace(b',"system":', b',"temperature":1,"system":')
    for given in (b'{"temperature":0,' + raw[1:], raw, raw):
        assert reader.read(given).temperature == 1


def test_messages_that_are_not_the_bodys_own_are_not_taken_for_them() -> None:
    reader = Reader()
    one, other = orjson.dumps(long(1)), orjson.dumps(long(1, 2))
    for inner, own in ((one, one), (other, one), (other, other), (one, other)):
        reader.read(b'{"more":{"a":1,"messages":' + inner + b'},"model":"m","messages":' + own + b',"stream":true}')


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


def test_what_nobody_continues_for_a_while_is_forgotten() -> None:
    now = [0.0]
    reader = Reader()
    reader.bodies = ContinuedBodies(lambda: now[0])
    assert not reader.bodies.let_go()
    messages = long(1, 2)
    for moment in (0.0, UNUSED_SECONDS - 1):
        now[0] = moment
        reader.read(orjson.dumps(body(messages)))
        assert not reader.bodies.let_go()
    now[0] = 2 * UNUSED_SECONDS - 2
    assert not reader.bodies.let_go()
    now[0] = 2 * UNUSED_SECONDS - 1
    assert reader.bodies.let_go()
    assert not reader.bodies.let_go()
    before = reader.continued
    reader.read(orjson.dumps(body(messages)))
    assert reader.continued == before
    reader.read(orjson.dumps(body(messages)))
    assert reader.continued == before + len(messages)


def test_it_holds_few_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(continued, "MOST_BYTES", 10_000)
    reader = Reader()
    for number in range(50):
        reader.read(orjson.dumps(body([{"role": "user", "content": f"{number} " + "x" * 900}])))
    held = vars(reader.bodies)["_pasts"]
    assert 0 < len(held) <= continued.MOST_BODIES
    assert sum(len(past.raw) for past in held) <= 10_000
