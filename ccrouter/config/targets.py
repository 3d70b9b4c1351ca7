"""What may stand where a target stands: in routes, in fallback lists, in groups."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from ccrouter.config.document import child
from ccrouter.config.report import Report, nearest
from ccrouter.config.routes import match_name, read_route
from ccrouter.config.types import ANY_TARGET, ProviderConfig, Target
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, as_list, as_object

FALLBACK_SCENARIOS = (
    "default", "background", "think", "longContext", "webSearch", "image", "classifier", "subagent", "compaction",
    "rule",
)  # fmt: skip
"""The keys of `fallback` that name a scenario. Requests that name a target themselves have default's, as in CCR."""


@frozen
class Names:
    """The providers, the names of the groups, and the aliases that a target may name."""

    providers: Sequence[ProviderConfig]
    groups: Sequence[str]
    report: Report
    aliases: Mapping[str, Target] = field(default_factory=dict[str, Target])

    def target(self, text: str, pointer: str, *, key: bool = False) -> Target | None:
        """The target that `text` names; what is wrong with it is reported at `pointer`."""
        if not self.providers:
            return None  # That there is no provider is said once, not once a route.
        if (alias := match_name(list(self.aliases), text)) is not None:
            return self.aliases[alias]
        reading = read_route(text, self.providers, self.groups)
        if reading.severity == "error":
            self.report.error(reading.message, reading.fix, pointer=pointer, key=key)
        elif reading.severity == "warning":
            self.report.warning(reading.message, reading.fix, pointer=pointer, key=key)
        return reading.target


def read_fallback(value: Json, names: Names) -> dict[str, tuple[Target, ...]]:
    """The lists of `fallback` by scenario, by target as `str` writes it, and by `*`. A single text is a list of one."""
    fallback: dict[str, tuple[Target, ...]] = {}
    for written, entry in (as_object(value) or {}).items():
        pointer = child("/fallback", written)
        name = _key(written, names, pointer)
        if name is None:
            continue
        if name in fallback:
            names.report.warning(
                f'"{written}" names what an earlier key names', "Join the two", pointer=pointer, key=True
            )
        found = [names.target(text, place) for text, place in _texts(entry, pointer) if text.strip()]
        further = (target for target in found if target is not None)
        fallback[name] = tuple(dict.fromkeys((*fallback.get(name, ()), *further)))
    return fallback


def _key(written: str, names: Names, pointer: str) -> str | None:
    name = written.strip()
    if name in (*FALLBACK_SCENARIOS, ANY_TARGET):
        return name
    # CCR takes any key and looks for scenarios only: a misspelled one must not keep the daemon from starting.
    if "," not in name and "/" not in name and match_name([*names.groups, *names.aliases], name) is None:
        near = nearest(name, FALLBACK_SCENARIOS)
        fix = (
            f'Did you mean "{near}"?' if near else f"Known here: {', '.join(FALLBACK_SCENARIOS)}, *, or provider,model"
        )
        names.report.warning(f'"{written}" is not known and has no effect', fix, pointer=pointer, key=True)
        return None
    target = names.target(name, pointer, key=True)
    return str(target) if target is not None else None


def _texts(entry: Json, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(entry, str):
        yield entry, pointer
    for index, text in enumerate(as_list(entry) or ()):
        if isinstance(text, str):
            yield text, child(pointer, index)
