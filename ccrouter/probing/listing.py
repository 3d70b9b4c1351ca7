"""Which models a provider itself lists."""

from collections.abc import Mapping
from dataclasses import replace

import orjson

from ccrouter.config.types import Config, ProviderConfig
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


async def fetch_models(
    provider: ProviderConfig, config: Config, environment: Mapping[str, str], *, seconds: float = LIST_SECONDS
) -> tuple[str, ...]:
    """The models that the provider itself lists.

    Raises:
        RequestError: it is known to have no such list.
        UpstreamError: it could not be asked, or refused; `detail` says how. The messages are for the user.
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
            "GET", url, headers, seconds=seconds, proxy=proxy, ca_bundle=provider.ca_bundle
        )
    finally:
        await client.close()
    if status != 200:
        detail = dialect.error(status, {}, body).detail
        words = with_masked(detail.message, provider.api_keys)
        message = f"'{provider.name}' did not give its list of models (HTTP {status}): {words}"
        raise NotListedError(replace(detail, message=message), words)
    try:
        models = listed_models(orjson.loads(body))
    except ValueError:
        models = None
    if models is None:
        raise upstream_failure(f"'{provider.name}' answered something that is no list of models")
    return models
