"""The config that `ccr init` writes, from what was found and answered. Pure."""

import re
from collections.abc import Sequence

from ccrouter.config.known import PresetFacts
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject

_SMALL = re.compile(r"(?i)haiku|flash|mini(?!max)|nano|small|lite|-air|turbo|instant|\b[1-9]b\b")
_CODER = re.compile(r"(?i)coder|code|devstral")
_NOT_CHAT = re.compile(r"(?i)embed|rerank|whisper|tts|bge-|clip")


@frozen
class Choice:
    """One provider of the config to be. `models` empty: the preset's."""

    name: str
    preset: PresetFacts | None
    key: str = ""
    """As it stands in the config: `$NAME`, or the key itself, which goes into the `.env` then."""
    url: str | None = None
    models: tuple[str, ...] = ()

    def entry(self) -> JsonObject:
        """The entry of `Providers`."""
        entry: JsonObject = {"name": self.name}
        if self.preset is not None and self.preset.name != self.name:
            entry["preset"] = self.preset.name
        if self.url:
            entry["api_base_url"] = self.url
        if self.key:
            entry["api_key"] = self.key
        if self.models:
            entry["models"] = list[Json](self.models)
        return entry

    @property
    def all_models(self) -> tuple[str, ...]:
        """Those that are known of it. What a preset has is only sure at the preset's own address."""
        return self.models or (self.preset.models if self.preset is not None and self.url is None else ())


def usable_models(models: Sequence[str]) -> tuple[str, ...]:
    """Those of a server that one can talk to, the ones made for code first."""
    chat = [model for model in models if not _NOT_CHAT.search(model)]
    return tuple(sorted(chat, key=lambda model: _CODER.search(model) is None))


def small_model(models: Sequence[str], big: str) -> str | None:
    """The one of `models` for background work: small by its name. None where there is none, or it is `big`."""
    return next((model for model in models if model != big and _SMALL.search(model)), None)


def compose(choices: Sequence[Choice], *, model: str, background: str | None) -> JsonObject:
    """The config: the first of `choices` serves with `model`, the others are there to be chosen."""
    first = choices[0]
    router: JsonObject = {"default": f"{first.name},{model}"}
    if background:
        router["background"] = f"{first.name},{background}"
    entries = [choice.entry() for choice in choices]
    listed = first.all_models
    if any(name and name not in listed for name in (model, background)):
        entries[0]["models"] = list[Json](dict.fromkeys(name for name in (model, background, *listed) if name))
    return {"PORT": 3456, "Providers": list[Json](entries), "Router": router}
