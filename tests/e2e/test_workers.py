"""Several workers as one daemon: killed, replaced, reloaded and stopped under load, and knowing the same things."""

import http.client
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import orjson
import psutil
import pytest

if sys.platform == "win32":
    pytest.skip("several workers need Linux or macOS", allow_module_level=True)

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from tests.e2e.conftest import KEY, strict_config
from tests.e2e.daemon import Daemon
from tests.e2e.plain_http import Streamed, post
from tests.e2e.test_lifecycle import ASK, listening, routed_to, wait_for
from tests.e2e.workers import Load, Workers, processes_of
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, Reply, text


@pytest.fixture
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream(lambda body: text("Hello")) as running:
        yield running


@pytest.fixture
def daemon(upstream: OpenAIChatUpstream) -> Iterator[Daemon]:
    """With two workers by its config; not started yet. Nothing of it may be left in the end.

    Its folder has a short path, so that the workers' sockets are beside the config.
    """
    with tempfile.TemporaryDirectory(prefix="ccr-", dir="/tmp") as folder:
        made = Daemon(Path(folder), {**strict_config(upstream), "WORKERS": 2})
        made.write()
        yield made
        made.stop()
        wait_for("every process ends", lambda: not processes_of(made))
        assert not listening(made.port)
        assert not list(made.config_path.parent.glob(".workers-*"))


@pytest.fixture
def workers(daemon: Daemon) -> Workers:
    """Both of them serve."""
    daemon.start()
    made = Workers(daemon, KEY)
    made.both()
    return made


def with_provider(config: JsonObject, **more: Json) -> JsonObject:
    """The config with further fields for its one provider."""
    (provider,) = as_list(config["Providers"]) or [None]
    return {**config, "Providers": [{**(as_object(provider) or {}), **more}]}


def key_states(workers: Workers, pid: int) -> list[str]:
    """The states of the provider's keys, as one worker tells them."""
    (provider,) = as_list(workers.told(pid, "GET", "/admin/keys")["providers"]) or [None]
    keys = as_list((as_object(provider) or {}).get("keys")) or []
    return [as_str((as_object(key) or {}).get("state")) or "" for key in keys]


def test_requests_land_on_both_and_the_status_counts_all(workers: Workers) -> None:
    for pid in workers.both():  # a worker's first request takes longer: it loads what only requests need
        assert workers.ask(pid, "POST", "/v1/messages", ASK).status == 200
    with Load(workers.daemon.url, ASK, KEY) as load:
        load.wait_for(60)
    assert not load.failures
    total = load.count + 2
    status = workers.status()
    rows = [as_object(row) or {} for row in as_list(status["workers"]) or []]
    served = [row["requests_total"] for row in rows]
    assert all(isinstance(count, int) and count >= 5 for count in served), rows
    assert status["requests_total"] == total == sum(count for count in served if isinstance(count, int))
    assert (as_object(status["usage"]) or {})["requests"] == total
    assert status["pid"] == workers.state.pid
    assert workers.state.pid not in workers.pids()
    shown = workers.daemon.ccr("status").stdout
    assert "Workers: 2 (pid" in shown
    assert f"0 open, {total} since the start" in shown


def test_a_killed_worker_harms_nobody_else_and_is_replaced(workers: Workers) -> None:
    one, other = workers.both()
    with Load(workers.daemon.url, ASK, KEY) as load:
        load.wait_for(30)
        os.kill(one, signal.SIGKILL)
        load.wait_for(100)
        after = workers.until(lambda pids: len(pids) == 2 and one not in pids)
        load.wait_for(30)
    assert other in after
    assert load.refused == 0, "a connection was not taken"
    assert all(len(failures) == 1 for failures in load.failures.values()), load.failures
    assert 0 < len(load.failures) < load.clients, f"the other worker's requests failed: {load.failures}"
    assert workers.daemon.log_line(f"Worker {one} was ended by signal 9 (SIGKILL)", "another is started")
    total = workers.status()["requests_total"]
    assert isinstance(total, int)
    assert total > load.count / 2, "the dead worker's requests are no longer counted"


STUCK = """
import time

from ccrouter.api import Transformer


class Stuck(Transformer):
    name = "stuck"

    def request(self, request, context):
        while request.max_tokens == 77:
            time.sleep(0.1)
        return request
"""


def test_a_worker_that_hangs_is_told_of_and_replaced(daemon: Daemon) -> None:
    """In a transformer that never returns: the log says where, and the other worker serves meanwhile."""
    plugin = daemon.config_path.with_name("stuck.py")
    plugin.write_text(STUCK)
    transformers: Json = [{"path": str(plugin)}]
    daemon.config = {**with_provider(daemon.config, transformer={"use": ["stuck"]}), "transformers": transformers}
    daemon.start()
    workers = Workers(daemon, KEY)
    one, other = workers.both()
    asking = threading.Thread(target=hang, args=(workers, one))
    asking.start()
    for _ in range(5):
        assert workers.ask(other, "POST", "/v1/messages", ASK).status == 200
    assert daemon.log_line(f"worker {one} hangs: nothing of it for 30 s", seconds=60)
    after = workers.until(lambda pids: len(pids) == 2 and one not in pids)
    assert other in after
    assert daemon.log_line(f"Worker {one} was ended by signal 6 (SIGABRT)", "another is started")
    assert re.search(rf'File "{plugin}", line \d+ in request', daemon.log), daemon.log[-3000:]
    asking.join()


def hang(workers: Workers, pid: int) -> None:
    """Ask this worker what it never answers."""
    with pytest.raises((OSError, http.client.HTTPException)):
        workers.ask(pid, "POST", "/v1/messages", {**ASK, "max_tokens": 77})


def test_a_key_that_rests_in_one_rests_in_the_other(workers: Workers, upstream: OpenAIChatUpstream) -> None:
    one, other = workers.both()
    upstream.begin(lambda body: Failure(429, "slow down", "rate_limit", headers={"retry-after": "3600"}))
    refused = workers.ask(one, "POST", "/v1/messages", ASK)
    assert refused.status == 429
    assert key_states(workers, other) == ["resting"]
    upstream.begin(lambda body: text("Hello"))
    rests = workers.ask(other, "POST", "/v1/messages", ASK)
    assert rests.status == 429
    assert not upstream.requests, "the other worker asked with a key that rests"
    assert workers.daemon.ccr("keys", "clear").returncode == 0
    for pid in (one, other):
        assert key_states(workers, pid) == ["ready"]
        assert workers.ask(pid, "POST", "/v1/messages", ASK).status == 200


def test_what_one_learns_of_a_model_the_other_knows(workers: Workers, upstream: OpenAIChatUpstream) -> None:
    one, other = workers.both()
    words = "max_tokens is too large: 4000. This model supports at most 100 completion tokens."

    def limited(body: JsonObject) -> Reply | Failure:
        limit = body.get("max_tokens")
        return text("Hello") if isinstance(limit, int) and limit <= 100 else Failure(400, words, "invalid_request")

    upstream.begin(limited)
    asked: JsonObject = {**ASK, "max_tokens": 4000}
    assert workers.ask(one, "POST", "/v1/messages", asked).headers["x-ccr-attempts"] == "2"
    assert workers.ask(other, "POST", "/v1/messages", asked).headers["x-ccr-attempts"] == "1"


def test_a_limit_of_requests_at_once_holds_for_both_together(daemon: Daemon, upstream: OpenAIChatUpstream) -> None:
    daemon.config = with_provider(daemon.config, max_concurrent=1)
    daemon.start()
    workers = Workers(daemon, KEY)
    pids = workers.both()
    most = 0

    def busy(body: JsonObject) -> Reply:
        nonlocal most
        most = max(most, len([request for request in upstream.requests if request.outcome == "open"]))
        return Reply(text=("a", "b"), pause=0.1)

    upstream.begin(busy)
    asked: JsonObject = {**ASK, "stream": True}
    threads = [
        threading.Thread(target=workers.ask, args=(pids[number % 2], "POST", "/v1/messages", asked))
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [request.outcome for request in upstream.requests] == ["answered"] * 6
    assert most == 1, f"{most} requests were under way at once"


def test_a_changed_config_reaches_both_under_load_and_nothing_fails(workers: Workers, daemon: Daemon) -> None:
    pids = workers.both()
    with Load(daemon.url, ASK, KEY) as load:
        load.wait_for(30)
        for model in ("m-chosen", "m-think", "m-chosen"):
            daemon.write(routed_to(daemon.config, model))

            def moved(model: str = model) -> bool:
                answers = [workers.ask(pid, "POST", "/v1/messages", ASK) for pid in pids]
                return all(answer.headers["x-ccr-target"] == f"strict,{model}" for answer in answers)

            wait_for("both take the new route", moved)
            load.wait_for(20)
    assert not load.failures
    assert load.refused == 0
    assert set(load.answers) == {"strict,m-default", "strict,m-chosen", "strict,m-think"}
    assert workers.both() == pids


def test_a_reload_that_is_asked_for_is_done_in_both_when_it_returns(workers: Workers, daemon: Daemon) -> None:
    one, other = workers.both()
    daemon.write(routed_to(daemon.config, "m-chosen"))
    told = workers.told(one, "POST", "/admin/reload")
    assert told["applied"] is True
    for pid in (one, other):
        assert workers.ask(pid, "POST", "/v1/messages", ASK).headers["x-ccr-target"] == "strict,m-chosen"


def test_hangup_replaces_every_worker_under_load_and_nothing_fails(workers: Workers, daemon: Daemon) -> None:
    before = workers.both()
    with Load(daemon.url, ASK, KEY) as load:
        load.wait_for(30)
        os.kill(workers.state.pid, signal.SIGHUP)
        workers.until(lambda pids: len(pids) == 2 and not set(pids) & set(before), 60)
        load.wait_for(30)
    assert not load.failures
    assert load.refused == 0
    assert workers.status()["requests_total"] == load.count, "what the old workers served is no longer counted"


def test_stop_lets_streams_of_both_finish(workers: Workers, daemon: Daemon, upstream: OpenAIChatUpstream) -> None:
    pieces = tuple(f"piece-{number} " for number in range(20))
    upstream.begin(lambda body: Reply(text=pieces, pause=0.1))
    rest: list[bytes] = []
    with ExitStack() as stack:
        streams = [stack.enter_context(Streamed(daemon.url, {**ASK, "stream": True}, KEY)) for _ in range(4)]
        readers = [threading.Thread(target=lambda stream=stream: rest.append(stream.read())) for stream in streams]
        for reader in readers:
            reader.start()
        stopped = daemon.ccr("stop")
        assert stopped.returncode == 0, stopped
        assert "terminated" not in stopped.stdout
        for reader in readers:
            reader.join(20)
    assert len(rest) == 4
    assert all(b"piece-19" in got and b"message_stop" in got for got in rest)
    assert not processes_of(daemon)


def test_a_second_signal_lets_nothing_finish(workers: Workers, daemon: Daemon, upstream: OpenAIChatUpstream) -> None:
    upstream.begin(lambda body: Reply(text=("piece ",) * 400, pause=0.1))
    process = psutil.Process(workers.state.pid)
    with Streamed(daemon.url, {**ASK, "stream": True}, KEY):
        process.send_signal(signal.SIGTERM)
        wait_for("no new connections", lambda: not listening(daemon.port), 5)
        assert process.is_running()
        process.send_signal(signal.SIGTERM)
        wait_for("all end at once", lambda: not processes_of(daemon), 10)


def test_each_workers_requests_can_be_explained(workers: Workers) -> None:
    ids = [workers.ask(pid, "POST", "/v1/messages", ASK).headers["request-id"] for pid in workers.both()]
    for request_id in ids:
        told = orjson.loads(workers.daemon.ccr("explain", "--id", request_id, "--json").stdout)
        assert request_id in orjson.dumps(told).decode()
    last = workers.daemon.ccr("explain", "--last")
    assert ids[-1] in last.stdout, last


def test_a_sessions_costs_are_summed_for_the_status_line(workers: Workers) -> None:
    one, other = workers.both()
    for pid in (one, one, other):
        answer = workers.ask(pid, "POST", "/v1/messages", ASK, **{"x-claude-code-session-id": "s-1"})
        assert answer.status == 200
    for pid in (one, other):
        session = as_object(workers.told(pid, "GET", "/admin/statusline?session=s-1")["session"]) or {}
        assert (as_object(session["total"]) or {})["requests"] == 3


def test_without_its_supervisor_nothing_goes_on(workers: Workers, daemon: Daemon) -> None:
    os.kill(workers.state.pid, signal.SIGKILL)
    wait_for("the workers end", lambda: not processes_of(daemon))
    again = daemon.ccr("start")
    assert again.returncode == 0, again
    assert post(daemon.url, ASK, KEY).status == 200


def test_a_config_that_cannot_be_used_is_told_by_start(daemon: Daemon) -> None:
    daemon.write(daemon.config_path.read_text().replace('"strict,m-default"', '"strct,m-default"'))
    failed = daemon.ccr("start")
    assert failed.returncode != 0
    assert "strct" in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr + daemon.log
    wait_for("all of it ends", lambda: not processes_of(daemon))


def test_a_worker_that_dies_while_the_config_is_broken_comes_back_when_it_is_mended(
    workers: Workers, daemon: Daemon
) -> None:
    good = daemon.config_path.read_text()
    one, other = workers.both()
    daemon.write(good.replace('"strict,m-default"', '"strct,m-default"'))
    os.kill(one, signal.SIGKILL)
    assert daemon.log_line("A worker did not start", "strct", seconds=20)
    assert workers.pids() == [other]
    assert post(daemon.url, ASK, KEY).status == 200
    assert "Workers: 1 of 2" in daemon.ccr("status").stdout
    daemon.write(good)
    workers.until(lambda pids: len(pids) == 2)


def test_the_option_counts_more_than_the_config(daemon: Daemon) -> None:
    assert daemon.ccr("start", "--workers", "3").returncode == 0
    Workers(daemon, KEY).until(lambda pids: len(pids) == 3)
    assert daemon.ccr("restart", "--workers", "1").returncode == 0
    assert "workers" not in Workers(daemon, KEY).status()
    assert len(processes_of(daemon)) == 1


def test_two_starts_at_once_give_one_daemon(daemon: Daemon) -> None:
    both = [daemon.spawn("start") for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    Workers(daemon, KEY).both()
    wait_for("the one that came second is gone", lambda: len(processes_of(daemon)) == 3, 10)
