"""A strict, scripted Gemini upstream: refuses what the real one refuses, answers what the test says, records all.

with GeminiUpstream(lambda body: text("Hello")) as upstream:
    ...                                     # POST upstream.base_url + "gemini-3.1-pro-preview:generateContent"
    assert not upstream.refusals

It signs what Gemini signs (the first call of a turn, where asked to also thoughts and text), gives ids to the calls of
Gemini 3, and takes back a signature only on the very part it stood on, an id only of its own making.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

import orjson
from aiohttp import web

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from tests.upstreams import scripted
from tests.upstreams.gemini_models import rules_of
from tests.upstreams.gemini_rules import Issued, refusal
from tests.upstreams.replies import Failure, Reply, stopped
from tests.upstreams.scripted import Script, ScriptedUpstream

__all__ = ["LINKS", "GeminiUpstream", "Recorded", "Script", "merged"]

PATH = re.compile(r"/v1beta/models/(?P<model>[^/:]+):(?P<action>generateContent|streamGenerateContent)$")
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
LINKS = (("https://a.example/one", "a.example"), ("https://b.example/two", "b.example"))
"""What a search finds."""


@dataclass(slots=True)
class Recorded(scripted.Recorded):
    """One request. What model is asked, and whether for a stream, stands in the URL."""

    @property
    def model(self) -> str:
        found = PATH.match(unquote(self.path.partition("?")[0]))
        return found["model"] if found else ""

    @property
    def streamed(self) -> bool:
        found = PATH.match(unquote(self.path.partition("?")[0]))
        return found is not None and found["action"] == "streamGenerateContent"

    @property
    def contents(self) -> list[JsonObject]:
        return [turn for entry in as_list(self.body.get("contents")) or [] if (turn := as_object(entry))]

    @property
    def parts(self) -> list[JsonObject]:
        """All parts of all turns."""
        return [part for turn in self.contents for entry in as_list(turn["parts"]) or [] if (part := as_object(entry))]

    @property
    def tool_names(self) -> list[str]:
        """Names of the functions that were declared, in order."""
        return [str(declared["name"]) for declared in self.declarations]

    @property
    def declarations(self) -> list[JsonObject]:
        return [
            declared
            for tool in as_list(self.body.get("tools")) or []
            for entry in as_list((as_object(tool) or {}).get("functionDeclarations")) or []
            if (declared := as_object(entry))
        ]

    @property
    def text(self) -> str:
        """All text of the system instruction, the turns and the results, for `in` assertions."""
        return "\n".join(_texts([self.body.get("systemInstruction"), self.body.get("contents")]))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key in ("text", "result", "error") and isinstance(entry, str):
                yield entry
            elif key != "inlineData":
                yield from _texts(entry)


@dataclass
class GeminiUpstream(ScriptedUpstream[Recorded]):
    """`api_key` None: any key, or none, will do. `models` empty: any model name will do; else 404 for the others.
    `sign_thoughts` and `sign_text`: where signatures stand beside those on calls; `sign_text` "first" puts one on the
    first piece of the answer, "last" on an empty part behind it. What was signed stays known after `begin`."""

    STREAM_TYPE = "text/event-stream"

    api_key: str | None = "goog-upstream"
    models: frozenset[str] = frozenset()
    sign_thoughts: bool = False
    sign_text: str = ""
    issued: Issued = field(default_factory=Issued)

    @property
    def base_url(self) -> str:
        """As CCR's configs write it."""
        return f"{self.url}/v1beta/models/"

    def _record(self, request: web.Request, raw: bytes, body: JsonObject) -> Recorded:
        return Recorded.of(request, raw, body, next(self._numbers))

    def _refusal(self, request: web.Request, record: Recorded, body: JsonObject | None) -> Failure | None:
        found = PATH.match(request.path)
        if found is None or request.method != "POST":
            return Failure(404, f"no such method: {request.method} {request.path}")
        if "key" in request.query:
            return Failure(400, "a key does not belong in a URL")
        if record.streamed != (request.query.get("alt") == "sse"):
            return Failure(400, "alt=sse goes with streamGenerateContent, and nothing else")
        if self.api_key is not None and record.headers.get("x-goog-api-key") != self.api_key:
            return Failure(400, "API key not valid. Please pass a valid API key.", code="API_KEY_INVALID")
        if not record.headers.get("content-type", "").startswith("application/json"):
            return Failure(415, "content-type must be application/json")
        if body is None:
            return Failure(400, "Invalid JSON payload received.")
        refused = refusal(body, record.model, self.issued)
        if refused is not None:
            return Failure(400, refused.message)
        if self.models and record.model not in self.models:
            return Failure(404, f"models/{record.model} is not found for API version v1beta")
        return None

    def _error(self, record: Recorded, failure: Failure) -> bytes:
        error: JsonObject = {
            "code": failure.status,
            "message": failure.message,
            "status": STATUSES.get(failure.status, "UNKNOWN"),
        }
        if failure.code is not None:
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": failure.code}]
        body = orjson.dumps({"error": error})
        return b"[" + body + b"]" if record.streamed else body  # so Google answers a stream request

    def _streamed(self, record: Recorded) -> bool:
        return record.streamed

    def _whole(self, record: Recorded, reply: Reply) -> JsonObject:
        return merged(self._chunks(record, reply))

    def _pieces(self, record: Recorded, reply: Reply) -> Iterable[bytes]:
        return [b"data: " + orjson.dumps(chunk) + b"\r\n\r\n" for chunk in self._chunks(record, reply)]

    def _chunks(self, record: Recorded, reply: Reply) -> list[JsonObject]:
        return list(self.chunks(record.body, reply, record.model, record.number))

    def chunks(self, body: JsonObject, reply: Reply, model: str, number: int = 1) -> Iterator[JsonObject]:
        """The answer's chunks, one part each; the last tells how it ended."""
        usage = _usage(reply)
        began = {name: usage[name] for name in ("promptTokenCount", "totalTokenCount")}

        def chunk(parts: list[Json], finish: str | None = None, **more: Json) -> JsonObject:
            candidate: JsonObject = {"content": {"parts": parts, "role": "model"}, "index": 0, **more}
            if finish is not None:
                candidate["finishReason"] = finish
            return {
                "candidates": [candidate],
                "usageMetadata": began if finish is None else usage,
                "modelVersion": model,
                "responseId": f"response-{number}",
            }

        for piece in reply.reasoning:
            thought: JsonObject = {"text": piece, "thought": True}
            yield chunk([self.issued.sign(thought) if self.sign_thoughts else thought])
        for position, piece in enumerate(stopped(reply.text, _stops(body, reply))[0]):
            part: JsonObject = {"text": piece}
            yield chunk([self.issued.sign(part) if self.sign_text == "first" and position == 0 else part])
        for position, call in enumerate(reply.calls):
            function: JsonObject = {"name": call.name, "args": dict(call.arguments)}
            if rules_of(model).ids:
                function["id"] = f"{call.id}-{number}"
                self.issued.ids.add(f"{call.id}-{number}")
            part = {"functionCall": function}
            yield chunk([self.issued.sign(part) if position == 0 else part])
        last: JsonObject = {"text": ""}
        more: JsonObject = {}
        if any("googleSearch" in (as_object(tool) or {}) for tool in as_list(body.get("tools")) or []):
            more["groundingMetadata"] = _grounding(reply)
        yield chunk([self.issued.sign(last) if self.sign_text == "last" else last], reply.finish or "STOP", **more)


def merged(chunks: list[JsonObject]) -> JsonObject:
    """The chunks of a stream as the one body of a whole answer."""
    parts: list[Json] = []
    for chunk in chunks:
        for candidate in as_list(chunk["candidates"]) or []:
            content = as_object((as_object(candidate) or {}).get("content")) or {}
            parts += as_list(content.get("parts")) or []
    last = as_object((as_list(chunks[-1]["candidates"]) or [{}])[0]) or {}
    shown: list[Json] = [part for part in parts if part != {"text": ""}]
    return {**chunks[-1], "candidates": [{**last, "content": {"parts": shown, "role": "model"}}]}


def _grounding(reply: Reply) -> JsonObject:
    said = "".join(reply.text)
    return {
        "webSearchQueries": ["what was asked"],
        "groundingChunks": [{"web": {"uri": url, "title": title}} for url, title in LINKS],
        "groundingSupports": [{"segment": {"endIndex": len(said), "text": said}, "groundingChunkIndices": [0]}],
    }


def _stops(body: JsonObject, reply: Reply) -> tuple[str, ...]:
    if not reply.honour_stop:
        return ()
    config = as_object(body.get("generationConfig")) or {}
    return tuple(as_str(entry) or "" for entry in as_list(config.get("stopSequences")) or [])


def _usage(reply: Reply) -> JsonObject:
    spent = reply.spent
    return {
        "promptTokenCount": spent.prompt,
        "cachedContentTokenCount": spent.cached,
        "candidatesTokenCount": spent.completion - spent.reasoning,
        "thoughtsTokenCount": spent.reasoning,
        "totalTokenCount": spent.prompt + spent.completion,
    }
