"""Events as an Anthropic stream: what Claude Code reads.

Positions (`index`) are given out here and nowhere else. The common deltas are put together by hand: their envelope
never changes, only a number and one JSON string do, and every token of every reply goes through here.
"""

import orjson

from ccrouter.dialects.anthropic.errors import encode_error
from ccrouter.dialects.anthropic.usage import encode_usage
from ccrouter.dialects.explained import explained_error
from ccrouter.errors import UpstreamError
from ccrouter.frozen import frozen
from ccrouter.model.events import (
    NO_USAGE,
    BlockHead,
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueBlock,
    OpaqueDelta,
    Signature,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageUpdate,
    merge_usage,
)
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.runs import DeltaRun

PING = b'event: ping\ndata: {"type": "ping"}\n\n'


@frozen
class ReplyDefaults:
    """What stands in where the upstream says nothing."""

    message_id: str
    model: str
    input_tokens: int = 0
    """An estimate of the prompt: Claude Code reads it in `message_start`, long before most upstreams tell."""
    requested_model: str | None = None
    """The model as the client named it. A reply must carry this name, not the upstream's: Claude Code 2.1.197 drops the
    thinking of every message whose model is not the one it asks for (measured), and with it the way back of reasoning
    and signatures. None: the upstream's name stays."""
    request_id: str | None = None
    """What an error in the stream is explained by."""
    created: int = 0
    """When the reply was made, in seconds since 1970, for clients whose API tells it."""


def message_id(told: str | None, defaults: ReplyDefaults) -> str:
    """The upstream's id where it is one of Anthropic's, else our own.

    Claude Code joins messages of the same id into one (measured), and others' ids are not unique: Ollama draws
    `chatcmpl-<0..999>`, some servers always send the same.
    """
    return told if told is not None and told.startswith("msg_") else defaults.message_id


class StreamEncoder:
    """Encodes one reply's events, in batches, to the bytes of a stream."""

    __slots__ = ("_defaults", "_delta_head", "_index", "_input_sent", "_letters", "_open", "finished", "usage")

    def __init__(self, defaults: ReplyDefaults) -> None:
        self._defaults = defaults
        self.usage = NO_USAGE
        self.finished = False
        self._index = -1
        self._open: BlockHead | None = None
        self._input_sent = False
        self._letters = 0
        self._delta_head = b""

    def encode(self, events: list[Event]) -> bytes:
        """The bytes for `events`, in order."""
        return b"".join([self._one(event) for event in events])

    def encode_run(self, run: DeltaRun) -> bytes:
        """The bytes for all deltas of `run`, each one by itself."""
        texts = run.texts
        if run.kind is ToolInputDelta:
            self._input_sent = True
        head = self._delta_head or self._input_head()
        if len(texts) == 1:
            text = texts[0]
            self._letters += len(text)
            return head + orjson.dumps(text) + DELTA_END
        self._letters += sum(map(len, texts))
        # One a line: no JSON string goes over a line break, so each ends where the line does.
        strings = orjson.dumps(texts, option=orjson.OPT_INDENT_2)[len(b"[\n  ") : -len(b"\n]")]
        return b"".join((head, strings.replace(b",\n  ", DELTA_END + head), DELTA_END))

    def _one(self, event: Event) -> bytes:
        # Ordered by how often they come; isinstance chains beat a dictionary of bound methods here.
        if isinstance(event, TextDelta):
            self._letters += len(event.text)
            return self._delta_head + orjson.dumps(event.text) + DELTA_END
        if isinstance(event, ToolInputDelta):
            self._letters += len(event.json)
            self._input_sent = True
            return (self._delta_head or self._input_head()) + orjson.dumps(event.json) + DELTA_END
        if isinstance(event, ThinkingDelta):
            self._letters += len(event.text)
            return self._delta_head + orjson.dumps(event.text) + DELTA_END
        return self._rare(event)

    def _rare(self, event: Event) -> bytes:
        if isinstance(event, BlockStart):
            return self._block_start(event.block)
        if isinstance(event, BlockStop):
            return self._block_stop()
        if isinstance(event, UsageUpdate):
            self.usage = merge_usage(self.usage, event.usage)
            return b""
        if isinstance(event, Start):
            return self._start(event)
        if isinstance(event, Finish):
            return self._finish(event)
        if isinstance(event, Signature):
            return self._delta({"type": "signature_delta", "signature": event.signature})
        if isinstance(event, OpaqueDelta):
            return self._delta(event.raw)
        if isinstance(event, Failed):
            return error_frame(explained_error(event.error, self._defaults.request_id))
        raise AssertionError(f"no encoding for {event!r}")

    def _start(self, event: Start) -> bytes:
        self.usage = event.usage
        told = event.usage
        if told.input is None and told.cache_read is None:
            told = merge_usage(Usage(input=self._defaults.input_tokens), told)
        message: JsonObject = {
            "id": message_id(event.id, self._defaults),
            "type": "message",
            "role": "assistant",
            "model": self._defaults.requested_model or event.model or self._defaults.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": encode_usage(told),
            **event.extras,
        }
        return frame(b"message_start", {"type": "message_start", "message": message})

    def _block_start(self, head: BlockHead) -> bytes:
        self._index += 1
        self._input_sent = False
        index = b"%d" % self._index
        if isinstance(head, ThinkingBlock):
            self._delta_head = DELTA % index + b'{"type":"thinking_delta","thinking":'
        elif isinstance(head, TextBlock):
            self._delta_head = DELTA % index + b'{"type":"text_delta","text":'
        else:
            self._delta_head = b""
        self._open = head
        return frame(
            b"content_block_start",
            {"type": "content_block_start", "index": self._index, "content_block": block_json(head)},
        )

    def _input_head(self) -> bytes:
        if not self._delta_head:
            self._delta_head = DELTA % (b"%d" % self._index) + b'{"type":"input_json_delta","partial_json":'
        return self._delta_head

    def _block_stop(self) -> bytes:
        stop = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n' % self._index
        if isinstance(self._open, ToolUseBlock) and not self._input_sent:
            # Clients read a call's input from its deltas alone (inflaborg/ccrelay#119): one must come.
            return self._input_head() + b'"{}"}}\n\n' + stop
        return stop

    def _delta(self, delta: JsonObject) -> bytes:
        return frame(b"content_block_delta", {"type": "content_block_delta", "index": self._index, "delta": delta})

    def _finish(self, event: Finish) -> bytes:
        usage = final_usage(self.usage, self._defaults, self._letters)
        self.usage = usage
        self.finished = True
        delta: Json = {"stop_reason": event.stop_reason, "stop_sequence": event.stop_sequence, **event.extras}
        return (
            frame(b"message_delta", {"type": "message_delta", "delta": delta, "usage": encode_usage(usage)})
            + b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
        )


DELTA_END = b"}}\n\n"
DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%b,"delta":'


def frame(event: bytes, data: JsonObject) -> bytes:
    """One server-sent event."""
    return b"".join((b"event: ", event, b"\ndata: ", orjson.dumps(data), b"\n\n"))


def error_frame(error: UpstreamError) -> bytes:
    """The honest end of a stream that broke: Claude Code keeps complete blocks and says what happened."""
    return frame(b"error", encode_error(error.detail.type, error.detail.message))


def block_json(head: BlockHead) -> JsonObject:
    """`content_block` as it opens."""
    match head:
        case TextBlock(extras):
            return {"type": "text", "text": "", **extras}
        case ThinkingBlock(extras):
            return {"type": "thinking", "thinking": "", "signature": "", **extras}
        case ToolUseBlock(identity, name, extras):
            return {"type": "tool_use", "id": identity, "name": name, "input": {}, **extras}
        case OpaqueBlock(raw):
            return raw


def final_usage(usage: Usage, defaults: ReplyDefaults, letters: int) -> Usage:
    """`usage` with estimates where the upstream told nothing: with zeros Claude Code has no context figure."""
    if usage.input is None and usage.cache_read is None and usage.cache_write is None:
        usage = merge_usage(usage, Usage(input=defaults.input_tokens))
    if usage.output is None:
        usage = merge_usage(usage, Usage(output=-(-letters // 4)))
    return usage
