"""Whatever comes, a sentence of the grammar goes out: every wrong step, and random ones."""

import random
from collections.abc import Sequence

import pytest

from ccrouter.model.events import (
    BlockHead,
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueDelta,
    Signature,
    TextDelta,
    ThinkingDelta,
    ToolInputDelta,
    Usage,
    UsageUpdate,
)
from ccrouter.model.grammar import OPENS, TRANSITIONS, violations
from ccrouter.pipeline.verifier import MendCounts, Verifier
from tests.pipeline.verified import (
    BROKEN,
    CALL,
    SEARCH,
    START,
    TEXT,
    THINKING,
    TOOLS_FOLLOW,
    TURN_ENDS,
    context,
    verified,
)


def test_every_violation_that_the_grammar_knows_is_mended() -> None:
    """Each event in each state where the table has no place for it, and each with a key that is not open."""
    opened: dict[str, list[Event]] = {
        "before the start": [],
        "between blocks": [START],
        "in a text block": [START, BlockStart(0, TEXT)],
        "in a thinking block": [START, BlockStart(0, THINKING)],
        "in a signed thinking block": [START, BlockStart(0, THINKING), Signature(0, "s")],
        "in a tool block": [START, BlockStart(0, CALL)],
        "in an opaque block": [START, BlockStart(0, SEARCH)],
        "after the end": [START, TURN_ENDS],
    }
    assert set(opened) == set(TRANSITIONS)
    refused = 0
    for state, before in opened.items():
        for key in (0, 1):
            for event in every_event(key):
                keyed = getattr(event, "key", 0)
                if type(event) in TRANSITIONS[state] and keyed == 0 and not isinstance(event, BlockStart):
                    continue
                refused += 1
                for after in ([], [TURN_ENDS], [BlockStop(0), TURN_ENDS], [BROKEN]):
                    verified([*before, event, *after])
    assert refused > 100


def every_event(key: int) -> list[Event]:
    return [
        START,
        *[BlockStart(key, head) for head in (TEXT, THINKING, CALL, SEARCH)],
        TextDelta(key, "a"),
        TextDelta(key, ""),
        ThinkingDelta(key, "a"),
        ThinkingDelta(key, ""),
        ToolInputDelta(key, "{"),
        OpaqueDelta(key, {"type": "x"}),
        Signature(key, "s"),
        BlockStop(key),
        UsageUpdate(Usage(output=1)),
        TURN_ENDS,
        TOOLS_FOLLOW,
        BROKEN,
    ]


@pytest.mark.parametrize("seed", range(20))
def test_any_soup_comes_out_as_a_sentence(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(100):
        # Ends are rare, or nothing would ever be in the way of anything.
        pool = [*every_event(0), *every_event(1), *every_event(2)]
        pool = [event for event in pool if not isinstance(event, Finish | Failed) or dice.random() < 0.05]
        soup = [START] * (dice.random() < 0.8) + dice.choices(pool, k=dice.randrange(40))
        out, counted = verified(soup)
        for size in (1, dice.randrange(1, 9)):
            in_batches = verified(soup, size)
            assert (comparable(in_batches[0]), in_batches[1]) == (comparable(out), counted), f"seed {seed}: {soup}"
        # What is mended is in order: nothing is left to do for another verifier but what must be left as it is.
        again = verified(out)
        assert again[0] == out
        assert set(again[1]) <= {"broken_arguments"}


def comparable(events: Sequence[Event]) -> list[Event | str]:
    """`events`, with failures by their words: two errors are never equal."""
    return [str(event.error) if isinstance(event, Failed) else event for event in events]


@pytest.mark.parametrize("seed", range(10))
def test_random_sentences_come_out_as_they_are(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(50):
        events = sentence(dice)
        assert violations(events) == [], f"seed {seed}"
        verifier = Verifier(context(), counts := MendCounts())
        at = 0
        while at < len(events):
            size = dice.randrange(1, 6)
            batch = events[at : at + size]
            assert verifier(batch) is batch, f"seed {seed}: {events}"
            at += size
        assert counts.as_json() == {}


def sentence(dice: random.Random) -> list[Event]:
    """A walk through the grammar's table."""
    events: list[Event] = [START]
    calls = False
    for key in dice.sample(range(100), dice.randrange(6)):
        head: BlockHead = dice.choice([TEXT, THINKING, CALL, SEARCH])
        calls = calls or head is CALL
        events.append(BlockStart(key, head))
        state = OPENS[type(head)]
        inputs = 0
        while state != "between blocks":
            step = dice.choice([kind for kind in TRANSITIONS[state] if kind is not Failed])
            if step is BlockStop and head is CALL and inputs % 2:
                step = ToolInputDelta
            if step is ToolInputDelta:
                inputs += 1
                if head is CALL and inputs > 2:
                    step = BlockStop
            fragment = "{" if inputs % 2 else "}"
            events.append(
                {
                    TextDelta: TextDelta(key, "a"),
                    ThinkingDelta: ThinkingDelta(key, "a"),
                    ToolInputDelta: ToolInputDelta(key, fragment),
                    OpaqueDelta: OpaqueDelta(key, {"type": "x"}),
                    Signature: Signature(key, "s"),
                    BlockStop: BlockStop(key),
                    UsageUpdate: UsageUpdate(Usage(output=1)),
                }[step]
            )
            state = TRANSITIONS[state][step]
    return [*events, BROKEN if dice.random() < 0.2 else TOOLS_FOLLOW if calls else TURN_ENDS]
