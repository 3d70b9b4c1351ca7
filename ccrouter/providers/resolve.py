"""From a configured provider to its protocol and its facts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from ccrouter.config.presets import NO_PRESET, preset_named, preset_of_url, split_url
from ccrouter.config.types import ProviderConfig
from ccrouter.config.urls import is_near
from ccrouter.dialects.anthropic import ANTHROPIC_REPLIES
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import Json, as_list, as_object
from ccrouter.providers.presets import HABIT_ROWS, MODEL_ROWS, PRESETS, ModelQuirks, Preset
from ccrouter.providers.responses import prefers_responses, responses_rows
from ccrouter.providers.vertex import protocol_on_vertex

PROTOCOL_NAMES: Final[Mapping[str, str]] = {
    "anthropic": "anthropic",
    "anthropic_messages": "anthropic",
    "claude": "anthropic",
    "messages": "anthropic",
    "openai": "openai_chat",
    "openai_chat": "openai_chat",
    "openai_chat_completions": "openai_chat",
    "openai_compatible": "openai_chat",
    "chat": "openai_chat",
    "chat_completions": "openai_chat",
    "openai_responses": "openai_responses",
    "responses": "openai_responses",
    "gemini": "gemini",
    "gemini_generate_content": "gemini",
    "google": "gemini",
}
"""Spellings of the protocols, CCR 3's among them (`anthropic_messages`, …), folded by `_folded`."""

PROTOCOL_OF_TRANSFORMER: Final[Mapping[str, str]] = {
    "anthropic": "anthropic",
    "openai": "openai_chat",
    "gemini": "gemini",
    "openai-responses": "openai_responses",
}

PATH_ENDINGS: Final[tuple[tuple[str, str], ...]] = (
    ("/chat/completions", "openai_chat"),
    ("/messages", "anthropic"),
    ("/anthropic", "anthropic"),
    ("/anthropic/v1", "anthropic"),
    ("/responses", "openai_responses"),
    ("/openai", "openai_chat"),
    ("/openai/v1", "openai_chat"),
    ("/hf/v1", "openai_chat"),  # gemini-balance
    ("/v1beta", "gemini"),
    ("/v1beta/models", "gemini"),
)


REMEMBERED: Final = 512
"""Presets found: as many providers as any configuration has, and its edits."""


def protocol_for(provider: ProviderConfig, model: str | None = None) -> str:
    """The wire protocol: what the config says, else its transformers, else the URL's look, else the preset.

    On Vertex AI it is one of `providers.vertex`'s, and may depend on the model; so it may at OpenAI, whose reasoning
    models are at their best in the Responses API (`providers.responses`).

    A protocol that the config names in no known spelling is returned as it is, for the caller to complain about.
    """
    if (on_vertex := protocol_on_vertex(provider, model)) is not None:
        return on_vertex
    if provider.protocol is not None:
        return PROTOCOL_NAMES.get(_folded(provider.protocol), provider.protocol)
    for use in (*provider.model_use.get(model or "", ()), *provider.use):
        protocol = PROTOCOL_OF_TRANSFORMER.get(use.name.casefold())
        if protocol is not None:
            return protocol
    by_url = _looks_like(provider.api_base_url)
    preset = _trusted_preset(provider)
    name = preset.name if preset is not None else None
    if by_url in (None, "openai_chat") and prefers_responses(name, provider.api_base_url, model):
        return "openai_responses"
    return by_url or _protocol_of_preset(provider) or "openai_chat"


def protocol_of_url(url: str) -> str:
    """The wire protocol that a base URL or endpoint looks like; openai_chat where it says nothing."""
    return _looks_like(url) or "openai_chat"


def preset_for(provider: ProviderConfig) -> Preset | None:
    """The preset that the config names, else the one of the provider's URL, else the one of its name, else None."""
    return _preset_for(provider.preset, provider.api_base_url, provider.name)


@lru_cache(REMEMBERED)
def _preset_for(named: str | None, url: str, name: str) -> Preset | None:
    """Remembered, as every answer's cost asks for it and there are more than fifty to compare with."""
    if named is not None:
        return None if named == NO_PRESET else preset_named(PRESETS, named)
    return _preset_at(url) or preset_named(PRESETS, name)


@lru_cache(REMEMBERED)
def _preset_at(url: str) -> Preset | None:
    return preset_of_url(PRESETS, url)


SEARCHING_PROTOCOLS: Final = frozenset({*ANTHROPIC_REPLIES, "gemini"})
"""Protocols whose makers' own servers search the web."""


def quirks_for(provider: ProviderConfig, model: str) -> Quirks:
    """The facts about one model of a provider: those of its preset, of the model on every host, of the model on this
    host, and what the config says; what comes later counts more.

    Overrides that `validate_quirks` complains about are left out.
    """
    preset, protocol = preset_for(provider), protocol_for(provider, model)
    # Who speaks like Anthropic or Gemini and is nobody we know is most likely a relay of theirs.
    unknown = Quirks(native_web_search=protocol in SEARCHING_PROTOCOLS)
    quirks = unknown if preset is None else preset.quirks
    pinned = frozenset[str]() if preset is None else preset.pinned
    changes: dict[str, Any] = {}
    rows = _rows_for(MODEL_ROWS, model)
    if protocol not in ANTHROPIC_REPLIES:
        rows += _rows_for(HABIT_ROWS, model)
    for row in rows:
        changes.update({name: value for name, value in row.items() if name not in pinned})
    for row in _rows_for(() if preset is None else preset.model_quirks, model):
        changes.update(row)
    quirks = replace(quirks, **changes)
    if preset is not None and protocol.removeprefix("vertex_") != preset.protocol != "vertex":
        # The rows' fields are those of the preset's own protocol: tool_stream is nothing for api.z.ai/api/anthropic,
        # and Google's search is not to be had through its OpenAI-compatible endpoint.
        quirks = replace(quirks, extra_body={}, native_web_search=False)
    if protocol == "openai_responses":
        for row in responses_rows(preset.name if preset is not None else None, model):
            quirks = replace(quirks, **row)
    window = provider.context_windows.get(model)
    if window is not None:
        quirks = replace(quirks, context_window=window)
    overrides = {name: value for name, value in provider.quirks.items() if _complaint(name, value) is None}
    return replace(quirks, **{name: _converted(name, value) for name, value in overrides.items()})


def validate_quirks(overrides: Mapping[str, Json]) -> list[str]:
    """What is wrong with a provider's `quirks`, one sentence each: unknown names, values that don't fit."""
    complaints = (_complaint(name, value) for name, value in overrides.items())
    return [complaint for complaint in complaints if complaint is not None]


def _looks_like(url: str) -> str | None:
    parts = split_url(url)
    path = parts.path.rstrip("/").casefold()
    for ending, protocol in PATH_ENDINGS:
        if path.endswith(ending):
            return protocol
    host = (parts.hostname or "").casefold()
    if host == "api.anthropic.com":
        return "anthropic"
    if host == "generativelanguage.googleapis.com" and "/openai" not in path:
        return "gemini"
    return None


def _protocol_of_preset(provider: ProviderConfig) -> str | None:
    """The protocol of the preset, where that can be relied on."""
    preset = _trusted_preset(provider)
    if preset is None:
        return None
    if preset.protocol == "gemini" and split_url(provider.api_base_url).path.rstrip("/").endswith("/v1"):
        return "openai_chat"  # gemini-balance serves Gemini's protocol under /v1beta and OpenAI's under /v1
    return preset.protocol


def _trusted_preset(provider: ProviderConfig) -> Preset | None:
    """The preset where its protocol can be relied on: the config names it, the host is its own, or it has none.

    A provider that only bears the name, on a foreign host, is a relay of whatever shape: `claude` at some `/v1`.
    """
    preset = preset_for(provider)
    if preset is None:
        return None
    if provider.preset is None and preset.hosts and _preset_at(provider.api_base_url) is not preset:
        return None
    return preset


def runs_for_free(provider: ProviderConfig, model: str) -> bool:
    """Whether the model runs on a machine of the user's own, as far as the preset and the address tell."""
    preset = _trusted_preset(provider)
    # Ollama passes these on to its cloud, which is paid for.
    return preset is not None and preset.free and is_near(provider.api_base_url) and not model.endswith("cloud")


def _rows_for(rows: Iterable[ModelQuirks], model: str) -> list[Mapping[str, Any]]:
    return [changes for pattern, changes in rows if re.search(pattern, model, re.IGNORECASE)]


def _folded(protocol: str) -> str:
    return re.sub(r"[\s.-]+", "_", protocol.strip().casefold())


TYPES: Final[Mapping[str, Any]] = get_type_hints(Quirks)


def _complaint(name: str, value: Json) -> str | None:
    if name not in TYPES:
        close = get_close_matches(name, TYPES, n=1, cutoff=0.6)
        hint = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(sorted(TYPES))}"
        return f"unknown quirk '{name}'; {hint}"
    if _fits(value, TYPES[name]):
        return None
    return f"quirk '{name}' must be {_describe(TYPES[name])}"


def _fits(value: Json, wanted: object) -> bool:
    origin = get_origin(wanted)
    if origin in {Union, UnionType}:
        return any(_fits(value, choice) for choice in get_args(wanted))
    if origin is Literal:
        return value in get_args(wanted)
    if origin is frozenset:
        entries = as_list(value)
        return entries is not None and all(_fits(entry, kind) for entry in entries for kind in get_args(wanted))
    if origin is not None:
        return as_object(value) is not None
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, wanted) if isinstance(wanted, type) else False


def _converted(name: str, value: Json) -> object:
    return frozenset(as_list(value) or []) if get_origin(TYPES[name]) is frozenset else value


def _describe(wanted: object) -> str:
    origin = get_origin(wanted)
    if origin in {Union, UnionType}:
        return " or ".join(_describe(choice) for choice in get_args(wanted))
    if origin is Literal:
        return "one of " + ", ".join(f'"{choice}"' for choice in get_args(wanted))
    if origin is frozenset:
        kinds = [kind for kind in get_args(wanted) if get_origin(kind) is Literal]
        return f"a list of {_describe(kinds[0]).removeprefix('one of ')}" if kinds else "a list of strings"
    if origin is not None:
        return "an object"
    named: dict[object, str] = {bool: "true or false", int: "a whole number", str: "a string", NoneType: "null"}
    return named.get(wanted, str(wanted))
