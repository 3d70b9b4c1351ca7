"""The load generator refuses what is not the upstream's answer, and the whole chain works over real sockets."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest

from bench import load
from bench.answers import streamed_answer, whole_answer
from bench.load import Reply, WrongAnswerError, check, unchunked
from bench.peers.base import ROOT, Server, start
from bench.peers.floor import FLOOR
from bench.scenarios import all_scenarios


def anthropic_stream(pieces: list[str]) -> bytes:
    events = [{"type": "message_start", "message": {}}]
    events += [{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": p}} for p in pieces]
    events.append({"type": "message_stop"})
    return b"".join(f"event: {event['type']}\ndata: ".encode() + orjson.dumps(event) + b"\n\n" for event in events)


def pieces_of(deltas: int) -> list[str]:
    answer = streamed_answer(deltas)
    return load.text_deltas("openai_chat", b"".join(answer.parts))


def test_accepts_the_right_answer():
    check("anthropic", streamed_answer(3), Reply(200, anthropic_stream(pieces_of(3)), 0.0, 0.0))


def test_refuses_batched_deltas():
    batched = anthropic_stream(["".join(pieces_of(3))])
    with pytest.raises(WrongAnswerError, match="1 pieces of text instead of 3"):
        check("anthropic", streamed_answer(3), Reply(200, batched, 0.0, 0.0))


def test_refuses_other_text():
    with pytest.raises(WrongAnswerError, match="text"):
        check("anthropic", streamed_answer(3), Reply(200, anthropic_stream(["a", "b", "c"]), 0.0, 0.0))


def test_refuses_an_error_status_and_an_error_event():
    with pytest.raises(WrongAnswerError, match="status 500"):
        check("anthropic", whole_answer(), Reply(500, b"no", 0.0, 0.0))
    with pytest.raises(WrongAnswerError, match="not a message"):
        check("anthropic", whole_answer(), Reply(200, b'{"error":{"message":"no"}}', 0.0, 0.0))
    with pytest.raises(WrongAnswerError, match="error event"):
        check("anthropic", streamed_answer(1), Reply(200, b'data: {"type":"error"}\n\n', 0.0, 0.0))


def test_reads_chunked_bodies_and_notices_a_cut():
    assert unchunked(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n") == b"abcde"
    with pytest.raises(WrongAnswerError):
        unchunked(b"3\r\nabc\r\n")


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The pass-through in front of the benchmark's upstream."""
    process = subprocess.Popen((sys.executable, "-m", "bench.upstream"), cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    server = start(FLOOR, FLOOR.prepare(int(process.stdout.readline()), tmp_path_factory.mktemp("home")))
    yield server
    server.stop()
    process.terminate()
    process.communicate()


@pytest.mark.parametrize("name", list(all_scenarios()))
async def test_through_the_pass_through_over_real_sockets(name: str, floor: Server):
    scenario = replace(all_scenarios()[name], in_flight=2)
    done = await load.send(floor.launch.port, "upstream", scenario, 5)
    assert len(done.total) == 5
    assert all(0 < first <= total for first, total in zip(done.first, done.total, strict=True))


async def test_one_failure_ends_the_whole_round():
    async def close_the_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        served.append(writer)
        if len(served) == 1:
            writer.close()

    served: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(close_the_first, "127.0.0.1", 0)
    scenario = replace(all_scenarios()["small"], in_flight=4)
    with pytest.raises(WrongAnswerError, match="closed amid"):
        await load.send(server.sockets[0].getsockname()[1], "anthropic", scenario, 8)
    assert not [task for task in asyncio.all_tasks() if "worker" in repr(task.get_coro())]
    server.close()
    for writer in served:
        writer.close()
