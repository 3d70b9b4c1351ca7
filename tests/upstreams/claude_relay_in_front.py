"""A Claude Relay Service whose only account is of the type `ccr`: it asks us for what its clients ask it for.

Faithful to https://github.com/Wei-Shaw/claude-relay-service, src/services/ccrRelayService.js, where we can tell: the
address that it makes of an account's, the header that its key stands in, the client's headers that it leaves out, the
vendor that it cuts from the model, and that it hands a stream on line by line with headers of its own.
"""

from dataclasses import dataclass, field

import aiohttp
import orjson
from aiohttp import web

from ccrouter.model.json import as_object
from tests.upstreams.server import LoopbackServer

LEFT_OUT = frozenset({"host", "x-api-key", "authorization", "connection", "content-length", "content-encoding",
                      "transfer-encoding", "user-agent", "content-type", "accept-encoding"})  # fmt: skip
PREFIXES = ("/api", "/claude")


@dataclass
class ClaudeRelayInFront(LoopbackServer):
    """`api_url` and `api_key` are the account's; `client_key` is the one that its clients have."""

    api_url: str
    api_key: str
    client_key: str = "cr_0123456789abcdef0123456789abcdef"
    asked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """Each request's path, and the status that came back from us."""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        offered = {request.headers.get("x-api-key"), request.headers.get("authorization", "").removeprefix("Bearer ")}
        if self.client_key not in offered:
            return web.json_response({"error": "Invalid API key", "message": "API key not found"}, status=401)
        path = next((request.path.removeprefix(start) for start in PREFIXES if request.path.startswith(start)), None)
        if path not in ("/v1/messages", "/v1/messages/count_tokens"):
            message = f"Route {request.path} not found"
            return web.json_response({"error": "Not Found", "message": message}, status=404)
        body = as_object(orjson.loads(await request.read())) or {}
        body["model"] = str(body.get("model")).removeprefix("ccr,")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in LEFT_OUT}
        headers |= {"Content-Type": "application/json", "User-Agent": request.headers.get("user-agent", "")}
        if self.api_key.startswith("sk-ant-"):
            headers["x-api-key"] = self.api_key
        else:
            headers["Authorization"] = f"Bearer {self.api_key}"
        url = self.api_url.removesuffix("/") + path
        async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as found:
            self.asked.append((request.path, found.status))
            if body.get("stream") is not True or found.status != 200:
                kind = found.headers.get("content-type", "application/json")
                return web.Response(body=await found.read(), status=found.status, headers={"Content-Type": kind})
            answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
            await answer.prepare(request)
            async for line in found.content:
                await answer.write(line)
            return answer
