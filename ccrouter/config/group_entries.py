"""The `groups` part of a config: models that stand in for each other."""

from collections.abc import Mapping, Sequence
from math import isnan

from ccrouter.config.document import child
from ccrouter.config.groups import find_cycle
from ccrouter.config.report import Report
from ccrouter.config.routes import find_provider, match_name
from ccrouter.config.targets import Names
from ccrouter.config.types import GROUP, STRATEGIES, Group, Member, ProviderConfig, Strategy, Target
from ccrouter.model.json import Json, as_list, as_object, as_str

_POINTER = "/groups"
_STRATEGIES: Mapping[str, Strategy] = {name: name for name in STRATEGIES}


def read_group_names(value: Json, providers: Sequence[ProviderConfig], report: Report) -> tuple[str, ...]:
    """The names of all groups, also of those with errors: routes to them are then not reported a second time."""
    names: list[str] = []
    for written in as_object(value) or {}:
        name = written.strip()
        pointer = child(_POINTER, written)
        if not name or "," in name:
            message = "the name of a group must be text without a comma, as routes write group,name"
            report.error(message, "Give it another name", pointer=pointer, key=True)
            continue
        if (other := match_name(names, name)) is not None:
            report.error(f'another group is also called "{other}"', "Give one another name", pointer=pointer, key=True)
            continue
        if find_provider(providers, name) is not None:
            message = f'a provider is called "{name}" too: that name alone means the provider'
            report.warning(message, f'Write "{GROUP},{name}" where you mean the group', pointer=pointer, key=True)
        names.append(name)
    for index, provider in enumerate(providers if names else ()):
        if provider.name.casefold() == GROUP:
            message = f'no provider may be called "{provider.name}" where there are groups: {GROUP},name means one'
            # Entries without a name are left out of `providers`; where there are such, the place is only near.
            report.error(message, "Give it another name", pointer=f"/Providers/{index}/name")
    return tuple(names)


def read_groups(value: Json, names: Names) -> dict[str, Group]:
    """The groups by name. `names` must know their names already: they may be members of each other."""
    groups: dict[str, Group] = {}
    places: dict[str, str] = {}
    for written, entry in (as_object(value) or {}).items():
        name = written.strip()
        if name in names.groups and name not in groups:
            places[name] = child(_POINTER, written)
            groups[name] = _read_group(entry, places[name], names)
    _report_cycles(groups, places, names.report)
    return groups


def _read_group(value: Json, pointer: str, names: Names) -> Group:
    fields = as_object(value) or {}
    strategy = _strategy(fields.get("strategy"))
    entries = as_list(value)
    place = pointer if entries is not None else child(pointer, "members")
    entries = entries if entries is not None else as_list(fields.get("members")) or []
    members: dict[Target, Member] = {}
    for index, entry in enumerate(entries):
        member = _read_member(entry, child(place, index), strategy, names)
        if member is not None and member.target in members:
            message = f'"{member.target}" is in this group already; once is enough'
            names.report.warning(message, "Take it out, or give it a weight", pointer=child(place, index))
        elif member is not None:
            members[member.target] = member
    return Group(strategy, tuple(members.values()))


def _strategy(value: Json) -> Strategy:
    return _STRATEGIES.get(as_str(value) or "", "in_order")  # A wrong one is the schema check's to tell.


def _read_member(entry: Json, pointer: str, strategy: Strategy, names: Names) -> Member | None:
    fields = as_object(entry)
    place = pointer if fields is None else child(pointer, "target")
    text = as_str(entry if fields is None else fields.get("target"))
    if text is None:
        return None  # The schema check says so.
    if not text.strip():
        names.report.error("must not be empty", "Write provider,model", pointer=place)
        return None
    target = names.target(text, place)
    written = fields.get("weight") if fields is not None else None
    weight = float(written) if isinstance(written, int | float) else 1.0
    if written is not None and strategy != "weighted":
        message = f'a weight has no effect with the strategy "{strategy}"'
        names.report.warning(message, 'Write "strategy": "weighted"', pointer=child(pointer, "weight"))
    if isnan(weight):
        names.report.error("must be a number", pointer=child(pointer, "weight"))
    return Member(target, weight) if target is not None else None


def _report_cycles(groups: Mapping[str, Group], places: Mapping[str, str], report: Report) -> None:
    told: set[str] = set()
    for name in groups:
        way = find_cycle(name, groups)
        if way is None or name in told:
            continue
        told.update(way)
        message = f"a group cannot be in itself: {' -> '.join(way)}"
        report.error(message, "Take one of them out of the other", pointer=places[name])
