"""Every gemini recording (gemini, vertex, documented shapes): as INDEX.json expects, however the reads are cut."""

from typing import Any

import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.gemini import GEMINI
from ccrouter.model.events import Failed
from ccrouter.sse import FrameSplitter
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

MALFORMED = "gemini-malformed-function-call.sse"
"""INDEX infers the text alone. A turn that ends because its call cannot be read says so behind the text: without a
word, Claude Code would just stop (pydantic/pydantic-ai#3300, field-notes 2, Gemini)."""


def decode(entry: Any, read_size: int | None = None) -> Outcome:
    context = ReplyContext(origin="recorded", model=entry["model"] or "gemini-asked")
    return outcome(decode_entry(GEMINI, entry, context, read_size))


@pytest.mark.parametrize("entry", entries("gemini"))
def test_recording_means_what_index_says(entry: Any) -> None:
    expected = entry["expected"]
    got = decode(entry)
    error = expected.get("error")
    if error is not None:
        assert_content(got, expected)
        assert got.stop_reason is None
        assert (got.error_type, got.error_message) == (error["anthropic_type"], error["message"])
        return
    assert got.error_type is None
    assert got.stop_reason == expected["stop_reason"]
    assert_usage(got.usage, expected["usage"])
    if entry["file"].endswith(MALFORMED):
        assert got.text.startswith(expected["text"])
        assert "MALFORMED_FUNCTION_CALL" in got.text
    elif expected["stop_reason"] == "refusal" and not expected["text"]:
        # A refusal without a word would be an empty turn: it says the provider's reason.
        assert expected["stop_reason_upstream"].removeprefix("promptFeedback:") in got.text
        assert not got.tool_calls
    else:
        assert_content(got, expected)


@pytest.mark.parametrize("entry", entries("gemini", lambda entry: entry["streaming"]))
def test_cut_of_the_reads_makes_no_difference(entry: Any) -> None:
    got = [decode(entry, read_size) for read_size in READS]
    assert got[1] == got[0]
    assert got[2] == got[0]


@pytest.mark.parametrize("entry", entries("gemini", lambda entry: entry["streaming"] and entry["http_status"] == 200))
def test_array_of_the_same_chunks_means_the_same(entry: Any) -> None:
    """`streamGenerateContent` without `alt=sse` answers with one JSON array of the chunks."""
    body = body_of(entry).replace(b"\r\n", b"\n")
    chunks = [line.removeprefix(b"data: ") for line in body.split(b"\n\n") if line.strip()]
    context = ReplyContext(origin="recorded", model=entry["model"] or "gemini-asked")
    events = GEMINI.decoder(context).whole(b"[" + b",\n".join(chunks) + b"]")
    assert outcome(events) == decode(entry)


@pytest.mark.parametrize("entry", entries("gemini", lambda entry: entry["streaming"] and entry["http_status"] == 200))
def test_cut_off_before_its_last_chunk_is_a_failure(entry: Any) -> None:
    if "finish_reason_in_every_chunk" in entry["features"] or "prompt_blocked" in entry["features"]:
        pytest.skip("says how it ends before its end")
    context = ReplyContext(origin="recorded", model="gemini-asked")
    whole = body_of(entry).replace(b"\r\n", b"\n").strip()
    decoder = GEMINI.decoder(context)
    splitter = FrameSplitter()
    cut = whole[: whole.rindex(b"data: ")]
    frames = splitter.feed(cut) + splitter.flush()
    events = [event for frame in frames for event in decoder.frame(frame)] + decoder.end()
    assert isinstance(events[-1], Failed)


NOT_KEPT = {"pydantic-ai-google-model-file-search-grounding-gemini-3-true-3.sse": 1}
"""Signatures of a text that was already on its way when they came, and that ended the turn (see blocks.py)."""


@pytest.mark.parametrize("entry", entries("gemini", lambda entry: entry["expected"].get("signature_count")))
def test_thought_signatures_travel(entry: Any) -> None:
    """As many of the recorded signatures as INDEX counts are in the envelopes, whole."""
    body = body_of(entry).decode()
    sealed = decode(entry).sealed
    found = {word for word in sealed.split("'") if len(word) > 60 and word in body}
    dropped = NOT_KEPT.get(entry["file"].rpartition("/")[2], 0)
    assert len(found) == entry["expected"]["signature_count"] - dropped
