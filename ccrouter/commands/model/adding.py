"""A new provider's entry."""

from collections.abc import Sequence

from ccrouter.config.edit.draft import Draft
from ccrouter.config.known import PresetFacts
from ccrouter.config.presets import preset_named
from ccrouter.model.json import JsonObject


def provider_entry(
    name: str,
    *,
    preset: str | None = None,
    url: str | None = None,
    key: str | None = None,
    models: Sequence[str] = (),
) -> JsonObject:
    """The entry as it is written: what is not said is left to the preset."""
    entry: JsonObject = {"name": name.strip()}
    for field, value in (("preset", preset), ("api_base_url", url), ("api_key", key)):
        if value and value.strip():
            entry[field] = value.strip()
    if models:
        entry["models"] = list(dict.fromkeys(models))
    return entry


def preset_of(draft: Draft, name: str, preset: str | None = None) -> PresetFacts | None:
    """The known provider that an entry of this name is."""
    return preset_named(draft.known.presets.values(), preset or name)


def suggested_key(draft: Draft, name: str, preset: str | None = None) -> str:
    """The variable that the provider's users mostly have, as `$NAME`; empty where it needs no key, or none is known."""
    facts = preset_of(draft, name, preset)
    return f"${facts.key_variable}" if facts is not None and facts.key_variable and facts.key_required else ""
