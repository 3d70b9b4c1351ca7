"""What an entry of `Providers` may leave out, because its preset knows it: URL, models, key."""

from collections.abc import Mapping

from ccrouter.config.document import child
from ccrouter.config.interpolate import Variables
from ccrouter.config.known import PresetFacts
from ccrouter.config.presets import NO_PRESET, preset_named, preset_of_url
from ccrouter.config.report import Report, did_you_mean, nearest
from ccrouter.config.types import TransformerUse
from ccrouter.frozen import frozen
from ccrouter.model.json import JsonObject, as_str


@frozen
class Recognised:
    """`url` is the entry's own or the preset's; empty where there is none, which is then reported.

    `named`: the config relies on the preset, by `preset` or by leaving the URL out. Only then is the entry completed.
    `own_host`: the URL is one of the preset's, so that its key may be sent there.
    """

    facts: PresetFacts | None
    url: str
    named: bool = False
    own_host: bool = False

    @property
    def preset(self) -> str | None:
        """What `ProviderConfig.preset` is."""
        if self.named:
            return NO_PRESET if self.facts is None else self.facts.name
        return None


def recognise(
    name: str, fields: JsonObject, pointer: str, presets: Mapping[str, PresetFacts], report: Report
) -> Recognised:
    """The preset of the entry `fields` of the provider called `name`, and its URL."""
    url = (as_str(fields.get("api_base_url")) or "").strip()
    written = (as_str(fields.get("preset")) or "").strip()
    by_url = preset_of_url(presets.values(), url) if url else None
    if written.casefold() == NO_PRESET:
        facts = None
    elif written:
        facts = preset_named(presets.values(), written)
        if facts is None:
            fix = did_you_mean(written, presets)
            report.error(f'there is no preset called "{written}"', fix, pointer=child(pointer, "preset"))
            return Recognised(None, url)
    else:
        facts = by_url or preset_named(presets.values(), name)
    without_url = "api_base_url" not in fields
    if without_url:
        url = (facts.base_url if facts is not None else None) or ""
        if not url:
            _report_no_url(name, facts, pointer, presets, report)
    named = bool(written) or (without_url and facts is not None)
    own_host = facts is not None and (without_url or facts is by_url or not facts.hosts)
    return Recognised(facts, url, named, own_host)


def _report_no_url(
    name: str, facts: PresetFacts | None, pointer: str, presets: Mapping[str, PresetFacts], report: Report
) -> None:
    if facts is not None:
        message = f'"api_base_url" is missing: {facts.name} has no URL that is the same for everybody'
        report.error(message, facts.url_hint or None, pointer=pointer)
        return
    near = nearest(name, presets, cutoff=0.75)
    fix = f'"{near}" is known without one' if near else "Only providers that are known by name need none"
    report.error('"api_base_url" is missing', fix, pointer=pointer)


def complete_models(
    recognised: Recognised, models: tuple[str, ...], fields: JsonObject, pointer: str, report: Report
) -> tuple[str, ...]:
    """`models`, or those of the preset where the entry has none and relies on the preset."""
    facts = recognised.facts
    if models or not recognised.named or facts is None or "models" in fields:
        return models
    if not facts.models:
        message = f'provider "{facts.name}" has no models of its own that everybody could use'
        report.error(message, 'List yours: "models": ["…"]', pointer=pointer)
    return facts.models


def complete_use(recognised: Recognised, use: tuple[TransformerUse, ...]) -> tuple[TransformerUse, ...]:
    """`use`, the preset's own transformers before it unless they are there already."""
    if not recognised.named or recognised.facts is None:
        return use
    there = {entry.name.casefold() for entry in use}
    return (*(TransformerUse(name) for name in recognised.facts.use if name.casefold() not in there), *use)


def key_of_preset(
    recognised: Recognised, variables: Variables, pointer: str, report: Report, *, near: bool
) -> tuple[str, ...]:
    """The key from the preset's variable, for an entry without one. `near`: the server is on this machine or network.

    The key is taken only for a URL of the preset's own: nobody else gets it without being named in the config.
    """
    facts = recognised.facts
    variable = facts.key_variable if facts is not None and recognised.own_host else None
    if variable is not None and (key := (variables.get(variable) or "").strip()):
        return (key,)
    if near and not (facts is not None and recognised.named and facts.key_required):
        return ()
    if facts is not None and recognised.own_host and (variable is None or not recognised.url):
        return ()
    message = "no api_key: requests go to this provider without one"
    fix = 'Set it, best as "$VARIABLE"'
    if facts is not None and variable is not None:
        message = f"no api_key, and the variable {variable} is not set: requests go to this provider without a key"
        hint = f"; you get a key {facts.key_hint}" if facts.key_hint else ""
        fix = f"Export {variable}, or put {variable}=… into {variables.dotenv_file}{hint}"
    report.warning(message, fix, pointer=pointer)
    return ()
