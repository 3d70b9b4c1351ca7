"""What comes back: every mix of what the client asked for and what the upstream sent."""

from typing import Any, ClassVar

import orjson
import pytest

from ccrouter.config.types import ProviderConfig, TransformerUse
from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.dialects.base import Dialect, WireFilter
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.events import Event, TextDelta
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request
from ccrouter.pipeline.build import build_pipeline
from ccrouter.pipeline.inbound import Reply
from ccrouter.transformers.base import Context, EventFilter, Transformer

DEFAULTS = ReplyDefaults("msg_d", "m")


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    body = {"id": "c", "model": "up", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}
    return b"data: " + orjson.dumps(body) + b"\n\n"


USAGE = {"prompt_tokens": 10, "completion_tokens": 2}
CHAT_STREAM = (
    b": OPENROUTER PROCESSING\n\n"
    + chunk({"role": "assistant", "content": ""})
    + chunk({"content": "one "})
    + chunk({"content": "two"})
    + chunk({}, "stop", usage=USAGE)
    + b"data: [DONE]\n\n"
)
CHAT_WHOLE = orjson.dumps(
    {
        "id": "c",
        "model": "up",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "one two"}, "finish_reason": "stop"}],
        "usage": USAGE,
    }
)
ANTHROPIC_STREAM = b"".join(
    b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps({"type": kind, **fields}))
    for kind, fields in [
        ("message_start", {"message": {"id": "c", "model": "up", "content": [], "usage": {"input_tokens": 10}}}),
        ("ping", {}),
        ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
        ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "one two"}}),
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}),
        ("message_stop", {}),
    ]
)
ANTHROPIC_WHOLE = orjson.dumps(
    {
        "id": "c",
        "type": "message",
        "role": "assistant",
        "model": "up",
        "content": [{"type": "text", "text": "one two"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 10, "output_tokens": 2},
    }
)


class WireBreaks(Transformer):
    name: ClassVar[str] = "wire-breaks"

    def wire_reply(self, context: Context) -> WireFilter | None:
        def broken(chunk: JsonObject) -> JsonObject | None:
            raise ValueError("no")

        return broken


class EventsBreak(Transformer):
    name: ClassVar[str] = "events-break"

    def events(self, context: Context) -> EventFilter | None:
        def broken(events: list[Event]) -> list[Event]:
            raise ValueError("no")

        return broken


class Mark(Transformer):
    """Appends its option to every text: shows the order of the filters."""

    name: ClassVar[str] = "mark"

    def events(self, context: Context) -> EventFilter | None:
        def marked(events: list[Event]) -> list[Event]:
            return [
                TextDelta(e.key, f"{e.text}{self.options['as']}") if isinstance(e, TextDelta) else e for e in events
            ]

        return marked


def make(
    dialect: Dialect, *, streamed: bool, use: tuple[TransformerUse, ...] = (), stop: tuple[str, ...] = ()
) -> Reply:
    provider = ProviderConfig("p", "http://127.0.0.1:1", use=use)
    pipeline = build_pipeline(
        provider,
        "m",
        dialect=dialect,
        quirks=Quirks(),
        transformers={made.name: made for made in (WireBreaks, EventsBreak, Mark)},
    )
    request = Request("m", (), stream=streamed, stop_sequences=stop or None)
    return Reply(pipeline, Context("p", "m", dialect.name, Quirks(), request, Notes()), DEFAULTS, streamed=streamed)


def run(reply: Reply, body: bytes, step: int) -> bytes:
    return b"".join(reply.feed(body[at : at + step]) for at in range(0, len(body), step)) + reply.end()


def text_of(out: bytes, *, streamed: bool) -> str:
    if not streamed:
        return "".join(block["text"] for block in orjson.loads(out)["content"])
    lines = [orjson.loads(line[6:]) for line in out.splitlines() if line.startswith(b"data: ")]
    assert lines[-1]["type"] == "message_stop"
    return "".join(line["delta"]["text"] for line in lines if line["type"] == "content_block_delta")


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        (OPENAI_CHAT, CHAT_STREAM),
        (OPENAI_CHAT, CHAT_WHOLE),
        (OPENAI_CHAT, b"\n \n" + CHAT_WHOLE),
        (ANTHROPIC, ANTHROPIC_STREAM),
        (ANTHROPIC, ANTHROPIC_WHOLE),
    ],
)
def test_any_form_becomes_the_one_that_was_asked_for(dialect: Dialect, body: bytes, streamed: bool, step: int) -> None:
    reply = make(dialect, streamed=streamed)
    out = run(reply, body, step)
    assert text_of(out, streamed=streamed) == "one two"
    assert (reply.progress.ended, reply.progress.meaningful, reply.progress.failure) == (True, True, None)
    assert (reply.usage.input, reply.usage.output) == (10, 2)


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("dialect", [ANTHROPIC, OPENAI_CHAT], ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("body", [b"", b"<html>nginx</html>", b"null", b"{}", b"data: {\n\n", b": ping\n\n"])
def test_what_is_no_answer_is_a_failure_and_not_meaningful(dialect: Dialect, body: bytes, streamed: bool) -> None:
    reply = make(dialect, streamed=streamed)
    run(reply, body, 100_000)
    assert reply.progress.failure is not None
    assert reply.progress.failure.retryable
    assert not reply.progress.meaningful


def test_comments_and_an_empty_first_chunk_are_not_meaningful() -> None:
    reply = make(OPENAI_CHAT, streamed=True)
    reply.feed(b": OPENROUTER PROCESSING\n\n")
    assert not reply.progress.meaningful
    reply.feed(chunk({"role": "assistant", "content": ""}))
    assert not reply.progress.meaningful
    reply.feed(chunk({"content": "x"}))
    assert reply.progress.meaningful


def test_a_finished_answer_that_only_waits_for_its_usage_says_so() -> None:
    reply = make(OPENAI_CHAT, streamed=True)
    reply.feed(chunk({"content": "x"}))
    assert not reply.progress.finishing
    reply.feed(chunk({}, "stop"))
    assert reply.progress.finishing
    assert not reply.progress.ended
    assert b"message_stop" in reply.end()


@pytest.mark.parametrize("dialect", [ANTHROPIC, OPENAI_CHAT], ids=lambda dialect: dialect.name)
def test_a_cut_stream_ends_in_an_error_event(dialect: Dialect) -> None:
    body = ANTHROPIC_STREAM if dialect is ANTHROPIC else CHAT_STREAM
    out = run(make(dialect, streamed=True), body[: body.index(b"two") + 5], 7)
    last = out.rstrip().rpartition(b"\n\n")[2]
    assert last.startswith(b"event: error\n")
    assert b"message_stop" not in out


@pytest.mark.parametrize("name", ["wire-breaks", "events-break"])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_breaking_filter_ends_this_reply_and_is_named(name: str, streamed: bool) -> None:
    reply = make(OPENAI_CHAT, streamed=streamed, use=(TransformerUse(name),))
    run(reply, CHAT_STREAM, 50)
    assert reply.progress.failure is not None
    assert f"'{name}'" in reply.progress.failure.detail.message
    assert not reply.progress.failure.retryable


def test_filters_mirror_the_way_out() -> None:
    uses = (TransformerUse("mark", {"as": "1"}), TransformerUse("mark", {"as": "2"}))
    out = run(make(OPENAI_CHAT, streamed=False, use=uses), CHAT_WHOLE, 1000)
    assert text_of(out, streamed=False) == "one two21"


def test_a_transformer_makes_an_anthropic_upstream_a_converted_one() -> None:
    out = run(make(ANTHROPIC, streamed=True, use=(TransformerUse("mark", {"as": "!"}),)), ANTHROPIC_STREAM, 7)
    assert text_of(out, streamed=True) == "one two!"


def test_stop_sequences_hold_for_upstreams_that_ignore_them() -> None:
    out = run(make(OPENAI_CHAT, streamed=False, stop=(" tw",)), CHAT_STREAM, 7)
    message = orjson.loads(out)
    assert (message["content"][0]["text"], message["stop_reason"], message["stop_sequence"]) == (
        "one",
        "stop_sequence",
        " tw",
    )
