"""The demo provider: a small HTTP server on this machine that speaks OpenAI chat and Anthropic messages.

It is a real upstream in all but the model: it checks keys and requests, streams in pieces, counts usage and refuses
what the real ones refuse. Its answers follow from the request alone (`answers.py`).
"""

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

from ccrouter.demo import anthropic, openai_chat
from ccrouter.demo.answers import MODELS, Answer, answer
from ccrouter.demo.asked import Asked, BadRequestError
from ccrouter.frozen import frozen
from ccrouter.model.json import JsonObject, as_object

DEMO_KEY = "demo-key"
PIECE_SECONDS = 0.006
LARGEST_BODY = 64 * 2**20

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@frozen
class Wire:
    """One of the two protocols: its request reader and its writers."""

    read: Callable[[JsonObject], Asked]
    whole: Callable[[Asked, Answer, str], JsonObject]
    frames: Callable[[Asked, Answer, str], list[bytes]]
    error: Callable[[BadRequestError], JsonObject]


OPENAI_CHAT = Wire(openai_chat.read, openai_chat.whole, openai_chat.frames, openai_chat.error)
ANTHROPIC = Wire(anthropic.read, anthropic.whole, anthropic.frames, anthropic.error)


@frozen
class DemoProvider:
    """A running demo provider."""

    port: int
    runner: web.AppRunner

    @property
    def openai_chat_url(self) -> str:
        """The full URL of its OpenAI chat endpoint."""
        return f"http://127.0.0.1:{self.port}/v1/chat/completions"

    @property
    def anthropic_url(self) -> str:
        """The full URL of its Anthropic messages endpoint."""
        return f"http://127.0.0.1:{self.port}/v1/messages"

    async def stop(self) -> None:
        """Stop serving; open answers are cut."""
        await self.runner.cleanup()


async def start_provider(port: int = 0, *, piece_seconds: float = PIECE_SECONDS) -> DemoProvider:
    """Serve on 127.0.0.1, on a free port where `port` is 0. `piece_seconds` is the pause between two pieces."""
    runner = web.AppRunner(make_app(piece_seconds), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    return DemoProvider(int(runner.addresses[0][1]), runner)


def make_app(piece_seconds: float = PIECE_SECONDS) -> web.Application:
    """The provider's aiohttp app."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app.router.add_post("/v1/chat/completions", _endpoint(OPENAI_CHAT, piece_seconds))
    app.router.add_post("/v1/messages", _endpoint(ANTHROPIC, piece_seconds))
    app.router.add_post("/v1/messages/count_tokens", _count_tokens)
    app.router.add_get("/v1/models", _models)
    return app


def _endpoint(wire: Wire, piece_seconds: float) -> Handler:
    """A handler that answers in one of the two wire modules."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            _check_key(request)
            raw = await request.read()
            asked = wire.read(_object(raw))
        except BadRequestError as problem:
            return _json(wire.error(problem), status=problem.status)
        identity = hashlib.sha256(raw).hexdigest()[:24]
        said = answer(asked)
        if not asked.streamed:
            return _json(wire.whole(asked, said, identity))
        return await _stream(request, wire.frames(asked, said, identity), piece_seconds)

    return handle


async def _stream(request: web.Request, frames: list[bytes], piece_seconds: float) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
    with contextlib.suppress(ConnectionResetError):  # the client has gone: nobody is left to tell
        await response.prepare(request)
        for number, frame in enumerate(frames):
            if number > 2:  # the first say only that an answer begins, and are never sent alone
                await asyncio.sleep(piece_seconds)
            await response.write(frame)
        await response.write_eof()
    return response


async def _count_tokens(request: web.Request) -> web.StreamResponse:
    try:
        _check_key(request)
        return _json({"input_tokens": anthropic.count(_object(await request.read()))})
    except BadRequestError as problem:
        return _json(anthropic.error(problem), status=problem.status)


async def _models(request: web.Request) -> web.StreamResponse:
    try:
        _check_key(request)
    except BadRequestError as problem:
        return _json(openai_chat.error(problem), status=problem.status)
    return _json({"object": "list", "data": [{"id": name, "object": "model", "owned_by": "demo"} for name in MODELS]})


def _check_key(request: web.Request) -> None:
    """Raise BadRequestError (401) unless the key came as a bearer token or as `x-api-key`."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    given = request.headers.get("x-api-key") or bearer
    if not hmac.compare_digest(given.encode(), DEMO_KEY.encode()):
        raise BadRequestError("Incorrect API key provided.", status=401, code="invalid_api_key")


def _object(raw: bytes) -> JsonObject:
    try:
        body = as_object(orjson.loads(raw))
    except orjson.JSONDecodeError as error:
        raise BadRequestError(f"We could not parse the JSON body of your request: {error}") from None
    if body is None:
        raise BadRequestError("The JSON body of your request must be an object.")
    return body


def _json(value: JsonObject, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")
