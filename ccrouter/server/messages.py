"""`POST /v1/messages` and `POST /v1/messages/count_tokens`."""

from collections.abc import Mapping

from aiohttp import web

from ccrouter.gateway.types import Incoming
from ccrouter.server.responses import json_response
from ccrouter.server.state import REQUEST_ID, STATE


class ResponseStream:
    """The client's side of a streamed answer, on aiohttp."""

    def __init__(self, request: web.Request, request_id: str) -> None:
        self._request = request
        self._request_id = request_id
        self.response: web.StreamResponse | None = None

    async def start(self, headers: Mapping[str, str]) -> None:
        """Send the status line and headers."""
        self.response = web.StreamResponse(headers={**headers, "request-id": self._request_id})
        await self.response.prepare(self._request)

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        assert self.response is not None, "started before the first write"
        await self.response.write(data)

    async def finish(self) -> None:
        """End the answer."""
        if self.response is not None:
            await self.response.write_eof()


async def messages(request: web.Request) -> web.StreamResponse:
    """Serve a Messages request, streamed or whole."""
    state = request.app[STATE]
    request_id = request[REQUEST_ID]
    headers = {name.lower(): value for name, value in request.headers.items()}
    incoming = Incoming(await request.read(), headers, request_id)
    stream = ResponseStream(request, request_id)
    answer = await state.gateway.messages(state.service, incoming, stream)
    if answer is None:
        assert stream.response is not None, "an answer that went out through the stream"
        return stream.response
    return web.Response(status=answer.status, body=answer.body, headers={**answer.headers, "request-id": request_id})


async def count_tokens(request: web.Request) -> web.Response:
    """Count the tokens of a Messages request."""
    return json_response({"input_tokens": request.app[STATE].gateway.count_tokens(await request.read())})
