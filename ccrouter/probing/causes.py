"""Whose fault a failed test is, in one line with what to do: the key's, the URL's, the network's, the model's. Pure."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final, Literal, TypeAlias

from ccrouter.config.types import ProviderConfig
from ccrouter.config.urls import place_of, without_secrets
from ccrouter.errors import CREDENTIALS_AT_FAULT, ErrorDetail
from ccrouter.frozen import frozen
from ccrouter.providers.resolve import preset_for
from ccrouter.upstream.cooldown import without_balance
from ccrouter.upstream.masking import masked, with_masked

Fault: TypeAlias = Literal["key", "url", "network", "tls", "model", "balance", "limit", "provider", "tools", "request"]

SHOWN_MODELS: Final = 5
LONGEST_WORDS: Final = 160

_NO_SUCH_MODEL: Final = re.compile(
    r"model.{0,80}?(not (be )?(found|exist|supported|available|recognized)|n't exist|unknown|invalid|no such)"
    r"|(no such|unknown|invalid|unsupported|not a valid|does not have( a| the)?) model"
    r"|model_not_found|not a valid model|no (allowed )?(providers|endpoints) (are )?(available|found) (for|that)",
    re.IGNORECASE,
)
"""How providers say it, mostly with 404, some with 400 (OpenRouter, DeepSeek, Moonshot)."""
_NO_TOOLS: Final = re.compile(
    r"(not|n't) support (\w+ ){0,3}(tool|function)|support tool use|no endpoints.*tool", re.IGNORECASE
)
_NOT_ITS_KEY: Final = re.compile(r"api[ _-]?key|token|credential|unauthori[sz]ed|authenticat", re.IGNORECASE)


@frozen
class Cause:
    """`fault`: what is wrong. `what` says it in words, `advice` what to do; both without an end."""

    fault: Fault
    what: str
    advice: str

    @property
    def line(self) -> str:
        """Both in one line."""
        return f"{self.what}. {self.advice}."


def cause_of(detail: ErrorDetail, provider: ProviderConfig, model: str = "", listed: Sequence[str] = ()) -> Cause:
    """What `detail`, a failure of `provider`, means. `listed` is what it says it has, where that is known."""
    words = _words(detail, provider)
    host = place_of(provider.api_base_url) or provider.name
    if detail.unreached is not None:
        return _unreached(detail, host, words)
    if detail.code == CREDENTIALS_AT_FAULT:
        return Cause("key", f"No credentials: {words}", "Sign in, or name the file that holds them (docs/vertex.md)")
    if without_balance(detail):
        return Cause("balance", f"No balance: {host} says {words}", "Top the account up, or take another key")
    if model and _no_such_model(detail, model, listed):
        return Cause(
            "model", f'No such model: {host} has no "{model}" ({detail.status}: {words})', _others(model, listed)
        )
    match detail.status:
        case 401 | 403:
            return _wrong_key(detail, provider, host, words)
        case 404 | 405:
            what = (
                f"Wrong URL: nothing is served at {without_secrets(provider.api_base_url)} ({detail.status}: {words})"
            )
            return Cause("url", what, _right_url(provider))
        case 429:
            wait = "" if detail.retry_after is None else f" in {detail.retry_after:.0f} s"
            return Cause("limit", f"Limited: {host} says {words}", f"Try again{wait}, or take another key")
        case status if status >= 500:
            advice = "Try again later; if it stays so, the URL or the server is at fault"
            return Cause("provider", f"The provider failed: {host} ({status}): {words}", advice)
        case status:
            if _NO_TOOLS.search(detail.message):
                return no_tools(model, f"{status}: {words}")
            advice = "Read its words; a fact about it may be wrong (docs/providers.md, quirks)"
            return Cause("request", f"Refused: {host} did not take the request ({status}: {words})", advice)


def not_understood(provider: ProviderConfig, words: str) -> Cause:
    """Something answered that does not speak the protocol."""
    shown = without_secrets(provider.api_base_url)
    return Cause("url", f"Wrong URL: what answers at {shown} is no such API ({_short(words)})", _right_url(provider))


def no_tools(model: str, words: str) -> Cause:
    """The model does not use tools, which Claude Code lives by."""
    return Cause("tools", f'No tools: "{model}" ({words})', "Claude Code needs them: choose another model")


def _unreached(detail: ErrorDetail, host: str, words: str) -> Cause:
    match detail.unreached:
        case "name":
            what = f"No network, or wrong URL: the name {host} could not be resolved"
            return Cause(
                "network", what, "Check the spelling of the host, then the network (and PROXY_URL if you need one)"
            )
        case "connection":
            what = f"No connection: {words}"
            return Cause("network", what, "Check that the server runs and that host and port of the URL are right")
        case "silence":
            return Cause(
                "network", f"No answer: {words}", "Check host and port of the URL, a firewall, a proxy you need"
            )
        case "proxy":
            return Cause("network", f"No proxy: {words}", "Check PROXY_URL, the provider's proxy and HTTPS_PROXY")
        case "tls":
            advice = 'Check http:// or https://; for an authority of your own set "ca_bundle" of the provider'
            return Cause("tls", f"No TLS: {words}", advice)
        case "redirect":
            return Cause("url", f"Wrong URL: {words}", "Give the address that it redirects to")
        case _:
            return Cause("url", f"Wrong URL: {words}", "Write it in full: https://host/v1")


def _wrong_key(detail: ErrorDetail, provider: ProviderConfig, host: str, words: str) -> Cause:
    preset = preset_for(provider)
    hint = f"; a new one is to be had {preset.key_hint}" if preset is not None and preset.key_hint else ""
    if not provider.api_keys:
        return Cause("key", f"No key: {host} wants one ({detail.status}: {words})", f"Give one with --key{hint}")
    shown = masked(provider.api_keys[0])
    if detail.status == 403 and not _NOT_ITS_KEY.search(detail.message):
        what = f"Not allowed: {host} refuses the key {shown} (403: {words})"
        return Cause("key", what, f"Check what the key may do, and where from{hint}")
    return Cause("key", f"Wrong key: {host} refuses {shown} ({detail.status}: {words})", f"Check the key{hint}")


def _no_such_model(detail: ErrorDetail, model: str, listed: Sequence[str]) -> bool:
    if detail.status not in {400, 403, 404, 422, 500, 503}:
        return False
    if _NO_TOOLS.search(detail.message):
        return False
    if _NO_SUCH_MODEL.search(detail.message) or detail.code in {"model_not_found", "invalid_model"}:
        return True
    if detail.status != 404:
        return False
    # The list was there, so the address is right.
    return bool(listed) and model not in listed


def _others(model: str, listed: Sequence[str]) -> str:
    if not listed:
        return "Name one that it has (`ccr provider models NAME` asks it)"
    near = get_close_matches(model, listed, n=1, cutoff=0.6)
    start = f'Did you mean "{near[0]}"? It' if near else "It"
    shown = ", ".join(listed[:SHOWN_MODELS])
    return f"{start} has {shown}{'' if len(listed) <= SHOWN_MODELS else f' and {len(listed) - SHOWN_MODELS} more'}"


def _right_url(provider: ProviderConfig) -> str:
    preset = preset_for(provider)
    if preset is not None and preset.base_url and preset.hosts:
        return f"The address of {preset.name} is {preset.base_url}"
    if preset is not None and preset.base_url:
        return f"The address of {preset.name} is mostly like {preset.base_url}"
    return "Check --url: most are https://host/v1, Gemini's end in /v1beta"


def _words(detail: ErrorDetail, provider: ProviderConfig) -> str:
    return _short(with_masked(detail.message, provider.api_keys))


def _short(text: str) -> str:
    said = "".join([letter if letter.isprintable() else " " for letter in text])
    said = " ".join(said.split()).rstrip(".")
    return said if len(said) <= LONGEST_WORDS else f"{said[:LONGEST_WORDS]}…"
