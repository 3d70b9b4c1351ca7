"""A strict, scripted OpenAI-chat upstream: refuses what real ones refuse, answers what the test says, records all.

with OpenAIChatUpstream(lambda body: text("Hello")) as upstream:
    ...                                     # POST upstream.endpoint
    assert not upstream.refusals
    assert upstream.requests[0].body["model"] == "m-default"
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

import orjson
from aiohttp import web

from ccrouter.model.json import Json, JsonObject, as_list, as_object
from tests.upstreams import scripted
from tests.upstreams.openai import OpenAIUpstream
from tests.upstreams.openai_chat_rules import Strictness, refusal
from tests.upstreams.openai_rules import RefusedError
from tests.upstreams.replies import Call, Reply, stopped
from tests.upstreams.scripted import Script, texts

__all__ = ["OpenAIChatUpstream", "Recorded", "Script", "pieces", "whole"]

TEXTS = frozenset({"content", "text", "reasoning_content"})


@dataclass(slots=True)
class Recorded(scripted.Recorded):
    """One request."""

    @property
    def messages(self) -> list[JsonObject]:
        return [message for entry in as_list(self.body.get("messages")) or [] if (message := as_object(entry))]

    @property
    def tool_names(self) -> list[str]:
        """Names of the tools that were offered, in order."""
        return [str(_object(_object(tool)["function"])["name"]) for tool in as_list(self.body.get("tools")) or []]

    @property
    def text(self) -> str:
        """All text of all messages, for `in` assertions."""
        return "\n".join(texts(self.body.get("messages"), TEXTS))


def _object(value: Json) -> JsonObject:
    found = as_object(value)
    assert found is not None, value
    return found


@dataclass
class OpenAIChatUpstream(OpenAIUpstream[Recorded]):
    """See OpenAIUpstream. `strictness`: which of the strict servers it is like."""

    ENDPOINTS = ("/v1/chat/completions",)

    strictness: Strictness = field(default_factory=Strictness)

    def _record(self, request: web.Request, raw: bytes, body: JsonObject) -> Recorded:
        return Recorded.of(request, raw, body, next(self._numbers))

    def _invalid(self, body: JsonObject) -> RefusedError | None:
        return refusal(body, self.strictness)

    def _whole(self, record: Recorded, reply: Reply) -> JsonObject:
        return whole(record.body, reply, record.number)

    def _pieces(self, record: Recorded, reply: Reply) -> Iterable[bytes]:
        return pieces(record.body, reply, record.number)


def _stops(body: JsonObject, reply: Reply) -> tuple[str, ...]:
    if not reply.honour_stop:
        return ()
    stop = body.get("stop")
    if isinstance(stop, str):
        return (stop,)
    return tuple(str(entry) for entry in as_list(stop) or [])


def _usage(reply: Reply) -> JsonObject:
    spent = reply.spent
    return {
        "prompt_tokens": spent.prompt,
        "completion_tokens": spent.completion,
        "total_tokens": spent.prompt + spent.completion,
        "prompt_tokens_details": {"cached_tokens": spent.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": spent.reasoning, "audio_tokens": 0},
    }


def _finish(reply: Reply) -> str:
    return reply.finish or ("tool_calls" if reply.calls else "stop")


def whole(body: JsonObject, reply: Reply, number: int = 1) -> JsonObject:
    """The answer as one `chat.completion` body."""
    text, _ = stopped(reply.text, _stops(body, reply))
    message: JsonObject = {"role": "assistant", "content": "".join(text) or None, "refusal": None}
    if reply.reasoning:
        message["reasoning_content"] = "".join(reply.reasoning)
    if reply.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": orjson.dumps(dict(call.arguments)).decode()},
            }
            for call in reply.calls
        ]
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}],
        "usage": _usage(reply),
    }


def pieces(body: JsonObject, reply: Reply, number: int = 1) -> Iterator[bytes]:
    """The answer as server-sent events, one `data:` event each."""
    wants_usage = (as_object(body.get("stream_options")) or {}).get("include_usage") is True

    def chunk(choices: list[Json], usage: Json = None) -> bytes:
        value: JsonObject = {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": body["model"],
            "choices": choices,
        }
        if wants_usage:
            value["usage"] = usage
        return b"data: " + orjson.dumps(value) + b"\n\n"

    def delta(value: JsonObject, finish: str | None = None) -> bytes:
        return chunk([{"index": 0, "delta": value, "logprobs": None, "finish_reason": finish}])

    yield delta({"role": "assistant", "content": "" if not reply.calls else None})
    for piece in reply.reasoning:
        yield delta({"reasoning_content": piece})
    for piece in stopped(reply.text, _stops(body, reply))[0]:
        yield delta({"content": piece})
    for fragment in _fragments(reply.calls, reply.interleaved):
        yield delta({"tool_calls": [fragment]})
    yield delta({}, _finish(reply))
    if wants_usage:
        yield chunk([], _usage(reply))
    yield b"data: [DONE]\n\n"


def _fragments(calls: tuple[Call, ...], interleaved: bool) -> Iterator[JsonObject]:
    per_call = [list(_fragments_of(index, call)) for index, call in enumerate(calls)]
    if not interleaved:
        for fragments in per_call:
            yield from fragments
        return
    for turn in zip_longest(*per_call):
        yield from (fragment for fragment in turn if fragment is not None)


def _fragments_of(index: int, call: Call) -> Iterator[JsonObject]:
    yield {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
    arguments = orjson.dumps(dict(call.arguments)).decode()
    for start in range(0, len(arguments), call.fragment):
        yield {"index": index, "function": {"arguments": arguments[start : start + call.fragment]}}
