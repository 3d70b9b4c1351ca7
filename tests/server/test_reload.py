"""A changed config is taken in whole, or not at all."""

import asyncio
from pathlib import Path

import orjson
import pytest

from ccrouter.config.types import Target
from ccrouter.gateway.gateway import Gateway
from ccrouter.gateway.types import Incoming, Record
from ccrouter.runtime import build
from ccrouter.server import reload as reloading
from ccrouter.server.state import State
from ccrouter.upstream.client import UpstreamClient

PROVIDER = {"name": "mock", "api_base_url": "http://127.0.0.1:1/v1", "models": ["a", "b"]}


def write(path: Path, default: str, **more: object) -> None:
    path.write_bytes(orjson.dumps({"Providers": [PROVIDER], "Router": {"default": default}, **more}))


async def state_of(path: Path) -> State:
    built = build(path, {})
    assert built.service is not None, built.problems
    return State(built.service, Gateway(UpstreamClient()), path, {}, "i", "t", problems=built.problems)


async def close(state: State) -> None:
    await state.gateway._client.close()


async def test_a_good_one_is_swapped_in_and_a_bad_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    write(path, "mock,a")
    state = await state_of(path)
    first = state.service
    write(path, "mock,b")
    assert await reloading.reload(state)
    assert state.service is not first
    assert str(state.service.config.router.default) == "mock,b"
    second = state.service
    path.write_text('{"Providers": [,]}')
    assert not await reloading.reload(state)
    assert state.service is second
    (problem,) = [problem for problem in state.problems if problem.severity == "error"]
    assert "stays in force" in str(problem)
    assert f"{path}:1:" in str(problem)
    write(path, "mock,a")
    assert await reloading.reload(state)
    assert [problem for problem in state.problems if problem.severity == "error"] == []
    await close(state)


async def test_included_files_are_watched_also_while_they_are_broken(tmp_path: Path) -> None:
    path, folder = tmp_path / "config.json", tmp_path / "providers"
    write(path, "mock,a", include="providers/*.json")
    folder.mkdir()
    state = await state_of(path)
    assert folder in reloading.watched(state)
    (folder / "more.json").write_text("{")
    assert not await reloading.reload(state)
    assert folder / "more.json" in reloading.watched(state)
    (folder / "more.json").write_bytes(orjson.dumps({"Router": {"think": "mock,b"}}))
    assert await reloading.reload(state)
    assert str(state.service.config.router.think) == "mock,b"
    await close(state)


async def test_a_text_for_hints_counts_as_soon_as_it_is_there(tmp_path: Path) -> None:
    path, text = tmp_path / "config.json", tmp_path / "hints" / "other.md"
    write(path, "mock,a")
    state = await state_of(path)
    assert text.parent in reloading.watched(state)
    assert state.service.pipeline(Target("mock", "a"), guided=True).guidance is None
    text.parent.mkdir()
    for words in ("Mind the tools.", "Mind them well."):
        text.write_text(words)
        assert await reloading.reload(state)
        assert text in reloading.watched(state)
        guidance = state.service.pipeline(Target("mock", "a"), guided=True).guidance
        assert guidance is not None
        assert (guidance.text, guidance.file) == (words, text)
    text.write_bytes(b"\xff")
    assert await reloading.reload(state)
    assert ["UTF-8" in problem.message for problem in state.problems] == [True]
    await close(state)


async def test_another_port_needs_a_restart_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    write(path, "mock,a", PORT=4001)
    state = await state_of(path)
    write(path, "mock,a", PORT=4002)
    assert await reloading.reload(state)
    assert any("ccr restart" in str(problem) for problem in state.problems)
    await close(state)


@pytest.mark.parametrize("way", ["write", "replace", "env"])
async def test_changes_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setattr(reloading, "POLL_SECONDS", 0.04)
    path = tmp_path / "config.json"
    write(path, "$ROUTE")
    (tmp_path / ".env").write_text("ROUTE=mock,a")
    state = await state_of(path)
    watcher = asyncio.create_task(reloading.watch(state))
    await asyncio.sleep(0.1)
    if way == "write":
        write(path, "mock,b")
    elif way == "replace":
        other = tmp_path / "other"
        write(other, "mock,b")
        other.replace(path)
    else:
        (tmp_path / ".env").write_text("ROUTE=mock,b  ")
    for _ in range(100):
        await asyncio.sleep(0.03)
        if str(state.service.config.router.default) == "mock,b":
            break
    watcher.cancel()
    assert str(state.service.config.router.default) == "mock,b"
    await close(state)


async def test_a_config_that_is_gone_for_a_moment_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    write(path, "mock,a")
    state = await state_of(path)
    path.unlink()
    assert not await reloading.reload(state)
    assert str(state.service.config.router.default) == "mock,a"
    await close(state)


async def test_it_tells_which_of_the_last_requests_would_go_elsewhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "config.json"
    write(path, "mock,a")
    state = await state_of(path)
    body = orjson.dumps({"model": "claude-x", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]})
    for number in range(3):
        incoming = Incoming(body, {}, f"req_{number}")
        record = Record(incoming.request_id)
        await state.gateway.plan(state.service, incoming, record)
        state.gateway.journal.add(record, incoming)
    write(path, "mock,b")
    assert await reloading.reload(state)
    told = "3 of the last 3 requests would now go elsewhere: 3 from default mock,a to default mock,b"
    assert told in str((state.rerouted or {})["summary"])
    assert told in caplog.text
    assert await reloading.reload(state)
    assert state.rerouted == {"of": 3, "requests": [], "summary": None}
    await close(state)


async def test_a_failing_routing_test_keeps_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    write(path, "mock,a")
    state = await state_of(path)
    write(path, "mock,b", tests=[{"name": "a it is", "request": {}, "target": "mock,a"}])
    assert not await reloading.reload(state)
    assert str(state.service.config.router.default) == "mock,a"
    (problem,) = state.problems
    assert f"{path}:1:" in str(problem)
    assert 'the routing test "a it is" fails: it expects mock,a, and gives default mock,b' in str(problem)
    await close(state)
