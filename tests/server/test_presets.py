"""Presets behind the real HTTP side: their own providers and routes, nothing mixed, changes taken in."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ccrouter.config.types import Target
from ccrouter.errors import ErrorDetail
from ccrouter.gateway.gateway import Gateway
from ccrouter.model.json import Json
from ccrouter.runtime import build
from ccrouter.server import presets as module
from ccrouter.server.app import make_app
from ccrouter.server.presets import Presets
from ccrouter.server.state import STATE, State
from ccrouter.upstream.client import UpstreamClient
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, text

BODY = {"model": "claude-x", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
ADMIN = {"x-ccr-admin-token": "t"}


@dataclass
class Scene:
    client: TestClient[Any, Any]
    presets: Presets
    folder: Path
    main: OpenAIChatUpstream
    other: OpenAIChatUpstream

    async def ask(self, preset: str | None, **headers: str) -> tuple[int, dict[str, Any], str]:
        path = "/v1/messages" if preset is None else f"/preset/{preset}/v1/messages"
        reply = await self.client.post(path, json=BODY, headers={"x-api-key": "router-key", **headers})
        return reply.status, await reply.json(), reply.headers.get("x-ccr-target", "")

    async def problems(self) -> list[str]:
        status = await (await self.client.get("/admin/status", headers=ADMIN)).json()
        return [problem["text"] for problem in status["problems"]]


def provider(upstream: OpenAIChatUpstream, *models: str) -> Json:
    """Called the same in every configuration, with the same key."""
    return {"name": "p", "api_base_url": upstream.endpoint, "api_key": "sk-upstream", "models": list(models)}


def write_preset(folder: Path, name: str, *, default: str, provider: Json) -> Path:
    (folder / name).mkdir(parents=True, exist_ok=True)
    manifest = folder / name / "manifest.json"
    manifest.write_text(json.dumps({"name": name, "Providers": [provider], "Router": {"default": default}}, indent=1))
    return manifest


@asynccontextmanager
async def scene(folder: Path) -> AsyncGenerator[Scene]:
    with OpenAIChatUpstream(lambda body: text("main")) as main, OpenAIChatUpstream(lambda body: text("other")) as other:
        path = folder / "config.json"
        retries = {"same_target": 0, "wait_seconds": 0}
        config = {"Providers": [provider(main, "m")], "Router": {"default": "p,m"}, "APIKEY": "router-key"}
        path.write_text(json.dumps({**config, "retries": retries}))
        built = build(path, {})
        assert built.service is not None, built.problems
        client = UpstreamClient()
        state = State(built.service, Gateway(client), path, {}, "i", "t", problems=built.problems)
        state.host = "127.0.0.1"
        state.presets = presets = Presets(folder / "presets", client, {})
        write_preset(presets.folder, "fast", default="p,x", provider=provider(other, "x", "y"))
        await presets.refresh()
        async with TestClient(TestServer(make_app(state))) as http:
            yield Scene(http, presets, presets.folder, main, other)
        presets.save()
        await client.close()


async def test_a_preset_has_its_own_providers_and_routes(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        assert (await here.ask("fast"))[::2] == (200, "p,x")
        assert (await here.ask(None))[::2] == (200, "p,m")
        assert [request.model for request in here.other.requests] == ["x"]
        assert [request.model for request in here.main.requests] == ["m"]
        counted = await here.client.post(
            "/preset/fast/v1/messages/count_tokens", json=BODY, headers={"x-api-key": "router-key"}
        )
        assert (await counted.json())["input_tokens"] > 0
        asking = {"x-api-key": "router-key", "anthropic-version": "2023-06-01"}
        models = await here.client.get("/preset/fast/v1/models", headers=asking)
        assert [entry["id"] for entry in (await models.json())["data"]] == ["anthropic/p,x", "anthropic/p,y"]


async def test_its_requests_count_where_the_daemons_lulls_are_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        assert here.client.app is not None
        state = here.client.app[STATE]
        for preset, count in (("fast", 1), (None, 2), ("fast", 3)):
            await here.ask(preset)
            assert (state.requests_total, state.open_requests) == (count, 0)


async def test_its_keys_are_told_and_cleared(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:

        async def states() -> tuple[Any, Any]:
            report = await (await here.client.get("/admin/keys", headers=ADMIN)).json()
            found = [report["providers"], report["presets"]["fast"]]
            own, preset = ([key["state"] for entry in entries for key in entry["keys"]] for entries in found)
            return own, preset

        async def clear(query: str) -> int:
            answer = await here.client.post(f"/admin/keys/clear{query}", headers=ADMIN)
            return (await answer.json())["cleared"]

        here.other.begin(lambda body: Failure(429, "Slow down", headers={"retry-after": "60"}))
        assert (await here.ask("fast"))[0] == 429
        assert await states() == (["ready"], ["resting"])
        assert await clear("?provider=p") == 0  # the main configuration's
        assert await clear("?preset=none") == 0
        assert await clear("?preset=fast&provider=q") == 0
        assert await clear("?preset=fast&provider=p") == 1
        assert await states() == (["ready"], ["ready"])
        assert (await here.ask("fast"))[0] == 429
        assert await clear("") == 1


async def test_its_way_out_is_the_main_configurations(tmp_path: Path) -> None:
    """PROXY_URL belongs to the machine; a preset's own wins, and a change of the main one counts."""
    proxy: list[str | None] = ["http://127.0.0.1:1"]
    folder, client = tmp_path / "presets", UpstreamClient()
    entry: Json = {"name": "p", "api_base_url": "https://p.example/v1", "api_key": "sk-1", "models": ["m"]}
    write_preset(folder, "plain", default="p,m", provider=entry)
    manifest = write_preset(folder, "own", default="p,m", provider=entry)
    manifest.write_text(manifest.read_text().replace("{", '{"PROXY_URL": "http://127.0.0.1:2",', 1))
    presets = Presets(folder, client, {}, lambda: proxy[0])
    found: list[tuple[str | None, str | None]] = []
    for url in ("http://127.0.0.1:1", "http://127.0.0.1:3", None):
        proxy[0] = url
        await presets.refresh()
        found.append((presets.serving("plain")[0].proxies["p"], presets.serving("own")[0].proxies["p"]))
    await client.close()
    own = "http://127.0.0.1:2"
    assert found == [("http://127.0.0.1:1", own), ("http://127.0.0.1:3", own), (None, own)]


async def test_it_wants_the_routers_key(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        status, body, _ = await here.ask("fast", **{"x-api-key": "wrong"})
        assert (status, body["error"]["type"]) == (401, "authentication_error")


async def test_providers_called_alike_do_not_mix(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        here.other.begin(lambda body: Failure(429, "Slow down", headers={"retry-after": "60"}))
        assert (await here.ask("fast"))[0] == 429
        before = len(here.other.requests)
        assert (await here.ask("fast"))[0] == 429
        assert len(here.other.requests) == before  # its key rests
        assert (await here.ask(None))[0] == 200  # the main configuration's, of the same name and text, does not


async def test_unknown_and_broken_presets_say_what_is_wrong(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        status, body, _ = await here.ask("slow")
        assert (status, body["error"]["message"]) == (404, "There is no preset 'slow'. Installed are: fast.")
        manifest = write_preset(here.folder, "broken", default="q,x", provider=provider(here.other, "x"))
        await here.presets.refresh()
        status, body, _ = await here.ask("broken")
        assert status == 400
        assert f"{manifest}:" in body["error"]["message"]
        assert 'there is no provider called "q"' in body["error"]["message"]
        assert any(str(manifest) in problem for problem in await here.problems())
        assert (await here.ask("fast"))[0] == 200


async def test_changes_are_taken_in_and_a_broken_one_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.03)
    async with scene(tmp_path) as here:
        watcher = asyncio.create_task(here.presets.watch())

        async def until(preset: str, wanted: tuple[int, str]) -> tuple[int, str]:
            found = (0, "")
            for _ in range(100):
                status, _, target = await here.ask(preset)
                found = status, target
                if found == wanted:
                    break
                await asyncio.sleep(0.03)
            return found

        manifest = write_preset(here.folder, "fast", default="p,y", provider=provider(here.other, "x", "y"))
        assert await until("fast", (200, "p,y")) == (200, "p,y")
        manifest.write_text("{ broken")
        told: list[str] = []
        for _ in range(100):
            if told := await here.problems():
                break
            await asyncio.sleep(0.03)
        assert f"{manifest}:1:" in told[0]
        assert "stays in force" in told[0]
        assert (await here.ask("fast"))[::2] == (200, "p,y")
        write_preset(here.folder, "new", default="p,x", provider=provider(here.other, "x"))
        assert await until("new", (200, "p,x")) == (200, "p,x")
        manifest.unlink()
        assert (await until("fast", (404, "")))[0] == 404
        watcher.cancel()


async def test_a_presets_request_can_be_explained(tmp_path: Path) -> None:
    async with scene(tmp_path) as found:
        write_preset(found.folder, "cheap", default="p,o", provider=provider(found.other, "o"))
        await found.presets.refresh()
        await found.ask(None)
        await found.ask("cheap")
        told = await (await found.client.get("/admin/explain", headers=ADMIN)).json()
        assert told["record"]["target"] == "p,o"
        assert [target["target"] for target in told["now"]["targets"]] == ["p,o"]
        answer = await (await found.client.get(f"/admin/explain?id={told['record']['id']}", headers=ADMIN)).json()
        assert answer["record"] == told["record"]


@pytest.mark.skipif(sys.platform == "win32", reason="several workers need Linux or macOS")
async def test_workers_share_what_they_know_of_a_preset(tmp_path: Path) -> None:
    from ccrouter.sharing.board import Board, new_board_file

    memory, client = new_board_file(), UpstreamClient()
    one, other = (Presets(tmp_path, client, {}, board=Board(memory)) for _ in range(2))
    with OpenAIChatUpstream(lambda body: text("x")) as upstream:
        for name in ("fast", "slow"):
            write_preset(tmp_path, name, default="p,x", provider=provider(upstream, "x"))
        for presets in (one, other):
            await presets.refresh()
    limited = ErrorDetail("rate_limit_error", "slow down", 429, retry_after=60.0)
    one.serving("fast")[1].health.failed(Target("p", "x"), "key", limited, 300.0)
    assert other.serving("fast")[1].health.keys(Target("p", "x"), ("key",), None) == ()
    assert other.serving("slow")[1].health.keys(Target("p", "x"), ("key",), None) == ("key",)
    one.save()
    await client.close()
    os.close(memory)
