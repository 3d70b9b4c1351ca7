"""What is in a model group, groups within groups resolved. Pure."""

from collections.abc import Mapping

from ccrouter.config.types import GROUP, Config, Group, Member, Target


def members_of(target: Target, config: Config) -> tuple[Target, ...]:
    """The models that `target` stands for: those of the group it names, in the config's order, else itself alone."""
    group = config.group(target)
    return (target,) if group is None else tuple(member.target for member in flatten(group, config.groups))


def flatten(group: Group, groups: Mapping[str, Group]) -> tuple[Member, ...]:
    """The models of `group`, each once, without the groups around them.

    A group's weight as a member is shared out among its own members by theirs, so that it is drawn as often as a model
    of that weight would be. A model that is in it several times has the sum.
    """
    weights: dict[Target, float] = {}
    for member in _flat(group, groups, ()):
        weights[member.target] = weights.get(member.target, 0.0) + member.weight
    return tuple(Member(target, weight) for target, weight in weights.items())


def find_cycle(name: str, groups: Mapping[str, Group]) -> tuple[str, ...] | None:
    """The way from the group `name` through others back to itself (`("a", "b", "a")`), None where there is none."""
    return _way_back(name, (name,), groups)


def _flat(group: Group, groups: Mapping[str, Group], around: tuple[Group, ...]) -> list[Member]:
    flat: list[Member] = []
    for member in group.members:
        inner = groups.get(member.target.model) if member.target.provider == GROUP else None
        if inner is None:
            flat.append(member)
        elif inner is not group and inner not in around:  # A checked configuration has no cycles.
            parts = _flat(inner, groups, (*around, group))
            whole = sum(part.weight for part in parts)
            share = member.weight / whole if whole else 0.0
            flat += [Member(part.target, part.weight * share) for part in parts]
    return flat


def _way_back(name: str, way: tuple[str, ...], groups: Mapping[str, Group]) -> tuple[str, ...] | None:
    for member in groups[way[-1]].members:
        inner = member.target.model
        if member.target.provider != GROUP or inner not in groups:
            continue
        if inner == name:
            return (*way, name)
        found = _way_back(name, (*way, inner), groups) if inner not in way else None
        if found is not None:
            return found
    return None
