"""`GET /v1/models`: in Anthropic's shape for Claude Code's `/model` picker, in OpenAI's for its clients."""

from aiohttp import web

from ccrouter.config.types import GROUP, Config, Target
from ccrouter.errors import RequestError
from ccrouter.model.json import Json
from ccrouter.router import alias_id, display_name, model_id
from ccrouter.server.apis import asks_as_anthropic
from ccrouter.server.responses import json_response
from ccrouter.server.state import serving

# The API wants a date; the picker does not look at it. A fixed one keeps the client's cache file still.
CREATED_AT = "2026-01-01T00:00:00Z"
CREATED = 1767225600


async def models(request: web.Request) -> web.Response:
    """Every configured model, under an id that the picker keeps and that routes back to it."""
    if not asks_as_anthropic(request):
        listed = openai_entries(serving(request)[0].config)
        return json_response({"object": "list", "data": list[Json](listed)})
    entries = model_entries(serving(request)[0].config)
    limit = request.query.get("limit", "")
    shown = entries[: int(limit)] if limit.isdigit() and int(limit) > 0 else entries
    identities: list[Json] = [entry["id"] for entry in shown]
    return json_response(
        {
            "data": list[Json](shown),
            "has_more": len(shown) < len(entries),
            "first_id": identities[0] if identities else None,
            "last_id": identities[-1] if identities else None,
        }
    )


async def model(request: web.Request) -> web.Response:
    """One of them, by its id."""
    config = serving(request)[0].config
    wanted = request.match_info["model"]
    entries = model_entries(config) if asks_as_anthropic(request) else openai_entries(config)
    found = next((entry for entry in entries if entry["id"] == wanted), None)
    if found is None:
        raise RequestError(f"The model '{wanted}' is not configured; GET /v1/models lists those that are.", status=404)
    return json_response(dict[str, Json](found))


def openai_entries(config: Config) -> list[dict[str, Json]]:
    """The same in OpenAI's shape, under the names that users know: `provider,model`."""
    named = [*config.aliases.items(), *((str(target), target) for target in targets_of(config))]
    return [{"id": name, "object": "model", "created": CREATED, "owned_by": target.provider} for name, target in named]


def targets_of(config: Config) -> list[Target]:
    """Each group, then each model of each provider, in the config's order."""
    groups = [Target(GROUP, name) for name in config.groups]
    return groups + [Target(provider.name, model) for provider in config.providers for model in provider.models]


def model_entries(config: Config) -> list[dict[str, Json]]:
    """One entry for each alias, then for each target."""
    aliases: list[dict[str, Json]] = [
        {
            "type": "model",
            "id": alias_id(alias),
            "display_name": f"{alias} (alias)",
            "description": f"{target} through ccrouter",
            "created_at": CREATED_AT,
        }
        for alias, target in config.aliases.items()
    ]
    return aliases + [
        {
            "type": "model",
            "id": model_id(target),
            "display_name": display_name(target),
            "description": f"{target} through ccrouter",
            "created_at": CREATED_AT,
        }
        for target in targets_of(config)
    ]
