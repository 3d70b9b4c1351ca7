"""Google's Gemini protocol: `generateContent`, `streamGenerateContent`."""

from collections.abc import Mapping
from typing import Final

from ccrouter.dialects.base import Decoder, Dialect, ReplyContext
from ccrouter.dialects.gemini.endpoint import headers_of, url_of
from ccrouter.dialects.gemini.errors import error_of_google
from ccrouter.dialects.gemini.events import ReplyDecoder
from ccrouter.dialects.gemini.request import encode_request
from ccrouter.dialects.quirks import Quirks
from ccrouter.errors import UpstreamError
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request


class Gemini:
    """The `gemini` dialect. Stateless."""

    name = "gemini"

    def encode(self, request: Request, *, model: str, origin: str, quirks: Quirks, notes: Notes) -> JsonObject:
        """The `generateContent` body for `model`."""
        return encode_request(request, model=model, origin=origin, quirks=quirks, notes=notes)

    def decoder(self, context: ReplyContext) -> Decoder:
        """A fresh decoder for one reply (`events.ReplyDecoder`)."""
        return ReplyDecoder(context)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        """The error in a non-2xx answer."""
        return error_of_google(status, headers, body)

    def url(self, base_url: str, *, model: str, stream: bool) -> str:
        """The endpoint of `model`."""
        return url_of(base_url, model, stream=stream)

    def headers(self, api_key: str | None, *, url: str) -> dict[str, str]:
        """Content type, and the key where there is one, never in the URL."""
        return headers_of(api_key)


GEMINI: Final[Dialect] = Gemini()
