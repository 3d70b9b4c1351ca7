"""The load generator: asks as Claude Code does, retries as it does, and compares every answer with the right one."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import orjson

from ccrouter.model.json import JsonObject, as_list, as_object, as_str
from tests.chaos.world import answer_to, question, request, session
from tests.upstreams.replies import Reply

MOST_RETRIES: Final = 15
TRY_SECONDS: Final = 60.0
RETRY_PAUSE: Final = 0.05
RECONNECT_PAUSE: Final = 0.1
MOST_TOLD: Final = 20
"""Problems that are told in full."""


@dataclass
class Told:
    """What became of the requests."""

    done: int = 0
    right: int = 0
    problems: list[str] = field(default_factory=list[str])
    problem_count: int = 0
    retries: Counter[str] = field(default_factory=Counter[str])
    """By the type of the error event: tries that broke after their first word, which the client has to repeat."""
    reconnects: int = 0
    """Tries that found no daemon, while it was being restarted."""
    attempts: int = 0
    """Of the router's, at upstreams, for the answers that came."""
    seconds: list[float] = field(default_factory=list[float])

    def problem(self, words: str) -> None:
        self.problem_count += 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append(words)


class BrokenError(Exception):
    """The answer broke after its first word, and said so: the client tries again."""


class WrongError(Exception):
    """What may never happen."""


class Load:
    """`away` says whether the daemon is being restarted."""

    def __init__(self, url: str, seed: int, away: Callable[[], bool]) -> None:
        self._url, self._seed, self._away = url, seed, away
        self.told = Told()

    async def run(self, requests: int, in_flight: int) -> None:
        """Ask all questions, so many at a time."""
        numbers = iter(range(requests))
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=TRY_SECONDS)
        ) as client:

            async def worker() -> None:
                for number in numbers:
                    begun = time.monotonic()
                    try:
                        await self._ask(client, number)
                        self.told.right += 1
                    except WrongError as error:
                        self.told.problem(f"request {number}: {error}")
                    self.told.done += 1
                    self.told.seconds.append(time.monotonic() - begun)

            await asyncio.gather(*[worker() for _ in range(in_flight)])

    async def _ask(self, client: aiohttp.ClientSession, number: int) -> None:
        """One question, with the client's own retries. Raises WrongError."""
        body = orjson.dumps(request(self._seed, number))
        headers = {"content-type": "application/json", "x-claude-code-session-id": session(self._seed, number)}
        right = answer_to(question(self._seed, number))
        for _ in range(MOST_RETRIES):
            try:
                await self._try(client, body, headers, right)
                return
            except BrokenError as error:
                self.told.retries[str(error)] += 1
                await asyncio.sleep(RETRY_PAUSE)
        raise WrongError(f"still broken after {MOST_RETRIES} tries")

    async def _try(self, client: aiohttp.ClientSession, body: bytes, headers: dict[str, str], right: Reply) -> None:
        while True:
            try:
                response = await client.post(self._url, data=body, headers=headers)
                break
            except (aiohttp.ClientConnectionError, ConnectionError) as error:
                if not self._away():
                    raise WrongError(f"no connection although the daemon is there: {error!r}") from error
                self.told.reconnects += 1
                await asyncio.sleep(RECONNECT_PAUSE)
            except TimeoutError as error:
                raise WrongError(f"no answer in {TRY_SECONDS:.0f} s") from error
        async with response:
            try:
                raw = await response.read()
            except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
                raise WrongError(f"an answer that had begun was cut off: {error!r}") from error
        if response.status != 200:
            failed = response.headers.get("x-ccr-failed", "")
            raise WrongError(f"{response.status} {raw[:300].decode(errors='replace')} after {failed}")
        self.told.attempts += int(response.headers["x-ccr-attempts"])
        if response.content_type == "text/event-stream":
            check_stream(raw, right)
        else:
            check_message(as_object(orjson.loads(raw)) or {}, right)


def check_message(message: JsonObject, right: Reply) -> None:
    """Raise WrongError unless the message is the right answer, whole."""
    blocks = [as_object(block) or {} for block in as_list(message.get("content")) or []]
    texts = "".join([as_str(block.get("text")) or "" for block in blocks])
    calls = [(block.get("name"), block.get("input")) for block in blocks if block.get("type") == "tool_use"]
    if texts != "".join(right.text):
        raise WrongError(f"the text is {texts!r} instead of {''.join(right.text)!r}")
    if calls != [(call.name, dict(call.arguments)) for call in right.calls]:
        raise WrongError(f"the calls are {calls} instead of {right.calls}")
    if message.get("stop_reason") != ("tool_use" if right.calls else "end_turn"):
        raise WrongError(f"the stop reason is {message.get('stop_reason')}")
    if not (as_object(message.get("usage")) or {}).get("output_tokens"):
        raise WrongError("no usage")


def check_stream(raw: bytes, right: Reply) -> None:
    """The same for a stream. Raises BrokenError for one that ended in an honest `error` event."""
    message: JsonObject = {}
    content: list[JsonObject] = []
    arguments = ""
    last = ""
    for event in [as_object(orjson.loads(line[6:])) or {} for line in raw.split(b"\n") if line.startswith(b"data: ")]:
        last = as_str(event.get("type")) or ""
        match last:
            case "message_start" if message:
                raise WrongError("two beginnings in one stream")
            case "message_start":
                message = as_object(event.get("message")) or {}
            case "content_block_start":
                if event.get("index") != len(content):
                    raise WrongError(f"block {event.get('index')} follows {len(content)} others")
                content.append(as_object(event.get("content_block")) or {})
                arguments = ""
            case "content_block_delta":
                delta = as_object(event.get("delta")) or {}
                if "text" in delta:
                    content[-1]["text"] = f"{content[-1]['text']}{delta['text']}"
                arguments += as_str(delta.get("partial_json")) or ""
            case "content_block_stop":
                if content[-1].get("type") == "tool_use":
                    content[-1]["input"] = orjson.loads(arguments or "{}")
            case "message_delta":
                message |= as_object(event.get("delta")) or {}
                message["usage"] = event.get("usage")
            case "error":
                check_begun(content, right)
                raise BrokenError(as_str((as_object(event.get("error")) or {}).get("type")) or "?")
            case _:
                pass
    if last != "message_stop":
        raise WrongError(f"the stream ends with {last or 'nothing'}")
    check_message({**message, "content": list(content)}, right)


def check_begun(content: list[JsonObject], right: Reply) -> None:
    """What came before a failure must be the beginning of the right answer, and something."""
    texts = "".join([as_str(block.get("text")) or "" for block in content])
    if not "".join(right.text).startswith(texts):
        raise WrongError(f"before an error came {texts!r} of {''.join(right.text)!r}")
    if not texts:
        raise WrongError("a failure before the first word reached the client as an error event")
