"""A scripted Claude Relay Service in front of Anthropic and Gemini: its addresses, its keys, its errors, its pauses.

Sources: https://github.com/Wei-Shaw/claude-relay-service, src/middleware/auth.js (the four headers that a key may stand
in, and its errors, which are not in Anthropic's shape) and the README's addresses. An account that failed is left alone
for a while: 503 for 60 s, other 5xx 300 s, 529 600 s, 401 and 403 1800 s, 429 as long as it says.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from ccrouter.model.json import JsonObject
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.gemini import GeminiUpstream
from tests.upstreams.replies import Failure, Reply, text
from tests.upstreams.scripted import Recorded, Script
from tests.upstreams.server import LoopbackServer

HEADERS = ("x-api-key", "x-goog-api-key", "authorization", "api-key")
PAUSES = {503: 60.0, 529: 600.0, 401: 1800.0, 403: 1800.0, 504: 300.0, 429: 300.0}


def _ok(body: object) -> Reply:
    return text("ok")


@dataclass
class ClaudeRelayUpstream(LoopbackServer):
    """`api_key` is the one `cr_` key; `script` answers for whatever account is behind it. `clock` gives seconds."""

    script: Script = _ok
    api_key: str = "cr_0123456789abcdef0123456789abcdef"
    clock: Callable[[], float] = lambda: 0.0
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Each request's path, and the header that had its key."""
    resting_until: float = -1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._claude = AnthropicUpstream(self._account, discovered={"claude-sonnet-5": "Claude Sonnet 5"})
        self._gemini = GeminiUpstream(self._account, api_key=None)

    def __exit__(self, *error: object) -> None:
        super().__exit__(None, None, None)
        self._claude.__exit__(None, None, None)
        self._gemini.__exit__(None, None, None)

    @property
    def refusals(self) -> list[str]:
        return [*self._claude.refusals, *self._gemini.refusals]

    @property
    def requests(self) -> list[Recorded]:
        """What the accounts were asked."""
        return [*self._claude.requests, *self._gemini.requests]

    def _account(self, body: JsonObject) -> Reply | Failure:
        if self.clock() < self.resting_until:
            return Failure(503, "No available Claude accounts support the requested model")
        answer = self.script(body)
        if isinstance(answer, Failure) and (answer.status >= 500 or answer.status in PAUSES):
            self.resting_until = self.clock() + PAUSES.get(answer.status, 300.0)
        return answer

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        where, key = next(((name, value) for name in HEADERS if (value := request.headers.get(name))), ("", ""))
        key = re.sub(r"(?i)^bearer\s+", "", key.strip())
        self.asked.append((request.path, where))
        if request.path == "/health":
            return web.json_response({"status": "healthy", "service": "claude-relay-service"})
        if not key:
            words = "Please provide an API key in the x-api-key, x-goog-api-key, or Authorization header"
            return web.json_response({"error": "Missing API key", "message": words}, status=401)
        if not 10 <= len(key) <= 512:
            words = "API key format is invalid"
            return web.json_response({"error": "Invalid API key format", "message": words}, status=401)
        if key != self.api_key:
            words = "API key not found" if key.startswith("cr_") else "Invalid API key format"
            return web.json_response({"error": "Invalid API key", "message": words}, status=401)
        for prefix, upstream in (("/api", self._claude), ("/claude", self._claude), ("/gemini", self._gemini)):
            if request.path.startswith(f"{prefix}/v1"):
                inner = request.clone(
                    rel_url=request.rel_url.with_path(request.path.removeprefix(prefix)).with_query(request.query)
                )
                return await upstream._handle(inner)  # pyright: ignore[reportPrivateUsage]
        message = f"Route {request.path} not found"
        return web.json_response({"error": "Not Found", "message": message}, status=404)
