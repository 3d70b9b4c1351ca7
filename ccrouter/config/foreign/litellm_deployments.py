"""The entries of LiteLLM's `model_list`, and the providers of ours that they need."""

import re
from collections.abc import Mapping
from typing import Final

import orjson

from ccrouter.config.document import child
from ccrouter.config.foreign.litellm_models import NOT_CHAT, Kind, Named, address, from_environment, read_name
from ccrouter.config.foreign.translation import Translator
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_int, as_object, as_str

_READ: Final = frozenset((
    "model", "api_key", "api_base", "base_url", "api_version", "custom_llm_provider", "organization",
    "extra_headers", "headers", "max_tokens", "rpm", "tpm", "weight", "order", "timeout", "stream_timeout",
    "drop_params", "additional_drop_params", "num_retries", "extra_body", "vertex_project", "vertex_location",
    "vertex_credentials", "input_cost_per_token", "output_cost_per_token", "input_cost_per_second",
    "max_parallel_requests", "use_in_pass_through", "merge_reasoning_content_in_choices",
))  # fmt: skip
_AZURE: Final[Mapping[str, str]] = {"api_base": "AZURE_API_BASE", "api_version": "AZURE_API_VERSION"}
"""Where LiteLLM looks for what an Azure deployment does not say."""
_VERTEX: Final[Mapping[str, str]] = {
    "vertex_project": "GOOGLE_CLOUD_PROJECT",
    "vertex_location": "GOOGLE_CLOUD_LOCATION",
    "vertex_credentials": "GOOGLE_APPLICATION_CREDENTIALS",
}


@frozen
class Deployment:
    """One entry of the `model_list`: a target of ours, and its part of the load."""

    target: str
    pointer: str
    weight: float = 1
    order: float | None = None


class Deployments:
    """Reads entry after entry. Entries that differ only in the model share one provider.

    `taken`: names, in lower case, that no provider may have. `weighted`: rpm and tpm stand for shares of the load.
    """

    def __init__(self, translator: Translator, taken: frozenset[str], *, weighted: bool) -> None:
        self.providers: list[JsonObject] = []
        self._translator = translator
        self._taken = taken
        self._weighted = weighted
        self._found: dict[str, list[Deployment]] = {}
        self._shared: dict[bytes, JsonObject] = {}

    def by_name(self) -> dict[str, tuple[Deployment, ...]]:
        """The deployments by `model_name`, in the order of the file."""
        return {name: tuple(dict.fromkeys(members)) for name, members in self._found.items()}

    def add(self, entry: JsonObject, pointer: str) -> None:
        """Read one entry; what cannot be used is told and left out."""
        name, params = as_str(entry.get("model_name")), as_object(entry.get("litellm_params"))
        model = as_str((params or {}).get("model"))
        if not name or params is None or not model:
            self._translator.error("an entry has a model_name, and litellm_params with a model", at=pointer)
            return
        info = as_object(entry.get("model_info")) or {}
        if info.get("mode") not in (None, "chat", "completion", "responses") or NOT_CHAT.search(model):
            self._translator.warn(f'"{name}" is left out: it is no chat model', at=pointer)
            return
        named = read_name(model, as_str(params.get("custom_llm_provider")))
        if named.kind is None:
            what = (
                f'"{named.prefix}" is no provider that is known here'
                if named.prefix
                else f'whose "{model}" is, is not known'
            )
            fix = "Where it has an address that speaks OpenAI's protocol, write openai/MODEL with that api_base"
            self._translator.warn(f'"{name}" is left out: {what}', fix, at=f"{pointer}/litellm_params/model")
            return
        provider = self._provider(params, named, named.kind, pointer)
        self._tell_the_rest(params, pointer)
        if "*" in name or "*" in named.model:
            self._translator.warn(
                f'"{name}": patterns have no equivalent; the provider has its usual models', at=pointer
            )
            return
        self._add_model(provider, named.model, info)
        target = f"{provider['name']},{named.model}"
        self._found.setdefault(name, []).append(self._deployment(target, entry, params, pointer))

    def _deployment(self, target: str, entry: JsonObject, params: JsonObject, pointer: str) -> Deployment:
        def number(name: str) -> float | None:
            value = params.get(name, entry.get(name))
            return value if isinstance(value, int | float) and not isinstance(value, bool) else None

        shares = [number("weight"), number("rpm"), number("tpm")] if self._weighted else []
        weight = next((share for share in shares if share is not None), 1.0)
        return Deployment(target, pointer, weight, number("order"))

    def _provider(self, params: JsonObject, named: Named, kind: Kind, pointer: str) -> JsonObject:
        """The provider of an entry: one that there is already, where nothing differs."""
        place = f"{pointer}/litellm_params"
        fields, made_from = self._fields(params, named, kind, place)
        same = orjson.dumps([kind.preset, kind.protocol, fields], option=orjson.OPT_SORT_KEYS)
        if (shared := self._shared.get(same)) is not None:
            return shared
        name = self._free_name(kind.preset or named.prefix)
        provider: JsonObject = {"name": name}
        if kind.preset is not None and kind.preset != name and ("api_base_url" not in fields or kind.preset == "azure"):
            provider["preset"] = kind.preset
        provider.update(fields)
        here = f"/Providers/{len(self.providers)}"
        self._translator.place(here, place)
        for field, source in made_from.items():
            self._translator.place(child(here, field), child(place, source))
        self.providers.append(provider)
        self._shared[same] = provider
        return provider

    def _fields(self, params: JsonObject, named: Named, kind: Kind, place: str) -> tuple[JsonObject, dict[str, str]]:
        """What the provider's entry says, and which parameter each part is made from."""
        fields: JsonObject = {}
        made_from: dict[str, str] = {}

        def take(field: str, value: Json, source: str) -> None:
            if value not in (None, "", {}, []):
                fields[field], made_from[field] = value, source

        base_name = "api_base" if "api_base" in params else "base_url"
        base = _text(params.get(base_name))
        if kind.preset == "azure":
            base = base or f"${{{_AZURE['api_base']}}}"
            take("api_version", _text(params.get("api_version")) or f"${{{_AZURE['api_version']}:-}}", "api_version")
        elif not base and kind.preset is None:
            self._translator.warn(f'"{named.prefix}" needs an api_base', at=f"{place}/model")
        take("api_base_url", base if base.startswith("$") else address(base, kind) if base else "", base_name)
        key = _text(params.get("api_key"))
        take("api_key", key or next((f"${{{name}}}" for name in kind.key_variables), ""), "api_key")
        take("protocol", kind.protocol, "model")
        take("headers", _headers(params), "extra_headers")
        patience = "stream_timeout" if "stream_timeout" in params else "timeout"
        seconds = params.get(patience)
        if isinstance(seconds, int | float) and seconds > 0:
            take("timeouts", {"first_byte": seconds}, patience)
        if use := _use(params):
            take("transformer", {"use": use}, "max_tokens")
        take("max_concurrent", as_int(params.get("max_parallel_requests")), "max_parallel_requests")
        if not self._weighted:
            for limit_name in ("rpm", "tpm"):
                take(limit_name, as_int(params.get(limit_name)), limit_name)
        self._take_vertex(params, place)
        return fields, made_from

    def _take_vertex(self, params: JsonObject, place: str) -> None:
        for source, ours in _VERTEX.items():
            if value := _text(params.get(source)):
                self._translator.put(ours, value, child(place, source))

    def _add_model(self, provider: JsonObject, model: str, info: JsonObject) -> None:
        models = provider.setdefault("models", [])
        if isinstance(models, list) and model not in models:
            models.append(model)
        window = as_int(info.get("max_input_tokens")) or as_int(info.get("max_tokens"))
        windows = provider.setdefault("context_windows", {}) if window is not None and window > 0 else None
        if isinstance(windows, dict):
            windows[model] = window

    def _free_name(self, wanted: str) -> str:
        used = {str(provider["name"]).casefold() for provider in self.providers} | self._taken
        wanted = re.sub(r"[^A-Za-z0-9._-]", "-", wanted) or "provider"
        number, name = 1, wanted
        while name.casefold() in used:
            number += 1
            name = f"{wanted}-{number}"
        return name

    def _tell_the_rest(self, params: JsonObject, pointer: str) -> None:
        rest = [name for name in params if name not in _READ]
        if rest:
            place = child(f"{pointer}/litellm_params", rest[0])
            self._translator.warn(f"no equivalent here: {', '.join(rest)}", at=place)


def _text(value: Json) -> str:
    return from_environment(value.strip()) if isinstance(value, str) else ""


def _headers(params: JsonObject) -> JsonObject:
    headers: JsonObject = {
        name: from_environment(value) if isinstance(value, str) else str(value)
        for part in ("extra_headers", "headers")
        for name, value in (as_object(params.get(part)) or {}).items()
    }
    if organization := _text(params.get("organization")):
        headers["OpenAI-Organization"] = organization
    return headers


def _use(params: JsonObject) -> list[Json]:
    """The transformers that do what the parameters say."""
    use: list[Json] = []
    if (limit := as_int(params.get("max_tokens"))) is not None:
        use.append(["maxtoken", {"max_tokens": limit}])
    if body := as_object(params.get("extra_body")):
        use.append(["customparams", body])
    return use
