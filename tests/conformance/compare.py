"""Recorded replies against what INDEX.json says they mean. Shared by all dialects.

The recordings are read where they lie (`../shared/recordings`, or CCROUTER_RECORDINGS), never copied. Their README says
what `expected` holds.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from ccrouter.dialects.base import Decoder, Dialect, ReplyContext
from ccrouter.model.envelope import unseal
from ccrouter.model.events import (
    BlockStart,
    Event,
    Failed,
    Finish,
    OpaqueBlock,
    Signature,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageUpdate,
    merge_usage,
)
from ccrouter.model.grammar import violations
from ccrouter.sse import FrameSplitter

RECORDINGS = Path(os.environ.get("CCROUTER_RECORDINGS") or Path(__file__).parents[3] / "shared" / "recordings")

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """One reply, boiled down to what can be compared. `tool_calls` are (id, name, input); input None: unparsable."""

    text: str
    reasoning: str
    tool_calls: list[tuple[str, str, Any]]
    stop_reason: str | None
    stop_sequence: str | None
    usage: Usage
    error_type: str | None
    error_message: str | None
    id: str | None
    model: str | None
    signatures: tuple[str, ...] = field(default=())

    @property
    def sealed(self) -> str:
        """Everything that travels in the signatures, as text to search in."""
        return repr([unseal(signature) or signature for signature in self.signatures])


def entries(wire_format: str, wanted: Callable[[Any], object] = bool) -> list[Any]:
    """The INDEX entries of one wire format as pytest parameters; one skipped parameter where there are none.

    `wanted` picks among them.
    """
    index = RECORDINGS / "INDEX.json"
    if not index.is_file():
        missing = pytest.mark.skip(reason=f"no recordings at {RECORDINGS} (set CCROUTER_RECORDINGS)")
        return [pytest.param({}, marks=missing, id="no-recordings")]
    found = [
        entry for entry in orjson.loads(index.read_bytes()) if entry["wire_format"] == wire_format and wanted(entry)
    ]
    return [pytest.param(entry, id=entry["file"]) for entry in found]


def body_of(entry: Entry) -> bytes:
    """The recorded body."""
    return (RECORDINGS / entry["file"]).read_bytes()


def decode_stream(decoder: Decoder, body: bytes, read_size: int | None) -> list[Event]:
    """All events of a streamed body that arrives in reads of `read_size` bytes (None: all at once)."""
    splitter = FrameSplitter()
    events: list[Event] = []
    step = read_size or max(len(body), 1)
    for start in range(0, len(body), step):
        for frame in splitter.feed(body[start : start + step]):
            events += decoder.frame(frame)
    for frame in splitter.flush():
        events += decoder.frame(frame)
    return events + decoder.end()


def decode_entry(dialect: Dialect, entry: Entry, context: ReplyContext, read_size: int | None = None) -> list[Event]:
    """All events of a recording: an error body, a whole reply or a stream, with the grammar asserted."""
    body = body_of(entry)
    if entry["http_status"] >= 400:
        return [Failed(dialect.error(entry["http_status"], {}, body))]
    decoder = dialect.decoder(context)
    events = decode_stream(decoder, body, read_size) if entry["streaming"] else decoder.whole(body)
    assert violations(events) == []
    return events


def outcome(events: Iterable[Event]) -> Outcome:
    """`events` boiled down."""
    text: list[str] = []
    reasoning: list[str] = []
    signatures: list[str] = []
    calls: dict[int, tuple[str, str, list[str]]] = {}
    usage = Usage()
    start: Start | None = None
    finish: Finish | None = None
    failed: Failed | None = None
    for event in events:
        match event:
            case Start():
                start = event
                usage = merge_usage(usage, event.usage)
            case TextDelta():
                text.append(event.text)
            case ThinkingDelta():
                reasoning.append(event.text)
            case Signature():
                signatures.append(event.signature)
            case BlockStart(key, ToolUseBlock() as head):
                calls[key] = (head.id, head.name, [])
            case BlockStart(_, OpaqueBlock()):
                pass
            case ToolInputDelta() if event.key in calls:
                calls[event.key][2].append(event.json)
            case UsageUpdate():
                usage = merge_usage(usage, event.usage)
            case Finish():
                finish = event
            case Failed():
                failed = event
            case _:
                pass
    return Outcome(
        text="".join(text),
        reasoning="".join(reasoning),
        tool_calls=[(id_, name, parsed("".join(parts))) for id_, name, parts in calls.values()],
        stop_reason=finish.stop_reason if finish else None,
        stop_sequence=finish.stop_sequence if finish else None,
        usage=usage,
        error_type=failed.error.detail.type if failed else None,
        error_message=failed.error.detail.message if failed else None,
        id=start.id if start else None,
        model=start.model if start else None,
        signatures=tuple(signatures),
    )


def parsed(arguments: str) -> Any:
    """Tool input from its JSON text: none at all means `{}`, unparsable is None (as in INDEX)."""
    if not arguments:
        return {}
    try:
        return orjson.loads(arguments)
    except ValueError:
        return None


def assert_content(got: Outcome, expected: Mapping[str, Any]) -> None:
    """Text, reasoning and tool calls are what INDEX expects. Ids are compared where the upstream gave one."""
    assert got.text == expected["text"]
    assert got.reasoning == expected["reasoning"]
    assert [(name, arguments) for _, name, arguments in got.tool_calls] == [
        (call["name"], call["arguments"]) for call in expected["tool_calls"]
    ]
    for (id_, name, _), call in zip(got.tool_calls, expected["tool_calls"], strict=True):
        assert id_, f"the call of {name} has no id"
        if call.get("id"):
            assert id_ == call["id"]
    assert len({id_ for id_, _, _ in got.tool_calls}) == len(got.tool_calls)


def assert_usage(got: Usage, expected: Mapping[str, Any] | None) -> None:
    """Token counts are what INDEX expects; where the upstream told none, none are made up."""
    if expected is None:
        assert got == Usage()
        return
    assert got.input == expected["input_tokens"]
    assert got.output == expected["output_tokens"]
    assert (got.cache_read or 0) == expected["cache_read"]
    assert (got.cache_write or 0) == (expected.get("cache_write") or 0)
