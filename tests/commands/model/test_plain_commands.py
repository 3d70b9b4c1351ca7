"""The plain commands of `ccr model`, as a user types them, against a real server."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from ccrouter.commands.model.command import model
from ccrouter.config.problems import ConfigError
from ccrouter.errors import CCRouterError
from tests.upstreams.server import ThreadedServer

KEY = "sk-good-0123456789abcdef"
CONFIG = """\
// mine
{
  PORT: 9,
  Providers: [
    { name: "mine", api_base_url: "URL/v1", api_key: "$KEY", models: ["alpha"] }, // the local one
    { name: "bad", api_base_url: "URL/v1", api_key: "sk-wrong-0123456789abcdef", models: ["alpha"] },
  ],
  Router: { default: "mine,alpha" /* everything */ },
  groups: { both: ["bad,alpha", "mine,alpha"] },
}
"""
Ccr = Callable[..., Result]


async def upstream(request: web.Request) -> web.Response:
    """An OpenAI-compatible server with one good key."""
    given = request.headers.get("authorization", "")
    if given != f"Bearer {KEY}":
        return web.json_response(
            {"error": {"message": f"wrong key: {given}", "type": "invalid_request_error"}}, status=401
        )
    if request.method == "GET":
        return web.json_response({"object": "list", "data": [{"id": "alpha"}, {"id": "beta"}]})
    body: Any = await request.json()
    message = {"role": "assistant", "content": "OK"}
    return web.json_response(
        {
            "id": "1",
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1},
        }
    )


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KEY", KEY)
    path = tmp_path / "config.json"
    with ThreadedServer(upstream) as server:
        path.write_text(CONFIG.replace("URL", server.url))
        yield path


@pytest.fixture
def ccr(config: Path) -> Ccr:
    def run(*arguments: str) -> Result:
        command, *rest = arguments
        return CliRunner().invoke(model, [command, "--config", str(config), *rest])

    return run


def test_list(ccr: Ccr, config: Path) -> None:
    told = ccr("list")
    assert "default      mine,alpha" in told.output
    assert "group,both  in_order  bad,alpha mine,alpha" in told.output
    report = json.loads(ccr("list", "--json").output)
    assert report["routes"]["default"] == "mine,alpha"
    assert report["routes"]["think"] is None
    assert report["providers"][0] == {"name": "mine", "models": ["alpha"]}
    assert KEY not in told.output + json.dumps(report)


def test_set_and_unset(ccr: Ccr, config: Path) -> None:
    before = config.read_text()
    told = ccr("set", "long_context", "both")
    assert told.exit_code == 0
    lines = told.output.splitlines()
    assert lines[0] == "longContext goes to group,both."
    assert lines[1].startswith(f"Backup: {config}.")
    assert lines[2] == "The daemon is not running: ccr start"
    assert config.read_text() == before.replace('"mine,alpha" /*', '"mine,alpha", longContext: "group,both" /*')
    assert "it is so already" in ccr("set", "longContext", "group,both").output
    assert ccr("unset", "longContext").exit_code == 0
    assert config.read_text() == before


def test_only_new_warnings_are_told(ccr: Ccr, config: Path) -> None:
    config.write_text(config.read_text().replace("default:", 'think: "mine,gamma", default:'))
    assert 'does not list the model "beta"' in ccr("set", "image", "mine,beta").output
    told = ccr("set", "image", "mine,alpha").output
    assert "does not list" not in told


def test_models(ccr: Ccr, config: Path) -> None:
    before = config.read_text()
    assert ccr("add", "mine", "beta", "gamma").output.startswith("mine has beta, gamma.\n")
    assert config.read_text() == before.replace('["alpha"] }, //', '["alpha", "beta", "gamma"] }, //')
    assert ccr("remove", "MINE", "beta", "gamma").exit_code == 0
    assert config.read_text() == before


def test_fetch(ccr: Ccr) -> None:
    assert ccr("fetch", "mine").output == "* alpha\n  beta\n"
    report = json.loads(ccr("fetch", "mine", "--json").output)
    assert report == {"provider": "mine", "models": ["alpha", "beta"], "configured": ["alpha"]}
    error = ccr("fetch", "bad").exception
    assert isinstance(error, CCRouterError)
    assert str(error) == "'bad' did not give its list of models (HTTP 401): wrong key: Bearer sk-…cdef"


def test_test(ccr: Ccr) -> None:
    told = ccr("test", "mine,alpha")
    assert told.exit_code == 0
    assert told.output.endswith('s: "OK"\n')
    refused = ccr("test", "bad,alpha", "--json")
    report = json.loads(refused.output)
    assert (refused.exit_code, report["ok"]) == (1, False)
    assert report["error"] == "The provider 'bad' refused its API key for bad,alpha: wrong key: Bearer sk-…cdef"
    assert "sk-wrong-0123456789abcdef" not in refused.output


def test_add_provider(ccr: Ccr, config: Path) -> None:
    before = config.read_text()
    told = ccr("add-provider", "groq", "--key", "$KEY", "--no-test")
    assert told.exit_code == 0, told.exception
    text = config.read_text()
    assert '    {\n      name: "groq",\n      api_key: "$KEY",\n    },\n  ],' in text
    assert [line for line in before.splitlines() if line not in text] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["set", "thnk", "mine,alpha"], 'Did you mean "think"'),
        (["set", "think", "nobody,alpha"], 'no provider called "nobody"'),
        (["unset", "default"], "Router.default is missing"),
        (["add-provider", "nobody", "--key", "k"], 'no provider is known as "nobody"'),
        (["remove", "mine", "beta"], 'lists no model "beta"'),
    ],
)
def test_refusals_change_nothing(ccr: Ccr, config: Path, arguments: list[str], message: str) -> None:
    before = config.read_bytes()
    error = ccr(*arguments).exception
    assert isinstance(error, ConfigError)
    assert message in str(error)
    assert config.read_bytes() == before
    assert list(config.parent.glob("*.bak")) == []
