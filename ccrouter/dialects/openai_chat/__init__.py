"""OpenAI's chat completions, and what its many imitators make of them."""

from collections.abc import Mapping
from typing import Final

from ccrouter.dialects.base import Decoder, Dialect, ReplyContext
from ccrouter.dialects.failures import error_of_response
from ccrouter.dialects.openai_chat.endpoint import headers_of, url_of
from ccrouter.dialects.openai_chat.events import ReplyDecoder
from ccrouter.dialects.openai_chat.request import encode_request
from ccrouter.dialects.quirks import Quirks
from ccrouter.errors import UpstreamError
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request


class OpenAIChat:
    """The `openai_chat` dialect. Stateless."""

    name = "openai_chat"

    def encode(self, request: Request, *, model: str, origin: str, quirks: Quirks, notes: Notes) -> JsonObject:
        """The chat completion body for `model`."""
        return encode_request(request, model=model, origin=origin, quirks=quirks, notes=notes)

    def decoder(self, context: ReplyContext) -> Decoder:
        """A fresh decoder for one reply (`events.ReplyDecoder`)."""
        return ReplyDecoder(context)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        """The error in a non-2xx answer."""
        return error_of_response(status, headers, body)

    def url(self, base_url: str, *, model: str, stream: bool) -> str:
        """The chat endpoint for `base_url`."""
        return url_of(base_url, model)

    def headers(self, api_key: str | None, *, url: str) -> dict[str, str]:
        """Content type, and authentication where there is a key."""
        return headers_of(api_key, url)


OPENAI_CHAT: Final[Dialect] = OpenAIChat()
