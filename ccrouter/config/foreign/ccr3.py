"""The configuration of claude-code-router 3 as JSON, read as ours.

It has no routes by scenario any more: rules, a fallback for all, and models by class in the profile of Claude Code
(musistudio/claude-code-router, packages/core/src/contracts/app.ts of August 2026, and its earlier kinds of rules).
"""

from collections.abc import Mapping
from typing import Final

from ccrouter.config.document import Document, child
from ccrouter.config.foreign.translation import Translation, Translator
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str

SOURCE: Final = "a configuration of claude-code-router 3"

_KEPT: Final = ("APIKEY", "API_TIMEOUT_MS", "CUSTOM_ROUTER_PATH", "HOST", "PORT", "LOG", "LOG_LEVEL", "PROXY_URL")
_PROVIDER_KEPT: Final = ("name", "api_base_url", "api_key", "models", "protocol", "type", "transformer", "headers")
_SCENARIOS: Final[Mapping[str, str]] = {
    "always": "default",
    "image": "image",
    "long-context": "longContext",
    "thinking": "think",
    "web-search": "webSearch",
    "subagent": "subagent",
}
"""Rules of its first versions that are routes here."""
_TIERS: Final[Mapping[str, str]] = {"opusModel": "opus", "sonnetModel": "sonnet", "haikuModel": "haiku"}
_MODEL: Final = "request.body.model"
_PATTERNS: Final[Mapping[str, str]] = {"==": "{}", "starts-with": "{}*", "contains": "*{}*"}
_FEATURES: Final[Mapping[str, str]] = {
    "virtualModelProfiles": "virtual models",
    "plugins": "plugins",
    "providerPlugins": "plugins for providers",
    "botConfigs": "bots",
}


def translate_ccr3(document: Document) -> Translation:
    """Our configuration of what version 3's says."""
    return _Reading(document).read()


class _Reading:
    """One configuration being read."""

    def __init__(self, document: Document) -> None:
        self._value = as_object(document.value) or {}
        self._translator = Translator(document)
        self._providers: list[JsonObject] = []
        self._router: JsonObject = {}

    def read(self) -> Translation:
        self._read_listener()
        for index, entry in enumerate(as_list(self._value.get("Providers")) or ()):
            self._read_provider(as_object(entry) or {}, f"/Providers/{index}")
        self._translator.put("Providers", list[Json](self._providers), "/Providers")
        self._read_profile()
        self._read_rules()
        if "default" not in self._router and self._providers:
            first = next(iter(as_list(self._providers[0].get("models")) or ()), None)
            self._router["default"] = f"{self._providers[0].get('name')},{first}"
            self._translator.warn("no model is named for everything; the first one serves", at="/Router")
        self._translator.put("Router", self._router, "/Router")
        self._read_fallback()
        for name, what in _FEATURES.items():
            if self._value.get(name):
                self._translator.warn(f"no equivalent here: {what}", at=child("", name))
        return self._translator.finish(SOURCE)

    def _read_listener(self) -> None:
        gateway = as_object(self._value.get("gateway")) or {}
        for name in _KEPT:
            if self._value.get(name) not in (None, ""):
                self._translator.put(name, self._value[name], child("", name))
        for name, ours in (("host", "HOST"), ("port", "PORT")):
            if gateway.get(name) not in (None, ""):
                self._translator.put(ours, gateway[name], child("/gateway", name))
        keys: list[tuple[str, str]] = []
        for index, entry in enumerate(as_list(self._value.get("APIKEYS")) or ()):
            fields = as_object(entry) or {}
            if fields.get("enabled") is not False and (key := as_str(fields.get("key"))):
                keys.append((key, f"/APIKEYS/{index}"))
        if keys and not self._value.get("APIKEY"):
            self._translator.put("APIKEY", *keys[0])
        for _, pointer in keys[1:]:
            self._translator.warn("clients have one key here: this one is left out", at=pointer)

    def _read_provider(self, fields: JsonObject, pointer: str) -> None:
        if fields.get("enabled") is False:
            self._translator.warn(f'the provider "{fields.get("name")}" is switched off, and left out', at=pointer)
            return
        entry: JsonObject = {name: fields[name] for name in _PROVIDER_KEPT if fields.get(name) not in (None, "", [])}
        if "type" in entry:
            entry["protocol"] = entry.pop("type")
        capability = as_object(next(iter(as_list(fields.get("capabilities")) or ()), None)) or {}
        for ours, theirs in (("api_base_url", "baseUrl"), ("protocol", "type")):
            if ours not in entry and capability.get(theirs):
                entry[ours] = capability[theirs]
        if not entry.get("api_key") and (keys := _keys(fields)):
            entry["api_key"] = keys[0] if len(keys) == 1 else keys
        if headers := as_object(fields.get("extraHeaders")):
            entry["headers"] = headers
        if body := as_object(fields.get("extraBody")):
            entry["transformer"] = {"use": [["customparams", body]]}
        self._translator.place(f"/Providers/{len(self._providers)}", pointer)
        self._providers.append(entry)

    def _read_profile(self) -> None:
        """The models by class that Claude Code's profile names."""
        profile = as_object(self._value.get("profile")) or {}
        pointer, fields = "/profile/claudeCode", as_object(profile.get("claudeCode")) or {}
        for index, entry in enumerate(as_list(profile.get("profiles")) or ()):
            one = as_object(entry) or {}
            if one.get("agent") == "claude-code" and one.get("enabled") is not False and as_str(one.get("model")):
                pointer, fields = f"/profile/profiles/{index}", one
                break
        if model := as_str(fields.get("model")):
            self._route("default", model, child(pointer, "model"))
        if model := as_str(fields.get("smallFastModel")):
            self._route("background", model, child(pointer, "smallFastModel"))
        tiers: JsonObject = {}
        for name, tier in _TIERS.items():
            if model := as_str(fields.get(name)):
                tiers[tier] = _target(model)
                self._translator.place(f"/tiers/{tier}", child(pointer, name))
        if tiers:
            self._translator.put("tiers", tiers, pointer)

    def _read_rules(self) -> None:
        rules: list[Json] = []
        given = as_list((as_object(self._value.get("Router")) or {}).get("rules")) or ()
        for index, entry in enumerate(given):
            rule, pointer = as_object(entry) or {}, f"/Router/rules/{index}"
            if rule.get("enabled") is False:
                continue
            kind, target = as_str(rule.get("type")) or "", _target_of(rule)
            pattern = _pattern(kind, rule)
            if target is not None and kind in _SCENARIOS:
                self._route(_SCENARIOS[kind], target, pointer)
                if kind == "long-context" and (threshold := as_int(rule.get("threshold"))):
                    self._router["longContextThreshold"] = threshold
            elif target is not None and pattern is not None:
                self._translator.place(f"/Router/rules/{len(rules)}", pointer)
                name = as_str(rule.get("name"))
                made: JsonObject = {"name": name} if name else {}
                rules.append({**made, "when": {"model": pattern}, "use": _target(target)})
            else:
                what = f'the rule "{rule.get("name") or rule.get("id")}" has no equivalent'
                self._translator.warn(what, "Write it by hand: Router.rules, or a custom router in Python", at=pointer)
        if rules:
            self._router["rules"] = rules

    def _route(self, name: str, target: str, pointer: str) -> None:
        self._router[name] = _target(target)
        self._translator.place(child("/Router", name), pointer)

    def _read_fallback(self) -> None:
        fallback = as_object((as_object(self._value.get("Router")) or {}).get("fallback")) or {}
        mode, pointer = as_str(fallback.get("mode")), "/Router/fallback"
        models = [_target(model) for entry in as_list(fallback.get("models")) or () if (model := as_str(entry))]
        if mode == "model-chain" and models:
            self._translator.put("fallback", {"*": list[Json](models)}, pointer)
        elif mode == "retry" and (count := as_int(fallback.get("retryCount"))) is not None:
            self._translator.put("retries", {"same_target": min(count, 20)}, pointer)


def _keys(fields: JsonObject) -> list[Json]:
    """The keys of a provider's pool, those with priority first."""
    pool = [as_object(entry) or {} for entry in as_list(fields.get("credentials")) or ()]
    usable = [entry for entry in pool if entry.get("enabled") is not False]
    usable.sort(key=lambda entry: -(as_int(entry.get("priority")) or 0))
    return [key for entry in usable if (key := entry.get("apiKey") or entry.get("api_key") or entry.get("apikey"))]


def _target_of(rule: JsonObject) -> str | None:
    """Where a rule sends: its target, or the model that it writes into the request."""
    if target := as_str(rule.get("target")):
        return target
    rewrites = [as_object(entry) or {} for entry in (rule.get("rewrite"), *(as_list(rule.get("rewrites")) or ()))]
    sets = [entry for entry in rewrites if entry.get("key") == _MODEL and entry.get("operation") in (None, "set")]
    return as_str(sets[0].get("value")) if sets else None


def _pattern(kind: str, rule: JsonObject) -> str | None:
    """The condition on the model as ours; None where it is another."""
    if kind == "model-prefix" and (prefix := as_str(rule.get("pattern"))):
        return f"{prefix}*"
    condition = as_object(rule.get("condition")) or {}
    form, right = _PATTERNS.get(as_str(condition.get("operator")) or ""), as_str(condition.get("right"))
    return form.format(right) if kind == "condition" and condition.get("left") == _MODEL and form and right else None


def _target(selector: str) -> str:
    """`Provider/model` and `Provider,model` as ours."""
    return selector if "," in selector else selector.replace("/", ",", 1)
