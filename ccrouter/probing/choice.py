"""Which model of a provider a tiny request goes to."""

from ccrouter.config.groups import members_of
from ccrouter.config.types import Config, ProviderConfig, Target


def default_providers(config: Config) -> tuple[str, ...]:
    """The providers that may serve the default route: without all of them nothing works."""
    default = config.router.default
    return () if default is None else tuple(dict.fromkeys(member.provider for member in members_of(default, config)))


def target_to_try(config: Config, provider: ProviderConfig) -> Target | None:
    """One that is in use: the background route's first, which is mostly the cheapest; else the first listed."""
    router = config.router
    routes = (router.background, router.default, router.think, router.long_context, router.web_search, router.image)
    used = [member for route in routes if route is not None for member in members_of(route, config)]
    mine = [target for target in used if target.provider == provider.name]
    mine += [Target(provider.name, model) for model in provider.models]
    return mine[0] if mine else None
