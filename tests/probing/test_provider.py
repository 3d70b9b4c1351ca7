"""A provider is tested over real sockets: what works, and each way of not working, told apart in one line."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from ccrouter import runtime
from ccrouter.gateway.types import Service
from ccrouter.probing.provider import Probe, probe_json, probe_provider
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, Reply, call, text
from tests.upstreams.server import ThreadedServer

KEY = "sk-good-0123456789abcdef"
WRONG = "sk-wrong-0123456789abcdef"


def service(
    folder: Path, url: str, *, key: str | list[str] = KEY, models: tuple[str, ...] = ("m-good",), **more: Any
) -> Service:
    entry = {"name": "mine", "api_base_url": url, "api_key": key, "models": list(models), **more}
    config = {"Providers": [entry], "Router": {"default": f"mine,{(models or ('x',))[0]}"}, "PORT": 9}
    built = runtime.build(folder / "config.json", {}, orjson.dumps(config))
    assert built.service is not None, built.problems
    return built.service


def script(body: dict[str, Any]) -> Reply | Failure:
    return call("report_status", {"status": "OK"}) if body.get("tools") else text("O", "K")


async def probe(service: Service, model: str | None = None, **more: Any) -> Probe:
    return await probe_provider(service, "mine", model, environment={}, **more)


async def test_all_is_well(tmp_path: Path) -> None:
    heard: list[str] = []
    with OpenAIChatUpstream(script, api_key=KEY, listed=("m-good", "m-other")) as upstream:
        found = await probe(service(tmp_path, upstream.url + "/v1"), told=lambda step: heard.append(step.name))
        streamed = [request.body.get("stream") is True for request in upstream.requests if request.method == "POST"]
        assert upstream.refusals == []
    assert found.ok, found.failure
    assert found.models == ("m-good", "m-other")
    assert heard == ["models", "whole", "stream", "tool"]
    assert streamed == [False, True, False]
    said = [step.said for step in found.steps]
    assert said == ["2", '"OK"', '"OK"', "called"]
    assert found.steps[2].first_seconds is not None
    assert probe_json(found)["ok"] is True


@pytest.mark.parametrize("first", [KEY, WRONG])
async def test_every_key_of_a_pool_is_tried(tmp_path: Path, first: str) -> None:
    spare = "sk-spare-0123456789abcd99"
    taken = {KEY, spare}

    class Pool(OpenAIChatUpstream):
        async def _handle(self, request: web.Request) -> web.StreamResponse:
            offered = request.headers["authorization"].removeprefix("Bearer ")
            self.api_key = offered if offered in taken else "another"
            return await super()._handle(request)

    keys = [first, "sk-other-0123456789abcd77", spare]
    with Pool(script, listed=("m-good",)) as upstream:
        found = await probe(service(tmp_path, upstream.url + "/v1", key=keys))
    names = [(step.name, step.key, step.cause.fault if step.cause is not None else None) for step in found.steps]
    further = [("key", "sk-…cd77", "key"), ("key", "sk-…cd99", None)]
    if first == KEY:
        assert names == [("models", "", None), ("whole", "", None), ("stream", "", None), ("tool", "", None), *further]
        refused = found.steps[4].words
    else:
        assert names == [("models", "", "key"), *further]
        refused = found.steps[1].words
    assert refused.startswith("key sk-…cd77: Wrong key: 127.0.0.1:")
    assert "refuses sk-…cd77 (401: " in refused
    assert not found.ok


async def test_a_key_that_has_reached_its_limit_is_no_wrong_one(tmp_path: Path) -> None:
    asked: list[object] = []

    def limited(body: dict[str, Any]) -> Reply | Failure:
        asked.append(body)
        return script(body) if len(asked) < 4 else Failure(429, "Slow down.")

    with OpenAIChatUpstream(limited, api_key=None, listed=("m-good",)) as upstream:
        found = await probe(service(tmp_path, upstream.url + "/v1", key=[KEY, WRONG]))
    assert found.ok
    assert "Slow down" in found.steps[-1].words


async def test_a_model_that_does_not_call_is_noted(tmp_path: Path) -> None:
    with OpenAIChatUpstream(lambda body: text("OK"), api_key=KEY) as upstream:
        found = await probe(service(tmp_path, upstream.url + "/v1"))
    assert found.ok
    assert "did not call the tool" in found.steps[-1].words


async def test_a_model_without_tools(tmp_path: Path) -> None:
    def refuses(body: dict[str, Any]) -> Reply | Failure:
        return Failure(400, "m-good does not support tools") if body.get("tools") else text("OK")

    with OpenAIChatUpstream(refuses, api_key=KEY) as upstream:
        found = await probe(service(tmp_path, upstream.url + "/v1"))
    assert found.failure is not None
    assert found.failure.fault == "tools"


@pytest.mark.parametrize("listed", [("m-good",), ()])
async def test_wrong_key(tmp_path: Path, listed: tuple[str, ...]) -> None:
    with OpenAIChatUpstream(script, api_key=KEY, listed=listed) as upstream:
        found = await probe(service(tmp_path, upstream.url + "/v1", key=WRONG))
    assert found.failure is not None
    assert found.failure.fault == "key"
    assert found.failure.line.startswith("Wrong key: 127.0.0.1:")
    assert "sk-…cdef" in found.failure.line
    assert WRONG not in str(probe_json(found))


async def test_no_such_model(tmp_path: Path) -> None:
    def unknown(body: dict[str, Any]) -> Reply | Failure:
        return Failure(404, "The model `m-god` does not exist or you do not have access to it.", code="model_not_found")

    with OpenAIChatUpstream(unknown, api_key=KEY, listed=("m-good", "m-other")) as upstream:
        found = await probe(service(tmp_path, upstream.url + "/v1"), "m-god")
    assert found.failure is not None
    assert found.failure.fault == "model"
    assert 'has no "m-god"' in found.failure.line
    assert 'Did you mean "m-good"? It has m-good, m-other.' in found.failure.line


async def test_wrong_path(tmp_path: Path) -> None:
    with OpenAIChatUpstream(script, api_key=KEY) as upstream:
        found = await probe(service(tmp_path, upstream.url + "/nowhere/v9"))
    assert found.failure is not None
    assert found.failure.fault == "url"
    assert found.failure.what.startswith(f"Wrong URL: nothing is served at {upstream.url}/nowhere/v9 (404")


async def html(request: web.Request) -> web.Response:
    return web.Response(text="<html><body>Welcome</body></html>", content_type="text/html")


async def elsewhere(request: web.Request) -> web.Response:
    raise web.HTTPMovedPermanently("https://real.example/v1")


async def failing(request: web.Request) -> web.Response:
    return web.json_response({"error": {"message": "upstream is down"}}, status=502)


async def empty(request: web.Request) -> web.Response:
    return web.json_response({"error": {"message": "Insufficient Balance"}}, status=402)


async def limited(request: web.Request) -> web.Response:
    return web.json_response({"error": {"message": "slow down"}}, status=429, headers={"retry-after": "7"})


@pytest.mark.parametrize(
    ("handler", "fault", "words"),
    [
        (html, "url", "is no such API"),
        (elsewhere, "url", "redirects to real.example"),
        (failing, "provider", "(502): upstream is down"),
        (empty, "balance", "Insufficient Balance"),
        (limited, "limit", "Try again in 7 s"),
    ],
)
async def test_what_answers_is_no_help(
    tmp_path: Path, handler: Callable[[web.Request], Any], fault: str, words: str
) -> None:
    with ThreadedServer(handler) as server:
        found = await probe(service(tmp_path, server.url + "/v1"))
    assert found.failure is not None
    assert (found.failure.fault, words in found.failure.line) == (fault, True), found.failure.line
    assert "\n" not in found.failure.line


async def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        port = probe_socket.getsockname()[1]
    found = await probe(service(tmp_path, f"http://127.0.0.1:{port}/v1"))
    assert found.failure is not None
    assert found.failure.fault == "network"
    assert found.failure.line.startswith(
        f"No connection: could not connect to 127.0.0.1:{port}: Connection refused. Check"
    )
    assert len(found.steps) == 1, "one connection error is enough"


async def test_no_such_host(tmp_path: Path) -> None:
    found = await probe(service(tmp_path, "https://no-such-host.invalid/v1"))
    assert found.failure is not None
    assert found.failure.fault == "network"
    assert "the name no-such-host.invalid could not be resolved" in found.failure.line


async def test_no_tls_there(tmp_path: Path) -> None:
    with ThreadedServer(html) as server:
        found = await probe(service(tmp_path, server.url.replace("http:", "https:") + "/v1"))
    assert found.failure is not None
    assert found.failure.fault == "tls", found.failure
    assert "http:// or https://" in found.failure.advice
    assert ssl.OPENSSL_VERSION  # the words are OpenSSL's own, and differ between its versions


async def test_silence(tmp_path: Path) -> None:
    async def silent(request: web.Request) -> web.Response:
        import asyncio

        await asyncio.sleep(30)
        return web.Response()

    with ThreadedServer(silent) as server:
        found = await probe(service(tmp_path, server.url + "/v1"), seconds=0.3)
    assert found.failure is not None
    assert found.failure.fault == "network"
    assert found.failure.what.startswith("No answer")


async def test_nothing_is_configured_and_nothing_listed(tmp_path: Path) -> None:
    with OpenAIChatUpstream(script, api_key=KEY) as upstream:
        found = await probe(service(tmp_path, upstream.url + "/v1"), "", steps=("whole",))
    assert found.ok
