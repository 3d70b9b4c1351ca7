"""The demo's requests, and how an answer is judged."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import orjson
import pytest
from aiohttp import ClientSession, web

from ccrouter.demo.client import Outcome, send
from ccrouter.demo.config import ROUTES
from ccrouter.demo.scenarios import demo_requests

START = {"type": "message_start", "message": {"usage": {"input_tokens": 5, "cache_read_input_tokens": 2}}}
TEXT = [
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "there"}},
    {"type": "content_block_stop", "index": 0},
]
END = [
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
]


def test_every_scenario_is_there_and_streams():
    requests = demo_requests()
    assert {request.target for request in requests} == set(ROUTES.values())
    assert all(request.body["stream"] is True for request in requests)
    assert len({request.name for request in requests}) == len(requests) == 8


def test_they_are_the_same_each_time():
    assert demo_requests() == demo_requests()


@dataclass
class StandIn:
    """A server in the daemon's place, and what it is to answer."""

    endpoint: str = ""
    status: int = 200
    target: str = ROUTES["default"]
    events: Sequence[object] = (START, *TEXT, *END)

    async def answer(self, _: web.Request) -> web.Response:
        frames = [b"data: " + orjson.dumps(event) + b"\n\n" for event in self.events]
        body = b"".join(frames) if self.status == 200 else orjson.dumps(self.events[0])
        headers = {"x-ccr-target": self.target, "x-ccr-scenario": "default", "x-ccr-reason": "why not"}
        return web.Response(body=body, status=self.status, headers=headers)


@pytest.fixture
async def daemon() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    app = web.Application()
    app.router.add_post("/v1/messages", stand_in.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stand_in.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stand_in
    await runner.cleanup()


async def outcome(endpoint: str) -> Outcome:
    async with ClientSession() as session:
        return await send(session, endpoint, demo_requests()[0])


async def test_a_good_answer(daemon: StandIn):
    got = await outcome(daemon.endpoint)
    assert got.failure is None
    assert (got.answer, got.reason, got.scenario) == ("Hi there", "why not", "default")
    assert (got.input_tokens, got.output_tokens) == (7, 3)
    assert 0 < got.first_byte <= got.total


async def test_the_wrong_target_fails(daemon: StandIn):
    daemon.target = "demo,demo-mini"
    assert (await outcome(daemon.endpoint)).failure == "went to demo,demo-mini instead of demo,demo-chat"


async def test_an_error_answer_fails_with_its_message(daemon: StandIn):
    daemon.status, daemon.events = 500, [{"type": "error", "error": {"type": "api_error", "message": "no luck"}}]
    assert (await outcome(daemon.endpoint)).failure == "500: no luck"


async def test_an_error_event_fails(daemon: StandIn):
    daemon.events = [START, {"type": "error", "error": {"type": "api_error", "message": "cut off"}}]
    assert (await outcome(daemon.endpoint)).failure == "cut off"


async def test_a_cut_stream_fails(daemon: StandIn):
    daemon.events = [START, *TEXT]
    assert (await outcome(daemon.endpoint)).failure == "the stream ended before the answer did"


async def test_nobody_there_fails(unused_tcp_port: int):
    failure = (await outcome(f"http://127.0.0.1:{unused_tcp_port}")).failure
    assert failure is not None
    assert "connection to the daemon failed" in failure
