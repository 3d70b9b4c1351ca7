"""What is asked of providers: which models they have, and whether one of them answers."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from ccrouter.config.types import Config, ProviderConfig, Retries, Target
from ccrouter.errors import CCRouterError, RequestError, upstream_failure
from ccrouter.gateway.gateway import Gateway
from ccrouter.gateway.types import Incoming, Service
from ccrouter.model.json import as_list, as_object, as_str
from ccrouter.providers.model_lists import listed_models, model_list_url
from ccrouter.providers.resolve import protocol_for, quirks_for
from ccrouter.runtime import DIALECTS, proxy_of
from ccrouter.upstream.client import UpstreamClient
from ccrouter.upstream.masking import with_masked

LIST_SECONDS = 20.0
TEST_SECONDS = 60.0
TEST_TOKENS = 1024
"""A model that thinks needs some before its first word."""
LONGEST_SHOWN = 60
TEST_QUESTION = "Reply with the one word OK and nothing else."


async def fetch_models(provider: ProviderConfig, config: Config, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The models that the provider itself lists.

    Raises:
        CCRouterError: it has no list, or could not be asked; the message is for the user.
    """
    protocol = protocol_for(provider)
    dialect = DIALECTS.get(protocol)
    endpoint = dialect.url(provider.api_base_url, model="x", stream=False) if dialect is not None else ""
    url = model_list_url(provider, protocol, endpoint) if dialect is not None else None
    if dialect is None or url is None:
        raise RequestError(f"'{provider.name}' has no list of models that could be asked for. Name them yourself.")
    key = provider.api_keys[0] if provider.api_keys else None
    headers = {**dialect.headers(key, url=url), **provider.headers}
    headers.pop("content-type", None)
    if key and quirks_for(provider, "").bearer_only:
        headers.pop("x-api-key", None)
        headers["authorization"] = f"Bearer {key}"
    proxy = proxy_of(provider, config, {**environment, **config.environment})
    client = UpstreamClient()
    try:
        status, body = await client.fetch(
            "GET", url, headers, seconds=LIST_SECONDS, proxy=proxy, ca_bundle=provider.ca_bundle
        )
    finally:
        await client.close()
    if status != 200:
        words = with_masked(dialect.error(status, {}, body).detail.message, provider.api_keys)
        raise upstream_failure(f"'{provider.name}' did not give its list of models (HTTP {status}): {words}")
    try:
        models = listed_models(orjson.loads(body))
    except ValueError:
        models = None
    if models is None:
        raise upstream_failure(f"'{provider.name}' answered something that is no list of models")
    return models


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one tiny request. `failure` is None when the model answered."""

    target: Target
    seconds: float
    answered_by: str = ""
    """The member, where the target is a group."""
    answer: str = ""
    failure: str | None = None

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


async def try_target(service: Service, target: Target) -> Trial:
    """Send one real tiny request to `target`, the way every request goes, but to nobody else and once."""
    config = replace(service.config, fallback={}, retries=Retries(max_attempts=1, same_target=0, wait_seconds=0.0))
    body = {
        "model": str(target),
        "max_tokens": TEST_TOKENS,
        "messages": [{"role": "user", "content": TEST_QUESTION}],
    }
    incoming = Incoming(orjson.dumps(body), {"user-agent": "ccrouter"}, "test")
    client = UpstreamClient()
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(TEST_SECONDS):
            answer = await Gateway(client).messages(replace(service, config=config), incoming, _NoStream())
    except TimeoutError:
        return Trial(target, time.perf_counter() - begun, failure=f"no answer within {TEST_SECONDS:g} seconds")
    except CCRouterError as error:
        return Trial(target, time.perf_counter() - begun, failure=str(error))
    finally:
        await client.close()
    seconds = time.perf_counter() - begun
    assert answer is not None, "a whole answer was asked for"
    fields = as_object(orjson.loads(answer.body)) or {}
    if answer.status != 200:
        message = as_str((as_object(fields.get("error")) or {}).get("message")) or "no reason was given"
        return Trial(target, seconds, failure=message)
    texts = [as_str((as_object(block) or {}).get("text")) or "" for block in as_list(fields.get("content")) or []]
    said = " ".join(" ".join(texts).split())
    said = said if len(said) <= LONGEST_SHOWN else f"{said[:LONGEST_SHOWN]}…"
    return Trial(target, seconds, answer.headers.get("x-ccr-target", ""), said)
