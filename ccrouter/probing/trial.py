"""One real, tiny request to a target: does its model answer?"""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import orjson

from ccrouter.config.types import Retries, Target
from ccrouter.dialects.explained import explained
from ccrouter.errors import CCRouterError
from ccrouter.gateway.gateway import Gateway
from ccrouter.gateway.types import Answer, Incoming, Service
from ccrouter.model.json import JsonObject, as_list, as_object, as_str
from ccrouter.upstream.client import UpstreamClient, UpstreamReply, Way
from ccrouter.upstream.masking import with_masked

TEST_SECONDS = 60.0
TEST_TOKENS = 1024
"""A model that thinks needs some before its first word."""
LONGEST_SHOWN = 60
LONGEST_FAILURE = 400
TEST_ID = "test"
TEST_QUESTION = "Reply with the one word OK and nothing else."


@dataclass(frozen=True, slots=True)
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

    @property
    def words(self) -> str:
        """One line for people."""
        if self.failure is not None:
            return f"{self.target} failed after {self.seconds:.1f} s: {self.failure}"
        who = str(self.target) if self.answered_by in ("", str(self.target)) else f"{self.target} ({self.answered_by})"
        said = f': "{self.answer}"' if self.answer else ", without a word of text"
        return f"{who} answered in {self.seconds:.1f} s{said}"


class _NoStream:
    """The request asks for a whole answer."""

    async def start(self, headers: Mapping[str, str]) -> None: ...

    async def write(self, data: bytes) -> None: ...

    async def finish(self) -> None: ...


class _Witness(UpstreamClient):
    """Remembers the status that the provider answered with: the client is told another of a key that is refused."""

    status: int | None = None

    @asynccontextmanager
    async def open(self, url: str, headers: Mapping[str, str], body: bytes, way: Way) -> AsyncGenerator[UpstreamReply]:
        """See `UpstreamClient.open`."""
        async with super().open(url, headers, body, way) as reply:
            self.status = reply.status
            yield reply


async def try_target(service: Service, target: Target, seconds: float = TEST_SECONDS) -> Trial:
    """Send one real tiny request to `target`, the way every request goes, but to nobody else and once.

    It neither heeds nor changes what the daemon knows of resting keys. `seconds` is for all of it.
    """
    config = replace(service.config, fallback={}, retries=Retries(max_attempts=1, same_target=0, wait_seconds=0.0))
    body = {
        "model": str(target),
        "max_tokens": TEST_TOKENS,
        "messages": [{"role": "user", "content": TEST_QUESTION}],
    }
    incoming = Incoming(orjson.dumps(body), {"user-agent": "ccrouter"}, TEST_ID)
    client = _Witness()
    begun = time.perf_counter()

    def failed(words: str, status: int) -> Trial:
        keys = [key for provider in config.providers for key in provider.api_keys]
        # No journal has heard of this request: the command that explains it has nothing to tell.
        words = words.removesuffix(explained("", TEST_ID))
        told = shortened(with_masked(words, keys), LONGEST_FAILURE)
        status = client.status if client.status is not None and client.status >= 400 else status
        return Trial(
            target, time.perf_counter() - begun, failure=told, status=status, reached=client.status is not None
        )

    try:
        async with asyncio.timeout(seconds):
            answer = await Gateway(client).messages(replace(service, config=config), incoming, _NoStream())
    except TimeoutError:
        return failed(f"no answer within {seconds:g} seconds", 504)
    except CCRouterError as error:
        return failed(str(error), 500)
    finally:
        await client.close()
    assert answer is not None, "a whole answer was asked for"
    fields = as_object(orjson.loads(answer.body)) or {}
    if answer.status != 200:
        message = as_str((as_object(fields.get("error")) or {}).get("message")) or "no reason was given"
        return failed(message, answer.status)
    return _answered(target, time.perf_counter() - begun, answer, fields)


def _answered(target: Target, seconds: float, answer: Answer, fields: JsonObject) -> Trial:
    texts = [as_str((as_object(block) or {}).get("text")) or "" for block in as_list(fields.get("content")) or []]
    return Trial(
        target,
        seconds,
        answered_by=answer.headers.get("x-ccr-target", ""),
        answer=shortened(" ".join(texts), LONGEST_SHOWN),
        model=as_str(fields.get("model")) or "",
        response_id=as_str(fields.get("id")) or "",
    )


def shortened(text: str, length: int) -> str:
    """`text` on one line, of at most `length` characters and an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[:length]}…"
