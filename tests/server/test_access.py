"""Who may talk to the daemon."""

import pytest

from ccrouter.errors import RequestError
from ccrouter.server.access import check_key, check_origin
from tests.server.conftest import Router

BODY = {"model": "nobody,x", "messages": []}


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "secret"},
        {"authorization": "Bearer secret"},
        {"authorization": "bearer secret"},
        {"authorization": "Bearer wrong", "x-api-key": "secret"},
        {"authorization": "Bearer secret", "x-api-key": "wrong"},
    ],
)
def test_the_key_is_taken_either_way(headers: dict[str, str]) -> None:
    check_key(headers, "secret")


@pytest.mark.parametrize(
    "headers", [{}, {"x-api-key": ""}, {"x-api-key": "secre"}, {"authorization": "Basic secret"}, {"authorization": ""}]
)
def test_any_other_is_refused_without_saying_the_key(headers: dict[str, str]) -> None:
    with pytest.raises(RequestError) as caught:
        check_key(headers, "secret")
    assert caught.value.status == 401
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("sent", ["schlüssel-随便 %41", "schl%C3%BCssel-%E9%9A%8F%E4%BE%BF%20%41"])
def test_a_key_that_no_header_can_have_is_taken_percent_encoded(sent: str) -> None:
    check_key({"x-api-key": sent}, "schlüssel-随便 %41")
    with pytest.raises(RequestError):
        check_key({"x-api-key": "schl%C3%BCssel"}, "schlüssel-随便 %41")
    with pytest.raises(RequestError):
        check_key({"x-api-key": "a%20b"}, "a b")  # of ASCII, so it goes as it is


def test_without_a_configured_key_none_is_asked_for() -> None:
    check_key({}, None)


@pytest.mark.parametrize(
    ("headers", "bound", "allowed"),
    [
        ({"host": "127.0.0.1:3456"}, "127.0.0.1", True),
        ({"host": "localhost:3456"}, "127.0.0.1", True),
        ({"host": "[::1]:3456"}, "::1", True),
        ({"host": "evil.test:3456"}, "127.0.0.1", False),
        ({"host": ""}, "127.0.0.1", False),
        ({"host": "[::1"}, "127.0.0.1", False),
        ({}, "127.0.0.1", False),
        ({"host": "server.test"}, "0.0.0.0", True),
        ({"host": "127.0.0.1", "origin": "https://evil.test"}, "127.0.0.1", False),
        ({"host": "127.0.0.1", "origin": "null"}, "127.0.0.1", False),
        ({"host": "127.0.0.1", "origin": "http://localhost:3000"}, "127.0.0.1", True),
        ({"host": "server.test", "origin": "https://evil.test"}, "0.0.0.0", False),
    ],
)
def test_web_pages_are_kept_out(headers: dict[str, str], bound: str, allowed: bool) -> None:
    if allowed:
        check_origin(headers, bound)
        return
    with pytest.raises(RequestError) as caught:
        check_origin(headers, bound)
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/", 200),
        ("GET", "/", 200),
        ("HEAD", "/api/hello", 200),
        ("GET", "/health", 200),
        ("GET", "/v1/models", 401),
        ("POST", "/v1/messages", 401),
        ("POST", "/v1/messages/count_tokens", 401),
        ("GET", "/nowhere", 401),
        ("GET", "/admin/status", 403),
        ("POST", "/admin/stop", 403),
    ],
)
async def test_what_is_open_with_a_key_configured(router: Router, method: str, path: str, status: int) -> None:
    async with router("http://127.0.0.1:9/v1", api_key="secret") as client:
        reply = await client.request(method, path, headers={"anthropic-version": "2023-06-01"})
        assert reply.status == status
        if status >= 400:
            body = await reply.json()
            assert (body["type"], set(body["error"])) == ("error", {"type", "message"})


async def test_every_route_keeps_web_pages_out(router: Router) -> None:
    evil = {"origin": "https://evil.test"}
    async with router("http://127.0.0.1:9/v1") as client:
        routes = [
            (route.method, route.resource.canonical)
            for route in client.app.router.routes()
            if route.resource is not None
        ]
        assert len(routes) > 30
        for method, path in [*routes, ("GET", "/%0A"), ("OPTIONS", "/v1/messages"), ("TRACE", "/")]:
            reply = await client.request(method.replace("*", "PUT"), path, headers=evil)
            assert reply.status == 403, (method, path)


async def test_the_admin_token_opens_admin_only(router: Router) -> None:
    async with router("http://127.0.0.1:9/v1", api_key="secret") as client:
        admin = {"x-ccr-admin-token": "admin-token"}
        status = await (await client.get("/admin/status", headers=admin)).json()
        assert status["routes"] == {"default": "mock,m-text", "background": "mock,m-bg", "think": "mock,m-think"}
        assert status["providers"] == [{"name": "mock", "models": 3, "protocol": "openai_chat"}]
        assert "secret" not in repr(status)
        assert "sk-upstream" not in repr(status)
        assert (await client.get("/v1/models", headers=admin)).status == 401
