"""Anthropic's Messages API: Claude Code's own language, and the router's."""

from ccrouter.client_apis.base import ClientApi, ClientRequest, ReplyCollector, ReplyEncoder, ReplyFormat
from ccrouter.dialects.anthropic.errors import encode_error
from ccrouter.dialects.anthropic.message import MessageCollector
from ccrouter.dialects.anthropic.request import NOTHING_KNOWN, Known, decode_request
from ccrouter.dialects.anthropic.stream import PING, ReplyDefaults, StreamEncoder, error_frame
from ccrouter.errors import ErrorDetail, UpstreamError
from ccrouter.model.json import JsonObject


class _Messages:
    relays = True
    ping = PING

    def encoder(self, defaults: ReplyDefaults) -> ReplyEncoder:
        return StreamEncoder(defaults)

    def collector(self, defaults: ReplyDefaults) -> ReplyCollector:
        return MessageCollector(defaults)

    def error_frame(self, error: UpstreamError) -> bytes:
        return error_frame(error)


MESSAGES: ReplyFormat = _Messages()
"""Nothing of a request decides about the form of its answer."""


class _MessagesApi:
    name = "messages"
    speaks_anthropic = True
    id_headers = ("request-id",)

    def decode(self, body: JsonObject, known: Known = NOTHING_KNOWN) -> ClientRequest:
        return ClientRequest(decode_request(body, known), MESSAGES)

    def error(self, detail: ErrorDetail, request_id: str) -> tuple[int, JsonObject]:
        return detail.status, encode_error(detail.type, detail.message, request_id)


MESSAGES_API: ClientApi = _MessagesApi()
