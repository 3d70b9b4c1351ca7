"""Every Responses recording: what it says, how it ends, what it cost, and what the provider ran itself."""

from typing import Any

import orjson
import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from ccrouter.model.envelope import unseal
from ccrouter.model.events import BlockStart, Event, OpaqueBlock, OpaqueDelta, Signature
from ccrouter.model.json import as_object
from ccrouter.model.notes import Notes
from tests.conformance.compare import (
    Outcome,
    assert_content,
    assert_usage,
    body_of,
    decode_entry,
    entries,
    outcome,
)

READS = (None, 7, 1)


def events_of(entry: Any, read_size: int | None = None, notes: Notes | None = None) -> list[Event]:
    context = ReplyContext(origin="recorded", model="asked-model", notes=notes or Notes())
    return decode_entry(OPENAI_RESPONSES, entry, context, read_size)


def decode(entry: Any, read_size: int | None = None) -> Outcome:
    return outcome(events_of(entry, read_size))


@pytest.mark.parametrize("entry", entries("openai-responses"))
def test_recording_means_what_index_says(entry: Any) -> None:
    expected = entry["expected"]
    got = decode(entry)
    assert_content(got, expected)
    error = expected.get("error")
    if error is not None:
        # INDEX says "error" where a stream ends in one: no stop reason of Anthropic's.
        assert got.stop_reason is None
        assert got.error_message == error["message"]
        if error["anthropic_type"] is not None:
            assert got.error_type == error["anthropic_type"]
    else:
        assert got.stop_reason == expected["stop_reason"]
        assert got.error_type is None
        assert_usage(got.usage, expected["usage"])


@pytest.mark.parametrize("entry", entries("openai-responses", lambda entry: entry["streaming"]))
def test_cut_of_the_reads_makes_no_difference(entry: Any) -> None:
    got = [events_of(entry, read_size) for read_size in READS]
    assert outcome(got[1]) == outcome(got[0])
    assert outcome(got[2]) == outcome(got[0])


@pytest.mark.parametrize(
    ("file", "type_", "status"),
    [("prism-stream-rate-limited-1.sse", "rate_limit_error", 429), ("prism-stream-unknown-error", "api_error", 502)],
)
def test_errors_in_a_stream_have_the_status_they_are_like(file: str, type_: str, status: int) -> None:
    for parameter in entries("openai-responses", lambda entry: file in entry["file"]):
        entry: Any = parameter.values[0]
        if entry:
            failed: Any = events_of(entry)[-1]
            assert (failed.error.detail.type, failed.error.detail.status) == (type_, status)


@pytest.mark.parametrize("entry", entries("openai-responses", lambda entry: entry["expected"].get("signature_count")))
def test_encrypted_reasoning_travels_whole_with_its_id(entry: Any) -> None:
    """Every reasoning item that may be given back is in an envelope, exactly as it came."""
    items = reasoning_items(body_of(entry), streaming=entry["streaming"])
    envelopes = [unseal(event.signature) for event in events_of(entry) if isinstance(event, Signature)]
    carried = [data["item"] for envelope in envelopes if envelope and (data := as_object(envelope.data))]
    assert len(carried) == entry["expected"]["signature_count"]
    for got, item in zip(carried, items, strict=True):
        assert isinstance(got, dict)
        assert got == {
            name: value
            for name, value in item.items()
            if name != "status" and value is not None and not (name == "content" and not value)
        }


def reasoning_items(body: bytes, *, streaming: bool) -> list[Any]:
    """The finished reasoning items with encrypted content. Those in `response.completed` are the same, sealed anew."""
    if not streaming:
        items = orjson.loads(body)["output"]
    else:
        frames = [orjson.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
        items = [frame["item"] for frame in frames if frame["type"] == "response.output_item.done"]
    return [item for item in items if item["type"] == "reasoning" and item.get("encrypted_content")]


@pytest.mark.parametrize("entry", entries("openai-responses", lambda entry: entry["expected"].get("server_tools")))
def test_what_the_provider_ran_itself_is_told_or_noted(entry: Any) -> None:
    server_tools: list[str] = entry["expected"]["server_tools"]
    notes = Notes()
    events = events_of(entry, notes=notes)
    opaque = [
        event.block.raw for event in events if isinstance(event, BlockStart) and isinstance(event.block, OpaqueBlock)
    ]
    kinds = [raw["type"] for raw in opaque]
    searches = server_tools.count("web_search_call")
    assert kinds.count("server_tool_use") == searches
    assert kinds.count("web_search_tool_result") == searches
    assert {kind for kind in server_tools if kind != "web_search_call"} <= {note.what for note in notes.entries}


@pytest.mark.parametrize("entry", entries("openai-responses", lambda entry: "web_search" in entry["features"]))
def test_sources_of_a_search_are_links_and_citations(entry: Any) -> None:
    events = events_of(entry)
    citations = [event.raw["citation"] for event in events if isinstance(event, OpaqueDelta)]
    assert len(citations) == entry["expected"]["citation_count"]
    opaque: list[Any] = [
        event.block.raw for event in events if isinstance(event, BlockStart) and isinstance(event.block, OpaqueBlock)
    ]
    links = {link["url"] for raw in opaque if raw["type"] == "web_search_tool_result" for link in raw["content"]}
    assert links == {str(citation["url"]) for citation in citations if isinstance(citation, dict)}
    assert len(links) == entry["expected"]["citation_count"]
