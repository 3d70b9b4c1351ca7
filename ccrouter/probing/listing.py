"""Which models a provider itself lists."""

from collections.abc import Mapping
from dataclasses import replace

import orjson

from ccrouter.config.types import Config, ProviderConfig
from ccrouter.dialects.base import Dialect
from ccrouter.errors import ErrorDetail, RequestError, UpstreamError, upstream_failure
from ccrouter.providers.model_lists import listed_models, model_list_url
from ccrouter.providers.resolve import protocol_for, quirks_for
from ccrouter.runtime import DIALECTS, proxy_of
from ccrouter.upstream.client import UpstreamClient
from ccrouter.upstream.masking import with_masked

LIST_SECONDS = 20.0


class NotListedError(UpstreamError):
    """The provider answered with an error; `words` are its own."""

    def __init__(self, detail: ErrorDetail, words: str) -> None:
        super().__init__(detail)
        self.words = words


def said(error: UpstreamError) -> ErrorDetail:
    """What the provider said, without our words around it."""
    return replace(error.detail, message=error.words) if isinstance(error, NotListedError) else error.detail


def list_request(provider: ProviderConfig, key: str | None) -> tuple[Dialect, str, Mapping[str, str]] | None:
    """Address and headers of the request for the list, and the dialect that reads its errors; None: it has no list."""
    protocol = protocol_for(provider)
    dialect = DIALECTS.get(protocol)
    if dialect is None:
        return None
    url = model_list_url(provider, protocol, dialect.url(provider.api_base_url, model="x", stream=False))
    if url is None:
        return None
    headers = {**dialect.headers(key, url=url), **provider.headers}
    headers.pop("content-type", None)
    if key and quirks_for(provider, "").bearer_only:
        headers.pop("x-api-key", None)
        headers["authorization"] = f"Bearer {key}"
    return dialect, url, headers


async def fetch_models(
    provider: ProviderConfig, config: Config, environment: Mapping[str, str], *, seconds: float = LIST_SECONDS
) -> tuple[str, ...]:
    """The models that the provider itself lists.

    Raises:
        RequestError: it is known to have no such list.
        UpstreamError: it could not be asked, or refused; `detail` says how. The messages are for the user.
    """
    asked = list_request(provider, provider.api_keys[0] if provider.api_keys else None)
    if asked is None:
        raise RequestError(f"'{provider.name}' has no list of models that could be asked for. Name them yourself.")
    dialect, url, headers = asked
    proxy = proxy_of(provider, config, {**environment, **config.environment})
    client = UpstreamClient()
    try:
        answer = await client.fetch("GET", url, headers, seconds=seconds, proxy=proxy, ca_bundle=provider.ca_bundle)
    finally:
        await client.close()
    status = answer.status
    if status != 200:
        detail = dialect.error(status, {}, answer.body).detail
        words = with_masked(detail.message, provider.api_keys)
        message = f"'{provider.name}' did not give its list of models (HTTP {status}): {words}"
        raise NotListedError(replace(detail, message=message), words)
    try:
        models = listed_models(orjson.loads(answer.body))
    except ValueError:
        models = None
    if models is None:
        raise upstream_failure(f"'{provider.name}' answered something that is no list of models")
    return models
