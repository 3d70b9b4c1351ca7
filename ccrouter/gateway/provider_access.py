"""What a configuration says of how each provider is reached. Every attempt asks for it, and it stays the same."""

from collections.abc import Mapping

from ccrouter.config.types import Config, ProviderConfig
from ccrouter.frozen import frozen
from ccrouter.upstream.auth import TokenSource
from ccrouter.upstream.client import CONNECT_SECONDS, Way


@frozen
class ProviderAccess:
    """One provider, and how it is reached."""

    provider: ProviderConfig
    way: Way
    keys: tuple[str, ...]
    """What requests are sent with; none where `tokens` gives that, or nothing is wanted."""
    tokens: TokenSource | None
    """Where the credentials come from, where they are not the config's keys."""


def provider_accesses(
    config: Config, proxies: Mapping[str, str | None], tokens: Mapping[str, TokenSource]
) -> Mapping[str, ProviderAccess]:
    """Every provider's, by its name."""
    found: dict[str, ProviderAccess] = {}
    for provider in reversed(config.providers):  # the first of a name counts, as in `Config.provider`
        name, source = provider.name, tokens.get(provider.name)
        keys = provider.api_keys if source is None else ()
        found[name] = ProviderAccess(provider, way_to(provider, config, proxies.get(name)), keys, source)
    return found


def way_to(provider: ProviderConfig, config: Config, proxy: str | None) -> Way:
    """The provider's own time-outs, proxy and certificates, else everybody's."""
    usual, timeouts = config.api_timeout_ms / 1000, provider.timeouts
    return Way(
        idle_seconds=timeouts.idle or usual,
        connect_seconds=timeouts.connect or CONNECT_SECONDS,
        first_byte_seconds=timeouts.first_byte,
        total_seconds=timeouts.total,
        proxy=proxy,
        ca_bundle=provider.ca_bundle,
    )
