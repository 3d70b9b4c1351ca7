"""OpenAI's Chat Completions API, for clients."""

from ccrouter.client_apis.base import ClientApi, ClientRequest, ReplyCollector, ReplyEncoder
from ccrouter.client_apis.openai_chat.completion import ChatCompletion
from ccrouter.client_apis.openai_chat.request import decode_request
from ccrouter.client_apis.openai_chat.stream import PING, ChatStream, error_frame
from ccrouter.client_apis.openai_chat.tools import custom_names
from ccrouter.client_apis.openai_errors import error_object, status_of
from ccrouter.dialects.anthropic.request import NOTHING_KNOWN, Known
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.errors import ErrorDetail, UpstreamError
from ccrouter.model.json import JsonObject, as_object


class ChatReplies:
    """How one chat client wants its answer."""

    relays = False
    ping = PING

    def __init__(self, *, include_usage: bool, custom: frozenset[str]) -> None:
        """`include_usage`: a last chunk of a stream tells the tokens. `custom`: tools whose input is any text."""
        self._include_usage = include_usage
        self._custom = custom

    def encoder(self, defaults: ReplyDefaults) -> ReplyEncoder:
        """See `ReplyFormat`."""
        return ChatStream(defaults, include_usage=self._include_usage, custom=self._custom)

    def collector(self, defaults: ReplyDefaults) -> ReplyCollector:
        """See `ReplyFormat`."""
        return ChatCompletion(defaults, custom=self._custom)

    def error_frame(self, error: UpstreamError) -> bytes:
        """See `ReplyFormat`."""
        return error_frame(error)


class _ChatApi:
    name = "chat"
    speaks_anthropic = False
    id_headers = ("request-id", "x-request-id")

    def decode(self, body: JsonObject, known: Known = NOTHING_KNOWN) -> ClientRequest:
        del known  # Claude Code's conversations are what grows
        request, notes = decode_request(body)
        options = as_object(body.get("stream_options")) or {}
        replies = ChatReplies(include_usage=options.get("include_usage") is True, custom=custom_names(body))
        return ClientRequest(request, replies, tuple(notes))

    def error(self, detail: ErrorDetail, request_id: str) -> tuple[int, JsonObject]:
        return status_of(detail), {"error": error_object(detail)}


CHAT_API: ClientApi = _ChatApi()
