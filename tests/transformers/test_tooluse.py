import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ccrouter.api import context_for, run_request
from ccrouter.errors import upstream_failure
from ccrouter.model.blocks import Text
from ccrouter.model.events import BlockStart, Event, Failed, TextBlock, TextDelta, ToolInputDelta, ToolUseBlock
from ccrouter.model.request import Message, Request, ThinkingConfig, Tool, ToolChoice
from ccrouter.transformers.tooluse import EXIT_TOOL, INSTRUCTION, ToolUse, answer_in
from tests.transformers.replies import call, cut, every_way, filtered, reply, text, thinking

BASH = Tool("Bash", "Run it", {"type": "object", "properties": {"command": {"type": "string"}}})
REQUEST = Request("model", (Message("user", "Hi"),), system="System.", tools=(BASH,))
IN_TOOL_MODE = context_for(replace(REQUEST, tools=(BASH, EXIT_TOOL)))


def answered(*blocks: Sequence[Event], stop: str = "tool_use", end: Event | None = None) -> list[Event]:
    return every_way(ToolUse(), reply(*blocks, stop=stop, end=end), IN_TOOL_MODE)


def test_request_gets_instruction_tool_and_choice_and_keeps_its_messages() -> None:
    out = run_request(ToolUse(), REQUEST)
    assert out.system == (Text("System."), Text(INSTRUCTION))
    assert out.tools == (BASH, EXIT_TOOL)
    assert out.tool_choice == ToolChoice("any")
    assert out.messages == REQUEST.messages


def test_parallel_setting_survives() -> None:
    choice = ToolChoice("auto", extras={"disable_parallel_tool_use": True})
    out = run_request(ToolUse(), replace(REQUEST, tool_choice=choice))
    assert out.tool_choice == replace(choice, type="any")


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, tools=None),
        replace(REQUEST, tools=()),
        replace(REQUEST, tools=(Tool("web_search", type="web_search_20250305"),)),
        replace(REQUEST, tools=(replace(BASH, extras={"defer_loading": True}),)),
        replace(REQUEST, tools=(BASH, Tool("ExitTool", "the client's own", {"type": "object"}))),
        replace(REQUEST, tool_choice=ToolChoice("none")),
        replace(REQUEST, tool_choice=ToolChoice("any")),
        replace(REQUEST, tool_choice=ToolChoice("tool", "Bash")),
    ],
)
def test_requests_that_are_left_alone(request_: Request) -> None:
    assert run_request(ToolUse(), request_) is request_
    assert ToolUse().events(context_for(request_)) is None


def test_anthropic_is_not_made_to_force_tools_while_thinking() -> None:
    request = replace(REQUEST, thinking=ThinkingConfig("adaptive"))
    out = run_request(ToolUse(), request, context_for(request, dialect="anthropic"))
    assert out.tool_choice is None
    assert out.tools == (BASH, EXIT_TOOL)


def test_exit_becomes_text_and_ends_the_turn() -> None:
    value = 'Done: "a"\n😀 é \\ end'
    for json_text in (json.dumps({"response": value}), json.dumps({"response": value}, ensure_ascii=False)):
        assert answered(thinking(0, "hm"), call(1, "ExitTool", json_text)) == reply(thinking(0, "hm"), text(1, value))


def test_exit_text_streams_as_it_arrives() -> None:
    event_filter = ToolUse().events(IN_TOOL_MODE)
    assert event_filter is not None
    events = cut(reply(call(0, "ExitTool", '{"response":"abc"}'), stop="tool_use"), 1)
    arrived = [event_filter([event]) for event in events]
    assert [event for batch in arrived for event in batch if isinstance(event, TextDelta)] == [
        TextDelta(0, "a"),
        TextDelta(0, "b"),
        TextDelta(0, "c"),
    ]
    assert arrived[events.index(ToolInputDelta(0, "b"))] == [TextDelta(0, "b")]


def test_with_another_call_the_turn_goes_on() -> None:
    bash = call(1, "Bash", '{"command":"ls"}')
    assert answered(call(0, "ExitTool", '{"response":"Looking."}'), bash) == reply(
        text(0, "Looking."), bash, stop="tool_use"
    )


def test_replies_without_exit_are_left_alone() -> None:
    for events in (
        reply(call(0, "Bash", "{}"), stop="tool_use"),
        reply(text(0, "I won't call anything."), stop="end_turn"),
    ):
        assert every_way(ToolUse(), events, IN_TOOL_MODE) == events


def test_other_reasons_to_stop_are_told_as_they_are() -> None:
    assert answered(call(0, "ExitTool", '{"response":"cut of'), stop="max_tokens") == reply(
        text(0, "cut of"), stop="max_tokens"
    )


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ("All done.", "All done."),
        ("{'response': 'single',}", "single"),
        ('{"text": "other name"}', "other name"),
        ('{"response": ["a", 1]}', '["a",1]'),
        ('{"response": {"response": "deep"}}', '{"response":"deep"}'),
        ('"just a string"', "just a string"),
        ('"{\\"response\\": \\"twice encoded\\"}"', "twice encoded"),
        ('{"a": "x", "b": "y"}', '{"a": "x", "b": "y"}'),
        ('{"respon', '{"respon'),
    ],
)
def test_broken_arguments_still_give_an_answer(arguments: str, answer: str) -> None:
    assert answered(call(0, "ExitTool", arguments)) == reply(text(0, answer))


@pytest.mark.parametrize("arguments", ["", "{}", '{"response":""}'])
def test_an_empty_exit_leaves_no_block(arguments: str) -> None:
    assert answered(text(0, "Said before."), call(1, "ExitTool", arguments)) == reply(text(0, "Said before."))


def test_a_failure_in_an_exit_gives_out_what_came_and_closes_nothing() -> None:
    failed = Failed(upstream_failure("cut"))
    opened: list[Event] = [BlockStart(0, ToolUseBlock("i", "ExitTool")), ToolInputDelta(0, '{"response":"half')]
    assert answered(opened, end=failed) == reply([BlockStart(0, TextBlock()), TextDelta(0, "half")], end=failed)


def test_two_exits_are_two_texts() -> None:
    exits = [call(0, "ExitTool", '{"response":"a"}'), call(1, "ExitTool", '{"response":"b"}')]
    assert answered(*exits) == reply(text(0, "a"), text(1, "b"))


def test_filters_share_nothing() -> None:
    transformer = ToolUse()
    first, second = transformer.events(IN_TOOL_MODE), transformer.events(IN_TOOL_MODE)
    assert first is not None
    assert second is not None
    filtered(first, reply(call(0, "ExitTool", '{"response":"a"}'), stop="tool_use"), 1)
    untouched = reply(call(0, "Bash", "{}"), stop="tool_use")
    assert filtered(second, untouched, 1) == untouched


def test_answer_in_takes_the_raw_text_where_nothing_else_is_left() -> None:
    assert answer_in('  {"a": ') == '{"a":'
