"""Proxies, certificates, providers and the clock judged. Pure."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from ccrouter.commands.doctor.facts import NetworkFacts, ProviderFacts
from ccrouter.commands.doctor.findings import Finding, Level
from ccrouter.config.urls import place_of
from ccrouter.errors import ErrorDetail
from ccrouter.probing.causes import cause_of
from ccrouter.probing.reach import Reach
from ccrouter.upstream.proxies import is_exempt

NETWORK, PROVIDERS, CLOCK = "network", "providers", "clock"

SKEW_SECONDS: Final = 60.0
"""The Date header has whole seconds, and an answer may take some."""
BAD_SKEW_SECONDS: Final = 300.0
"""What signed requests and tokens of Google's and Azure's bear at most."""
SHOWN: Final = 3


def judge_network(network: NetworkFacts) -> Iterator[Finding]:
    """Proxies and certificates that the environment and the config name."""
    for name, url in network.proxies.items():
        scheme = _scheme(url)
        if scheme not in {"http", "https"}:
            kind = f"a {scheme} proxy" if scheme else "no URL"
            advice = f"Give an HTTP proxy: {name}=http://host:port"
            yield Finding(NETWORK, "error", f"{name} is {kind}, which ccrouter cannot use", advice)
        else:
            yield Finding(NETWORK, "note", f"{name}: providers are asked through {place_of(url)}")
    if network.proxies and not is_exempt("127.0.0.1", network.no_proxy):
        text = "NO_PROXY has no 127.0.0.1: a plain `claude` asks the router through the proxy (`ccr code` does not)"
        yield Finding(NETWORK, "warning", text, "Export NO_PROXY=127.0.0.1,localhost (added to what it has)")
    for file in network.tls_files:
        if file.problem is None:
            yield Finding(NETWORK, "note", f"{file.source}: certificates of {file.path} are trusted")
        else:
            text = f"{file.source} names {file.path}, which cannot be used: {file.problem}"
            yield Finding(NETWORK, "error", text, f"Correct {file.source}, or remove it")
    if network.tls_unchecked:
        text = "NODE_TLS_REJECT_UNAUTHORIZED=0: Claude Code checks no certificates"
        yield Finding(NETWORK, "warning", text, "Unset it; name your authority in NODE_EXTRA_CA_CERTS instead")
    if not network.proxies and not network.tls_files and not network.tls_unchecked:
        yield Finding(NETWORK, "ok", "no proxy, the system's certificates")


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme.lower()
    except ValueError:
        return ""


def judge_providers(providers: Sequence[ProviderFacts], network: NetworkFacts) -> Iterator[Finding]:
    """Each provider in a line or two."""
    for facts in providers:
        yield from _provider(facts, network)


def _provider(facts: ProviderFacts, network: NetworkFacts) -> Iterator[Finding]:
    name = facts.provider.name
    bad: Level = "error" if facts.needed else "warning"
    if facts.unusable is not None:
        yield Finding(PROVIDERS, bad, f"{name} cannot be used: {facts.unusable}", f"Change the entry of {name}")
        return
    if facts.unset_keys:
        names = ", ".join(facts.unset_keys)
        advice = f"Export {names}, or put it into the .env beside the config; then: ccr restart"
        yield Finding(PROVIDERS, bad, f"{name} has no key: the variable {names} is not set", advice)
    reach = facts.reach
    if reach is not None and reach.failure is not None and reach.detail is not None:
        yield _failed(facts, reach.detail, bad, network)
        return
    if reach is not None and not facts.unset_keys:
        yield from _reached(facts, reach, bad, network)
    if facts.trial is None:
        return
    if facts.trial.failure is None:
        yield Finding(PROVIDERS, "ok", f"{name}: {facts.trial.words}")
    elif facts.trial.detail is not None:
        yield _failed(facts, facts.trial.detail, bad, network, model=facts.trial.target.model)
    else:
        yield Finding(PROVIDERS, bad, f"{name}: {facts.trial.failure}", f"Change the entry of {name} in the config")


def _failed(facts: ProviderFacts, detail: ErrorDetail, level: Level, network: NetworkFacts, model: str = "") -> Finding:
    listed = facts.reach.models if facts.reach is not None and facts.reach.models else ()
    cause = cause_of(detail, facts.provider, model, listed)
    advice = cause.advice
    if cause.fault == "tls" and facts.provider.ca_bundle is None:
        known = [file.path for file in network.tls_files if file.source == "NODE_EXTRA_CA_CERTS" and not file.problem]
        if known:
            advice = f'Give it the authority that Claude Code trusts: "ca_bundle": "{known[0]}"'
    return Finding(PROVIDERS, level, f"{facts.provider.name}: {cause.what}", f"{facts.provider.name}: {advice}")


def _reached(facts: ProviderFacts, reach: Reach, bad: Level, network: NetworkFacts) -> Iterator[Finding]:
    name = facts.provider.name
    refused = [key for key in reach.keys if key.state == "refused"]
    took = f"{name} answers in {reach.seconds:.1f} s"
    if refused and len(reach.keys) == 1 and reach.detail is not None:
        yield _failed(facts, reach.detail, bad, network)
    elif refused:
        shown = ", ".join(key.key for key in refused[:SHOWN]) + ("" if len(refused) <= SHOWN else ", …")
        level = bad if len(refused) == len(reach.keys) else "warning"
        text = f"{name} refuses {len(refused)} of {len(reach.keys)} keys: {shown} ({refused[0].words})"
        yield Finding(PROVIDERS, level, text, f"Replace or remove the refused keys of {name}")
    elif reach.detail is not None and reach.status is not None and (reach.status >= 500 or reach.status in {401, 403}):
        yield _failed(facts, reach.detail, bad, network)
    elif reach.status == 429:
        yield Finding(PROVIDERS, "note", f"{took}, but is limited now: {reach.words}")
    elif any(key.state == "accepted" for key in reach.keys):
        yield Finding(PROVIDERS, "ok", f"{took} and takes {_keys(len(reach.keys))}")
    elif reach.keys:
        # With --deep the request that follows is the proof.
        how = "" if facts.trial is not None else "; whether it takes the key shows: ccr doctor --deep"
        yield Finding(PROVIDERS, "ok" if facts.trial is not None else "note", f"{took}{how}")
    else:
        yield Finding(PROVIDERS, "ok", f"{took} and wants no key" if reach.status == 200 else took)
    yield from _unlisted(facts, reach)


def _keys(number: int) -> str:
    return "its key" if number == 1 else f"its {number} keys"


def _unlisted(facts: ProviderFacts, reach: Reach) -> Iterator[Finding]:
    """Models that its list lacks; they may work all the same (aliases, deployments), hence no warning."""
    if not reach.models:
        return
    tagged = {model.removesuffix(":latest") for model in reach.models}
    missing = [model for model in facts.provider.models if model not in reach.models and model not in tagged]
    for model in missing[:SHOWN]:
        near = get_close_matches(model, reach.models, n=1, cutoff=0.6)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        yield Finding(PROVIDERS, "note", f'{facts.provider.name} does not list "{model}"{hint}')


def judge_clock(providers: Sequence[ProviderFacts]) -> Iterator[Finding]:
    """Our clock beside those of the providers: the middle one counts, a single wrong clock of theirs does not."""
    told = [facts.reach.ahead for facts in providers if facts.reach is not None and facts.reach.ahead is not None]
    if not told:
        yield Finding(CLOCK, "note", "no provider told the time, so the clock could not be compared")
        return
    ahead = median(told)
    if abs(ahead) < SKEW_SECONDS:
        yield Finding(CLOCK, "ok", "the clock agrees with the providers'")
        return
    side = "ahead of" if ahead > 0 else "behind"
    level: Level = "error" if abs(ahead) >= BAD_SKEW_SECONDS else "warning"
    text = f"this machine's clock is {abs(ahead):.0f} s {side} the providers'"
    yield Finding(CLOCK, level, text, "Set the clock (sudo timedatectl set-ntp true; in WSL: wsl --shutdown)")
