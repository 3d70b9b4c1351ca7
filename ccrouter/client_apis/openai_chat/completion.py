"""Events as one whole chat completion."""

from ccrouter.client_apis.openai_chat.reasoning import redacted_detail, signed_detail
from ccrouter.client_apis.openai_chat.reply import annotation, completion_id, custom_call, finish_reason, usage_json
from ccrouter.dialects.anthropic.stream import ReplyDefaults, final_usage
from ccrouter.model.events import (
    BlockHead,
    BlockStart,
    BlockStop,
    Event,
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


class ChatCompletion:
    """Collects one reply's events. `message` is there once `Finish` came."""

    def __init__(self, defaults: ReplyDefaults, *, custom: frozenset[str] = frozenset()) -> None:
        """`custom`: names of the tools whose input is any text."""
        self.usage = Usage()
        self.message: JsonObject | None = None
        self._defaults = defaults
        self._custom = custom
        self._start = Start(None, None)
        self._open: BlockHead | None = None
        self._parts: list[str] = []
        self._text: list[str] | None = None
        self._reasoning: list[str] | None = None
        self._calls: list[Json] = []
        self._details: list[Json] = []
        self._annotations: list[Json] = []
        self._letters = 0
        self._cited_from = 0

    def collect(self, events: list[Event]) -> None:
        """Take the next events."""
        for event in events:
            self._one(event)

    def _one(self, event: Event) -> None:
        match event:
            case TextDelta(_, text) | ThinkingDelta(_, text) | ToolInputDelta(_, text):
                self._parts.append(text)
            case BlockStart(_, head):
                self._block_start(head)
            case BlockStop():
                self._block_stop()
            case Signature(_, signature):
                letters = sum(map(len, self._parts))
                self._details.append(signed_detail(signature, letters, len(self._details)))
            case OpaqueDelta(_, raw):
                self._cite(raw)
            case UsageUpdate(usage):
                self.usage = merge_usage(self.usage, usage)
            case Start(_, _, usage):
                self._start, self.usage = event, usage
            case Finish():
                self._finish(event)
            case _:
                pass

    def _block_start(self, head: BlockHead) -> None:
        self._open, self._parts = head, []
        match head:
            case TextBlock():
                self._text = [] if self._text is None else self._text
                self._cited_from = sum(map(len, self._text))
            case ThinkingBlock():
                self._reasoning = [] if self._reasoning is None else self._reasoning
            case OpaqueBlock(raw) if raw.get("type") == "redacted_thinking":
                self._details.append(redacted_detail(raw, len(self._details)))
            case _:
                pass

    def _block_stop(self) -> None:
        text = "".join(self._parts)
        match self._open:
            case TextBlock() if self._text is not None:
                self._text.append(text)
            case ThinkingBlock() if self._reasoning is not None:
                self._reasoning.append(text)
            case ToolUseBlock(identity, name) if name in self._custom:
                self._calls.append(custom_call(identity, name, text))
            case ToolUseBlock(identity, name):
                function: JsonObject = {"name": name, "arguments": text or "{}"}
                self._calls.append({"id": identity, "type": "function", "function": function})
            case _:
                return
        self._letters += len(text)

    def _cite(self, raw: JsonObject) -> None:
        if raw.get("type") == "citations_delta":
            end = self._cited_from + sum(map(len, self._parts))
            found = annotation(raw.get("citation"), self._cited_from, end)
            self._annotations += [found] if found is not None else []

    def _finish(self, event: Finish) -> None:
        self.usage = final_usage(self.usage, self._defaults, self._letters)
        silent = self._reasoning is None and not self._calls and not self._details
        content = "".join(self._text) if self._text is not None else "" if silent else None
        message: JsonObject = {"role": "assistant", "content": content, "refusal": None}
        if self._reasoning is not None:
            message["reasoning_content"] = "".join(self._reasoning)
        if self._details:
            message["reasoning_details"] = self._details
        if self._calls:
            message["tool_calls"] = self._calls
        if self._annotations:
            message["annotations"] = self._annotations
        reason = finish_reason(event.stop_reason)
        self.message = {
            "id": completion_id(self._defaults),
            "object": "chat.completion",
            "created": self._defaults.created,
            "model": self._defaults.requested_model or self._start.model or self._defaults.model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
            "usage": usage_json(self.usage),
        }
