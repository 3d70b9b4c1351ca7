"""The facts about providers: each is asked, all at the same time, a few at once."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ccrouter.commands.doctor.facts import ProviderFacts
from ccrouter.config.types import Config, ProviderConfig
from ccrouter.config.urls import is_http_url
from ccrouter.gateway.types import Service
from ccrouter.probing.choice import default_providers, target_to_try
from ccrouter.probing.reach import reach
from ccrouter.probing.trial import try_target
from ccrouter.runtime import proxy_of
from ccrouter.upstream.client import UpstreamClient

AT_ONCE: Final = 8
TRIAL_SECONDS: Final = 60.0

_PLACEHOLDER: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)[^}]*\}?")
"""What the config's reading leaves of a variable without a value."""


async def gather_providers(
    config: Config, service: Service | None, environment: Mapping[str, str], *, deep: bool
) -> tuple[ProviderFacts, ...]:
    """Ask every provider without spending; `deep`: where there is a `service`, send each one tiny request as well."""
    client = UpstreamClient()
    places = asyncio.Semaphore(AT_ONCE)
    needed = default_providers(config)

    async def one(provider: ProviderConfig) -> ProviderFacts:
        unset = tuple([match[1] for key in provider.api_keys if (match := _PLACEHOLDER.fullmatch(key)) is not None])
        keys = tuple(key for key in provider.api_keys if _PLACEHOLDER.fullmatch(key) is None)
        facts = ProviderFacts(replace(provider, api_keys=keys), provider.name in needed, unset)
        if provider.unavailable:
            return replace(facts, unusable=next(iter(provider.unavailable.values())))
        if not is_http_url(provider.api_base_url):
            return replace(facts, unusable="its api_base_url is no http(s) URL")
        async with places:
            proxy = proxy_of(provider, config, {**environment, **config.environment})
            facts = replace(facts, reach=await reach(client, facts.provider, proxy=proxy))
            target = target_to_try(config, provider)
            unreached = facts.reach is not None and facts.reach.failure is not None
            if not deep or service is None or target is None or unreached or (unset and not keys):
                return facts
            return replace(facts, target=target, trial=await try_target(service, target, TRIAL_SECONDS))

    try:
        return tuple(await asyncio.gather(*[one(provider) for provider in config.providers]))
    finally:
        await client.close()
