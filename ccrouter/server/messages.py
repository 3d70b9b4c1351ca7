"""Requests to models: `POST /v1/messages` and its kin of other APIs, and `POST /v1/messages/count_tokens`."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from ccrouter.client_apis.base import ClientApi
from ccrouter.client_apis.openai_chat import CHAT_API
from ccrouter.gateway.types import Incoming, Write
from ccrouter.server.bodies import body_of
from ccrouter.server.crowd import MANY, crowd
from ccrouter.server.responses import id_header, json_response
from ccrouter.server.state import REQUEST_ID, State, served_by, serving


class ResponseStream:
    """The client's side of a streamed answer, on aiohttp."""

    def __init__(self, request: web.Request, own_headers: Mapping[str, str]) -> None:
        self._request = request
        self._own_headers = own_headers
        self.response: web.StreamResponse | None = None

    async def start(self, headers: Mapping[str, str]) -> Write:
        """Send the status line and headers."""
        self.response = web.StreamResponse(headers={**headers, **self._own_headers})
        await self.response.prepare(self._request)
        return self.response.write

    async def finish(self) -> None:
        """End the answer."""
        if self.response is not None:
            await self.response.write_eof()


def serve(state: State, api: ClientApi) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler for requests in `api`, streamed or whole."""

    async def handle(request: web.Request) -> web.StreamResponse:
        service, gateway = served_by(state, request.match_info.get("preset"))
        if crowd.lasts or gateway.open_requests >= MANY:
            crowd.see(gateway.open_requests)
        request_id = request[REQUEST_ID]
        own_headers = id_header(api, request_id)
        incoming = Incoming(await body_of(request), lower_case(request.headers), request_id, api)
        stream = ResponseStream(request, own_headers)
        answer = await gateway.messages(service, incoming, stream)
        if answer is None:
            assert stream.response is not None, "an answer that went out through the stream"
            return stream.response
        return web.Response(status=answer.status, body=answer.body, headers={**answer.headers, **own_headers})

    return handle


async def embeddings(request: web.Request) -> web.Response:
    """Pass a request for embeddings through to the provider that it names."""
    service, gateway = serving(request)
    request_id = request[REQUEST_ID]
    incoming = Incoming(await body_of(request), lower_case(request.headers), request_id, CHAT_API)
    answer = await gateway.embeddings(service, incoming)
    return web.Response(
        status=answer.status, body=answer.body, headers={**answer.headers, **id_header(CHAT_API, request_id)}
    )


async def count_tokens(request: web.Request) -> web.Response:
    """Count the tokens of a Messages request."""
    service, gateway = serving(request)
    tokens = await gateway.count_tokens(service, lower_case(request.headers), await body_of(request))
    return json_response({"input_tokens": tokens})


def lower_case(headers: Mapping[str, str]) -> dict[str, str]:
    """`headers` with their names in lower case."""
    return dict(zip(map(str.lower, headers.keys()), headers.values(), strict=True))
