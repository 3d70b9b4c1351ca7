"""What is asked for where an answer was cut off."""

from typing import Any

import pytest

from ccrouter.dialects.anthropic.request import decode_request, encode_request
from ccrouter.dialects.openai_chat.request import encode_request as encode_chat
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.blocks import Text, Thinking
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request, ThinkingConfig
from ccrouter.pipeline.continuation import continuation, may_be_continued, stops_amid, takes_prefill
from ccrouter.pipeline.joining import Said
from ccrouter.pipeline.seam import instructed, prefilled

HISTORY: list[dict[str, Any]] = [
    {"role": "user", "content": "One?"},
    {"role": "assistant", "content": [{"type": "text", "text": "One."}]},
    {"role": "user", "content": [{"type": "text", "text": "Two?", "cache_control": {"type": "ephemeral"}}]},
]
BODY: dict[str, Any] = {"model": "m", "max_tokens": 1000, "stream": True, "messages": HISTORY}
TEXT = "It has begun and\n\n"
SAID = Said((Thinking("Hm.", "sig"), Text("Before."), Text("  ")), TEXT)


def request(**changes: Any) -> Request:
    return decode_request({**BODY, **changes})


def test_an_instruction_follows_what_was_said() -> None:
    asked = continuation(request(), SAID, prefill=False)
    body: Any = encode_request(asked.request)
    assert body["messages"][:3] == HISTORY
    assert body["messages"][3] == {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
            {"type": "text", "text": "Before."},
            {"type": "text", "text": "It has begun and"},
        ],
    }
    assert body["messages"][4]["role"] == "user"
    words = body["messages"][4]["content"][0]["text"]
    assert "<last-words>It has begun and</last-words>" in words
    assert words.startswith("<system-reminder>")
    assert asked.seam == instructed(TEXT)


def test_braces_in_the_last_words_are_letters() -> None:
    asked = continuation(request(), Said((), "f'{words} {0}'"), prefill=False)
    block = asked.request.messages[-1].blocks[0]
    assert isinstance(block, Text)
    assert "<last-words>f'{words} {0}'</last-words>" in block.text


def test_a_prefill_ends_in_a_letter_and_thinks_nothing() -> None:
    asked = continuation(request(), SAID, prefill=True)
    assert asked.request.messages[-1] == Message("assistant", (Text("Before."), Text("It has begun and")))
    assert asked.seam == prefilled(TEXT)


def test_blanks_alone_are_asked_for_again() -> None:
    asked = continuation(request(), Said((), "\n\n"), prefill=True)
    assert asked.request.messages == request().messages
    assert asked.seam == prefilled("\n\n")


def test_the_client_bound_holds_for_all_of_it() -> None:
    assert continuation(request(), Said((), "x" * 400), prefill=False).request.max_tokens == 900
    assert continuation(request(), Said((), "x" * 40_000), prefill=False).request.max_tokens == 256
    assert continuation(request(max_tokens=100), Said((), "x" * 400), prefill=False).request.max_tokens == 100


def test_a_thinking_budget_stays_below_the_bound() -> None:
    thinking = request(thinking={"type": "enabled", "budget_tokens": 2000}, max_tokens=3000)
    assert continuation(thinking, Said((), "x" * 40_000), prefill=False).request.max_tokens == 2256


def test_what_may_be_continued() -> None:
    assert may_be_continued(request())
    assert may_be_continued(request(output_config={"effort": "high"}))
    assert not may_be_continued(request(output_config={"format": {"type": "json_schema", "schema": {}}}))
    assert not may_be_continued(request(messages=[*HISTORY, {"role": "assistant", "content": "I"}]))


def test_a_stop_sequence_that_may_have_begun() -> None:
    stopping = request(stop_sequences=["", "</severity>"])
    assert stops_amid(stopping, Said((), "low</sev"))
    assert not stops_amid(stopping, Said((), "low"))
    assert not stops_amid(request(), Said((), "low</sev"))


THINKING: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"thinking": {"type": "disabled"}}, True),
    ({"thinking": {"type": "disabled"}, "output_config": {"effort": "low"}}, True),
    ({"output_config": {"effort": "low"}}, False),
    ({"thinking": {"type": "adaptive"}}, False),
    ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, False),
]


@pytest.mark.parametrize(("changes", "takes"), THINKING)
def test_prefills_are_for_those_who_do_not_think(changes: dict[str, Any], takes: bool) -> None:
    assert takes_prefill(request(**changes), Quirks(prefill="plain")) is takes
    assert not takes_prefill(request(**changes), Quirks())


@pytest.mark.parametrize("style", ["prefix", "partial", "plain", "none"])
def test_the_mark_of_a_prefill_on_the_wire(style: Any) -> None:
    def last(asked: Request) -> Any:
        body: Any = encode_chat(asked, model="m", origin="p", quirks=Quirks(prefill=style), notes=Notes())
        return body["messages"][-1]

    said = {"role": "assistant", "content": "Before.\n\nIt has begun and"}
    mark: dict[str, Any] = {style: True} if style in ("prefix", "partial") else {}
    assert last(continuation(request(), SAID, prefill=True).request) == {**said, **mark}
    assert last(continuation(request(), SAID, prefill=False).request)["role"] == "user"
    assert last(request()) == {"role": "user", "content": "Two?"}


def test_nothing_else_changes() -> None:
    before = request(thinking={"type": "adaptive"}, temperature=0.5, metadata={"user_id": "u"}, tools=[])
    after = continuation(before, SAID, prefill=False).request
    assert after.thinking == ThinkingConfig("adaptive")
    assert (after.temperature, after.extras, after.tools) == (before.temperature, before.extras, before.tools)
