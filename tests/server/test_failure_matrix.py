"""Every way in which a provider fails × what else is left × streamed or whole, over real sockets.

One row says what a failure is; what must follow from it is derived from the row by the policy (issue 4; field-notes
0, 1.F, 4.4, 4.5): another key, then another model, for 5xx, 429, 401, 403, 404 and time-outs, never for other 4xx; the
same again, first, for what passes; nothing again once the client has seen a word; where none is left, the true cause.
"""

import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import orjson
import pytest
from aiohttp import ClientResponse

from ccrouter.config.types import ProviderConfig, Retries, RouterConfig, Target, Timeouts
from ccrouter.dialects.explained import explained
from ccrouter.gateway.health import Health
from ccrouter.upstream.cooldown import KeyStates, Place, fingerprint
from tests.server.conftest import Router
from tests.upstreams.misbehaving import FAULTS, Asked, Manner, Misbehaving, reply_of, untrusted, well

NOW: Final = 1_800_000_000.0
"""The clock of all rests; it stands still."""
CAP: Final = 300
ANSWER: Final = "the answer is forty two and no other"
BODY: Final = {
    "model": "claude-x",
    "max_tokens": 1000,
    "messages": [{"role": "user", "content": "hi"}],
    "tools": [{"name": "Bash", "description": "Run it", "input_schema": {"type": "object"}}],
}
SAME_TARGET: Final = 2

Left = Literal["another key", "another model", "none"]
LEFT: Final[tuple[Left, ...]] = ("another key", "another model", "none")
Kind = Literal["key", "passes", "timeout", "model", "request", "settings"]
"""Whose fault it is: the key's; nobody's for long; likewise, and it took long; the model's, perhaps for this key alone;
the request's own; the configuration's."""


@dataclass(frozen=True, slots=True)
class Row:
    """One failure, and what a client is told where nobody else can serve."""

    name: str
    kind: Kind
    status: int
    type: str
    words: str
    retry_after: str | None = None
    should_retry: str | None = None
    rests: Literal["key", "model"] | None = None
    seconds: int = 0
    after_text: bool = False
    """A stream has brought words before it."""
    unseen: bool = False
    """The upstream sees no request: nobody listens, or the handshake fails. It is so with every key."""
    slow: bool = False
    """Told by a time-out."""

    @property
    def alone(self) -> int:
        """Attempts with one key where there is no other target."""
        return {"passes": 1 + SAME_TARGET, "timeout": 2}.get(self.kind, 1)

    @property
    def before_others(self) -> int:
        """Attempts before another target."""
        return 2 if self.kind == "passes" else 1


TABLE: Final = (
    Row("429", "key", 429, "rate_limit_error", "You send too many requests", "5", "true", "model", 5),
    Row("429 with Retry-After", "key", 429, "rate_limit_error", "Slow down", "30", "true", "model", 30),
    Row("429 without balance", "key", 429, "rate_limit_error", "current quota", "300", "false", "key", CAP),
    Row("401", "key", 502, "api_error", "'mock' refused its API key", None, "false", "key", CAP),
    Row("402", "key", 402, "billing_error", "Insufficient Balance", None, "false", "key", CAP),
    Row("403", "key", 502, "api_error", "'mock' refused its API key", None, "false", "key", CAP),
    Row("404", "model", 404, "not_found_error", "The model does not exist"),
    Row("400", "request", 400, "invalid_request_error", "Invalid image in messages[0]"),
    Row("500", "passes", 500, "api_error", "Something went wrong"),
    Row("502 HTML", "passes", 502, "api_error", "HTML page (502 Bad Gateway)"),
    Row("503", "passes", 503, "overloaded_error", "No capacity left"),
    Row("529", "passes", 529, "overloaded_error", "Overloaded"),
    Row("refused", "passes", 502, "api_error", ": Connection refused", unseen=True),
    Row("untrusted", "settings", 502, "api_error", "TLS certificate of 127.0.0.1:", None, "false", unseen=True),
    Row("reset", "passes", 502, "api_error", "127.0.0.1"),
    Row("closed", "passes", 502, "api_error", "closed the connection"),
    Row("silent", "timeout", 504, "timeout_error", "127.0.0.1", slow=True),
    Row("silent after its head", "timeout", 504, "timeout_error", "sent no first word within 0.3 seconds", slow=True),
    Row("200 with an error frame", "passes", 503, "overloaded_error", "The engine is overloaded"),
    Row("200 with a limit as a frame", "key", 429, "rate_limit_error", "Rate limit reached", "5", "true", "model", 5),
    Row("200 with nothing", "passes", 502, "api_error", "empty answer"),
    Row("200 with HTML", "passes", 502, "api_error", "HTML page instead of"),
    Row("error after text", "passes", 503, "overloaded_error", "The engine is overloaded", after_text=True),
    Row("cut after text", "passes", 502, "api_error", "before the answer was finished", after_text=True),
    Row("reset after text", "passes", 502, "api_error", "127.0.0.1", after_text=True),
    Row("ended after text", "passes", 502, "api_error", "upstream", after_text=True),
    Row("stall after text", "timeout", 504, "timeout_error", "127.0.0.1", after_text=True, slow=True),
    Row("cut inside a call", "passes", 502, "api_error", "before the answer was finished", after_text=True),
)


def test_every_fault_has_its_row() -> None:
    assert {row.name for row in TABLE} == {*FAULTS, "refused", "untrusted"}


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccrouter.gateway.next_step.PAUSE_SECONDS", 0.005)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the client got: the events of a stream, or a whole body."""

    response: ClientResponse
    body: bytes

    @property
    def error(self) -> dict[str, str]:
        return orjson.loads(self.body)["error"]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [orjson.loads(line[6:]) for line in self.body.splitlines() if line.startswith(b"data: ")]

    @property
    def text(self) -> str:
        if self.response.content_type == "application/json":
            message = orjson.loads(self.body)
            assert (message["type"], message["stop_reason"]) == ("message", "end_turn")
            return "".join(block["text"] for block in message["content"])
        events = self.events
        assert [event["type"] for event in (events[0], *events[-2:])] == [
            "message_start",
            "message_delta",
            "message_stop",
        ]
        return text_of(events)


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"].get("text", "") for event in events if event["type"] == "content_block_delta")


@asynccontextmanager
async def failing(row: Row, asked: list[str], folder: Path) -> AsyncGenerator[str]:
    """The endpoint of a provider that fails as `row` says for the key `a`, and serves any other."""

    def script(request: Asked) -> Manner:
        asked.append(request.key)
        return (FAULTS[row.name] if request.key == "a" else well)(request, reply_of(ANSWER))

    if row.name == "refused":
        with closing(socket.socket()) as taken:  # bound, so that nobody else gets the port, and not listened on
            taken.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1/chat/completions"
        return
    async with Misbehaving(script, untrusted(folder) if row.name == "untrusted" else None) as upstream:
        yield upstream.endpoint
        assert upstream.hanging == 0, "a request that was given up is still open"


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
async def test_matrix(router: Router, row: Row, left: Left, streamed: bool, tmp_path: Path) -> None:
    asked: list[str] = []
    health = Health(clock=lambda: NOW)
    async with AsyncExitStack() as stack:
        endpoint = await stack.enter_async_context(failing(row, asked, tmp_path))
        spare = await stack.enter_async_context(Misbehaving(lambda request: _spare(request, asked)))
        keys = ("a", "b") if left == "another key" else ("a",)
        timeouts = Timeouts(first_byte=0.3, idle=0.3) if row.slow else Timeouts()
        mock = ProviderConfig("mock", endpoint, keys, ("m",), timeouts=timeouts)
        client = await stack.enter_async_context(
            router(
                "",
                health,
                providers=(mock, ProviderConfig("spare", spare.endpoint, ("spare",), ("m-spare",))),
                router=RouterConfig(Target("mock", "m")),
                fallback={"default": (Target("spare", "m-spare"),)} if left == "another model" else {},
                retries=Retries(same_target=SAME_TARGET, wait_seconds=0),
            )
        )
        response = await client.post("/v1/messages", json={**BODY, "stream": streamed})
        heard = Heard(response, await response.read())
    committed = row.after_text and streamed
    check_attempts(row, left, committed, asked, heard)
    check_rests(row, health.states())
    if committed:
        check_broken(row, heard)
    elif row.kind == "request" or left == "none" or (left == "another key" and row.unseen):
        check_told(row, heard)
    else:
        assert (heard.response.status, heard.text) == (200, ANSWER)
        assert heard.response.headers["x-ccr-target"] == ("mock,m" if left == "another key" else "spare,m-spare")


def _spare(request: Asked, asked: list[str]) -> Manner:
    asked.append(request.key)
    return well(request, reply_of(ANSWER))


def check_attempts(row: Row, left: Left, committed: bool, asked: list[str], heard: Heard) -> None:
    """Who was asked how often, in order."""
    if committed or row.kind == "request":
        expected = ["a"]
    elif left == "another key":
        expected = ["a"] * row.alone + ([] if row.kind == "settings" else ["b"])
    elif left == "another model":
        expected = ["a"] * row.before_others + ["spare"]
    else:
        expected = ["a"] * row.alone
    assert asked == [key for key in expected if key == "spare" or not row.unseen]
    assert heard.response.headers["x-ccr-attempts"] == str(len(expected))


def check_rests(row: Row, states: KeyStates) -> None:
    """What rests, and until when: the key that failed, for what it failed at, and nothing else."""
    rests = {place: rest.until for place, rest in states.rests.items()}
    if row.rests is None:
        assert rests == {}
    else:
        place = Place("mock", fingerprint("a"), "m" if row.rests == "model" else None)
        assert rests == {place: NOW + row.seconds}


def check_told(row: Row, heard: Heard) -> None:
    """None is left: the true cause, with its own status, as an answer that is no stream."""
    response, error = heard.response, heard.error
    assert (response.status, error["type"]) == (row.status, row.type), error
    assert row.words in error["message"]
    assert response.content_type == "application/json"
    assert response.headers.get("retry-after") == row.retry_after
    assert response.headers.get("x-should-retry") == row.should_retry
    if row.kind == "request":
        told = explained(row.words, response.headers["request-id"])
        assert error["message"] == told, "Claude Code recovers by the provider's own words"


def check_broken(row: Row, heard: Heard) -> None:
    """The stream had begun: what came stays, nothing comes twice, and an `error` event ends it honestly."""
    events = heard.events
    kinds = [event["type"] for event in events]
    assert heard.response.status == 200
    assert (kinds[0], kinds[-1], kinds.count("message_start")) == ("message_start", "error", 1)
    assert "message_stop" not in kinds
    assert "message_delta" not in kinds
    assert (events[-1]["error"]["type"], row.words in events[-1]["error"]["message"]) == (row.type, True), events[-1]
    text = text_of(events)
    assert text
    assert ANSWER.startswith(text)
    if row.name == "cut inside a call":
        assert text == ANSWER
        stopped = [event["index"] for event in events if event["type"] == "content_block_stop"]
        begun = {event["index"]: event["content_block"]["type"] for event in events if "content_block" in event}
        assert [begun[index] for index in stopped] == ["text"], "half a call is never closed"
