"""The top-level `aliases` of a config: further names for targets and groups."""

from collections.abc import Mapping, Sequence

from ccrouter.config.document import child
from ccrouter.config.report import Report
from ccrouter.config.routes import find_provider, match_name, read_route
from ccrouter.config.types import GROUP, ProviderConfig, Target
from ccrouter.model.json import Json, as_object, as_str

_POINTER = "/aliases"


def read_aliases(
    value: Json, providers: Sequence[ProviderConfig], groups: Sequence[str], report: Report
) -> dict[str, Target]:
    """The targets by alias, aliases of aliases followed. An alias that is wrong is reported and left out."""
    fields = as_object(value) or {}
    written = {name.strip(): text.strip() for name, entry in fields.items() if (text := as_str(entry)) is not None}
    aliases: dict[str, Target] = {}
    for key in fields if providers else ():
        name, pointer = key.strip(), child(_POINTER, key)
        if name not in written:
            continue  # The schema check says so.
        if (taken := _taken(name, written[name], providers, groups, aliases)) is not None:
            report.error(taken, "Give the alias another name", pointer=pointer, key=True)
            continue
        way = _way(name, written)
        if way[-1] in way[:-1]:
            message = f"an alias cannot mean itself: {' -> '.join(way)}"
            report.error(message, "Let one of them name provider,model", pointer=pointer)
            continue
        reading = read_route(written[way[-1]], providers, groups)
        if reading.severity is not None and len(way) == 1:  # of an alias's alias it is said there
            say = report.error if reading.severity == "error" else report.warning
            say(reading.message, reading.fix, pointer=pointer)
        if reading.target is not None:
            aliases[name] = reading.target
    return aliases


def _taken(
    name: str, text: str, providers: Sequence[ProviderConfig], groups: Sequence[str], aliases: Mapping[str, Target]
) -> str | None:
    """Why the name cannot be an alias: it means something else already, or cannot be asked for."""
    if not name or "," in name:
        return "the name of an alias must be text without a comma, which stands between provider and model"
    provider, group, other = find_provider(providers, name), match_name(groups, name), match_name(list(aliases), name)
    if provider is not None:
        return f'a provider is called "{provider.name}" too'
    if group is not None and read_route(text, providers, groups).target != Target(GROUP, group):
        return f'a group is called "{group}" too'
    return None if other is None else f'another alias is called "{other}" too'


def _way(name: str, written: Mapping[str, str]) -> list[str]:
    """The alias, those that it leads over, and at the end of a circle the one that closes it."""
    way = [name]
    while (following := match_name(list(written), written[way[-1]])) is not None and following not in way:
        way.append(following)
    return way if following is None else [*way, following]
