"""`ccr provider` without a terminal, as scripts call it, against a real server."""

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ccrouter.commands.provider.command import provider
from ccrouter.config.problems import ConfigError
from ccrouter.model.json import JsonObject
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, Reply, call, text

KEY = "sk-good-0123456789abcdef"
WRONG = "sk-wrong-0123456789abcdef"
CONFIG = """\
// mine
{
  PORT: 9,
  Providers: [
    { name: "old", api_base_url: "URL/v1", api_key: "$OLD_KEY", models: ["m-good"] }, // the first
  ],
  Router: { default: "old,m-good" /* everything */ },
}
"""
Ccr = Callable[..., Result]


def script(body: JsonObject) -> Reply | Failure:
    return call("report_status", {"status": "OK"}) if body.get("tools") else text("O", "K")


@pytest.fixture
def upstream() -> Iterator[OpenAIChatUpstream]:
    names = ("m-good", "m-other")
    with OpenAIChatUpstream(script, api_key=KEY, listed=names, models=frozenset(names)) as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upstream: OpenAIChatUpstream) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OLD_KEY", KEY)
    for name in ("MINE_API_KEY", "DEEPSEEK_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "ccr"
    folder.mkdir()
    path = folder / "config.json"
    path.write_text(CONFIG.replace("URL", upstream.url))
    return path


@pytest.fixture
def ccr(config: Path) -> Ccr:
    def run(*arguments: str, typed: str = "") -> Result:
        command, *rest = arguments
        return CliRunner().invoke(provider, [command, "--config", str(config), *rest], input=typed)

    return run


def files(config: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in config.parent.iterdir()}


def test_added_tested_and_shown(ccr: Ccr, config: Path, upstream: OpenAIChatUpstream) -> None:
    before = config.read_text()
    told = ccr("add", f"{upstream.url}/v1", "--name", "mine", "--key", KEY, "--models", "m-good,m-other", "--yes")
    assert told.exit_code == 0, told.output
    assert "✓ list of models: 2" in told.output
    for line in (
        "✓ whole answer",
        "✓ streamed answer",
        "✓ tool call",
        '+      name: "mine",',
        "The provider mine is added",
    ):
        assert line in told.output
    assert "default      old,m-good" in told.output
    assert KEY not in told.output
    text_now = config.read_text()
    assert [line for line in before.splitlines() if line not in text_now] == []
    assert 'api_key: "$MINE_API_KEY"' in text_now
    dotenv = config.with_name(".env")
    assert dotenv.read_text() == f"MINE_API_KEY={KEY}\n"
    assert stat.S_IMODE(dotenv.stat().st_mode) == 0o600
    assert upstream.refusals == []


def test_a_second_time_updates(ccr: Ccr, config: Path, upstream: OpenAIChatUpstream) -> None:
    arguments = ("add", f"{upstream.url}/v1", "--name", "mine", "--key", KEY, "--models", "m-good", "--yes")
    assert ccr(*arguments).exit_code == 0
    there = files(config)
    again = ccr(*arguments)
    assert again.exit_code == 0
    assert "it is so already, nothing was written" in again.output
    assert files(config) == there
    changed = ccr("add", "mine", "--models", "m-other", "--roles", "think,longContext=m-good", "--yes")
    assert changed.exit_code == 0, changed.output
    assert "The provider mine is updated" in changed.output
    report = json.loads(ccr("list", "--json").output)
    assert [found["models"] for found in report["providers"]] == [["m-good"], ["m-other"]]
    assert 'think: "mine,m-other"' in config.read_text()
    assert 'longContext: "mine,m-good"' in config.read_text()


def test_the_first_config(config: Path, ccr: Ccr, upstream: OpenAIChatUpstream) -> None:
    config.unlink()
    told = ccr(
        "add", f"{upstream.url}/v1", "--name", "mine", "--key", "-", "--models", "m-good", "--yes", typed=f"{KEY}\n"
    )
    assert told.exit_code == 0, told.output
    assert sorted(files(config)) == [".env", "config.json"]
    assert '"default": "mine,m-good"' in config.read_text()
    assert ccr("test").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["<url>/v1", "--key", WRONG, "--models", "m-good"],
            "Wrong key: 127.0.0.1:<port> refuses sk-…cdef (401: Incorrect",
        ),
        (["<url>/v1", "--key", KEY, "--models", "m-god"], 'Did you mean "m-good"? It has m-good, m-other.'),
        (["<url>/v7/x", "--key", KEY, "--models", "m-good"], "Wrong URL: nothing is served at <url>/v7/x (404"),
        (
            ["https://no-such.invalid/v1", "--key", KEY, "--models", "m"],
            "the name no-such.invalid could not be resolved",
        ),
        (
            ["http://127.0.0.1:9/v1", "--key", KEY, "--models", "m"],
            "No connection: could not connect to 127.0.0.1:9: Conn",
        ),
        (["<https>/v1", "--key", KEY, "--models", "m-good"], "No TLS: no TLS connection to 127.0.0.1:<port>"),
    ],
)
def test_a_failure_is_one_line_and_nothing_is_written(
    ccr: Ccr, config: Path, upstream: OpenAIChatUpstream, arguments: list[str], line: str
) -> None:
    port = upstream.url.rpartition(":")[2]

    def real(words: str) -> str:
        https = upstream.url.replace("http:", "https:")
        return words.replace("<url>", upstream.url).replace("<port>", port).replace("<https>", https)

    before = files(config)
    told = ccr("add", *map(real, arguments), "--name", "mine", "--yes")
    assert told.exit_code == 1
    assert len([each for each in told.output.splitlines() if real(line) in each and "✗" in each]) == 1, told.output
    assert told.output.endswith("Nothing was written.\n")
    assert KEY not in told.output
    assert WRONG not in told.output
    assert files(config) == before


def test_without_yes_nothing_is_written(ccr: Ccr, config: Path, upstream: OpenAIChatUpstream) -> None:
    before = files(config)
    told = ccr("add", f"{upstream.url}/v1", "--name", "mine", "--key", KEY, "--models", "m-good")
    assert told.exit_code == 1
    assert "Say --yes" in told.output
    assert '+      name: "mine",' in told.output
    assert files(config) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "it is not said which provider"),
        (["depseek"], "Did you mean deepseek?"),
        (["deepseek"], "deepseek needs a key. export DEEPSEEK_API_KEY="),
        (["deepseek", "--key", "$NOT_SET_ANYWHERE"], "the variable NOT_SET_ANYWHERE is not set"),
        (["azure", "--key", KEY], "azure needs its address (--url)"),
        (["https://me:pw@host.example/v1"], "has a key in it"),
        (["https://host.example/v1?key=abc"], "has a key in it"),
        (["ftp://host.example/v1"], "none that could be asked"),
        (["URL/v1", "--key", KEY], "needs a model to begin with. It has m-good, m-other."),
    ],
)
def test_refusals(ccr: Ccr, config: Path, upstream: OpenAIChatUpstream, arguments: list[str], words: str) -> None:
    before = files(config)
    told = ccr("add", *[argument.replace("URL", upstream.url) for argument in arguments], "--yes")
    assert isinstance(told.exception, ConfigError), told.output
    assert words in str(told.exception)
    assert files(config) == before


def test_a_key_in_the_environment_is_named(
    ccr: Ccr, config: Path, upstream: OpenAIChatUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_KEY", KEY)
    told = ccr("add", f"{upstream.url}/v1", "--name", "mine", "--key-env", "TEAM_KEY", "--models", "m-good", "--yes")
    assert told.exit_code == 0, told.output
    assert 'api_key: "$TEAM_KEY"' in config.read_text()
    assert not config.with_name(".env").exists()


def test_a_variable_that_means_something_else_is_not_taken(
    ccr: Ccr, config: Path, upstream: OpenAIChatUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE_API_KEY", WRONG)
    told = ccr("add", f"{upstream.url}/v1", "--name", "mine", "--key", KEY, "--models", "m-good", "--yes")
    assert told.exit_code == 0, told.output
    assert 'api_key: "$MINE_API_KEY_2"' in config.read_text()


def test_a_preset_elsewhere(ccr: Ccr, config: Path, upstream: OpenAIChatUpstream) -> None:
    told = ccr(
        "add", "vllm", "--url", f"{upstream.url}/v1", "--key", KEY, "--models", "m-good", "--name", "desk", "--yes"
    )
    assert told.exit_code == 0, told.output
    assert 'preset: "vllm"' in config.read_text()


def test_list_and_test(ccr: Ccr, config: Path, upstream: OpenAIChatUpstream) -> None:
    told = ccr("list")
    assert f"url       {upstream.url}/v1" in told.output
    assert "keys      sk-…cdef ready" in told.output
    report = json.loads(ccr("test", "--json").output)
    assert (report["ok"], report["providers"][0]["provider"]) == (True, "old")
    assert [step["step"] for step in report["providers"][0]["steps"]] == ["models", "whole", "stream", "tool"]
    failed = ccr("test", "old", "--model", "m-god", "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.output)["providers"][0]["error"]["fault"] == "model"
    assert ccr("models", "old").output == "* m-good\n  m-other\n"


def test_remove(ccr: Ccr, config: Path, upstream: OpenAIChatUpstream) -> None:
    before = files(config)
    assert "old is in use by default" in str(ccr("remove", "old").exception)
    assert "the last provider" in str(ccr("remove", "old", "--force").exception)
    assert files(config) == before
    ccr("add", f"{upstream.url}/v1", "--name", "mine", "--key", KEY, "--models", "m-good", "--roles", "think", "--yes")
    told = ccr("remove", "mine", "--force")
    assert told.exit_code == 0
    assert "Set again what shall not go to default: think" in told.output
    assert config.read_bytes() == before["config.json"]
    ccr("add", f"{upstream.url}/v1", "--name", "mine", "--key", KEY, "--models", "m-good", "--yes")
    told = ccr("remove", "old", "--force")
    assert told.exit_code == 0, told.exception
    assert "default goes to mine,m-good now" in told.output
    assert "/* everything */" in config.read_text()


def test_remove_where_groups_name_it(ccr: Ccr, config: Path, upstream: OpenAIChatUpstream) -> None:
    ccr("add", f"{upstream.url}/v1", "--name", "mine", "--key", KEY, "--models", "m-good", "--yes")
    config.write_text(
        config.read_text().replace("  Router:", '  groups: { both: ["mine,m-good", "old,m-good"] },\n  Router:')
    )
    before = files(config)
    assert "named in groups.both.0" in str(ccr("remove", "mine", "--force").exception)
    assert files(config) == before


def test_a_new_key_takes_the_place_of_the_old(ccr: Ccr, config: Path, upstream: OpenAIChatUpstream) -> None:
    arguments = ("--name", "mine", "--models", "m-good", "--yes")
    assert ccr("add", f"{upstream.url}/v1", "--key", KEY, *arguments).exit_code == 0
    written = config.read_bytes()
    assert ccr("add", "mine", "--key", WRONG, "--yes").exit_code == 1
    assert config.with_name(".env").read_text() == f"MINE_API_KEY={KEY}\n"
    upstream.api_key = "sk-newer-0123456789abcdef"
    told = ccr("add", "mine", "--key", "sk-newer-0123456789abcdef", "--yes")
    assert told.exit_code == 0, told.output
    assert "The provider mine is updated" in told.output
    assert config.read_bytes() == written
    assert config.with_name(".env").read_text() == "MINE_API_KEY=sk-newer-0123456789abcdef\n"
    assert ccr("test", "mine").exit_code == 0
