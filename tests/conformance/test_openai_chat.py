"""Every openai-chat recording: text, reasoning, tool calls, stop reason, usage and errors as INDEX.json expects."""

from typing import Any

import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_chat import OPENAI_CHAT
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

CUT = "openai-chat-stream-cut.sse"
"""INDEX can only infer `end_turn` for a stream that ends without finish_reason and without [DONE]; Rule 4 of the
architecture says that this is a failure, never a made-up end_turn (anomalyco/opencode#39968)."""

HTML = "gateway-502-html.json"
"""INDEX repeats the page as the message. A page of markup is no message: one sentence naming the page's title is."""


def decode(entry: Any, read_size: int | None = None) -> Outcome:
    context = ReplyContext(origin="recorded", model="asked-model")
    return outcome(decode_entry(OPENAI_CHAT, entry, context, read_size))


@pytest.mark.parametrize("entry", entries("openai-chat"))
def test_recording_means_what_index_says(entry: Any) -> None:
    expected = entry["expected"]
    got = decode(entry)
    assert_content(got, expected)
    error = expected.get("error")
    if error is not None:
        assert_error(got, entry, error)
    elif entry["file"].endswith(CUT):
        assert got.stop_reason is None
        assert got.error_type == "api_error"
    else:
        # Where the wire never said how the turn ended but did say [DONE], the ending is inferred from the content.
        assert got.stop_reason == (expected["stop_reason"] or expected["stop_reason_inferred"])
        assert got.error_type is None
        assert_usage(got.usage, expected["usage"])


def assert_error(got: Outcome, entry: Any, error: Any) -> None:
    """The error that INDEX names ends the reply, also after a finish_reason (openrouter-stream-error)."""
    assert got.stop_reason is None
    if error["anthropic_type"] is not None:
        assert got.error_type == error["anthropic_type"]
    assert got.error_message is not None
    if entry["file"].endswith(HTML):
        assert "502 Bad Gateway" in got.error_message
        assert "<" not in got.error_message
    else:
        # OpenRouter's "Provider returned error" hides the words that count in metadata.raw: those are told.
        assert got.error_message == (error.get("provider_raw") or error["message"].strip())


@pytest.mark.parametrize("entry", entries("openai-chat", lambda entry: entry["streaming"]))
def test_cut_of_the_reads_makes_no_difference(entry: Any) -> None:
    got = [decode(entry, read_size) for read_size in READS]
    assert got[1] == got[0]
    assert got[2] == got[0]


@pytest.mark.parametrize("entry", entries("openai-chat", lambda entry: entry["expected"].get("signature_count")))
def test_opaque_state_travels_in_signatures(entry: Any) -> None:
    body = body_of(entry).decode()
    got = decode(entry)
    names = ("encrypted", "reasoning_opaque", "extra_content")
    assert [name for name in names if name in got.sealed]
    blob = max(got.sealed.split("'"), key=len)
    assert len(blob) > 40
    assert blob in body
