"""The entries of `Providers`, canonical JSON to ProviderConfig."""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

from ccrouter.config.document import child
from ccrouter.config.interpolate import Variables
from ccrouter.config.preset_entries import Recognised, complete_models, complete_use, key_of_preset, recognise
from ccrouter.config.price_entries import read_prices
from ccrouter.config.provider_limits import read_ca_bundle, read_limits, read_provider_proxy, read_timeouts
from ccrouter.config.report import Report, did_you_mean
from ccrouter.config.routes import match_name
from ccrouter.config.types import ProviderConfig
from ccrouter.config.urls import CREDENTIALS_WARNING, holds_credentials, is_http_url, is_near
from ccrouter.config.uses import Files, TransformerNames, read_transformers
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

PROTOCOL_SPELLINGS: Mapping[str, str] = {
    "openai_chat": "openai_chat",
    "openai_chat_completions": "openai_chat",
    "openai_compatible": "openai_chat",
    "openai": "openai_chat",
    "chat_completions": "openai_chat",
    "chat": "openai_chat",
    "anthropic": "anthropic",
    "anthropic_messages": "anthropic",
    "messages": "anthropic",
    "gemini": "gemini",
    "gemini_generate_content": "gemini",
    "google": "gemini",
    "openai_responses": "openai_responses",
    "openai_response": "openai_responses",
    "responses": "openai_responses",
}
"""Claude-code-router 3 writes anthropic_messages, openai_chat_completions, gemini_generate_content; the rest is what
people call them."""


def read_providers(
    value: Json, names: TransformerNames, variables: Variables, files: Files
) -> tuple[ProviderConfig, ...]:
    """All entries that have a name, also those with errors: routes to them are then not reported a second time."""
    report = files.report
    providers: list[ProviderConfig] = []
    for index, entry in enumerate(as_list(value) or ()):
        fields = as_object(entry) or {}
        pointer = f"/Providers/{index}"
        name = (as_str(fields.get("name")) or "").strip()
        if not name:
            continue  # The schema check says so.
        _check_name(name, [provider.name for provider in providers], report, child(pointer, "name"))
        providers.append(_read_provider(name, fields, pointer, names=names, variables=variables, files=files))
    return tuple(providers)


def _check_name(name: str, earlier: list[str], report: Report, pointer: str) -> None:
    if name in earlier:
        report.error(f'there are two providers called "{name}"', "Give one of them another name", pointer=pointer)
    elif match_name(earlier, name):
        message = f'another provider is also called "{match_name(earlier, name)}", only in other case'
        report.warning(message, "Give one of them another name", pointer=pointer)


def _read_provider(
    name: str, fields: JsonObject, pointer: str, *, names: TransformerNames, variables: Variables, files: Files
) -> ProviderConfig:
    report = files.report
    recognised = recognise(name, fields, pointer, names.known.presets, report)
    models = complete_models(recognised, _read_models(fields.get("models")), fields, pointer, report)
    if recognised.url:
        _check_url(recognised.url, report, child(pointer, "api_base_url"))
    uses = read_transformers(fields.get("transformer"), child(pointer, "transformer"), models, names, report)
    protocol = _read_protocol(fields.get("protocol"), report, child(pointer, "protocol"))
    unavailable = dict(uses.unavailable or {})
    if protocol is not None and protocol not in names.known.protocols:
        reason = f'this version does not speak the protocol "{protocol}" yet'
        unavailable[protocol] = reason
        report.warning(f'provider "{name}" cannot be used: {reason}', pointer=child(pointer, "protocol"))
    window = as_int(fields.get("context_window"))
    quirks = as_object(fields.get("quirks")) or {}
    if window is not None:
        quirks = {"context_window": window, **quirks}
    return ProviderConfig(
        name=name,
        api_base_url=_with_version(recognised.url, as_str(fields.get("api_version"))),
        api_keys=_read_keys(fields.get("api_key"), recognised, variables, report, child(pointer, "api_key")),
        models=models,
        protocol=protocol,
        use=complete_use(recognised, uses.use),
        model_use=uses.model_use or {},
        headers=_read_headers(fields.get("headers"), report, child(pointer, "headers")),
        quirks=quirks,
        context_windows=_read_windows(fields, window, models),
        preset=recognised.preset,
        unavailable=unavailable,
        timeouts=read_timeouts(fields.get("timeouts"), report, child(pointer, "timeouts")),
        proxy=read_provider_proxy(fields.get("proxy"), report, child(pointer, "proxy")),
        ca_bundle=read_ca_bundle(fields.get("ca_bundle"), files, child(pointer, "ca_bundle")),
        limits=read_limits(fields),
        prices=read_prices(fields.get("prices"), models, report, child(pointer, "prices")),
    )


def _read_models(value: Json) -> tuple[str, ...]:
    # A single text is an error of its own; taken as the one model it gives no further errors in the routes.
    written = [value] if isinstance(value, str) else as_list(value) or []
    return tuple(dict.fromkeys(model.strip() for model in map(as_str, written) if model and model.strip()))


def _check_url(url: str, report: Report, pointer: str) -> None:
    """The URL itself is never shown: it may hold a key."""
    if not is_http_url(url):
        known_scheme = url.startswith(("http:", "https:"))
        fix = "Write it as https://host/path" if known_scheme else "Write https:// (or http://) in front of the host"
        report.error("must be a URL that begins with http:// or https://", fix, pointer=pointer)
    elif holds_credentials(url):
        fix = 'Take them out; an "Authorization" in "headers" says the same: "Basic " and base64 of name:password'
        report.warning(CREDENTIALS_WARNING, fix, pointer=pointer)


def _with_version(url: str, version: str | None) -> str:
    """`url` asking for Azure's `api-version`, unless it does so already."""
    if not version or not is_http_url(url):
        return url
    parts = urlsplit(url)
    if "api-version=" in parts.query:
        return url
    asked = f"api-version={quote(version.strip(), safe='')}"
    return urlunsplit(parts._replace(query=f"{parts.query}&{asked}" if parts.query else asked))


def _read_protocol(value: Json, report: Report, pointer: str) -> str | None:
    written = as_str(value)
    if not written or not written.strip():
        return None
    protocol = PROTOCOL_SPELLINGS.get(re.sub(r"[\s./-]+", "_", written.strip().lower()))
    if protocol is None:
        fix = did_you_mean(written, dict.fromkeys(PROTOCOL_SPELLINGS.values()))
        report.error("this is not a wire protocol that is known", fix, pointer=pointer)
    return protocol


def _read_keys(
    value: Json, recognised: Recognised, variables: Variables, report: Report, pointer: str
) -> tuple[str, ...]:
    written = [value] if isinstance(value, str) else as_list(value) or []
    keys: list[str] = []
    for index, entry in enumerate(written):
        key = (as_str(entry) or "").strip()
        place = pointer if isinstance(value, str) else child(pointer, index)
        if _CONTROL.search(key):
            report.error("a key must be one line of text", "Take the line break out of it", pointer=place)
        elif key and not key.isascii():
            report.warning("this key has characters that no key has", "Copy it again", pointer=place)
        if key:
            keys.append(key)
    if not keys and isinstance(value, str | list | None):
        return key_of_preset(recognised, variables, pointer, report, near=is_near(recognised.url))
    return tuple(dict.fromkeys(keys))


def _read_headers(value: Json, report: Report, pointer: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, entry in (as_object(value) or {}).items():
        text = as_str(entry)
        if not _HEADER_NAME.fullmatch(name):
            report.error("this is not a name that a header can have", pointer=child(pointer, name), key=True)
        elif text is not None and _CONTROL.search(text):
            report.error("a header must be one line of text", pointer=child(pointer, name))
        elif text is not None:
            headers[name] = text.strip()
    return headers


def _read_windows(fields: JsonObject, window: int | None, models: tuple[str, ...]) -> dict[str, int]:
    windows = dict.fromkeys(models, window) if window is not None else {}
    for name, entry in (as_object(fields.get("context_windows")) or {}).items():
        tokens = as_int(entry)
        if tokens is not None:
            windows[match_name(models, name) or name] = tokens
    return windows
