"""An Anthropic upstream's reply as events."""

from collections.abc import Mapping
from typing import cast

import orjson

from ccrouter.dialects.anthropic.errors import describe_body, error_in_stream
from ccrouter.dialects.anthropic.usage import decode_usage
from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.repeated import Repetition
from ccrouter.errors import UpstreamError, upstream_failure
from ccrouter.model.events import (
    BlockHead,
    BlockKey,
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
)
from ccrouter.model.json import NO_EXTRAS, Json, JsonObject, as_int, as_list, as_object, as_str
from ccrouter.model.runs import Delta, DeltaRun
from ccrouter.sse import Frame

CUT = "the upstream ended the stream before the answer was finished"
ANY_BLOCK: frozenset[type] = frozenset({TextBlock, ThinkingBlock, ToolUseBlock, OpaqueBlock})
BLOCKS_OF_DELTA: Mapping[str, frozenset[type]] = {
    "text_delta": frozenset({TextBlock}),
    "input_json_delta": frozenset({ToolUseBlock, OpaqueBlock}),
    "thinking_delta": frozenset({ThinkingBlock}),
    "signature_delta": frozenset({ThinkingBlock}),
}
"""Which blocks a delta may be for; in a block of an unknown kind it is kept as it came."""
MORE: Mapping[str, tuple[str, type[Delta]]] = {
    "text_delta": ("text", TextDelta),
    "input_json_delta": ("partial_json", ToolInputDelta),
    "thinking_delta": ("thinking", ThinkingDelta),
}
"""The deltas that a reply mostly consists of: which field holds the text."""
MESSAGE_FIELDS = frozenset({"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"})


class AnthropicDecoder:
    """Decodes one reply. Tolerates overlapping or unknown indexes as little as Claude Code does: they end in Failed."""

    def __init__(self, context: ReplyContext) -> None:
        self.context = context
        self._started = False
        self._ended = False
        self._open: BlockKey | None = None
        self._next_key = 0
        self._keys: dict[int, BlockKey] = {}
        self._stop: tuple[str, str | None, JsonObject] | None = None
        self._signature = ""
        self._kind: type[BlockHead] = OpaqueBlock
        self._repetition = Repetition()

    @property
    def finishing(self) -> bool:
        """See `dialects.base.Decoder`."""
        return self._stop is not None and not self._ended

    def frame(self, frame: Frame) -> list[Event]:
        """See `dialects.base.Decoder`."""
        if self._ended:
            return []
        try:
            chunk = as_object(orjson.loads(frame.data))
        except orjson.JSONDecodeError:
            return self._fail(upstream_failure(f"the upstream sent a frame that is not JSON: {excerpt(frame.data)}"))
        for wire_filter in self.context.wire_filters:
            chunk = wire_filter(chunk) if chunk is not None else None
        events = self._chunk(chunk) if chunk is not None else []
        if not self.context.wire_filters:
            self._repetition.learn(frame, events, self._said)
        return events

    def _said(self, chunk: Json) -> Delta | None:
        return self._more(chunk) if isinstance(chunk, dict) and chunk.get("type") == "content_block_delta" else None

    def run(self, lines: bytes, start: int) -> tuple[DeltaRun, int] | None:
        """See `dialects.base.Decoder`."""
        return None if self._open is None or self._ended else self._repetition.run(lines, start, self._open)

    def end(self) -> list[Event]:
        """See `dialects.base.Decoder`."""
        if self._ended:
            return []
        # A message_delta with a stop reason is the end in all but name; without one the answer was cut.
        return self._finish() if self._stop is not None and self._open is None else self._fail(upstream_failure(CUT))

    def whole(self, body: bytes) -> list[Event]:
        """See `dialects.base.Decoder`."""
        try:
            message = as_object(orjson.loads(body))
        except orjson.JSONDecodeError:
            return self._fail(upstream_failure(describe_body(200, body)))
        for wire_filter in self.context.wire_filters:
            message = wire_filter(message) if message is not None else None
        if message is None or (message.get("type") != "message" and as_list(message.get("content")) is None):
            error = message.get("error") if message is not None else None
            failure = error_in_stream(error) if error is not None else upstream_failure("the upstream sent no message")
            return self._fail(failure)
        return self._message(message)

    def _chunk(self, chunk: JsonObject) -> list[Event]:
        match chunk.get("type"):
            case "content_block_delta":
                return self._delta(chunk)
            case "content_block_start":
                return self._block_start(chunk)
            case "content_block_stop":
                return self._block_stop(chunk)
            case "message_start":
                return self._message_start(as_object(chunk.get("message")) or {})
            case "message_delta":
                return self._message_delta(chunk)
            case "message_stop":
                return self._finish()
            case "error":
                return self._fail(error_in_stream(chunk.get("error")))
            case _:
                return []  # ping, and what is to come

    def _message_start(self, message: JsonObject) -> list[Event]:
        if self._started:
            return self._fail(upstream_failure("the upstream started its answer twice"))
        if as_list(message.get("content")):
            # Some gateways put the whole answer into message_start (vercel programmatic-tool-calling recording).
            events = self._message(message, finish=False)
            self._stop = (as_str(message.get("stop_reason")) or "end_turn", as_str(message.get("stop_sequence")), {})
            return events
        return [self._start(message)]

    def _start(self, message: JsonObject) -> Start:
        self._started = True
        extras = {name: value for name, value in message.items() if name not in MESSAGE_FIELDS}
        return Start(
            as_str(message.get("id")),
            as_str(message.get("model")),
            decode_usage(message.get("usage")),
            extras or NO_EXTRAS,
        )

    def _block_start(self, chunk: JsonObject) -> list[Event]:
        index, block = as_int(chunk.get("index")), as_object(chunk.get("content_block"))
        if not self._started or self._open is not None or index is None or block is None:
            return self._fail(upstream_failure("the upstream opened a block where none may open"))
        return self._open_block(index, block)

    def _open_block(self, index: int, block: JsonObject) -> list[Event]:
        key = self._next_key
        self._next_key += 1
        self._keys[index] = self._open = key
        self._signature = ""
        head, deltas = head_of(block, key)
        self._kind = type(head)
        return [BlockStart(key, head), *deltas]

    def _more(self, chunk: JsonObject) -> Delta | None:
        """The delta in a content_block_delta that is more of the open block's text; None for any other."""
        key, delta = self._keys.get(as_int(chunk.get("index")) or 0), as_object(chunk.get("delta"))
        if key is None or key != self._open or delta is None:
            return None
        kind = as_str(delta.get("type")) or ""
        if kind not in MORE or self._kind not in BLOCKS_OF_DELTA[kind]:
            return None
        field, made = MORE[kind]
        text = as_str(delta.get(field))
        return made(key, text) if text else None

    def _delta(self, chunk: JsonObject) -> list[Event]:
        more = self._more(chunk)
        if more is not None:
            return [more]
        key, delta = self._keys.get(as_int(chunk.get("index")) or 0), as_object(chunk.get("delta"))
        if key is None or key != self._open or delta is None:
            return self._fail(upstream_failure("the upstream sent a delta for a block that is not open"))
        kind = as_str(delta.get("type")) or ""
        if self._kind not in BLOCKS_OF_DELTA.get(kind, ANY_BLOCK):
            if self._kind is OpaqueBlock:
                return [OpaqueDelta(key, delta)]
            return self._fail(upstream_failure(f"the upstream sent a {kind} for a block of another kind"))
        match kind:
            case "text_delta" | "input_json_delta" | "thinking_delta":
                return []  # an empty one
            case "signature_delta":
                self._signature += as_str(delta.get("signature")) or ""
                return []
            case _:
                return [] if self._kind is ToolUseBlock else [OpaqueDelta(key, delta)]

    def _block_stop(self, chunk: JsonObject) -> list[Event]:
        key = self._keys.get(as_int(chunk.get("index")) or 0)
        if key is None or key != self._open:
            return self._fail(upstream_failure("the upstream closed a block that is not open"))
        return self._close(key)

    def _close(self, key: BlockKey) -> list[Event]:
        self._open = None
        return [*([Signature(key, self._signature)] if self._signature else []), BlockStop(key)]

    def _message_delta(self, chunk: JsonObject) -> list[Event]:
        if not self._started:
            return self._fail(upstream_failure("the upstream ended an answer it never started"))
        delta = as_object(chunk.get("delta")) or {}
        reason = as_str(delta.get("stop_reason"))
        closing: list[Event] = []
        if reason is not None:
            if self._open is not None:
                # A call that ran into max_tokens may get no content_block_stop (anthropic-sdk-python's recording).
                closing = self._close(self._open)
            extras = {name: value for name, value in delta.items() if name not in {"stop_reason", "stop_sequence"}}
            outer = {name: value for name, value in chunk.items() if name not in {"type", "delta", "usage"}}
            self._stop = (reason, as_str(delta.get("stop_sequence")), {**extras, **outer})
        usage = decode_usage(chunk.get("usage"))
        return [*closing, UsageUpdate(usage)] if usage != Usage() else closing

    def _finish(self) -> list[Event]:
        if self._stop is None or not self._started or self._open is not None:
            return self._fail(upstream_failure(CUT))
        self._ended = True
        reason, sequence, extras = self._stop
        return [Finish(reason, sequence, extras or NO_EXTRAS)]

    def _fail(self, error: UpstreamError) -> list[Event]:
        self._ended = True
        return [Failed(error)]

    def _message(self, message: JsonObject, *, finish: bool = True) -> list[Event]:
        events: list[Event] = [self._start(message)]
        for index, item in enumerate(as_list(message.get("content")) or []):
            block = as_object(item)
            if block is None:
                continue
            signature = as_str(block.get("signature")) if block.get("type") == "thinking" else None
            events += self._open_block(index, whole_head(block))
            events += whole_deltas(block, cast(BlockKey, self._open))
            events += [Signature(cast(BlockKey, self._open), signature)] if signature else []
            events.append(BlockStop(cast(BlockKey, self._open)))
            self._open = None
        if finish:
            self._ended = True
            usage = decode_usage(message.get("usage"))
            reason = as_str(message.get("stop_reason")) or "end_turn"
            events += [UsageUpdate(usage)] if usage != Usage() else []
            events.append(Finish(reason, as_str(message.get("stop_sequence"))))
        return events


def head_of(block: JsonObject, key: BlockKey) -> tuple[BlockHead, list[Event]]:
    """What opens a block, and the deltas for content that came with the opening already."""
    kind = block.get("type")
    if kind == "text":
        text = as_str(block.get("text"))
        extras = {name: value for name, value in block.items() if name not in {"type", "text"} and value is not None}
        return TextBlock(extras or NO_EXTRAS), [TextDelta(key, text)] if text else []
    if kind == "thinking":
        text = as_str(block.get("thinking"))
        return ThinkingBlock(), [ThinkingDelta(key, text)] if text else []
    if kind == "tool_use":
        extras = {name: value for name, value in block.items() if name not in {"type", "id", "name", "input"}}
        head = ToolUseBlock(
            as_str(block.get("id")) or f"toolu_{key}", as_str(block.get("name")) or "", extras or NO_EXTRAS
        )
        tool_input = block.get("input")
        return head, [ToolInputDelta(key, orjson.dumps(tool_input).decode())] if tool_input else []
    return OpaqueBlock(block), []


def whole_head(block: JsonObject) -> JsonObject:
    """A whole block as it would open in a stream: text, reasoning and a call's input follow as deltas."""
    match block.get("type"):
        case "text":
            return {**block, "text": ""}
        case "thinking":
            return {**block, "thinking": ""}
        case "tool_use":
            return {**block, "input": {}}
        case _:
            return block


def whole_deltas(block: JsonObject, key: BlockKey) -> list[Event]:
    """The deltas of a whole block."""
    match block.get("type"):
        case "text":
            text = as_str(block.get("text"))
            return [TextDelta(key, text)] if text else []
        case "thinking":
            text = as_str(block.get("thinking"))
            return [ThinkingDelta(key, text)] if text else []
        case "tool_use":
            tool_input: Json = block.get("input")
            return [ToolInputDelta(key, orjson.dumps(tool_input).decode())] if tool_input else []
        case _:
            return []


def excerpt(data: bytes) -> str:
    """The beginning of something unreadable, for an error message."""
    text = data[:120].decode("utf-8", "replace")
    return f"{text}…" if len(data) > 120 else text
