from collections.abc import Sequence

import orjson
import pytest

from ccrouter.errors import upstream_failure
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueDelta,
    TextBlock,
    TextDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageUpdate,
)
from ccrouter.model.notes import Notes
from ccrouter.transformers.leaked_calls import LeakedCalls
from ccrouter.transformers.leaked_forms import FORMS
from tests.transformers.filters import every_cut
from tests.transformers.leaks import CALLS, LEAKS, NAMES, SCHEMAS
from tests.transformers.replies import call, reply, text, thinking

LIST = "<function=List></function>"


def made(
    *blocks: Sequence[Event],
    forms: Sequence[str] = ("qwen", "hermes"),
    stop: str = "end_turn",
    end: Event | None = None,
):
    def make() -> LeakedCalls:
        return LeakedCalls([FORMS[name] for name in forms], SCHEMAS, Notes())

    return every_cut(make, reply(*blocks, stop=stop, end=end))


def shape(events: Sequence[Event]) -> list[object]:
    """The reply in short: text, calls as (name, input), other starts and ends as they are."""
    found: list[object] = []
    for event in events:
        match event:
            case TextDelta():
                found.append(event.text)
            case BlockStart(block=ToolUseBlock() as block):
                assert block.id
                found.append(block.name)
            case ToolInputDelta():
                found.append(orjson.loads(event.json))
            case Finish():
                found.append(event.stop_reason)
            case _:
                pass
    return found


@pytest.mark.parametrize(("form", "leak"), LEAKS, ids=NAMES)
def test_calls_in_text_become_calls_and_the_turn_ends_with_them(form: str, leak: str) -> None:
    out = made(text(0, f"I look.\n{leak}\n"), forms=[form])
    calls = [part for found in CALLS for part in (found.name, orjson.loads(found.arguments))]
    assert shape(out) == ["I look.\n", *calls, "tool_use"]
    starts = [event for event in out if isinstance(event, BlockStart)]
    assert [event.key for event in starts] == [0, 1, 2]


def test_text_behind_a_call_and_other_blocks_keep_their_order() -> None:
    out = made(
        thinking(0, "hm", "signed"), text(1, f"a{LIST} b"), call(2, "Bash", "{}", "i"), text(3, "c"), stop="tool_use"
    )
    assert shape(out) == ["a", "List", {}, "b", "Bash", {}, "c", "tool_use"]
    assert [event.key for event in out if isinstance(event, BlockStart)] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("stop", ["max_tokens", "refusal"])
def test_other_endings_stay(stop: str) -> None:
    assert shape(made(text(0, LIST), stop=stop)) == ["List", {}, stop]


def test_a_stop_sequence_that_ended_a_call_is_not_told() -> None:
    out = made(text(0, LIST), end=Finish("stop_sequence", "</tool_call>"))
    assert out[-1] == Finish("tool_use")


def test_a_reply_without_leaks_is_as_it_was() -> None:
    blocks = [thinking(0, "hm <function=", "signed"), text(1, " \nI say <b>x</b>\n"), text(2, "\n")]
    blocks += [call(3, "Bash", '{"command": "ls"}'), [BlockStart(4, TextBlock()), BlockStop(4)]]
    assert made(*blocks) == reply(*blocks)


def test_white_space_before_a_call_makes_no_block() -> None:
    assert shape(made(text(0, f"\n\n{LIST}\n"))) == ["List", {}, "tool_use"]


def test_the_same_reply_gives_the_same_ids_and_each_call_its_own() -> None:
    def ids() -> list[str]:
        out = made(text(0, LIST + LIST), text(1, LIST))
        return [
            event.block.id for event in out if isinstance(event, BlockStart) and isinstance(event.block, ToolUseBlock)
        ]

    assert ids() == ids()
    assert len(set(ids())) == 3


def test_a_failure_gives_out_what_was_held() -> None:
    failed = Failed(upstream_failure("cut"))
    opened: list[Event] = [BlockStart(0, TextBlock()), TextDelta(0, "a<function=List>")]
    assert made(opened, end=failed) == reply(opened, end=failed)
    opened = [BlockStart(0, TextBlock()), TextDelta(0, '<tool_call>{"name": "List"}')]
    assert made(opened, end=failed) == reply(opened, end=failed)


def test_citations_and_usage_pass() -> None:
    citation, usage = OpaqueDelta(0, {"type": "citations_delta"}), UsageUpdate(Usage(output=1))
    events: list[Event] = [BlockStart(0, TextBlock()), TextDelta(0, "a"), citation, usage, BlockStop(0)]
    assert made(events) == reply(events)


def test_calls_at_the_end_of_reasoning_count_when_nothing_else_came() -> None:
    blocks = thinking(0, f"I look.\n{LIST}\n", "signed")
    out = made(blocks)
    assert out[: len(blocks) + 1] == reply(blocks)[:-1]
    assert shape(out) == ["List", {}, "tool_use"]
    assert shape(made(blocks, text(1, "\n"))) == ["\n", "List", {}, "tool_use"]


@pytest.mark.parametrize(
    "blocks",
    [
        [thinking(0, f"I might {LIST} or not", "signed")],
        [thinking(0, LIST, "signed"), text(1, "No.")],
        [thinking(0, LIST, "signed"), call(1, "List", "{}")],
        [thinking(0, f"`{LIST}`", "signed")],
        [thinking(0, "<function=Read></function>", "signed")],
    ],
)
def test_drafts_in_reasoning_are_no_calls(blocks: list[list[Event]]) -> None:
    assert made(*blocks) == reply(*blocks)


def test_cut_reasoning_is_no_call() -> None:
    blocks = thinking(0, LIST, "signed")
    assert made(blocks, stop="max_tokens") == reply(blocks, stop="max_tokens")


def test_what_was_recognised_is_noted() -> None:
    notes = Notes()
    event_filter = LeakedCalls([FORMS["qwen"]], SCHEMAS, notes)
    event_filter(reply(text(0, LIST)))
    assert [note.what for note in notes.entries] == ["tool call"]
