"""Every Anthropic recording: decoded as INDEX.json expects, and passed through without a byte changed."""

from typing import Any

import pytest

from ccrouter.config.types import ProviderConfig
from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request
from ccrouter.pipeline.build import build_pipeline
from ccrouter.pipeline.inbound import Reply
from ccrouter.transformers.base import Context
from tests.conformance.compare import (
    Outcome,
    assert_content,
    assert_usage,
    body_of,
    decode_entry,
    decode_stream,
    entries,
    outcome,
)

READS = (None, 7, 1)


def decode(entry: Any, read_size: int | None = None) -> Outcome:
    context = ReplyContext(origin="recorded", model="asked-model")
    return outcome(decode_entry(ANTHROPIC, entry, context, read_size))


@pytest.mark.parametrize("entry", entries("anthropic"))
def test_recording_means_what_index_says(entry: Any) -> None:
    expected = entry["expected"]
    got = decode(entry)
    assert_content(got, expected)
    error = expected.get("error")
    if error is not None:
        assert got.stop_reason is None
        assert got.error_type == error["anthropic_type"]
        assert got.error_message == error["message"]
    else:
        assert got.error_type is None
        assert got.stop_reason == expected["stop_reason"]
        assert_usage(got.usage, expected["usage"])


@pytest.mark.parametrize("entry", entries("anthropic", lambda entry: entry["streaming"]))
def test_cut_of_the_reads_makes_no_difference(entry: Any) -> None:
    got = [decode(entry, read_size) for read_size in READS]
    assert got[1] == got[0]
    assert got[2] == got[0]


def passing(entry: Any, read_size: int | None, *, streamed: bool) -> tuple[bytes, Reply]:
    """A recording through the pipeline of an Anthropic provider without transformers."""
    pipeline = build_pipeline(
        ProviderConfig("p", "https://example.test"), "m", dialect=ANTHROPIC, quirks=Quirks(), transformers={}
    )
    request = Request("m", (), stream=streamed)
    context = Context("p", "m", "anthropic", Quirks(), request, Notes())
    reply = Reply(pipeline, context, ReplyDefaults("msg_1", "m"), streamed=streamed)
    body = body_of(entry)
    step = read_size or len(body)
    out = b"".join(reply.feed(body[start : start + step]) for start in range(0, len(body), step))
    return out + reply.end(), reply


@pytest.mark.parametrize("read_size", READS)
@pytest.mark.parametrize("entry", entries("anthropic", lambda entry: entry["http_status"] < 400))
def test_bytes_pass_through_untouched(entry: Any, read_size: int | None) -> None:
    out, reply = passing(entry, read_size, streamed=entry["streaming"])
    whole = body_of(entry)
    if reply.progress.failure is None or entry["expected"].get("error"):
        # A stream whose last blank line is missing gets it: that is the one byte we may add.
        assert out in {whole, whole.rstrip(b"\r\n") + b"\n\n"}
    expected = entry["expected"]
    if not expected.get("error") and reply.progress.failure is None:
        assert_usage(reply.usage, expected["usage"])


@pytest.mark.parametrize("entry", entries("anthropic", lambda entry: entry["http_status"] < 400))
def test_the_other_form_says_the_same(entry: Any) -> None:
    """A stream asked for as a whole message and the other way round: Rule 2."""
    if entry["expected"].get("error"):
        pytest.skip("the recording breaks off with an error: there is no whole message of it")
    out, reply = passing(entry, None, streamed=not entry["streaming"])
    assert reply.progress.failure is None
    decoder = ANTHROPIC.decoder(ReplyContext(origin="recorded", model="asked-model"))
    events = decoder.whole(out) if entry["streaming"] else decode_stream(decoder, out, 7)
    assert_content(outcome(events), repaired(entry["expected"]))
    assert outcome(events).stop_reason == entry["expected"]["stop_reason"]


def repaired(expected: Any) -> Any:
    """What a whole message can say of a call whose input was cut off: the text, under a name no tool has."""
    calls = [
        {**call, "arguments": {"invalid_json": call["arguments_raw"]}} if call["arguments"] is None else call
        for call in expected["tool_calls"]
    ]
    return {**expected, "tool_calls": calls}
