"""OpenAI's Responses API, for clients. Nothing is stored: every request holds its whole conversation."""

from ccrouter.client_apis.base import ClientApi, ClientRequest, ReplyCollector, ReplyEncoder
from ccrouter.client_apis.openai_errors import error_object, status_of
from ccrouter.client_apis.openai_responses.request import Asked, decode_request
from ccrouter.client_apis.openai_responses.stream import PING, ResponseCollector, ResponsesStream
from ccrouter.dialects.anthropic.request import NOTHING_KNOWN, Known
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.errors import ErrorDetail, UpstreamError
from ccrouter.model.events import Failed
from ccrouter.model.json import JsonObject


class ResponsesReplies:
    """How one client of the Responses API wants its answer."""

    relays = False
    ping = PING

    def __init__(self, asked: Asked) -> None:
        self._echo = asked.echo
        self._named = asked.offer.named

    def encoder(self, defaults: ReplyDefaults) -> ReplyEncoder:
        """See `ReplyFormat`."""
        return ResponsesStream(defaults, self._echo, self._named)

    def collector(self, defaults: ReplyDefaults) -> ReplyCollector:
        """See `ReplyFormat`."""
        return ResponseCollector(ResponsesStream(defaults, self._echo, self._named))

    def error_frame(self, error: UpstreamError) -> bytes:
        """See `ReplyFormat`."""
        return ResponsesStream(ReplyDefaults("msg_none", ""), self._echo, self._named).encode([Failed(error)])


class _ResponsesApi:
    name = "responses"
    speaks_anthropic = False
    id_headers = ("request-id", "x-request-id")

    def decode(self, body: JsonObject, known: Known = NOTHING_KNOWN) -> ClientRequest:
        del known  # Claude Code's conversations are what grows
        asked = decode_request(body)
        return ClientRequest(asked.request, ResponsesReplies(asked), asked.notes)

    def error(self, detail: ErrorDetail, request_id: str) -> tuple[int, JsonObject]:
        return status_of(detail), {"error": error_object(detail)}


RESPONSES_API: ClientApi = _ResponsesApi()
