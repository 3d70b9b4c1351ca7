"""Stop sequences hold, however the text was cut."""

import random

import pytest

from ccrouter.errors import upstream_failure
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
    Usage,
    UsageUpdate,
)
from ccrouter.model.grammar import violations
from ccrouter.pipeline.stop_sequences import StopSequenceFilter

END: list[Event] = [UsageUpdate(Usage(input=1, output=9)), Finish("end_turn")]


def turn(*pieces: str, after: list[Event] | None = None) -> list[Event]:
    texts: list[Event] = [TextDelta(0, piece) for piece in pieces]
    return [Start("m", "m"), BlockStart(0, TextBlock()), *texts, BlockStop(0), *(after or []), *END]


def run(events: list[Event], sequences: tuple[str, ...], batch: int) -> tuple[str, Event]:
    stop = StopSequenceFilter(sequences)
    out = [event for start in range(0, len(events), batch) for event in stop(events[start : start + batch])]
    assert violations(out) == []
    assert UsageUpdate(Usage(input=1, output=9)) in out
    return "".join(event.text for event in out if isinstance(event, TextDelta)), out[-1]


CASES = [
    ("<severity>low</severity> and more", ("</severity>",), "<severity>low", "</severity>"),
    ("no stop here", ("</severity>",), "no stop here", None),
    ("ends with </sever", ("</severity>",), "ends with </sever", None),
    ("</severity>", ("</severity>",), "", "</severity>"),
    ("aab", ("ab",), "a", "ab"),
    ("xEND yFIN", ("FIN", "END"), "x", "END"),
    ("abcd", ("abc", "ab"), "", "ab"),
    ("abcd", ("abc", "c"), "", "abc"),
    ("text", ("",), "text", None),
    ("aXbX", ("X",), "a", "X"),
    ("aaaaab", ("aab",), "aaa", "aab"),
]


@pytest.mark.parametrize(("text", "sequences", "kept", "found"), CASES)
def test_text_ends_before_the_first_stop(text: str, sequences: tuple[str, ...], kept: str, found: str | None) -> None:
    for size in (1, 2, 3, len(text)):
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        for batch in (1, 2, 100):
            got, last = run(turn(*pieces), sequences, batch)
            assert got == kept
            assert last == (Finish("end_turn") if found is None else Finish("stop_sequence", found))


def test_what_follows_the_stop_is_not_part_of_the_answer() -> None:
    more: list[Event] = [
        BlockStart(1, ToolUseBlock("t", "Bash")),
        BlockStop(1),
        BlockStart(2, TextBlock()),
        TextDelta(2, "more"),
        BlockStop(2),
    ]
    assert run(turn("yes</b>", "no", after=more), ("</b>",), 3) == ("yes", Finish("stop_sequence", "</b>"))


def test_reasoning_is_not_searched() -> None:
    events: list[Event] = [
        Start("m", "m"),
        BlockStart(0, ThinkingBlock()),
        ThinkingDelta(0, "say </b> now"),
        BlockStop(0),
        *END,
    ]
    stop = StopSequenceFilter(("</b>",))
    assert stop(events) == events


def test_held_text_is_not_lost_when_the_reply_breaks() -> None:
    broken = Failed(upstream_failure("cut"))
    stop = StopSequenceFilter(("</b>",))
    out = stop([Start("m", "m"), BlockStart(0, TextBlock()), TextDelta(0, "a</"), broken])
    assert out[-2:] == [TextDelta(0, "</"), broken]


def test_a_break_after_the_stop_concerns_nobody() -> None:
    stop = StopSequenceFilter(("</b>",))
    out = stop([Start("m", "m"), BlockStart(0, TextBlock()), TextDelta(0, "a</b>x"), Failed(upstream_failure("cut"))])
    assert out[-1] == Finish("stop_sequence", "</b>")
    assert violations(out) == []


def test_random_texts_against_a_plain_search() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(2000):
        text = "".join(chance.choices("ab<", k=chance.randrange(12)))
        sequences = tuple(
            "".join(chance.choices("ab<", k=chance.randrange(1, 4))) for _ in range(chance.randrange(1, 4))
        )
        ends = [(text.find(found) + len(found), text.find(found)) for found in sequences if found in text]
        cut = min(ends)[1] if ends else len(text)
        pieces: list[str] = []
        rest = text
        while rest:
            size = chance.randrange(1, 5)
            pieces.append(rest[:size])
            rest = rest[size:]
        got, _ = run(turn(*pieces), sequences, chance.randrange(1, 6))
        assert got == text[:cut], (text, sequences, pieces)
