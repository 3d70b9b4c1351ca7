"""One real, tiny request to a target: does its model answer, whole or streamed, does it call a tool?"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, Literal, TypeAlias

import orjson

from ccrouter.config.types import Retries, Target
from ccrouter.dialects.explained import explained
from ccrouter.errors import CCRouterError, ErrorDetail, error_type_of_status, upstream_failure
from ccrouter.frozen import frozen
from ccrouter.gateway.gateway import Gateway
from ccrouter.gateway.types import Answer, Incoming, Record, Service, Write
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from ccrouter.sse import FrameSplitter
from ccrouter.upstream.client import UpstreamClient, UpstreamReply, Way
from ccrouter.upstream.masking import with_masked

TEST_SECONDS = 60.0
TEST_TOKENS = 1024
"""A model that thinks needs some before its first word."""
MOST_MENDED = 3
LONGEST_SHOWN = 60
LONGEST_FAILURE = 400
TEST_QUESTION = "Reply with the one word OK and nothing else."
TOOL_QUESTION = "Call the tool report_status with the status OK. Do not write anything else."
TOOL: Final[JsonObject] = {
    "name": "report_status",
    "description": "Reports a status.",
    "input_schema": {
        "type": "object",
        "properties": {"status": {"type": "string", "description": "The status to report."}},
        "required": ["status"],
    },
}

Asked: TypeAlias = Literal["whole", "stream", "tool"]
"""What a tiny request asks for: one JSON answer, a stream of events, or a call of the one tool it offers."""


@frozen
class Trial:
    """What came of one tiny request. `failure` is None when the model answered."""

    target: Target
    seconds: float
    answered_by: str = ""
    """The member, where the target is a group."""
    answer: str = ""
    failure: str | None = None
    status: int = 200
    """The failure's HTTP status, or the one it is equivalent to (`errors.UpstreamError`)."""
    reached: bool = True
    """The provider itself said something, though it may have been a refusal."""
    model: str = ""
    """As the answer names it."""
    response_id: str = ""
    asked: Asked = "whole"
    first_seconds: float | None = None
    """Until the first byte of a stream."""
    called: bool = False
    """The tool was called with the argument that it demands."""
    detail: ErrorDetail | None = None
    """What the provider or the way to it failed with, before it was put into words for a client."""
    answered_with: int | None = None
    """The HTTP status that the provider answered with."""

    @property
    def words(self) -> str:
        """One line for people."""
        if self.failure is not None:
            return f"{self.target} failed after {self.seconds:.1f} s: {self.failure}"
        who = str(self.target) if self.answered_by in ("", str(self.target)) else f"{self.target} ({self.answered_by})"
        said = f': "{self.answer}"' if self.answer else ", without a word of text"
        return f"{who} answered in {self.seconds:.1f} s{said}"


class _Received:
    """What a client of a stream gets."""

    def __init__(self, begun: float) -> None:
        self._begun = begun
        self._splitter = FrameSplitter()
        self.headers: Mapping[str, str] = {}
        self.first_seconds: float | None = None
        self.events: list[JsonObject] = []

    async def start(self, headers: Mapping[str, str]) -> Write:
        self.headers = headers
        return self._write

    async def _write(self, data: bytes) -> None:
        if self.first_seconds is None:
            self.first_seconds = time.perf_counter() - self._begun
        for frame in self._splitter.feed(data):
            event = as_object(orjson.loads(frame.data))
            if event is not None:
                self.events.append(event)

    async def finish(self) -> None: ...

    @property
    def text(self) -> str:
        deltas = [as_object(event.get("delta")) or {} for event in self.events]
        return "".join([as_str(delta.get("text")) or "" for delta in deltas])

    @property
    def failure(self) -> str | None:
        """What an `error` event says, or that the stream has no end; None when all is well."""
        for event in self.events:
            if event.get("type") == "error":
                return as_str((as_object(event.get("error")) or {}).get("message")) or "no reason was given"
        ended = any(event.get("type") == "message_stop" for event in self.events)
        return None if ended else "the stream has no end"


class _Witness(UpstreamClient):
    """Remembers the status that the provider answered with: the client is told another of a key that is refused."""

    status: int | None = None

    @asynccontextmanager
    async def open(self, url: str, headers: Mapping[str, str], body: bytes, way: Way) -> AsyncGenerator[UpstreamReply]:
        """See `UpstreamClient.open`."""
        async with super().open(url, headers, body, way) as reply:
            self.status = reply.status
            yield reply


async def try_target(
    service: Service, target: Target, seconds: float = TEST_SECONDS, *, asked: Asked = "whole", key: str | None = None
) -> Trial:
    """Send one real tiny request to `target`, the way every request goes, but to nobody else and once.

    Of a provider's keys `key` is tried (None: the first). It neither heeds nor changes what the daemon knows of resting
    keys. `seconds` is for all of it. Never raises for what the provider or the network does.
    """
    request_id = f"test_{secrets.token_hex(8)}"
    incoming = Incoming(orjson.dumps(_body(target, asked)), {"user-agent": "ccrouter"}, request_id)
    client = _Witness()
    begun = time.perf_counter()
    received, record = _Received(begun), Record(request_id)

    def failed(words: str, status: int, detail: ErrorDetail | None) -> Trial:
        keys = [key for provider in service.config.providers for key in provider.api_keys]
        # No journal has heard of this request: the command that explains it has nothing to tell.
        words = words.removesuffix(explained("", request_id))
        told = shortened(with_masked(words, keys), LONGEST_FAILURE)
        status = client.status if client.status is not None and client.status >= 400 else status
        return Trial(
            target,
            time.perf_counter() - begun,
            failure=told,
            status=status,
            reached=client.status is not None,
            asked=asked,
            detail=detail,
            answered_with=client.status,
        )

    try:
        async with asyncio.timeout(seconds):
            answer = await Gateway(client).messages(_alone(service, target, key), incoming, received, record)
    except TimeoutError:
        words = f"no answer within {seconds:g} seconds"
        return failed(words, 504, ErrorDetail(error_type_of_status(504), words, 504, unreached="silence"))
    except CCRouterError as error:
        return failed(str(error), 500, record.refusal)
    finally:
        await client.close()
    took = time.perf_counter() - begun
    if answer is None:
        if received.failure is not None:
            return failed(received.failure, 502, record.refusal or upstream_failure(received.failure).detail)
        return Trial(
            target,
            took,
            received.headers.get("x-ccr-target", ""),
            shortened(received.text, LONGEST_SHOWN),
            asked=asked,
            first_seconds=received.first_seconds,
            answered_with=client.status,
        )
    fields = as_object(orjson.loads(answer.body)) or {}
    if answer.status != 200:
        message = as_str((as_object(fields.get("error")) or {}).get("message")) or "no reason was given"
        return failed(message, answer.status, record.refusal)
    return replace(_answered(target, took, answer, fields), asked=asked, answered_with=client.status)


def _alone(service: Service, target: Target, key: str | None) -> Service:
    """The service without what would send a request elsewhere or again; a model's provider with `key` (None: its first)
    only."""
    config = service.config
    providers = [
        replace(provider, api_keys=(key,) if key is not None else provider.api_keys[:1])
        if provider.name == target.provider
        else provider
        for provider in config.providers
    ]
    # Whoever refuses a field is asked again without it. A group's next member is not asked.
    attempts = 1 if config.group(target) is not None else MOST_MENDED + 1
    config = replace(
        config,
        providers=tuple(providers),
        fallback={},
        retries=Retries(max_attempts=attempts, same_target=0, wait_seconds=0.0),
        router=replace(config.router, rules=()),
    )
    return replace(service, config=config, custom_router=None, system_prompt=None)


def _body(target: Target, asked: Asked) -> JsonObject:
    question = TOOL_QUESTION if asked == "tool" else TEST_QUESTION
    messages: list[Json] = [{"role": "user", "content": question}]
    body: JsonObject = {"model": str(target), "max_tokens": TEST_TOKENS, "messages": messages}
    if asked == "stream":
        body["stream"] = True
    if asked == "tool":
        body["tools"] = [TOOL]
    return body


def _is_call(block: JsonObject) -> bool:
    given = as_object(block.get("input")) or {}
    return block.get("type") == "tool_use" and block.get("name") == TOOL["name"] and "status" in given


def _answered(target: Target, seconds: float, answer: Answer, fields: JsonObject) -> Trial:
    blocks = [as_object(block) or {} for block in as_list(fields.get("content")) or []]
    return Trial(
        target,
        seconds,
        answered_by=answer.headers.get("x-ccr-target", ""),
        answer=shortened(" ".join([as_str(block.get("text")) or "" for block in blocks]), LONGEST_SHOWN),
        model=as_str(fields.get("model")) or "",
        response_id=as_str(fields.get("id")) or "",
        called=any(_is_call(block) for block in blocks),
    )


def shortened(text: str, length: int) -> str:
    """`text` on one line, of at most `length` characters and an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[:length]}…"
