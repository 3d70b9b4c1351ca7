"""The rules of `Router.rules`: which conditions there are, and what is wrong with those written."""

from collections.abc import Callable, Mapping
from typing import Final

from ccrouter.config.condition_entries import CONDITIONS
from ccrouter.config.conditions import Condition, Not, When
from ccrouter.config.document import child
from ccrouter.config.report import Report, did_you_mean
from ccrouter.config.route_entries import read_route_entry
from ccrouter.config.targets import Names
from ccrouter.config.types import Rule
from ccrouter.config.uses import TransformerNames
from ccrouter.model.json import Json, as_list, as_object, as_str

_POINTER: Final = "/Router/rules"
_KNOWN: Final = (*CONDITIONS, "not")


def read_rules(value: Json, names: Names, transformers: TransformerNames | None) -> tuple[Rule, ...]:
    """The rules in the config's order, without those that are wrong, which are reported."""
    report = names.report
    rules: list[Rule] = []
    catch_all: str | None = None
    for index, entry in enumerate(as_list(value) or ()):
        fields, pointer = as_object(entry), child(_POINTER, index)
        if fields is None:
            continue  # The schema check says so.
        label = _label(index, as_str(fields.get("name")))
        when = _read_when(fields.get("when"), child(pointer, "when"), report)
        route = read_route_entry(fields.get("use"), child(pointer, "use"), names, transformers)
        if as_str(fields.get("use")) == "":
            report.error("must not be empty", "Write provider,model", pointer=child(pointer, "use"))
        if catch_all is not None:
            message = f"no request comes to this rule: {catch_all} takes everything"
            report.warning(message, f"Put it before {catch_all}, or give that one a condition", pointer=pointer)
        elif when == ():
            catch_all = label
        if when is not None and route is not None:
            rules.append(Rule(label, when, route))
    return tuple(rules)


def _label(index: int, name: str | None) -> str:
    """Numbers count from 1, as people do."""
    shown = " ".join((name or "").split())
    return f"rule {index + 1} ({shown})" if shown else f"rule {index + 1}"


def _read_when(value: Json, pointer: str, report: Report) -> When | None:
    """The conditions, in the order of CONDITIONS; None where one is wrong: without it the rule would take more."""
    fields = as_object(value)
    if fields is None:
        return () if value is None else None
    unknown = [name for name in fields if name not in _KNOWN]
    for name in unknown:
        fix = did_you_mean(name, _KNOWN)
        report.error(f'there is no condition "{name}"', fix, pointer=child(pointer, name), key=True)
    found: list[Condition] = []
    sound = not unknown
    for name, read in _READERS.items():
        if name not in fields:
            continue
        condition = read(fields[name], child(pointer, name), report)
        if condition is None:
            sound = False
        else:
            found.append(condition)
    return tuple(found) if sound else None


def _read_not(value: Json, pointer: str, report: Report) -> Not | None:
    entries = as_list(value)
    pairs = [(value, pointer)] if entries is None else [(entry, child(pointer, at)) for at, entry in enumerate(entries)]
    alternatives = [_read_when(entry, place, report) for entry, place in pairs]
    sound = tuple([when for when in alternatives if when is not None])
    if len(sound) < len(alternatives):
        return None
    if not all(sound):
        report.error("an empty condition holds for everything: its contrary never", "Take it away", pointer=pointer)
        return None
    return Not(sound)


_READERS: Final[Mapping[str, Callable[[Json, str, Report], Condition | None]]] = {
    **{name: read for name, read in CONDITIONS.items() if name != "tokens"},
    "not": _read_not,
    "tokens": CONDITIONS["tokens"],
}
"""In the order to ask: what costs nothing first, counting last."""
