"""The demo's client: sends a request to the daemon as Claude Code does, and reads the streamed answer."""

import time
from dataclasses import dataclass, field

import orjson
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from ccrouter.demo.scenarios import DemoRequest
from ccrouter.frozen import frozen
from ccrouter.model.json import JsonObject, as_int, as_object, as_str
from ccrouter.sse import FrameSplitter

TIMEOUT_SECONDS = 60.0


@frozen
class Outcome:
    """What came of one request. `failure` says what went wrong, None when all is well. Times are milliseconds."""

    request: DemoRequest
    scenario: str = ""
    target: str = ""
    reason: str = ""
    answer: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    first_byte: float = 0.0
    total: float = 0.0
    failure: str | None = None


@dataclass(slots=True)
class _Reading:
    """A reply while it arrives. Blocks are kept by index, each as its kind, its name and its text."""

    kinds: dict[int, tuple[str, str]] = field(default_factory=dict[int, tuple[str, str]])
    texts: dict[int, str] = field(default_factory=dict[int, str])
    input_tokens: int = 0
    output_tokens: int = 0
    ended: bool = False
    failure: str | None = None

    def take(self, event: JsonObject) -> None:
        """One event of the stream."""
        index = as_int(event.get("index")) or 0
        match event.get("type"):
            case "message_start":
                self._count(as_object((as_object(event.get("message")) or {}).get("usage")))
            case "content_block_start":
                block = as_object(event.get("content_block")) or {}
                self.kinds[index] = (as_str(block.get("type")) or "", as_str(block.get("name")) or "")
                self.texts[index] = as_str(block.get("text")) or ""
            case "content_block_delta":
                delta = as_object(event.get("delta")) or {}
                pieces = (delta.get("text"), delta.get("thinking"), delta.get("partial_json"))
                self.texts[index] = self.texts.get(index, "") + next((p for p in pieces if isinstance(p, str)), "")
            case "message_delta":
                self._count(as_object(event.get("usage")))
            case "message_stop":
                self.ended = True
            case "error":
                self.failure = as_str((as_object(event.get("error")) or {}).get("message")) or "an error event"
            case _:
                return

    def _count(self, usage: JsonObject | None) -> None:
        """The last word on usage counts; cached input is input too."""
        parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        if usage is None:
            return
        self.input_tokens = sum(as_int(usage.get(part)) or 0 for part in parts) or self.input_tokens
        self.output_tokens = as_int(usage.get("output_tokens")) or self.output_tokens

    def answer(self) -> str:
        """The answer in a line: thinking is said to be there, tool calls are shown with their arguments."""
        said: list[str] = []
        for index, (kind, name) in self.kinds.items():
            text = " ".join(self.texts.get(index, "").split())
            match kind:
                case "thinking" if text:
                    said.append(f"[thought: {len(text.split())} words]")
                case "text" if text:
                    said.append(text)
                case "tool_use":
                    said.append(f"[calls {name}: {_arguments(text)}]")
                case "server_tool_use":
                    said.append(f"[{name}: {_arguments(text)}]")
                case _:
                    continue
        return " ".join(said)


def _arguments(text: str) -> str:
    """The first argument of a tool call: `echo hello` for `{"command":"echo hello", …}`."""
    try:
        values = as_object(orjson.loads(text)) or {}
    except orjson.JSONDecodeError:
        return text
    return str(next(iter(values.values()), ""))


async def send(session: ClientSession, endpoint: str, request: DemoRequest) -> Outcome:
    """Send the request to the daemon at `endpoint` ("http://127.0.0.1:3456"); never raises for what goes wrong."""
    url = f"{endpoint}/v1/messages?beta=true"
    headers = {**request.headers, "content-type": "application/json", "authorization": "Bearer demo"}
    began = time.perf_counter()
    try:
        timeout = ClientTimeout(total=TIMEOUT_SECONDS)
        async with session.post(url, data=orjson.dumps(request.body), headers=headers, timeout=timeout) as response:
            return await _read(request, response, began)
    except TimeoutError:
        return Outcome(request, failure=f"no whole answer within {TIMEOUT_SECONDS:.0f} s")
    except ClientError as error:
        return Outcome(request, failure=f"the connection to the daemon failed: {error}")


async def _read(request: DemoRequest, response: ClientResponse, began: float) -> Outcome:
    headers = response.headers
    scenario, target = headers.get("x-ccr-scenario", ""), headers.get("x-ccr-target", "")
    reading, splitter = _Reading(), FrameSplitter()
    first_byte: float | None = None
    if response.status != 200:
        failure = f"{response.status}: {_error_message(await response.read())}"
        return Outcome(request, scenario, target, headers.get("x-ccr-reason", ""), failure=failure)
    async for data in response.content.iter_any():
        first_byte = first_byte or (time.perf_counter() - began) * 1000
        for frame in splitter.feed(data):
            reading.take(as_object(orjson.loads(frame.data)) or {})
    return Outcome(
        request,
        scenario,
        target,
        headers.get("x-ccr-reason", ""),
        reading.answer(),
        reading.input_tokens,
        reading.output_tokens,
        first_byte or 0.0,
        (time.perf_counter() - began) * 1000,
        _failure(request, target, reading),
    )


def _failure(request: DemoRequest, target: str, reading: _Reading) -> str | None:
    if reading.failure is not None:
        return reading.failure
    if not reading.ended:
        return "the stream ended before the answer did"
    if target != request.target:
        return f"went to {target or 'nobody knows where'} instead of {request.target}"
    return None if reading.kinds else "the answer is empty"


def _error_message(body: bytes) -> str:
    try:
        error = as_object((as_object(orjson.loads(body)) or {}).get("error")) or {}
    except orjson.JSONDecodeError:
        return body[:200].decode(errors="replace")
    return as_str(error.get("message")) or body[:200].decode(errors="replace")
