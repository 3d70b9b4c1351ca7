"""One reply out of several, event by event: what is given out, what is not, and when it can go on."""

from collections.abc import Sequence

import pytest

from ccrouter.model.blocks import Opaque, Text, Thinking
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueBlock,
    OpaqueDelta,
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
)
from ccrouter.model.grammar import violations
from ccrouter.model.notes import Notes
from ccrouter.pipeline.joining import Joiner
from ccrouter.pipeline.seam import Seam, instructed
from tests.pipeline.rescued import TORN, block, joined, one_by_one, said, text, torn, whole

BEGUN = "It has begun well, and goes on in the middle of a wo"
WHOLE = BEGUN + "rd."
SEAM = instructed(BEGUN)
CALL = block(5, ToolUseBlock("toolu_1", "Bash"), '{"command"', ': "ls"}')
THOUGHT = block(0, ThinkingBlock(), "Hm, ", "well.", signature="sig")
REDACTED = OpaqueBlock({"type": "redacted_thinking", "data": "x"})


def heads(events: Sequence[Event]) -> list[str]:
    return [type(event.block).__name__ for event in events if isinstance(event, BlockStart)]


def given(events: Sequence[Event]) -> Joiner:
    joiner = Joiner(Notes())
    one_by_one(joiner, events)
    return joiner


def test_a_reply_that_is_not_torn_goes_through_as_it_is() -> None:
    events = whole(THOUGHT, text(1, "Hello there.", 3), CALL, stop="tool_use", usage=Usage(input=3, output=4))
    joiner = Joiner(Notes())
    out = one_by_one(joiner, events)
    assert out == events
    assert joiner.over
    assert not joiner.can_go_on


def test_the_text_block_stays_open() -> None:
    out, joiner = joined(torn(BEGUN, 5), SEAM, whole(text(0, WHOLE, 4)))
    assert heads(out) == ["TextBlock"]
    assert said(out) == WHOLE
    assert isinstance(out[-1], Finish)
    assert joiner.over


def test_what_is_torn_right_after_the_text_goes_on_in_it() -> None:
    first = [Start("a", "m"), *text(0, BEGUN), TORN]
    out, _ = joined(first, SEAM, whole(text(0, WHOLE)))
    assert heads(out) == ["TextBlock"]
    assert said(out) == WHOLE


CANNOT: dict[str, list[Event]] = {
    "nothing yet": [Start("a", "m"), TORN],
    "an empty block": [Start("a", "m"), BlockStart(0, TextBlock()), TORN],
    "reasoning": [Start("a", "m"), *THOUGHT[:-1], TORN],
    "complete reasoning": [Start("a", "m"), *THOUGHT, TORN],
    "a call begun": [Start("a", "m"), *text(0, BEGUN), BlockStart(5, ToolUseBlock("t", "Bash")), TORN],
    "a call": [Start("a", "m"), *text(0, BEGUN), *CALL, TORN],
    "text after a call": [Start("a", "m"), *CALL, BlockStart(6, TextBlock()), TextDelta(6, "x"), TORN],
    "a search": [
        Start("a", "m"),
        *block(0, OpaqueBlock({"type": "server_tool_use", "name": "web_search"}), "{}"),
        *text(1, BEGUN)[:-1],
        TORN,
    ],
    "citations": [
        Start("a", "m"),
        *text(0, BEGUN)[:-1],
        OpaqueDelta(0, {"type": "citations_delta", "citation": {}}),
        TORN,
    ],
}


@pytest.mark.parametrize("name", CANNOT)
def test_what_cannot_go_on(name: str) -> None:
    joiner = given(CANNOT[name])
    assert joiner.failure is not None
    assert not joiner.can_go_on


def test_what_is_known_of_the_answer_so_far() -> None:
    hidden = block(1, REDACTED)
    first = [Start("a", "m"), *THOUGHT, *hidden, *text(2, "One."), *text(3, "Two", 1)[:-1], TORN]
    joiner = given(first)
    assert joiner.can_go_on
    assert joiner.said.text == "Two"
    assert joiner.said.blocks == (Thinking("Hm, well.", "sig"), Opaque(REDACTED.raw), Text("One."))


def test_reasoning_ahead_of_the_new_text_is_left_out_and_noted() -> None:
    notes = Notes()
    joiner = Joiner(notes)
    out = one_by_one(joiner, torn(BEGUN))
    joiner.go_on(SEAM)
    out += one_by_one(joiner, whole(THOUGHT, block(1, REDACTED), text(2, WHOLE)))
    assert violations(out) == []
    assert heads(out) == ["TextBlock"]
    assert said(out) == WHOLE
    assert [note.what for note in notes.entries] == ["thinking"]


def test_reasoning_behind_the_new_text_stays() -> None:
    out, _ = joined(torn(BEGUN), SEAM, whole(text(0, WHOLE), block(1, ThinkingBlock(), "Hm."), CALL, stop="tool_use"))
    assert heads(out) == ["TextBlock", "ThinkingBlock", "ToolUseBlock"]
    assert said(out) == WHOLE


def test_reasoning_for_a_call_without_new_text_stays_with_it() -> None:
    """Its signature has to go back with the call."""
    out, _ = joined(torn(BEGUN), SEAM, whole(THOUGHT, CALL, stop="tool_use"))
    assert heads(out) == ["TextBlock", "ThinkingBlock", "ToolUseBlock"]
    assert [event for event in out if isinstance(event, Signature)] == [Signature(1, "sig")]
    assert "".join(event.text for event in out if isinstance(event, ThinkingDelta)) == "Hm, well."
    assert said(out) == BEGUN


def test_keys_are_not_used_twice() -> None:
    first = [Start("a", "m"), *THOUGHT, *text(1, BEGUN)[:-1], TORN]
    out, _ = joined(first, SEAM, whole(text(0, WHOLE), block(1, ToolUseBlock("t", "Bash"), "{}"), stop="tool_use"))
    assert heads(out) == ["ThinkingBlock", "TextBlock", "ToolUseBlock"]
    starts = [event.key for event in out if isinstance(event, BlockStart)]
    assert len(set(starts)) == 3
    assert [event.key for event in out if isinstance(event, ToolInputDelta)] == [starts[2]]


def test_another_text_block_of_the_continuation_stays_its_own() -> None:
    out, _ = joined(torn(BEGUN), SEAM, whole(text(0, WHOLE), text(1, "And this.")))
    assert heads(out) == ["TextBlock", "TextBlock"]
    assert said(out) == WHOLE + "And this."


def test_an_empty_continuation_ends_the_answer() -> None:
    out, _ = joined(torn(BEGUN), SEAM, whole())
    assert said(out) == BEGUN
    assert isinstance(out[-1], Finish)


def test_a_continuation_torn_before_its_new_text_leaves_no_trace() -> None:
    joiner = Joiner(Notes())
    out = one_by_one(joiner, torn(BEGUN))
    for _ in range(2):
        joiner.go_on(SEAM)
        out += one_by_one(joiner, torn(BEGUN[:-3]))
        assert joiner.failure is not None
        assert not joiner.joined
        assert joiner.can_go_on
        assert joiner.said.text == BEGUN
    joiner.go_on(SEAM)
    out += one_by_one(joiner, whole(text(0, WHOLE)))
    assert joiner.joined
    assert violations(out) == []
    assert said(out) == WHOLE


def test_three_replies_make_one() -> None:
    joiner = Joiner(Notes())
    out = one_by_one(joiner, torn("One, two, "))
    joiner.go_on(instructed(joiner.said.text))
    out += one_by_one(joiner, torn("One, two, three, fo", 2))
    joiner.go_on(instructed(joiner.said.text))
    out += one_by_one(joiner, whole(text(3, "One, two, three, four.", 3)))
    assert violations(out) == []
    assert said(out) == "One, two, three, four."
    assert heads(out) == ["TextBlock"]


@pytest.mark.parametrize("where", [0, 3, 9, 40])
def test_an_error_amid_the_continuation_is_told_after_what_came(where: int) -> None:
    rest = "rd, and so on and on, for many a word more, to the end."
    out, _ = joined(torn(BEGUN), SEAM, torn(BEGUN + rest[:where], 1))
    assert said(out) == BEGUN + rest[:where]
    assert isinstance(out[-1], Failed)


def told(first: Usage | None, second: Usage, *, seam: Seam = SEAM) -> Usage:
    """What the client reads in the end."""
    begin: list[Event] = [Start("a", "m", first or Usage()), *text(0, BEGUN)[:-1], TORN]
    out, _ = joined(begin, seam, whole(text(0, WHOLE), usage=second))
    updates = [event.usage for event in out if isinstance(event, UsageUpdate)]
    assert len(updates) == 1
    return updates[0]


def test_the_prompt_of_the_first_and_the_output_of_all() -> None:
    guessed = -(-len(BEGUN) // 4)
    usage = told(Usage(input=10, output=1, cache_read=90, cache_write=5), Usage(input=200, output=30, cache_read=7))
    assert usage == Usage(input=10, output=guessed + 30, cache_read=90, cache_write=5)


def test_more_output_told_than_guessed() -> None:
    assert told(Usage(input=10, output=500), Usage(input=1, output=30)).output == 530


def test_a_prompt_that_only_the_second_told_is_without_what_was_said_before() -> None:
    assert told(None, Usage(input=100, output=30)).input == 100 - len(BEGUN) // 4
    assert told(None, Usage(input=3, output=30)).input == 0


def test_output_that_nobody_told_is_guessed() -> None:
    assert told(Usage(input=10), Usage()).output == -(-len(BEGUN) // 4) + -(-len(WHOLE) // 4)


def test_three_replies_have_the_output_of_three() -> None:
    joiner = Joiner(Notes())
    one_by_one(joiner, torn("a" * 40))
    joiner.go_on(instructed(joiner.said.text))
    one_by_one(joiner, torn("a" * 40 + "b" * 40))
    joiner.go_on(instructed(joiner.said.text))
    out = one_by_one(joiner, whole(text(0, "a" * 40 + "b" * 40 + "."), usage=Usage(output=7)))
    assert out[-2] == UsageUpdate(Usage(output=10 + 20 + 7))


def test_giving_up_accounts_for_what_there_was() -> None:
    out, _ = joined([Start("a", "m", Usage(input=10)), *text(0, BEGUN)[:-1], TORN], SEAM, torn(WHOLE))
    assert out[-2] == UsageUpdate(Usage(input=10, output=-(-len(BEGUN) // 4) + -(-len(WHOLE) // 4)))
    assert BlockStop(0) not in out
