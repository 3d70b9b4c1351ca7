"""Rounds of a model that looks at images, without any I/O."""

import random
from collections.abc import Sequence

import pytest

from ccrouter.errors import upstream_failure
from ccrouter.model.blocks import Block, Image, Text, Thinking, ToolResult, ToolUse
from ccrouter.model.events import (
    BlockStart,
    Event,
    Failed,
    Finish,
    Start,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
    Usage,
    UsageUpdate,
    merge_usage,
)
from ccrouter.model.grammar import violations
from ccrouter.model.request import Message, Request, Tool, ToolChoice
from ccrouter.pipeline.image_agent import Seen, as_told, image_id
from ccrouter.pipeline.look_rounds import MOST_ROUNDS, LookRounds
from ccrouter.pipeline.rounds import Blocks
from tests.pipeline.test_search_rounds import answer, block, heads, usage

RED = Image({"type": "base64", "media_type": "image/png", "data": "UkVE"})
REQUEST = Request("m", (Message("user", (Text("What?"), RED)),), tools=(Tool("Bash", "", {}),))
ARGUMENTS = f'{{"imageId":["{image_id(RED)}"],"task":"Colour?"}}'


def look(key: int, identity: str = "call_1", arguments: str = ARGUMENTS) -> list[Event]:
    return block(key, ToolUseBlock(identity, "analyzeImage"), arguments[:7], arguments[7:])


def bash(key: int, identity: str = "call_b") -> list[Event]:
    return block(key, ToolUseBlock(identity, "Bash"), '{"command":"ls"}')


def play(rounds: LookRounds, *answers: Sequence[Event]) -> list[Event]:
    """All events for the client; each look sees red."""
    out: list[Event] = []
    for events in answers:
        assert not rounds.over
        out += rounds.take(events)
        if rounds.looks:
            out += rounds.answer([Seen(found.error or "Red.", failed=bool(found.error)) for found in rounds.looks])
    return out


def said(events: Sequence[Event]) -> tuple[Block, ...]:
    """The message's blocks as the client keeps them."""
    blocks, head = Blocks(), None
    for event in events:
        head = event if isinstance(event, BlockStart) else head
        blocks.see(event, head)
    return tuple(blocks.blocks)


def test_one_look() -> None:
    rounds = LookRounds(REQUEST)
    assert [tool.name for tool in rounds.request.tools or ()] == ["Bash", "analyzeImage"]
    thinking = block(0, ThinkingBlock(), "hm", signature="sig")
    events = play(
        rounds,
        answer(thinking, block(1, TextBlock(), "I ", "look."), look(2)),
        answer(block(0, TextBlock(), "Red."), stop="end_turn", usage=Usage(input=30, output=7, cache_read=2)),
    )
    assert violations(events) == []
    assert heads(events) == ["ThinkingBlock", "TextBlock", "ThinkingBlock", "TextBlock"]
    assert events[-1] == Finish("end_turn")
    # The last round's prompt, the answers of both.
    assert usage(events) == Usage(30, 12, 2)
    assert rounds.request.messages[1:] == (
        Message(
            "assistant",
            (
                Thinking("hm", "sig"),
                Text("I look."),
                ToolUse("call_1", "analyzeImage", {"imageId": [image_id(RED)], "task": "Colour?"}),
            ),
        ),
        Message("user", (ToolResult("call_1", "Red."),)),
    )


def test_nothing_goes_out_for_a_look_before_the_models_next_word() -> None:
    rounds = LookRounds(REQUEST)
    first = play(rounds, answer(look(0)))
    assert heads(first) == []
    assert heads(rounds.take([Start("c", "m"), *block(0, TextBlock(), "Red.")])) == ["ThinkingBlock", "TextBlock"]


def test_looks_come_before_the_clients_calls_and_end_the_message() -> None:
    for blocks in ([bash(0), look(1), look(2, "call_2")], [look(0), bash(1), look(2, "call_2")]):
        rounds = LookRounds(REQUEST)
        events = play(rounds, answer(block(5, TextBlock(), "Both."), *blocks, block(6, TextBlock(), "So.")))
        assert rounds.over
        assert violations(events) == []
        assert heads(events) == ["TextBlock", "ThinkingBlock", "ToolUseBlock", "TextBlock"]
        assert events[-1] == Finish("tool_use")
        history = as_told((*REQUEST.messages, Message("assistant", said(events))), "analyzeImage")
        names = [one.name for one in history[1].blocks if isinstance(one, ToolUse)]
        assert names == ["analyzeImage", "analyzeImage", "Bash"]


def test_without_a_look_the_blocks_stay_as_they_came() -> None:
    rounds = LookRounds(REQUEST)
    whole = answer(block(0, TextBlock(), "a"), bash(1), block(2, TextBlock(), "b"), bash(3, "call_c"))
    told = [event for event in play(rounds, whole) if not isinstance(event, UsageUpdate)]
    assert told == [event for event in whole if not isinstance(event, UsageUpdate)]
    assert rounds.over


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "stop_sequence"])
def test_an_answer_that_was_cut_is_not_looked_for(reason: str) -> None:
    rounds = LookRounds(REQUEST)
    events = play(rounds, answer(block(0, TextBlock(), "a"), look(1), stop=reason))
    assert rounds.over
    assert heads(events) == ["TextBlock"]
    assert events[-1] == Finish(reason)


def test_the_choice_of_a_tool_holds_for_the_first_round() -> None:
    rounds = LookRounds(Request("m", REQUEST.messages, tools=REQUEST.tools, tool_choice=ToolChoice("any")))
    play(rounds, answer(look(0)))
    assert rounds.request.tool_choice == ToolChoice("auto")


def test_a_model_that_looks_for_ever_comes_to_an_end() -> None:
    rounds = LookRounds(REQUEST)
    events: list[Event] = []
    asked = 0
    while not rounds.over:
        events += play(rounds, answer(look(0)))
        asked += 1
        assert asked <= MOST_ROUNDS + 1
    assert rounds.request.tool_choice == ToolChoice("none")
    assert violations(events) == []
    assert events[-1] == Finish("end_turn")


def test_too_many_looks_at_once_are_refused() -> None:
    rounds = LookRounds(REQUEST, most_looks=2)
    rounds.take(answer(look(0), look(1, "call_2"), look(2, "call_3")))
    assert [one.error is None for one in rounds.looks] == [True, True, False]


@pytest.mark.parametrize("seed", range(200))
def test_any_answers_give_a_sentence_and_a_history_that_only_grows(seed: int) -> None:
    dice = random.Random(seed)
    print("seed", seed)
    rounds = LookRounds(REQUEST, most_looks=dice.randint(1, 6), most_rounds=dice.randint(0, 4))
    events: list[Event] = []
    calls = 0
    while not rounds.over:
        sent = rounds.request.messages
        blocks: list[list[Event]] = []
        for key in range(dice.randint(0, 5)):
            calls += 1
            arguments = dice.choice([ARGUMENTS, "{}", '{"imageId": 5}', "{broken", '{"imageId":["no"]}'])
            made: list[list[Event]] = [
                look(key, f"call_{calls}", arguments),
                block(key, TextBlock(), f"a{calls}", "b"),
                block(key, ThinkingBlock(), "t", signature="x"),
                bash(key, f"call_{calls}"),
            ]
            blocks.append(dice.choices(made, (4, 3, 2, 1))[0])
        whole = answer(*blocks, stop=dice.choice(["tool_use", "end_turn", "max_tokens"]))
        if dice.random() < 0.1:
            whole = [*whole[: dice.randint(1, len(whole) - 1)], Failed(upstream_failure("cut"))]
        events += play(rounds, whole)
        assert rounds.request.messages[: len(sent)] == sent
    assert violations(events) == []
    if isinstance(events[-1], Failed):
        return
    # The client's next request begins with the very messages that the last round was sent.
    after = (*REQUEST.messages, Message("assistant", said(events)), Message("user", "Go on"))
    told = as_told(after, "analyzeImage")
    assert told[: len(rounds.request.messages)] == rounds.request.messages
    asked = [one.id for message in told for one in message.blocks if isinstance(one, ToolUse)]
    ours = [one.tool_use_id for message in told for one in message.blocks if isinstance(one, ToolResult)]
    assert set(ours) <= set(asked)
    assert len(set(asked)) == len(asked)


def test_usage_of_a_round_that_tells_nothing() -> None:
    rounds = LookRounds(REQUEST)
    events = play(rounds, answer(look(0), usage=Usage(5, 6)), [Start("c", "m"), Finish("end_turn")])
    total = Usage()
    for event in events:
        if isinstance(event, UsageUpdate):
            total = merge_usage(total, event.usage)
    assert total == Usage(5, 6)
