"""Taking a provider out of the config."""

from collections.abc import Iterator

from ccrouter.commands.model.changing import save
from ccrouter.commands.model.listing import routes_of
from ccrouter.commands.terminal import note
from ccrouter.config.document import child
from ccrouter.config.edit.draft import Draft
from ccrouter.config.edit.refusal import refusal
from ccrouter.config.routes import read_route
from ccrouter.model.json import Json


def remove(draft: Draft, name: str, *, force: bool = False) -> None:
    """Remove the provider called `name`.

    Raises:
        ConfigError: routes go to it and `force` is not given, or something else than a route names it. Nothing is
            written then.
    """
    provider = draft.provider(name)
    using = [route for route, target in routes_of(draft).items() if target and _goes_to(draft, target, provider.name)]
    others = list(_elsewhere(draft, provider.name))
    if using and not force:
        fix = f"Let them go elsewhere first (ccr model set {using[0]} …), or --force"
        raise refusal(f"{provider.name} is in use by {', '.join(using)}", fix)
    if others:
        raise refusal(f"{provider.name} is named in {', '.join(others)}", "Change these by hand first")
    default = "default" in using
    changed = draft
    for route in using:
        changed = changed.unset_route(route)
    changed = changed.remove_provider(provider.name)
    if default:
        left = [other for other in changed.config.providers if other.models]
        if not left:
            raise refusal(f"{provider.name} is the last provider", "Add another one first: ccr provider add")
        changed = changed.set_route("default", f"{left[0].name},{left[0].models[0]}")
    save(changed, f"The provider {provider.name} is removed")
    if default:
        note(f"default goes to {changed.meaning('/Router/default')} now: ccr model set default … if that is not meant")
    if others_unset := [route for route in using if route != "default"]:
        note(f"Set again what shall not go to default: {', '.join(others_unset)} (ccr model set ROUTE TARGET)")


def _goes_to(draft: Draft, target: str, name: str) -> bool:
    found = read_route(target, draft.config.providers, list(draft.config.groups)).target
    return found is not None and found.provider == name


def _elsewhere(draft: Draft, name: str) -> Iterator[str]:
    """Where targets stand that are no routes: fallbacks, groups, rules."""
    for place in ("/fallback", "/groups", "/Router/rules"):
        for pointer, text in _texts(draft.meaning(place), place):
            if "," in text and text.partition(",")[0].strip().casefold() == name.casefold():
                yield pointer.removeprefix("/").replace("/", ".")


def _texts(value: Json, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _texts(entry, child(pointer, index))
    elif isinstance(value, dict):
        for name, entry in value.items():
            yield from _texts(entry, child(pointer, name))
