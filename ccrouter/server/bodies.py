"""A request's body, read with as few copies as can be: of a long conversation it is a megabyte."""

from typing import Final

from aiohttp import web

MAX_BODY_BYTES: Final = 128 * 1024 * 1024
"""Anthropic takes 32 MB; other upstreams more."""


async def body_of(request: web.Request) -> bytes:
    """The whole body. `web.Request.read` copies it twice, and reads on where all of it came with the headers.

    Raises:
        web.HTTPRequestEntityTooLarge: it is larger than MAX_BODY_BYTES.
    """
    content = request.content
    if content.is_eof():
        parts = [content.read_nowait()]
        size = len(parts[0])
    else:
        content.set_read_chunk_size(MAX_BODY_BYTES)  # as aiohttp's own does: a compressed body comes in larger pieces
        parts, size = list[bytes](), 0
        while size <= MAX_BODY_BYTES and (part := await content.readany()):
            parts.append(part)
            size += len(part)
    if size > MAX_BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES)
    return b"".join(parts)
