"""No unbounded buffer: a client that does not read slows its upstream down."""

import asyncio

import orjson

from tests.server.conftest import Router

CHUNK = b"data: %b\n\n" % orjson.dumps(
    {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": "x" * 2000}, "finish_reason": None}]}
)
BODY = {"model": "x", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "hi"}]}


async def test_a_slow_client_slows_its_upstream(router: Router) -> None:
    sent = 0
    over = asyncio.Event()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"}]}")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        try:
            while not over.is_set():
                writer.write(CHUNK * 50)
                await writer.drain()
                sent += len(CHUNK) * 50
        except ConnectionError:
            pass  # the router hung up, as it should when its client does
        finally:
            writer.close()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with router(f"http://127.0.0.1:{port}/v1") as client:
        reply = await client.post("/v1/messages", json=BODY)
        await asyncio.sleep(0.7)
        first = sent
        await asyncio.sleep(0.7)
        # Socket buffers hold some megabytes; what matters is that nothing goes on flowing into memory.
        assert sent == first
        assert sent < 30_000_000
        reply.close()
        over.set()
        await asyncio.sleep(0.1)
    server.close()
