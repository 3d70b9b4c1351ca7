from dataclasses import replace

from ccrouter.api import context_for, run_request
from ccrouter.model.blocks import Text, Thinking, ToolUse
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.request import Message, Request, ThinkingConfig
from ccrouter.transformers.forcereasoning import INSTRUCTION, ForceReasoning
from tests.transformers.replies import PROVIDER, SIGNATURE, every_way, reply, text, thinking

REQUEST = Request("model", (Message("user", "Hi"),), system="You are a test.")


def prepared(request: Request) -> Request:
    return run_request(ForceReasoning(), request, context_for(request, provider=PROVIDER))


def test_instruction_ends_the_system_prompt_and_messages_stay() -> None:
    out = prepared(REQUEST)
    assert out.system == (Text("You are a test."), Text(INSTRUCTION))
    assert out.messages == REQUEST.messages


def test_no_instruction_where_thinking_is_off_or_json_is_wanted() -> None:
    for request in (
        replace(REQUEST, thinking=ThinkingConfig("disabled")),
        replace(REQUEST, extras={"output_config": {"format": {"type": "json_schema"}}}),
    ):
        assert prepared(request) == request


def test_own_thinking_goes_back_in_the_tags_and_foreign_thinking_does_not() -> None:
    call = ToolUse("t1", "Read", {})
    foreign = Thinking("theirs", seal(Envelope("other", "text")))
    anthropic = Thinking("claude", "Er8BCkYI")
    history = Message("assistant", (Thinking("mine", SIGNATURE), foreign, anthropic, call))
    out = prepared(replace(REQUEST, messages=(history,)))
    assert out.messages[0].content == (
        Text("<reasoning_content>mine</reasoning_content>"),
        foreign,
        anthropic,
        call,
    )


def test_one_more_turn_changes_nothing_before_it() -> None:
    turns = tuple(
        message
        for number in range(15)
        for message in (
            Message("user", f"q{number}"),
            Message("assistant", (Thinking(f"r{number}", SIGNATURE), Text(f"a{number}"))),
        )
    )
    shorter, longer = (prepared(replace(REQUEST, messages=turns[:count])) for count in (20, 30))
    assert longer.messages[:20] == shorter.messages
    assert longer.system == shorter.system


def test_reply_is_split_at_its_tag() -> None:
    events = reply(text(0, "<reasoning_content>\nwhy</reasoning_content>\nso"))
    assert every_way(ForceReasoning(), events, context_for(REQUEST, provider=PROVIDER)) == reply(
        thinking(0, "why"), text(1, "so")
    )


def test_a_model_that_never_writes_the_tag_is_still_heard() -> None:
    events = reply(text(0, "plain answer"))
    assert every_way(ForceReasoning(), events, context_for(REQUEST, provider=PROVIDER)) == events
