"""`GET /v1/models`, in Anthropic's shape, for Claude Code's `/model` picker."""

from aiohttp import web

from ccrouter.config.types import GROUP, Config, Target
from ccrouter.model.json import Json
from ccrouter.router import display_name, model_id
from ccrouter.server.responses import json_response
from ccrouter.server.state import STATE

# The API wants a date; the picker does not look at it. A fixed one keeps the client's cache file still.
CREATED_AT = "2026-01-01T00:00:00Z"


async def models(request: web.Request) -> web.Response:
    """Every configured model, under an id that the picker keeps and that routes back to it."""
    entries = model_entries(request.app[STATE].service.config)
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


def model_entries(config: Config) -> list[dict[str, Json]]:
    """One entry for each group, then for each model of each provider, in the config's order."""
    groups = [Target(GROUP, name) for name in config.groups]
    targets = groups + [Target(provider.name, model) for provider in config.providers for model in provider.models]
    return [
        {
            "type": "model",
            "id": model_id(target),
            "display_name": display_name(target),
            "description": f"{target} through ccrouter",
            "created_at": CREATED_AT,
        }
        for target in targets
    ]
