"""The floor: a bare aiohttp server that reads the body, forwards it, and copies the answer byte for byte.

Nothing that routes can cost less with aiohttp, so every figure is also given as a multiple of this one's. Run as
`python bench/peers/pass_through.py PORT UPSTREAM_PORT`.
"""

import asyncio
import sys

from aiohttp import ClientSession, TCPConnector, web


def make_app(upstream: str) -> web.Application:
    """An app that answers every POST with what `upstream` answers to the same body."""
    app = web.Application(client_max_size=64 * 2**20)
    session_key = web.AppKey("session", ClientSession)

    async def open_session(app: web.Application) -> None:
        app[session_key] = ClientSession(connector=TCPConnector(limit=0), auto_decompress=False)

    async def close_session(app: web.Application) -> None:
        await app[session_key].close()

    async def forward(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {"content-type": "application/json", "authorization": "Bearer bench"}
        async with request.app[session_key].post(upstream, data=body, headers=headers) as answer:
            response = web.StreamResponse(status=answer.status)
            response.content_type = answer.content_type
            response.content_length = answer.content_length
            await response.prepare(request)
            async for data in answer.content.iter_any():
                await response.write(data)
            await response.write_eof()
        return response

    async def alive(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app.on_startup.append(open_session)
    app.on_cleanup.append(close_session)
    app.router.add_get("/", alive)
    app.router.add_post("/{path:.*}", forward)
    return app


def main() -> None:
    port, upstream_port = int(sys.argv[1]), int(sys.argv[2])
    if sys.platform != "win32":
        import uvloop

        loop = uvloop.new_event_loop()
    else:
        loop = asyncio.new_event_loop()
    app = make_app(f"http://127.0.0.1:{upstream_port}/v1/chat/completions")
    web.run_app(app, host="127.0.0.1", port=port, loop=loop, access_log=None, print=None)


if __name__ == "__main__":
    main()
