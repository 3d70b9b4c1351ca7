"""Runs that pass are not looked at again, until something else has come."""

from collections.abc import Callable
from typing import Any

import pytest

from ccrouter.model.events import BlockStart, BlockStop, Event, Start, TextBlock, TextDelta, ThinkingBlock
from ccrouter.model.runs import DeltaRun
from ccrouter.pipeline.reply_events import ReplyEvents
from ccrouter.pipeline.verifier import MendCounts, Verifier
from ccrouter.sse import Frame
from tests.pipeline.verified import context

RUN = DeltaRun(TextDelta, 0, ["a"])
FRAMES: dict[bytes, list[Event]] = {
    b"start": [Start(None, None), BlockStart(0, TextBlock())],
    b"stop": [BlockStop(0)],
    b"anew": [BlockStop(0), BlockStart(1, ThinkingBlock())],
}


class Scripted:
    """A decoder whose frames are named; each frame of `more` is a run in block 0, whether or not it is open."""

    finishing = False

    def frame(self, frame: Frame) -> list[Event]:
        return FRAMES[frame.data]

    def run(self, lines: bytes, start: int) -> tuple[DeltaRun, int] | None:
        return (RUN, len(lines)) if lines[start:] == b"data: more" else None


class Counted(Verifier):
    """Counts the runs that it is asked about."""

    asked = 0

    def fits(self, run: DeltaRun) -> bool:
        self.asked += 1
        return super().fits(run)


class Waiting:
    """A mender that lets runs pass, one after the other, while it looks for something in their text."""

    idle = False

    def __init__(self) -> None:
        self.seen: list[str] = []

    def passes(self, run: DeltaRun) -> bool:
        self.seen += run.texts
        return True

    def __call__(self, batch: list[Event]) -> list[Event]:
        return batch


@pytest.fixture
def counts() -> MendCounts:
    return MendCounts()


@pytest.fixture
def verifier(counts: MendCounts) -> Counted:
    return Counted(context(), counts)


@pytest.fixture
def mending() -> Waiting | None:
    return None


@pytest.fixture
def take(verifier: Counted, mending: Waiting | None, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Any]]:
    monkeypatch.setattr("ccrouter.pipeline.reply_events.reply_chain", lambda *_: (Scripted(), mending, (), verifier))
    pipeline: Any = None
    events = ReplyEvents(pipeline, context(), is_stream=True)
    return lambda name: events.take(f"data: {name}\n\n".encode())


def test_the_same_run_is_looked_at_once(take: Callable[[str], list[Any]], verifier: Counted) -> None:
    take("start")
    assert [take("more") for _ in range(5)] == [[RUN]] * 5
    assert verifier.asked == 1


@pytest.mark.parametrize("between", ["stop", "anew"])
def test_it_is_looked_at_again_when_something_else_has_come(
    take: Callable[[str], list[Any]], counts: MendCounts, between: str
) -> None:
    take("start")
    assert take("more") == [RUN]
    take(between)
    assert take("more") == [[]]  # its block is closed
    assert counts.as_json() == {"stray_delta": 1}


@pytest.mark.parametrize("mending", [Waiting()])
def test_who_is_not_idle_sees_every_run(take: Callable[[str], list[Any]], mending: Waiting) -> None:
    take("start")
    assert [take("more") for _ in range(3)] == [[RUN]] * 3
    assert mending.seen == ["a"] * 3
