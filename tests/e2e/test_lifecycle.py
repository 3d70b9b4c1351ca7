"""The daemon as a process: killed, started twice, given a broken config, given a new one amid a stream."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import psutil
import pytest

from ccrouter.model.json import JsonObject
from tests.e2e.conftest import KEY, strict_config
from tests.e2e.daemon import Daemon
from tests.e2e.plain_http import Streamed, post
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Reply, text

ASK: JsonObject = {"model": "claude-sonnet-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream(lambda body: text("Hello")) as running:
        yield running


@pytest.fixture
def daemon(upstream: OpenAIChatUpstream, tmp_path: Path) -> Iterator[Daemon]:
    """Not started yet; stopped at the end, whatever runs then."""
    made = Daemon(tmp_path, strict_config(upstream))
    made.write()
    yield made
    made.stop()
    assert not listening(made.port), "something still listens after `ccr stop`"


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def routed_to(config: JsonObject, model: str) -> JsonObject:
    return {**config, "Router": {"default": f"strict,{model}"}}


def wait_for(what: str, holds: object, seconds: float = 10.0) -> None:
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def test_start_answers_and_stop_ends(daemon: Daemon) -> None:
    started = daemon.ccr("start")
    assert started.returncode == 0, started
    assert f"http://127.0.0.1:{daemon.port}" in started.stdout
    answer = post(daemon.url, ASK, KEY)  # at once: `start` returns when the daemon really answers
    assert answer.status == 200
    status = daemon.ccr("status")
    assert status.returncode == 0
    assert f"API Endpoint: http://127.0.0.1:{daemon.port}" in status.stdout
    process = psutil.Process(daemon.pid())
    assert daemon.ccr("stop").returncode == 0
    wait_for("the process ends", lambda: not process.is_running())
    assert daemon.ccr("status").returncode != 0


def test_answer_headers_say_what_happened(daemon: Daemon) -> None:
    daemon.start()
    answer = post(daemon.url, ASK, KEY)
    assert answer.headers["x-ccr-scenario"] == "default"
    assert answer.headers["x-ccr-target"] == "strict,m-default"
    assert answer.headers["x-ccr-reason"]
    assert answer.headers["x-ccr-attempts"] == "1"
    assert answer.headers["request-id"]


def test_stop_sequences_hold_when_the_upstream_ignores_them(daemon: Daemon, upstream: OpenAIChatUpstream) -> None:
    daemon.start()
    upstream.begin(lambda body: Reply(text=("one ST", "OP two", " three"), honour_stop=False))
    whole = orjson.loads(post(daemon.url, {**ASK, "stop_sequences": ["STOP"]}, KEY).body)
    assert whole["content"] == [{"type": "text", "text": "one "}]
    assert (whole["stop_reason"], whole["stop_sequence"]) == ("stop_sequence", "STOP")
    streamed = post(daemon.url, {**ASK, "stream": True, "stop_sequences": ["STOP"]}, KEY).body
    assert b"two" not in streamed
    assert b'"stop_sequence":"STOP"' in streamed.replace(b": ", b":")


def test_up_again_at_once_after_kill_9(daemon: Daemon) -> None:
    daemon.start()
    killed = daemon.pid()
    os.kill(killed, signal.SIGKILL)
    begun = time.monotonic()
    again = daemon.ccr("start")
    took = time.monotonic() - begun
    assert again.returncode == 0, again
    assert post(daemon.url, ASK, KEY).status == 200
    assert daemon.pid() != killed
    assert took < 5, f"{took} s"


def test_two_starts_at_once_give_one_daemon(daemon: Daemon) -> None:
    both = [daemon.spawn("start") for _ in range(2)]
    said = [process.communicate(timeout=30)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert post(daemon.url, ASK, KEY).status == 200
    home = str(daemon.home)

    def running() -> list[int]:
        return [process.pid for process in psutil.process_iter() if environment_of(process).get("HOME", "") == home]

    wait_for("the one that came second is gone", lambda: len(running()) == 1, 3)
    assert running() == [daemon.pid()]


def environment_of(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}


def test_port_taken_is_a_clear_line(daemon: Daemon) -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", daemon.port))
        taker.listen()
        failed = daemon.ccr("start")
    assert failed.returncode != 0
    assert str(daemon.port) in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr


def test_a_broken_config_does_not_stop_a_running_daemon(daemon: Daemon) -> None:
    daemon.start()
    good = daemon.config_path.read_text()
    lines = good.splitlines()
    number = next(index for index, line in enumerate(lines, 1) if '"default"' in line)
    daemon.write(good.replace('"strict,m-default"', '"strct,m-default"'))

    def told() -> bool:
        return "strct" in daemon.ccr("status").stdout

    wait_for("ccr status shows the problem", told)
    shown = daemon.ccr("status").stdout
    assert f"config.json:{number}:" in shown, shown
    assert "strict" in shown.replace("strct", ""), f"the likely fix is missing:\n{shown}"
    assert post(daemon.url, ASK, KEY).headers["x-ccr-target"] == "strict,m-default"
    checked = daemon.ccr("config", "check")
    assert checked.returncode != 0
    assert f"config.json:{number}:" in checked.stdout + checked.stderr
    daemon.write(good)
    wait_for("the problem goes away", lambda: not told())


def test_a_config_that_does_not_parse(daemon: Daemon) -> None:
    daemon.start()
    daemon.write('{\n  "PORT": 1,\n  "Providers": [\n')
    wait_for("ccr status shows the problem", lambda: "config.json:" in daemon.ccr("status").stdout)
    assert post(daemon.url, ASK, KEY).status == 200


def test_a_changed_config_is_picked_up_amid_a_stream(daemon: Daemon, upstream: OpenAIChatUpstream) -> None:
    daemon.start()
    pid = daemon.pid()
    pieces = tuple(f"piece-{number} " for number in range(30))
    upstream.begin(lambda body: Reply(text=pieces, pause=0.1) if body.get("stream") else text("Hello"))
    with Streamed(daemon.url, {**ASK, "stream": True}, KEY) as stream:
        rest: list[bytes] = []
        reader = threading.Thread(target=lambda: rest.append(stream.read()))
        reader.start()
        daemon.write(routed_to(daemon.config, "m-chosen"))

        def moved() -> bool:
            return post(daemon.url, ASK, KEY).headers["x-ccr-target"] == "strict,m-chosen"

        wait_for("the new route is taken", moved, 8)
        assert reader.is_alive(), "the new config came only after the stream had ended"
        reader.join(20)
    assert b"piece-29" in rest[0]
    assert b"message_stop" in rest[0]
    assert daemon.pid() == pid


def test_restart_gives_a_new_process(daemon: Daemon) -> None:
    daemon.start()
    old = daemon.pid()
    restarted = daemon.ccr("restart")
    assert restarted.returncode == 0, restarted
    assert daemon.pid() != old
    assert post(daemon.url, ASK, KEY).status == 200


def test_a_client_that_goes_away_ends_its_upstream_request(daemon: Daemon, upstream: OpenAIChatUpstream) -> None:
    daemon.start()
    upstream.begin(lambda body: Reply(text=("piece ",) * 200, pause=0.05))
    with Streamed(daemon.url, {**ASK, "stream": True}, KEY) as stream:
        stream.read(64)
    wait_for("the upstream sees it", lambda: upstream.requests[-1].outcome == "client gone", 5)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGTERM to send")
def test_one_signal_lets_streams_finish_and_a_second_does_not(daemon: Daemon, upstream: OpenAIChatUpstream) -> None:
    pieces = tuple(f"piece-{number} " for number in range(20))
    upstream.begin(lambda body: Reply(text=pieces, pause=0.1))
    daemon.start()
    with Streamed(daemon.url, {**ASK, "stream": True}, KEY) as stream:
        os.kill(daemon.pid(), signal.SIGTERM)
        wait_for("no new connections", lambda: not listening(daemon.port), 3)
        assert b"piece-19" in stream.read()
    upstream.begin(lambda body: Reply(text=pieces * 20, pause=0.1))
    daemon.start()
    process = psutil.Process(daemon.pid())
    with Streamed(daemon.url, {**ASK, "stream": True}, KEY):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.is_running()
        process.send_signal(signal.SIGTERM)
        wait_for("the process ends at once", lambda: not process.is_running(), 10)  # 30 s are open streams given
