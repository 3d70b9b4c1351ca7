"""Replies for the tests of the verifier, and what it makes of them."""

from collections.abc import Sequence
from typing import Any

from ccrouter.dialects.quirks import Quirks
from ccrouter.errors import upstream_failure
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueBlock,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ToolInputDelta,
    ToolUseBlock,
)
from ccrouter.model.grammar import violations
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request
from ccrouter.pipeline.verifier import MendCounts, Verifier
from ccrouter.transformers.base import Context

START = Start("m", "model")
TURN_ENDS, TOOLS_FOLLOW = Finish("end_turn"), Finish("tool_use")
BROKEN = Failed(upstream_failure("cut"))
TEXT, THINKING, CALL = TextBlock(), ThinkingBlock(), ToolUseBlock("toolu_1", "Bash")
SEARCH = OpaqueBlock({"type": "server_tool_use", "name": "web_search"})


def context() -> Context:
    return Context("p", "m", "openai_chat", Quirks(), Request("m", ()), Notes())


def said(key: int, text: str = "hi") -> list[Event]:
    return [BlockStart(key, TEXT), TextDelta(key, text), BlockStop(key)]


def called(key: int, *pieces: str) -> list[Event]:
    return [BlockStart(key, CALL), *[ToolInputDelta(key, piece) for piece in pieces], BlockStop(key)]


def verified(events: Sequence[Event], batch: int | None = None) -> tuple[list[Event], dict[str, Any]]:
    """What goes out, always a sentence, and what was counted."""
    counts = MendCounts()
    verifier = Verifier(context(), counts)
    size, out = batch or max(len(events), 1), list[Event]()
    for at in range(0, len(events), size):
        out += verifier(list(events[at : at + size]))
    out += verifier.end()
    assert violations(out) == [], (events, out)
    return out, counts.as_json()
