from collections.abc import Sequence

import pytest

from ccrouter.api import context_for
from ccrouter.errors import upstream_failure
from ccrouter.model.events import BlockStart, Event, Failed, ToolInputDelta, ToolUseBlock
from ccrouter.model.request import Request, Tool
from ccrouter.transformers.enhancetool import EnhanceTool, mend_arguments
from tests.transformers.replies import PROVIDER, call, cut, every_way, filtered, reply, text

EDIT = Tool(
    "Edit",
    input_schema={"type": "object", "properties": {"path": {"type": "string"}, "edits": {"type": "array"}}},
)
CONTEXT = context_for(Request("model", (), tools=(EDIT,)), provider=PROVIDER)


def mended(*blocks: Sequence[Event], stop: str = "tool_use", end: Event | None = None) -> list[Event]:
    return every_way(EnhanceTool(), reply(*blocks, stop=stop, end=end), CONTEXT)


@pytest.mark.parametrize("stop", ["tool_use", "end_turn", "max_tokens", "refusal"])
def test_arguments_are_mended_at_any_finish(stop: str) -> None:
    assert mended(text(0, "ok"), call(1, "Edit", "{'path': 'a',}", "i"), stop=stop) == reply(
        text(0, "ok"), call(1, "Edit", '{"path":"a"}', "i"), stop=stop
    )


def test_arguments_come_in_one_piece() -> None:
    event_filter = EnhanceTool().events(CONTEXT)
    assert event_filter is not None
    events = cut(reply(call(0, "Edit", '{"path": "a"}'), stop="tool_use"), 1)
    out = filtered(event_filter, events, 1)
    assert [event for event in out if isinstance(event, ToolInputDelta)] == [ToolInputDelta(0, '{"path": "a"}')]


def test_good_json_keeps_its_bytes() -> None:
    events = reply(call(0, "Edit", '{ "path" : "a",  "n": 1.0 }'), call(1, "Other", ""), stop="tool_use")
    assert mended(*[events[1:-1]]) == events


def test_what_cannot_be_mended_goes_on_raw_never_empty() -> None:
    events = reply(call(0, "Edit", '{"path": "rm -rf /home'), call(1, "Edit", "nonsense"), stop="tool_use")
    assert mended(events[1:-1]) == events


def test_missing_brackets_are_added_when_the_reply_was_not_cut() -> None:
    broken = call(0, "Edit", '{"path": "a"', "i")
    after = [*text(1, "then"), *call(2, "Edit", '{"path": "b", "edits": [1', "j")]
    assert mended(broken, after) == reply(
        call(0, "Edit", '{"path":"a"}', "i"),
        text(1, "then"),
        call(2, "Edit", '{"path":"b","edits":[1]}', "j"),
        stop="tool_use",
    )


def test_missing_brackets_of_a_cut_reply_stay_missing() -> None:
    events = reply(call(0, "Edit", '{"path": "a"'), stop="max_tokens")
    assert mended(events[1:-1], stop="max_tokens") == events


@pytest.mark.parametrize("json", ['{"path": "a"', '{"path": "a"}'])
def test_a_failure_in_a_call_gives_out_what_came_and_closes_nothing(json: str) -> None:
    opened: list[Event] = [BlockStart(0, ToolUseBlock("i", "Edit")), ToolInputDelta(0, json)]
    failed = Failed(upstream_failure("cut"))
    assert mended(opened, end=failed) == reply(opened, end=failed)


@pytest.mark.parametrize(
    ("raw", "fitted"),
    [
        ('{"path ": "a"}', '{"path":"a"}'),
        ('{"path": "a", "path ": "b"}', '{"path": "a", "path ": "b"}'),
        ('{"edits": "[1, 2,]"}', '{"edits":[1,2]}'),
        ('{"edits": "not a list"}', '{"edits": "not a list"}'),
        ('{"path": "[1]"}', '{"path": "[1]"}'),
        ('"{\\"path\\": \\"a\\"}"', '{"path":"a"}'),
    ],
)
def test_schema_says_what_a_string_or_key_was_meant_to_be(raw: str, fitted: str) -> None:
    assert mend_arguments(raw, EDIT.input_schema or {}) == (fitted, True)


def test_no_tools_no_filter() -> None:
    assert EnhanceTool().events(context_for(Request("model", ()))) is None
