"""Parts that came before are given out again."""

import gc
import random
from dataclasses import replace
from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic import known as known_parts
from ccrouter.dialects.anthropic.known import KnownParts
from ccrouter.dialects.anthropic.request import Known, decode_request
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.tool_search import callable_tools
from ccrouter.errors import RequestError
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request, Tool
from ccrouter.tokens import TokenCounter
from tests.dialects.conversations import TOOLS, conversation


@pytest.fixture(autouse=True)
def every_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_parts, "LEAST_BYTES", 0)


def body_of(**changes: Any) -> dict[str, Any]:
    body = {
        "model": "claude-opus-4-8",
        "messages": [{"role": "user", "content": "hi"}],
        "system": [{"type": "text", "text": "Be brief."}],
        "tools": TOOLS,
        "max_tokens": 1000,
    }
    return orjson.loads(orjson.dumps({**body, **changes}))


def decoded(known: KnownParts, **changes: Any) -> Request:
    return decode_request(body_of(**changes), Known(known))


def test_equal_parts_are_the_same_objects() -> None:
    known = KnownParts()
    first, second = decoded(known), decoded(known, stream=True)
    other = decoded(known, tools=[*TOOLS, {"name": "Read"}])
    assert first.tools is second.tools
    assert first.system is second.system is other.system
    assert other == decode_request(body_of(tools=[*TOOLS, {"name": "Read"}]))


def test_equal_json_of_another_kind_is_another_part() -> None:
    both = [{"type": "text", "text": "x", "name": "Bash"}]
    request = decoded(KnownParts(), system=both, tools=both)
    assert request == decode_request(body_of(system=both, tools=both))


def test_small_parts_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_parts, "LEAST_BYTES", 200)
    known = KnownParts()
    large = [{"name": "Bash", "description": "x" * 200}]
    first, second = (decoded(known, tools=large) for _ in range(2))
    assert first == second
    assert (first.system is second.system, first.tools is second.tools) == (False, True)


def test_what_cannot_be_understood_is_told_each_time_and_not_kept() -> None:
    known = KnownParts()
    for _ in range(2):
        with pytest.raises(RequestError, match=r"^system: must be"):
            decoded(known, system=["x" * 2000])
        with pytest.raises(RequestError, match=r"^tools\.2\.name"):
            decoded(known, tools=[*TOOLS, {}])
    assert vars(known)["_bytes"] == len(orjson.dumps(body_of()["system"]))  # read before its tools


def test_it_holds_no_more_than_so_many_bytes() -> None:
    known = KnownParts(most_bytes=10_000)
    for number in range(100):
        decoded(known, system=[{"type": "text", "text": f"{number} " + "x" * 900}])
    held = vars(known)
    assert 0 < held["_bytes"] <= 10_000
    assert held["_bytes"] == sum(key[2] for key in held["_parts"])
    huge = decoded(known, system=[{"type": "text", "text": "x" * 20_000}], tools=[])
    assert huge.system is not None
    assert held["_bytes"] < 20_000


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
        request = decoded(KnownParts(), messages=conversation(random.Random(5)))
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
