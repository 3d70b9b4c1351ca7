"""`GET /health` and `GET /test-connection`: is the router alive, are its providers there, do they answer.

Both carry the fields that the proxies answered with which people come from (kele527/claude-gemini-bridge,
fuergaosi233/claude-code-proxy), beside our own.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from ccrouter import __version__
from ccrouter.config.types import Config, ProviderConfig, Target
from ccrouter.errors import RequestError
from ccrouter.model.json import Json, JsonObject
from ccrouter.probing.causes import cause_of
from ccrouter.probing.choice import default_providers, target_to_try
from ccrouter.probing.reach import Reach
from ccrouter.probing.trial import Trial
from ccrouter.providers.resolve import protocol_for
from ccrouter.server.access import check_key
from ccrouter.server.checks import CHECKS, Found
from ccrouter.server.responses import json_response
from ccrouter.server.state import STATE, State
from ccrouter.upstream.cooldown import AUTHENTICATION, fingerprint

OWN_PAGES: Final = frozenset({"none", "same-origin"})
"""Values of Sec-Fetch-Site that no other site's page can bring about."""


async def health(request: web.Request) -> web.Response:
    """Alive, and who this is: public, and tells no name, address or key. With `?deep` each provider is asked."""
    state = request.app[STATE]
    body = health_fields(state)
    if not _is_on(request.query.get("deep")):
        return json_response(body)
    check_spending(request)
    service = state.service
    checks = request.app[CHECKS]
    found = await asyncio.gather(*[checks.reach(service, provider) for provider in service.config.providers])
    providers = [reach_fields(entry) for entry in found]
    failing = {entry.result.provider for entry in found if not is_well(entry.result)}
    needed = default_providers(service.config)
    well = not needed or any(name not in failing for name in needed)
    body |= {"status": "healthy" if well else "unhealthy", "providers": list[Json](providers)}
    if not well:
        words = next(entry.result for entry in found if entry.result.provider in needed)
        body["error"] = f"{words.provider}: {reach_words(words)}"
    return json_response(body, 200 if well else 503)


async def test_connection(request: web.Request) -> web.Response:
    """One real tiny request to each provider, or to `?provider=` alone."""
    check_spending(request)
    state = request.app[STATE]
    service, checks = state.service, request.app[CHECKS]
    targets = [target_of(state, provider) for provider in asked_providers(state, request.query.get("provider"))]
    found = await asyncio.gather(*[checks.trial(service, target) for target in targets])
    return json_response(*connection_answer(found, service.config))


def check_spending(request: web.Request) -> None:
    """Who may have requests sent that cost money: whoever has the APIKEY, where one is set, and no web page.

    Other sites' pages reach a loopback port with a plain link or an image, without an Origin; what browsers then say is
    Sec-Fetch-Site (https://www.w3.org/TR/fetch-metadata/).

    Raises:
        RequestError: 401, 403.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")
    if foreign or (site is not None and site.lower() not in OWN_PAGES):
        raise RequestError("Other web pages may not have requests sent to providers: they cost money.", status=403)
    check_key(request.headers, request.app[STATE].service.config.api_key)


def health_fields(state: State) -> dict[str, Json]:
    """The fields of `/health`: ours, and those of the proxies that had one."""
    config = state.service.config
    protocols = {
        protocol_for(provider) for provider in config.providers if provider.api_keys or has_tokens(state, provider)
    }
    return {
        "status": "healthy",
        "service": "ccrouter",
        "version": __version__,
        "instance": state.instance,
        "timestamp": timestamp(),
        "openai_api_configured": any(protocol.startswith("openai") for protocol in protocols),
        "gemini_api_configured": any("gemini" in protocol for protocol in protocols),
        "api_key_valid": any(key_usable(state, name) for name in default_providers(config)),
        "client_api_key_validation": bool(config.api_key),
        "streaming_config": {
            "force_disabled": False,
            "emergency_disabled": False,
            "max_retries": config.retries.max_attempts,
        },
    }


def has_tokens(state: State, provider: ProviderConfig) -> bool:
    """Whether its credentials come from elsewhere than the config."""
    return provider.name in state.service.tokens


def key_usable(state: State, name: str) -> bool:
    """Whether the provider has a key that was not refused when last used, or needs none."""
    provider = state.service.config.provider(name)
    if provider is None:
        return False
    if not provider.api_keys:
        return True
    rests = state.gateway.health.states().rests
    refused = {place.key for place, rest in rests.items() if place.provider == name and rest.status in AUTHENTICATION}
    return any(fingerprint(key) not in refused for key in provider.api_keys)


def asked_providers(state: State, name: str | None) -> tuple[ProviderConfig, ...]:
    """The one called `name`, else all. Raises RequestError (404)."""
    config = state.service.config
    if name is None:
        return config.providers
    provider = config.provider(name.strip())
    if provider is None:
        names = ", ".join(known.name for known in config.providers) or "none"
        raise RequestError(f"There is no provider called '{name}' in the config. There are: {names}.", status=404)
    return (provider,)


def target_of(state: State, provider: ProviderConfig) -> Target:
    """The model to ask of it; without any, the trial says so."""
    return target_to_try(state.service.config, provider) or Target(provider.name, "")


def connection_answer(found: "list[Found[Trial]]", config: Config) -> tuple[JsonObject, int]:
    """Body and status of `/test-connection`: 200 when every one answered, else 503, and what is said of the first."""
    trials = [entry.result for entry in found]
    told: JsonObject = {"timestamp": timestamp(), "providers": [trial_fields(entry, config) for entry in found]}
    if not trials:
        return {
            "status": "failed",
            "error_type": "Configuration Error",
            "message": "No provider is configured",
        } | told, 503
    failed = next((trial for trial in trials if trial.failure is not None), None)
    if failed is None:
        first = trials[0]
        names = ", ".join(trial.target.provider for trial in trials)
        success: JsonObject = {
            "status": "success",
            "message": f"Successfully connected to {names}",
            "model_used": first.target.model,
            "response_id": first.response_id,
        }
        return success | told, 200
    failure: JsonObject = {
        "status": "failed",
        "error_type": error_type(failed),
        "message": named_failure(failed),
        "model_used": failed.target.model,
        "suggestions": list[Json](suggestions_for(failed, config)),
    }
    return failure | told, 503


def trial_fields(found: "Found[Trial]", config: Config) -> JsonObject:
    """One provider's entry in `/test-connection`."""
    trial = found.result
    fields: JsonObject = {
        "provider": trial.target.provider,
        "model": trial.target.model,
        "status": "success" if trial.failure is None else "failed",
        "seconds": round(trial.seconds, 3),
        "tested_seconds_ago": round(max(0.0, found.age), 1),
    }
    if trial.failure is None:
        fields |= {"answer": trial.answer, "response_id": trial.response_id}
    else:
        suggestions = list[Json](suggestions_for(trial, config))
        fields |= {"error_type": error_type(trial), "message": trial.failure, "suggestions": suggestions}
    return fields


def suggestions_for(trial: Trial, config: Config) -> list[str]:
    """What to do, the likeliest first; none for a trial that succeeded."""
    provider = config.provider(trial.target.provider)
    if trial.failure is None or provider is None:
        return []
    likely = [f"{cause_of(trial.detail, provider, trial.target.model).advice}."] if trial.detail is not None else []
    return [*likely, f"See which models it has: ccr provider models {provider.name}", "Look at everything: ccr doctor"]


def named_failure(trial: Trial) -> str:
    """The failure with whose it is, once: some of the gateway's words begin with it."""
    words = trial.failure or ""
    return words if str(trial.target) in words else f"{trial.target}: {words}"


def error_type(trial: Trial) -> str:
    """In the words of the proxies: did the provider refuse, or did nobody answer?"""
    return "API Error" if trial.reached else "Connection Error"


def is_well(found: Reach) -> bool:
    """Whether it is there and takes at least one key, as far as can be told without spending."""
    refused = bool(found.keys) and all(key.state == "refused" for key in found.keys)
    return found.failure is None and not refused and (found.status or 0) < 500


def reach_words(found: Reach) -> str:
    """What there is to say of it, in words."""
    if found.failure is not None:
        return found.failure
    refused = next((key for key in found.keys if key.state == "refused"), None)
    if refused is not None:
        return f"it refused the key {refused.key}: {refused.words}"
    return found.words or "it answers"


def reach_fields(found: "Found[Reach]") -> JsonObject:
    """One provider's entry in `/health?deep`."""
    result = found.result
    keys: list[Json] = [{"key": key.key, "state": key.state, **_words(key.words)} for key in result.keys]
    return {
        "name": result.provider,
        "status": "healthy" if is_well(result) else "unhealthy",
        "message": reach_words(result),
        "seconds": round(result.seconds, 3),
        "checked_seconds_ago": round(max(0.0, found.age), 1),
        "http_status": result.status,
        "keys": keys,
        "models": None if result.models is None else len(result.models),
    }


def _words(words: str) -> Mapping[str, Json]:
    return {"message": words} if words else {}


def timestamp() -> str:
    """Now, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_on(value: str | None) -> bool:
    return value is not None and value.lower() not in {"0", "false", "no"}
