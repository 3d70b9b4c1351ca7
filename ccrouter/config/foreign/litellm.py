"""LiteLLM's proxy configuration (`model_list`, `router_settings`, …), read as ours.

What it means was read in LiteLLM 1.109. A `model_name` with one deployment becomes an alias, with several a group.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from ccrouter.config.document import Document, child
from ccrouter.config.foreign.litellm_deployments import Deployment, Deployments
from ccrouter.config.foreign.litellm_models import from_environment
from ccrouter.config.foreign.translation import Translation, Translator
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

_STRATEGIES: Final[Mapping[str, str]] = {
    "simple-shuffle": "weighted",
    "least-busy": "least_busy",
    "latency-based-routing": "latency",
    "usage-based-routing": "round_robin",
    "usage-based-routing-v2": "round_robin",
    "cost-based-routing": "in_order",
}
_NOT_QUITE: Final[Mapping[str, str]] = {
    "usage-based-routing": "each in turn; what a provider bears is its `rpm` and `tpm`",
    "usage-based-routing-v2": "each in turn; what a provider bears is its `rpm` and `tpm`",
    "cost-based-routing": "prices are not known here; they are tried in the order of the list",
}

_SETTINGS_READ: Final = frozenset((
    "fallbacks", "default_fallbacks", "context_window_fallbacks", "content_policy_fallbacks", "model_group_alias",
    "routing_strategy", "num_retries", "cooldown_time", "allowed_fails", "request_timeout", "timeout",
    "stream_timeout", "master_key", "drop_params", "set_verbose", "telemetry", "enable_pre_call_checks",
    "modify_params",
))  # fmt: skip
"""What is read below, and what needs no equivalent: parameters that a provider does not take are never sent."""

_SECTIONS: Final = frozenset({"model_list", "litellm_settings", "router_settings", "general_settings", "include"})
_VARIABLES: Final = "environment_variables"


def translate_litellm(document: Document) -> Translation:
    """Our configuration of what LiteLLM's says."""
    return _Reading(document).read()


class _Reading:
    """One configuration being read."""

    def __init__(self, document: Document) -> None:
        self._value = as_object(document.value) or {}
        self._translator = Translator(document)
        self._groups: dict[str, tuple[Deployment, ...]] = {}
        self._fallback: dict[str, list[Json]] = {}

    def read(self) -> Translation:
        deployments = Deployments(self._translator, self._taken_names(), weighted=self._strategy() == "weighted")
        for index, entry in enumerate(as_list(self._value.get("model_list")) or ()):
            deployments.add(as_object(entry) or {}, f"/model_list/{index}")
        self._groups = deployments.by_name()
        self._read_general()
        self._translator.put("Providers", list[Json](deployments.providers), "/model_list")
        self._read_names()
        self._read_routes()
        self._read_fallbacks()
        self._read_reliability()
        self._tell_the_rest()
        return self._translator.finish("a LiteLLM configuration", self._variables())

    def _taken_names(self) -> frozenset[str]:
        """Names that no provider may have, as a request for one of them must not mean the provider."""
        names = [
            as_str((as_object(entry) or {}).get("model_name")) for entry in as_list(self._value.get("model_list")) or ()
        ]
        return frozenset(name.casefold() for name in (*names, *(alias for alias, _, _ in self._aliases())) if name)

    def _strategy(self) -> str:
        return _STRATEGIES.get(as_str(self._setting("routing_strategy")[0]) or "simple-shuffle", "weighted")

    def _setting(self, name: str) -> tuple[Json, str]:
        """A setting and its pointer, from wherever LiteLLM takes it; the router's own section counts most."""
        for section in ("router_settings", "litellm_settings"):
            fields = as_object(self._value.get(section)) or {}
            if fields.get(name) is not None:
                return fields[name], child(f"/{section}", name)
        return None, ""

    def _read_general(self) -> None:
        for section in ("general_settings", "litellm_settings"):
            fields = as_object(self._value.get(section)) or {}
            if (key := as_str(fields.get("master_key"))) is not None:
                self._translator.put("APIKEY", from_environment(key), child(f"/{section}", "master_key"))
                return

    def _read_names(self) -> None:
        """Every `model_name` as a name that clients may ask for."""
        aliases: JsonObject = {}
        groups: JsonObject = {}
        strategy, place = self._setting("routing_strategy")
        several = False
        for name, members in self._groups.items():
            if len(members) == 1:
                aliases[name] = members[0].target
                self._translator.place(child("/aliases", name), members[0].pointer)
                continue
            several = True
            groups[name] = self._group(members)
            self._translator.place(child("/groups", name), members[0].pointer)
        for alias, group, pointer in self._aliases():
            if group in self._groups and alias not in self._groups:
                aliases[alias] = self._target(group)
                self._translator.place(child("/aliases", alias), pointer)
            elif group not in self._groups:
                self._translator.warn(f'the alias names "{group}", which is no model_name', at=pointer)
        if several and isinstance(strategy, str) and strategy not in _STRATEGIES:
            self._translator.warn(f'there is no strategy like "{strategy}": simple-shuffle is taken', at=place)
        elif several and isinstance(strategy, str) and strategy in _NOT_QUITE:
            self._translator.warn(f'"{strategy}" has no exact equivalent: {_NOT_QUITE[strategy]}', at=place)
        for field, entries in (("groups", groups), ("aliases", aliases)):
            if entries:
                self._translator.put(field, entries, "/model_list")

    def _group(self, members: tuple[Deployment, ...]) -> JsonObject:
        if any(member.order is not None for member in members):
            inf = float("inf")
            ordered = sorted(members, key=lambda member: inf if member.order is None else member.order)
            if len({member.order for member in members}) < len(members):
                message = "deployments with the same `order` are tried one after the other here"
                self._translator.warn(message, at=members[0].pointer)
            return {"strategy": "in_order", "members": [member.target for member in ordered]}
        strategy = self._strategy()
        if strategy != "weighted" or all(member.weight == members[0].weight for member in members):
            return {"strategy": strategy, "members": [member.target for member in members]}
        return {"strategy": strategy, "members": [{"target": one.target, "weight": one.weight} for one in members]}

    def _aliases(self) -> Iterator[tuple[str, str, str]]:
        """`model_group_alias`: name, group, pointer."""
        value, place = self._setting("model_group_alias")
        for alias, entry in (as_object(value) or {}).items():
            group = as_str(entry) or as_str((as_object(entry) or {}).get("model"))
            if group is not None:
                yield alias, group, child(place, alias)

    def _target(self, name: str) -> str:
        """A `model_name` as a target of ours."""
        members = self._groups[name]
        return members[0].target if len(members) == 1 else f"group,{name}"

    def _read_routes(self) -> None:
        """LiteLLM has no default: whoever asks names a model. Classes of Claude's models go by the names there are."""
        if not self._groups:
            if as_list(self._value.get("model_list")) is None:
                self._translator.error("there is no model_list", "Add one, or include the file that has it")
            return
        by_class = {
            tier: next((name for name in self._groups if tier in name.lower()), None)
            for tier in ("opus", "sonnet", "haiku")
        }
        default = by_class["sonnet"] or next(iter(self._groups))
        router: JsonObject = {"default": self._target(default)}
        self._translator.put("Router", router, self._groups[default][0].pointer)
        if (small := by_class["haiku"]) is not None:
            router["background"] = self._target(small)
            self._translator.place("/Router/background", self._groups[small][0].pointer)
        if (large := by_class["opus"]) is not None and large != default:
            self._translator.put("tiers", {"opus": self._target(large)}, self._groups[large][0].pointer)

    def _read_fallbacks(self) -> None:
        for name, pointer, targets in self._fallback_lists("fallbacks"):
            self._add_fallback(name, targets, pointer)
        value, pointer = self._setting("default_fallbacks")
        self._add_fallback("*", self._targets(value, pointer), pointer)
        for setting, why in (
            ("context_window_fallbacks", "a prompt that is too long goes only to larger windows anyhow"),
            ("content_policy_fallbacks", "a refusal that is an answer is handed on as it is"),
        ):
            lists = list(self._fallback_lists(setting))
            for name, place, targets in lists:
                self._add_fallback(name, targets, place)
            if lists:
                message = f"{setting} join the other fallbacks, and are tried after any failure: {why}"
                self._translator.warn(message, at=self._setting(setting)[1])
        if self._fallback:
            self._translator.put("fallback", {**self._fallback}, self._setting("fallbacks")[1])

    def _fallback_lists(self, setting: str) -> Iterator[tuple[str, str, list[str]]]:
        """The key in our `fallback`, the pointer, and the targets, of `[{group: [group, …]}, …]`."""
        value, place = self._setting(setting)
        for index, entry in enumerate(as_list(value) or ()):
            for name, names in (as_object(entry) or {}).items():
                pointer = child(child(place, index), name)
                if name == "*":
                    yield "*", pointer, self._targets(names, pointer)
                elif name in self._groups:
                    yield self._target(name), pointer, self._targets(names, pointer)
                else:
                    self._translator.warn(f'"{name}" is no model_name, so its fallbacks have no effect', at=pointer)

    def _targets(self, value: Json, pointer: str) -> list[str]:
        targets: list[str] = []
        for index, entry in enumerate(as_list(value) or ()):
            name = as_str(entry)
            if name in self._groups:
                targets.append(self._target(name))
            else:
                self._translator.warn(
                    f'"{name}" is no model_name' if name else "only a name of a model may stand here",
                    at=child(pointer, index),
                )
        return targets

    def _add_fallback(self, key: str, targets: list[str], pointer: str) -> None:
        if targets:
            there = self._fallback.setdefault(key, [])
            there.extend(target for target in targets if target not in there)
            self._translator.place(child("/fallback", key), pointer)

    def _read_reliability(self) -> None:
        retries, place = self._setting("num_retries")
        if retries is not None:
            self._translator.put("retries", {"same_target": retries}, place)
        rest, place = self._setting("cooldown_time")
        if isinstance(rest, int | float) and rest > 0:
            self._translator.put("cooldown", {"cap_seconds": rest}, place)
        elif rest is not None:
            self._translator.warn("cooldown_time 0: a refused key always rests a moment here", at=place)
        fails, place = self._setting("allowed_fails")
        if fails is not None:
            message = "allowed_fails has no equivalent: a key rests at its first refusal, as long as the provider says"
            self._translator.warn(message, at=place)
        for name in ("request_timeout", "timeout"):
            seconds, place = self._setting(name)
            if isinstance(seconds, int | float) and seconds > 0:
                self._translator.put("API_TIMEOUT_MS", round(seconds * 1000), place)
                break

    def _variables(self) -> Mapping[str, str]:
        """`environment_variables`: the file's own. They count where the environment has none of the name."""
        found: dict[str, str] = {}
        for name, entry in (as_object(self._value.get(_VARIABLES)) or {}).items():
            if isinstance(entry, str | int | float) and not isinstance(entry, bool):
                found[name] = str(entry)
        return found

    def _tell_the_rest(self) -> None:
        """What has no equivalent, a line for each part of the file."""
        for section in ("litellm_settings", "router_settings", "general_settings"):
            fields = as_object(self._value.get(section)) or {}
            rest = [name for name in fields if name not in _SETTINGS_READ]
            if rest:
                place = child(f"/{section}", rest[0])
                self._translator.warn(f"no equivalent here: {_listed(rest)}", at=place)
        rest = [name for name in self._value if name not in (*_SECTIONS, _VARIABLES)]
        if rest:
            self._translator.warn(f"no equivalent here: {_listed(rest)}", at=child("", rest[0]))


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:6])}{', …' if len(names) > 6 else ''}"
