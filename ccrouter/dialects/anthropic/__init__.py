"""The Anthropic dialect: Claude Code's own, and that of Anthropic and the many upstreams that speak like it."""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from ccrouter.dialects.anthropic import upstream
from ccrouter.dialects.anthropic.errors import decode_error
from ccrouter.dialects.anthropic.events import AnthropicDecoder
from ccrouter.dialects.base import Decoder, Dialect, ReplyContext
from ccrouter.dialects.quirks import Quirks
from ccrouter.errors import UpstreamError
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

OFFICIAL_HOST = "api.anthropic.com"

ANTHROPIC_REPLIES = frozenset({"anthropic", "vertex_claude"})
"""Names of the dialects whose replies are Anthropic's own, made by Claude: they need no conversion, and keep every rule
that Claude Code relies on."""


@lru_cache(512)
def _url_of(base_url: str) -> str:
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/")
    if not path.endswith("/messages"):
        path = f"{path}/messages" if path.endswith("/v1") else f"{path}/v1/messages"
    return urlunsplit(parts._replace(path=path, fragment=""))


@lru_cache(512)
def _is_official(url: str) -> bool:
    return urlsplit(url).hostname == OFFICIAL_HOST


class _Anthropic:
    name = "anthropic"

    def encode(self, request: Request, *, model: str, origin: str, quirks: Quirks, notes: Notes) -> JsonObject:
        del origin
        return upstream.encode(request, model=model, quirks=quirks, notes=notes)

    def decoder(self, context: ReplyContext) -> Decoder:
        return AnthropicDecoder(context)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        return decode_error(status, headers, body)

    def url(self, base_url: str, *, model: str, stream: bool) -> str:
        return _url_of(base_url)

    def headers(self, api_key: str | None, *, url: str) -> dict[str, str]:
        headers = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
        if not api_key:
            return headers
        # Anthropic takes OAuth tokens as bearer and keys as x-api-key, one of them. The others that speak its language
        # want one or the other and ignore the second; CCR sends both, and configs made for it rely on that.
        official = _is_official(url)
        oauth = api_key.startswith("sk-ant-oat")
        if not (official and oauth):
            headers["x-api-key"] = api_key
        if not official or oauth:
            headers["authorization"] = f"Bearer {api_key}"
        return headers


ANTHROPIC: Dialect = _Anthropic()
