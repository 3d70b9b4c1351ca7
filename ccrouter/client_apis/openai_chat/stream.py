"""Events as a stream of chat completion chunks."""

import orjson

from ccrouter.client_apis.openai_chat.reasoning import redacted_detail, signed_detail
from ccrouter.client_apis.openai_chat.reply import annotation, completion_id, custom_call, finish_reason, usage_json
from ccrouter.client_apis.openai_errors import error_object
from ccrouter.dialects.anthropic.stream import ReplyDefaults, final_usage
from ccrouter.dialects.explained import explained_error
from ccrouter.errors import UpstreamError
from ccrouter.model.events import (
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

PING = b": ping\n\n"
DONE = b"data: [DONE]\n\n"


class ChatStream:
    """Encodes one reply's events, in batches, to the bytes of a stream."""

    def __init__(self, defaults: ReplyDefaults, *, include_usage: bool, custom: frozenset[str] = frozenset()) -> None:
        """`custom`: names of the tools whose input is any text."""
        self.usage = Usage()
        self.finished = False
        self._defaults = defaults
        self._include_usage = include_usage
        self._custom = custom
        self._given: list[str] | None = None
        """What a custom tool is called with so far."""
        self._head = b""
        self._tail = b',"finish_reason":null}]%b}\n\n' % (b',"usage":null' if include_usage else b"")
        self._role = b'"role":"assistant",'
        """Goes with the first delta there is."""
        self._open: BlockHead | None = None
        self._call = -1
        self._call_head = b""
        self._input_sent = False
        self._letters = 0
        self._said = 0
        self._thought = 0
        self._details = 0
        self._cited_from = 0
        self._annotations: list[Json] = []

    def encode(self, events: list[Event]) -> bytes:
        """The bytes for `events`, in order."""
        return b"".join([self._one(event) for event in events])

    def encode_run(self, run: DeltaRun) -> bytes:
        """The bytes for all deltas of `run`, each one by itself."""
        return self.encode(run.events())

    def _one(self, event: Event) -> bytes:
        # Ordered by how often they come, as in the Messages encoder.
        if isinstance(event, TextDelta):
            self._letters += len(event.text)
            self._said += len(event.text)
            return b"".join((self._head, b'{"content":', orjson.dumps(event.text), b"}", self._tail))
        if isinstance(event, ToolInputDelta):
            if not isinstance(self._open, ToolUseBlock):
                return b""
            self._letters += len(event.json)
            self._input_sent = True
            if self._given is not None:
                self._given.append(event.json)
                return b""
            return self._arguments(event.json)
        if isinstance(event, ThinkingDelta):
            self._letters += len(event.text)
            self._thought += len(event.text)
            return b"".join((self._head, b'{"reasoning_content":', orjson.dumps(event.text), b"}", self._tail))
        return self._rare(event)

    def _rare(self, event: Event) -> bytes:
        match event:
            case BlockStart(_, head):
                return self._block_start(head)
            case BlockStop():
                return self._block_stop()
            case Signature(_, signature):
                return self._detail(signed_detail(signature, self._thought, self._details))
            case OpaqueDelta(_, raw):
                self._cite(raw)
                return b""
            case UsageUpdate(usage):
                self.usage = merge_usage(self.usage, usage)
                return b""
            case Start():
                return self._start(event)
            case Finish():
                return self._finish(event)
            case Failed(error):
                return error_frame(explained_error(error, self._defaults.request_id))
            case _:
                raise AssertionError(f"no encoding for {event!r}")

    def _start(self, event: Start) -> bytes:
        self.usage = event.usage
        model = self._defaults.requested_model or event.model or self._defaults.model
        self._head = b'data: {"id":%b,"object":"chat.completion.chunk","created":%d,"model":%b,"choices":' % (
            orjson.dumps(completion_id(self._defaults)),
            self._defaults.created,
            orjson.dumps(model),
        )
        self._bare_head = self._head
        self._head += b'[{"index":0,"delta":'
        return b""

    def _delta(self, fields: bytes) -> bytes:
        """A chunk with the role in it, if it is the first."""
        role, self._role = self._role, b""
        return b"".join((self._head, b"{", role, fields, b"}", self._tail))

    def _block_start(self, head: BlockHead) -> bytes:
        self._open = head
        match head:
            case TextBlock():
                self._cited_from = self._said
                return self._delta(b'"content":""') if self._role else b""
            case ThinkingBlock():
                self._thought = 0
                return self._delta(b'"content":null,"reasoning_content":""') if self._role else b""
            case ToolUseBlock(identity, name):
                return self._call_start(identity, name)
            case OpaqueBlock(raw):
                if raw.get("type") != "redacted_thinking":
                    return b""
                return self._detail(redacted_detail(raw, self._details))

    def _call_start(self, identity: str, name: str) -> bytes:
        self._call += 1
        self._input_sent = False
        self._call_head = b'{"tool_calls":[{"index":%d,"function":{"arguments":' % self._call
        self._given = [] if name in self._custom else None
        if self._given is not None:
            return b""
        call: JsonObject = {
            "index": self._call,
            "id": identity,
            "type": "function",
            "function": {"name": name, "arguments": ""},
        }
        content = b'"content":null,' if self._role else b""
        return self._delta(content + b'"tool_calls":' + orjson.dumps([call]))

    def _arguments(self, text: str) -> bytes:
        return b"".join((self._head, self._call_head, orjson.dumps(text), b"}}]}", self._tail))

    def _block_stop(self) -> bytes:
        block, self._open = self._open, None
        if isinstance(block, ToolUseBlock) and self._given is not None:
            # As a whole: what the model writes is JSON, and the client wants the text within.
            call: JsonObject = {"index": self._call, **custom_call(block.id, block.name, "".join(self._given))}
            content = b'"content":null,' if self._role else b""
            self._given = None
            return self._delta(content + b'"tool_calls":' + orjson.dumps([call]))
        empty_call = isinstance(block, ToolUseBlock) and not self._input_sent
        return self._arguments("{}") if empty_call else b""

    def _detail(self, detail: JsonObject) -> bytes:
        self._details += 1
        content = b'"content":null,' if self._role else b""
        return self._delta(content + b'"reasoning_details":' + orjson.dumps([detail]))

    def _cite(self, raw: JsonObject) -> None:
        if raw.get("type") == "citations_delta":
            found = annotation(raw.get("citation"), self._cited_from, self._said)
            self._annotations += [found] if found is not None else []

    def _finish(self, event: Finish) -> bytes:
        self.usage = final_usage(self.usage, self._defaults, self._letters)
        self.finished = True
        out: list[bytes] = []
        if self._role:
            out.append(self._delta(b'"content":""'))
        if self._annotations:
            # In one chunk: SDKs can join lists over chunks only where the entries are numbered.
            out.append(self._delta(b'"annotations":' + orjson.dumps(self._annotations)))
        null_usage = b',"usage":null' if self._include_usage else b""
        reason = orjson.dumps(finish_reason(event.stop_reason))
        out.append(b'%b{},"finish_reason":%b}]%b}\n\n' % (self._head, reason, null_usage))
        if self._include_usage:
            out.append(b'%b[],"usage":%b}\n\n' % (self._bare_head, orjson.dumps(usage_json(self.usage))))
        return b"".join((*out, DONE))


def error_frame(error: UpstreamError) -> bytes:
    """The honest end of a stream that broke: OpenAI's SDKs raise what they find under `error`."""
    return b"data: " + orjson.dumps({"error": error_object(error.detail)}) + b"\n\n"
