"""Rounds of a model that searches, without any I/O."""

import random
from collections.abc import Sequence

import pytest

from ccrouter.dialects.web_search import SearchResult, search_events
from ccrouter.errors import upstream_failure
from ccrouter.model.blocks import Text, Thinking, ToolResult, ToolUse
from ccrouter.model.events import (
    BlockHead,
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueBlock,
    Signature,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageUpdate,
    merge_usage,
)
from ccrouter.model.grammar import violations
from ccrouter.model.json import JsonObject
from ccrouter.model.request import Message, Request, Tool, ToolChoice
from ccrouter.pipeline.rounds import added
from ccrouter.pipeline.search_rounds import Answered, SearchRounds

REQUEST = Request("m", (Message("user", "q"),), tools=(Tool("Bash", "", {}), Tool("web_search", "", {})))
FOUND = Answered([SearchResult("https://a.example", "A", "Berries.")])
QUERY = '{"query": "foxes"}'


def block(key: int, head: BlockHead, *parts: str, signature: str | None = None) -> list[Event]:
    events: list[Event] = [BlockStart(key, head)]
    for part in parts:
        match head:
            case TextBlock():
                events.append(TextDelta(key, part))
            case ThinkingBlock():
                events.append(ThinkingDelta(key, part))
            case _:
                events.append(ToolInputDelta(key, part))
    return [*events, *([Signature(key, signature)] if signature else []), BlockStop(key)]


def search(key: int, identity: str = "call_1", query: str = QUERY) -> list[Event]:
    return block(key, ToolUseBlock(identity, "web_search"), query[:7], query[7:])


def answer(*blocks: Sequence[Event], stop: str = "tool_use", usage: Usage | None = None) -> list[Event]:
    told = usage or Usage(input=10, output=5)
    return [Start("c", "m"), *[event for part in blocks for event in part], UsageUpdate(told), Finish(stop)]


def play(rounds: SearchRounds, *answers: Sequence[Event]) -> list[Event]:
    """All events for the client; each search finds FOUND."""
    out: list[Event] = []
    for events in answers:
        assert not rounds.over
        out += rounds.take(events)
        if rounds.searches:
            given = [Answered(found.error) if found.error else FOUND for found in rounds.searches]
            for found in rounds.searches:
                if found.error is None:
                    rounds.count_search()
            out += rounds.answer(given)
    return out


def heads(events: Sequence[Event]) -> list[str]:
    found: list[str] = []
    for event in events:
        if isinstance(event, BlockStart):
            head = event.block
            found.append(str(head.raw["type"]) if isinstance(head, OpaqueBlock) else type(head).__name__)
    return found


def usage(events: Sequence[Event]) -> Usage:
    total = Usage()
    for event in events:
        if isinstance(event, UsageUpdate):
            total = merge_usage(total, event.usage)
    return total


def test_one_search() -> None:
    rounds = SearchRounds(REQUEST, "web_search", limit=5, seed="s")
    thinking = block(0, ThinkingBlock(), "hm", signature="sig")
    events = play(
        rounds,
        answer(thinking, block(1, TextBlock(), "I ", "look."), search(2)),
        answer(block(0, TextBlock(), "Berries."), stop="end_turn", usage=Usage(input=30, output=7, cache_read=2)),
    )
    assert violations(events) == []
    assert heads(events) == ["ThinkingBlock", "TextBlock", "server_tool_use", "web_search_tool_result", "TextBlock"]
    assert events[-1] == Finish("end_turn")
    # The prompt of the last round, the answers of both.
    assert usage(events) == Usage(30, 12, 2, None, {"server_tool_use": {"web_search_requests": 1}})
    # What the model is given to go on with: its own turn as it was, and what was found.
    assert rounds.request.messages[1] == Message(
        "assistant",
        (Thinking("hm", "sig"), Text("I look."), ToolUse("call_1", "web_search", {"query": "foxes"})),
    )
    [result] = rounds.request.messages[2].blocks
    assert isinstance(result, ToolResult)
    assert result.tool_use_id == "call_1"
    assert result.is_error is None
    assert "https://a.example" in str(result.content)
    assert rounds.request.tools == REQUEST.tools


def test_what_follows_a_search_in_the_same_answer_waits_for_its_results() -> None:
    rounds = SearchRounds(REQUEST, "web_search", limit=5, seed="s")
    bash = block(2, ToolUseBlock("call_2", "Bash"), '{"command": "ls"}')
    first = rounds.take(answer(search(0), block(1, TextBlock(), "And then:"), bash, search(3, "call_3")))
    assert heads(first) == ["server_tool_use", "server_tool_use"]
    rest = rounds.answer([FOUND, FOUND])
    assert heads(rest) == ["web_search_tool_result", "web_search_tool_result", "TextBlock", "ToolUseBlock"]
    assert violations(first + rest) == []
    assert rounds.over
    assert rest[-1] == Finish("tool_use")


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "stop_sequence"])
def test_an_answer_that_was_cut_ends_the_message(reason: str) -> None:
    rounds = SearchRounds(REQUEST, "web_search", limit=5, seed="s")
    events = play(rounds, answer(search(0), stop=reason))
    assert rounds.over
    assert violations(events) == []
    assert events[-1] == Finish(reason)


def test_a_failure_ends_it_in_any_round() -> None:
    failed = Failed(upstream_failure("cut"))
    for earlier in ([], [answer(search(0))]):
        rounds = SearchRounds(REQUEST, "web_search", limit=5, seed="s")
        events = play(rounds, *earlier, [Start("c", "m"), BlockStart(0, TextBlock()), failed])
        assert rounds.over
        assert violations(events) == []
        assert events[-1] == failed


def test_the_search_that_was_run_beforehand_waits_for_the_models_first_word() -> None:
    opening = search_events(0, "srvtoolu_1", "foxes", FOUND.found)
    rounds = SearchRounds(REQUEST, "web_search", limit=5, seed="s", opening=opening)
    rounds.count_search()
    assert heads(rounds.take([Start("c", "m"), UsageUpdate(Usage(input=1))])) == []
    more = rounds.take([*block(0, TextBlock(), "Berries."), Finish("end_turn")])
    assert heads(more) == ["server_tool_use", "web_search_tool_result", "TextBlock"]
    silent = SearchRounds(REQUEST, "web_search", limit=5, seed="s", opening=opening)
    events = silent.take([Start("c", "m"), Finish("end_turn")])
    assert violations(events) == []
    assert heads(events) == ["server_tool_use", "web_search_tool_result"]


def test_the_choice_of_a_tool_holds_for_the_first_round() -> None:
    request = Request("m", REQUEST.messages, tools=REQUEST.tools, tool_choice=ToolChoice("any"))
    rounds = SearchRounds(request, "web_search", limit=2, seed="s")
    play(rounds, answer(search(0)))
    assert rounds.request.tool_choice == ToolChoice("auto")
    play(rounds, answer(search(0)))
    assert rounds.request.tool_choice == ToolChoice("none")


def test_a_model_that_searches_for_ever_comes_to_an_end() -> None:
    rounds = SearchRounds(REQUEST, "web_search", limit=3, seed="s")
    events: list[Event] = []
    asked = 0
    while not rounds.over:
        events += play(rounds, answer(search(0)))
        asked += 1
        assert asked < 20
    assert violations(events) == []
    assert usage(events).extras == {"server_tool_use": {"web_search_requests": 3}}
    assert events[-1] == Finish("end_turn")


def test_usage_adds_up_what_is_known() -> None:
    assert added(Usage(1, 2), Usage(10, None, 3)) == Usage(11, 2, 3)
    assert added(Usage(), Usage()) == Usage()


@pytest.mark.parametrize("seed", range(200))
def test_any_answers_give_a_sentence_of_the_grammar(seed: int) -> None:
    dice = random.Random(seed)
    print("seed", seed)
    rounds = SearchRounds(REQUEST, "web_search", limit=dice.randint(0, 4), seed="s")
    events: list[Event] = []
    while not rounds.over:
        blocks: list[list[Event]] = []
        for key in range(dice.randint(0, 5)):
            query = dice.choice([QUERY, "{}", '{"query": 5}', "{broken", ""])
            made: list[list[Event]] = [
                search(key, f"call_{key}", query),
                block(key, TextBlock(), "a", "b"),
                block(key, ThinkingBlock(), "t", signature="x"),
                block(key, ToolUseBlock(f"call_{key}", "Bash"), "{}"),
            ]
            blocks.append(dice.choices(made, (4, 3, 2, 1))[0])
        whole = answer(*blocks, stop=dice.choice(["tool_use", "end_turn", "max_tokens"]))
        if dice.random() < 0.1:
            whole = [*whole[: dice.randint(1, len(whole) - 1)], Failed(upstream_failure("cut"))]
        events += play(rounds, whole)
    assert violations(events) == []
    uses = [raw["id"] for raw in opaque(events, "server_tool_use")]
    results = [raw["tool_use_id"] for raw in opaque(events, "web_search_tool_result")]
    assert len(set(map(str, uses))) == len(uses)
    if not isinstance(events[-1], Failed):
        assert uses == results


def opaque(events: Sequence[Event], kind: str) -> list[JsonObject]:
    found = [
        event.block.raw for event in events if isinstance(event, BlockStart) and isinstance(event.block, OpaqueBlock)
    ]
    return [raw for raw in found if raw["type"] == kind]
