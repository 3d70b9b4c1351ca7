"""The demo's configuration: two providers, which are one server in two protocols, and every route."""

from collections.abc import Mapping
from pathlib import Path

import orjson

from ccrouter.demo.provider import DEMO_KEY
from ccrouter.model.json import Json, JsonObject

ROUTES: Mapping[str, str] = {
    "default": "demo,demo-chat",
    "background": "demo,demo-mini",
    "think": "demo,demo-reasoner",
    "longContext": "demo,demo-long",
    "webSearch": "demo-claude,claude-demo",
    "image": "demo,demo-vision",
}
EXPLICIT = "demo-claude,claude-demo"
"""The model that the demo asks for by name."""


def demo_config(openai_chat_url: str, anthropic_url: str, port: int) -> JsonObject:
    """The document, as a user would write it into config.json. `port` is the daemon's."""
    routes: dict[str, Json] = dict(ROUTES)
    return {
        "PORT": port,
        "Providers": [
            {
                "name": "demo",
                "api_base_url": openai_chat_url,
                "api_key": DEMO_KEY,
                "models": ["demo-chat", "demo-mini", "demo-reasoner", "demo-long", "demo-vision"],
                "quirks": {"json_schema": True},
            },
            {
                "name": "demo-claude",
                "api_base_url": anthropic_url,
                "api_key": DEMO_KEY,
                "models": ["claude-demo"],
                "transformer": {"use": ["Anthropic"]},
            },
        ],
        "Router": routes,
    }


def write_config(folder: Path, document: JsonObject) -> Path:
    """Write the document as `config.json` into `folder`; its path. The daemon keeps its own files beside it."""
    path = folder / "config.json"
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    return path
