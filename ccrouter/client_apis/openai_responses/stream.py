"""Events as a Responses stream, or as the one response object that it builds.

Neighbouring text blocks are one message item: Anthropic's are cut wherever a citation begins.
"""

from typing import Final, Literal

import orjson

from ccrouter.client_apis.openai_content import freeform_input, json_of
from ccrouter.client_apis.openai_errors import error_object
from ccrouter.client_apis.openai_responses.reasoning import sealed_redacted, sealed_signature
from ccrouter.client_apis.openai_responses.reply import INCOMPLETE, annotation, response_id, usage_json
from ccrouter.client_apis.openai_responses.tools import Named
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
from ccrouter.model.json import Json, JsonObject, as_object, as_str
from ccrouter.model.runs import DeltaRun

PING: Final = b": ping\n\n"
DELTA: Final = b'event: %b\ndata: {"type":"%b","sequence_number":%d,"item_id":"%b","output_index":%d,%b"delta":%b}\n\n'

TEXT = b"response.output_text.delta"
SUMMARY = b"response.reasoning_summary_text.delta"
ARGUMENTS = b"response.function_call_arguments.delta"


class ResponsesStream:
    """Encodes one reply's events, in batches. `response` is the whole response object, once the reply has ended."""

    def __init__(self, defaults: ReplyDefaults, echo: JsonObject, named: dict[str, Named]) -> None:
        self.usage = Usage()
        self.finished = False
        self.response: JsonObject | None = None
        self._defaults = defaults
        self._echo = echo
        self._named = named
        self._model = defaults.requested_model or defaults.model
        self._sequence = -1
        self._output: list[Json] = []
        self._block: BlockHead | None = None
        self._item: JsonObject | None = None
        """The open item; a message stays open between text blocks."""
        self._item_id = b""
        self._parts: list[str] = []
        self._annotations: list[Json] = []
        self._cited_from = 0
        self._said = 0
        self._signature: str | None = None
        self._letters = 0

    def encode(self, events: list[Event]) -> bytes:
        """The bytes for `events`, in order."""
        return b"".join([self._one(event) for event in events])

    def encode_run(self, run: DeltaRun) -> bytes:
        """The bytes for all deltas of `run`, each one by itself."""
        return self.encode(run.events())

    def _one(self, event: Event) -> bytes:
        # Ordered by how often they come, as in the Messages encoder.
        if isinstance(event, TextDelta):
            self._parts.append(event.text)
            self._said += len(event.text)
            return self._delta(TEXT, b'"content_index":0,"logprobs":[],', event.text)
        if isinstance(event, ToolInputDelta):
            self._parts.append(event.json)
            if not isinstance(self._block, ToolUseBlock) or self._is_custom(self._block):
                return b""
            return self._delta(ARGUMENTS, b"", event.json)
        if isinstance(event, ThinkingDelta):
            first = not self._parts
            self._parts.append(event.text)
            delta = self._delta(SUMMARY, b'"summary_index":0,', event.text) if not first else b""
            return delta or self._summary_begins() + self._delta(SUMMARY, b'"summary_index":0,', event.text)
        return self._rare(event)

    def _rare(self, event: Event) -> bytes:
        match event:
            case BlockStart(_, head):
                return self._block_start(head)
            case BlockStop():
                return self._block_stop()
            case Signature(_, signature):
                self._signature = signature
                return b""
            case OpaqueDelta(_, raw):
                return self._cite(raw)
            case UsageUpdate(usage):
                self.usage = merge_usage(self.usage, usage)
                return b""
            case Start():
                return self._start(event)
            case Finish():
                return self._finish(event)
            case Failed(error):
                return self._failed(explained_error(error, self._defaults.request_id))
            case _:
                raise AssertionError(f"no encoding for {event!r}")

    def _delta(self, kind: bytes, place: bytes, text: str) -> bytes:
        self._sequence += 1
        at = len(self._output)
        return DELTA % (kind, kind, self._sequence, self._item_id, at, place, orjson.dumps(text))

    def _event(self, kind: str, fields: JsonObject) -> bytes:
        self._sequence += 1
        body = orjson.dumps({"type": kind, "sequence_number": self._sequence, **fields})
        return b"".join((b"event: ", kind.encode(), b"\ndata: ", body, b"\n\n"))

    def _of_item(self, kind: str, fields: JsonObject) -> bytes:
        return self._event(kind, {"item_id": self._item_id.decode(), "output_index": len(self._output), **fields})

    def _start(self, event: Start) -> bytes:
        self.usage = event.usage
        self._model = self._defaults.requested_model or event.model or self._defaults.model
        snapshot = self._snapshot("in_progress")
        return self._event("response.created", {"response": snapshot}) + self._event(
            "response.in_progress", {"response": snapshot}
        )

    def _snapshot(self, status: str, **more: Json) -> JsonObject:
        return {
            "id": response_id(self._defaults),
            "object": "response",
            "created_at": self._defaults.created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "model": self._model,
            "output": list(self._output),
            **self._echo,
            "usage": None,
            **more,
        }

    def _is_custom(self, block: ToolUseBlock) -> bool:
        known = self._named.get(block.name)
        return known is not None and known.custom

    # Items

    def _new_item(self, prefix: str, item: JsonObject) -> bytes:
        """Open an item. Its id says which of our answers it is from."""
        identity = f"{prefix}_{self._defaults.message_id.removeprefix('msg_')}_{len(self._output)}"
        self._item, self._item_id, self._parts, self._annotations = {"id": identity, **item}, identity.encode(), [], []
        self._signature = None
        return self._event("response.output_item.added", {"output_index": len(self._output), "item": self._item})

    def _close_item(self, final: JsonObject) -> bytes:
        item: JsonObject = {**(self._item or {}), **final}
        out = self._event("response.output_item.done", {"output_index": len(self._output), "item": item})
        self._output.append(item)
        self._item = None
        return out

    def _block_start(self, head: BlockHead) -> bytes:
        self._block = head
        if isinstance(head, TextBlock):
            return self._text_begins()
        before = self._close_message("completed")
        match head:
            case ThinkingBlock():
                return before + self._new_item("rs", {"type": "reasoning", "summary": []})
            case ToolUseBlock(identity, name):
                return before + self._call_begins(identity, name)
            case OpaqueBlock(raw) if raw.get("type") == "redacted_thinking":
                item: JsonObject = {"type": "reasoning", "summary": []}
                return (
                    before + self._new_item("rs", item) + self._close_item({"encrypted_content": sealed_redacted(raw)})
                )
            case _:
                self._parts = []
                return before

    def _block_stop(self) -> bytes:
        block, self._block = self._block, None
        if not isinstance(block, TextBlock):
            self._letters += sum(map(len, self._parts))
        match block:
            case ThinkingBlock():
                return self._reasoning_ends()
            case ToolUseBlock():
                return self._call_ends(block)
            case OpaqueBlock(raw) if raw.get("type") == "server_tool_use" and raw.get("name") == "web_search":
                return self._search(raw)
            case _:
                return b""

    def _text_begins(self) -> bytes:
        if self._item is not None:
            self._cited_from = self._said
            return b""
        self._said = self._cited_from = 0
        item: JsonObject = {"type": "message", "status": "in_progress", "role": "assistant", "content": []}
        part: JsonObject = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        return self._new_item("msg", item) + self._of_item(
            "response.content_part.added", {"content_index": 0, "part": part}
        )

    def _close_message(self, status: Literal["completed", "incomplete"]) -> bytes:
        """End the message item, if one is open."""
        if self._item is None:
            return b""
        text = "".join(self._parts)
        self._letters += len(text)
        part: JsonObject = {"type": "output_text", "text": text, "annotations": self._annotations, "logprobs": []}
        done = self._of_item("response.output_text.done", {"content_index": 0, "text": text, "logprobs": []})
        ended = self._of_item("response.content_part.done", {"content_index": 0, "part": part})
        return done + ended + self._close_item({"status": status, "content": [part]})

    def _cite(self, raw: JsonObject) -> bytes:
        found = None
        if raw.get("type") == "citations_delta":
            found = annotation(raw.get("citation"), self._cited_from, self._said)
        if found is None or self._item is None:
            return b""
        self._annotations.append(found)
        place: JsonObject = {"content_index": 0, "annotation_index": len(self._annotations) - 1, "annotation": found}
        return self._of_item("response.output_text.annotation.added", place)

    def _summary_begins(self) -> bytes:
        part: JsonObject = {"type": "summary_text", "text": ""}
        return self._of_item("response.reasoning_summary_part.added", {"summary_index": 0, "part": part})

    def _reasoning_ends(self) -> bytes:
        text = "".join(self._parts)
        out, summary = b"", list[Json]()
        if text:
            part: JsonObject = {"type": "summary_text", "text": text}
            summary.append(part)
            out = self._of_item("response.reasoning_summary_text.done", {"summary_index": 0, "text": text})
            out += self._of_item("response.reasoning_summary_part.done", {"summary_index": 0, "part": part})
        final: JsonObject = {"summary": summary}
        if self._signature is not None:
            final["encrypted_content"] = sealed_signature(self._signature)
        return out + self._close_item(final)

    def _call_begins(self, identity: str, name: str) -> bytes:
        known = self._named.get(name) or Named(name)
        item: JsonObject = {"call_id": identity, "name": known.name, "status": "in_progress"}
        if known.namespace is not None:
            item["namespace"] = known.namespace
        if known.custom:
            return self._new_item("ctc", {"type": "custom_tool_call", **item, "input": ""})
        return self._new_item("fc", {"type": "function_call", **item, "arguments": ""})

    def _call_ends(self, block: ToolUseBlock) -> bytes:
        text = "".join(self._parts)
        if self._is_custom(block):
            # As a whole: what the model writes is JSON, and the client wants the text within.
            given = freeform_input(text)
            out = self._of_item("response.custom_tool_call_input.delta", {"delta": given}) if given else b""
            out += self._of_item("response.custom_tool_call_input.done", {"input": given})
            return out + self._close_item({"input": given, "status": "completed"})
        out = b"" if text else self._delta(ARGUMENTS, b"", "{}")
        text = text or "{}"
        name: Json = self._item["name"] if self._item is not None else block.name
        out += self._of_item("response.function_call_arguments.done", {"name": name, "arguments": text})
        return out + self._close_item({"arguments": text, "status": "completed"})

    def _search(self, raw: JsonObject) -> bytes:
        """A search that the provider ran, or the router: told when its query is known."""
        given = as_object(raw.get("input")) or as_object(json_of("".join(self._parts))) or {}
        query = as_str(given.get("query")) or ""
        action: JsonObject = {"type": "search", "query": query, "queries": [query]}
        out = self._new_item("ws", {"type": "web_search_call", "status": "in_progress", "action": action})
        for kind in ("in_progress", "searching", "completed"):
            out += self._of_item(f"response.web_search_call.{kind}", {})
        return out + self._close_item({"status": "completed"})

    # The end

    def _finish(self, event: Finish) -> bytes:
        reason = INCOMPLETE.get(event.stop_reason)
        status = "completed" if reason is None else "incomplete"
        out = self._close_message(status)
        self.usage = final_usage(self.usage, self._defaults, self._letters)
        details: Json = None if reason is None else {"reason": reason}
        self.response = self._snapshot(status, incomplete_details=details, usage=usage_json(self.usage))
        self.finished = True
        return out + self._event(f"response.{status}", {"response": self.response})

    def _failed(self, error: UpstreamError) -> bytes:
        """An `error` event, which OpenAI's SDKs raise, and `response.failed`, which Codex reads."""
        told = error_object(error.detail)
        frame = self._event("error", {**told, "type": "error", "error": told})
        code: Json = told["code"] or "server_error"
        return frame + self._event(
            "response.failed",
            {"response": self._snapshot("failed", error={"code": code, "message": told["message"]})},
        )


class ResponseCollector:
    """Collects one reply's events to the response object that its stream would end with."""

    def __init__(self, stream: ResponsesStream) -> None:
        self._stream = stream

    @property
    def usage(self) -> Usage:
        """See `ReplyCollector`."""
        return self._stream.usage

    @property
    def message(self) -> JsonObject | None:
        """See `ReplyCollector`."""
        return self._stream.response

    def collect(self, events: list[Event]) -> None:
        """See `ReplyCollector`."""
        self._stream.encode(events)
