"""OpenAI's Responses API, and those who imitate it (Azure, xAI, OpenRouter, DeepSeek, LM Studio, Bedrock)."""

from collections.abc import Mapping
from typing import Final

from ccrouter.dialects.base import Decoder, Dialect, ReplyContext
from ccrouter.dialects.openai_chat.endpoint import headers_of
from ccrouter.dialects.openai_responses.endpoint import url_of
from ccrouter.dialects.openai_responses.errors import error_of
from ccrouter.dialects.openai_responses.events import ReplyDecoder
from ccrouter.dialects.openai_responses.request import encode_request
from ccrouter.dialects.quirks import Quirks
from ccrouter.errors import UpstreamError
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request


class OpenAIResponses:
    """The `openai_responses` dialect. Stateless."""

    name = "openai_responses"

    def encode(self, request: Request, *, model: str, origin: str, quirks: Quirks, notes: Notes) -> JsonObject:
        """The Responses body for `model`."""
        return encode_request(request, model=model, origin=origin, quirks=quirks, notes=notes)

    def decoder(self, context: ReplyContext) -> Decoder:
        """A fresh decoder for one reply (`events.ReplyDecoder`)."""
        return ReplyDecoder(context)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        """The error in a non-2xx answer. Its code is `errors.REASONING_REJECTED` where a retry without may help."""
        return error_of(status, headers, body)

    def url(self, base_url: str, *, model: str, stream: bool) -> str:
        """The Responses endpoint for `base_url`."""
        return url_of(base_url)

    def headers(self, api_key: str | None, *, url: str) -> dict[str, str]:
        """Content type, and authentication where there is a key."""
        return headers_of(api_key, url)


OPENAI_RESPONSES: Final[Dialect] = OpenAIResponses()
