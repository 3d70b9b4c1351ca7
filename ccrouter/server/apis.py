"""Which API a request speaks: by its path, and for the models, which both have, by who asks."""

from typing import Final

from aiohttp import web

from ccrouter.client_apis.anthropic import MESSAGES_API
from ccrouter.client_apis.base import ClientApi
from ccrouter.client_apis.openai_chat import CHAT_API

OPENAI_ENDINGS: Final = ("/chat/completions", "/responses", "/embeddings")


def api_of(request: web.Request) -> ClientApi:
    """The API whose clients send what this is; its errors have that API's shape."""
    if request.path.endswith(OPENAI_ENDINGS) or ("/models" in request.path and not asks_as_anthropic(request)):
        return CHAT_API
    return MESSAGES_API


def asks_as_anthropic(request: web.Request) -> bool:
    """True for a list of models in Anthropic's shape: its SDKs send a version, Claude Code's picker a limit."""
    headers = request.headers
    claude = headers.get("user-agent", "").lower().startswith("claude")
    return "anthropic-version" in headers or "limit" in request.query or claude
