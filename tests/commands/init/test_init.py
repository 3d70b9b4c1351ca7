"""`ccr init` without a terminal, in front of a real upstream on loopback; the daemon is started in tests/e2e."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from ccrouter.cli import cli
from ccrouter.config.load import load_config
from ccrouter.config.types import Config
from ccrouter.providers.presets import PRESETS
from ccrouter.runtime import known_names
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.server import ThreadedServer

KEY = "sk-upstream"


@pytest.fixture(scope="module")
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream(models=frozenset({"m-big", "m-mini"})) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, a folder to be in, and nothing of this machine's: no key, and no server at the usual ports."""
    for name in ("CCR_CONFIG", "SERVICE_PORT", *(preset.key_variable for preset in PRESETS if preset.key_variable)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / ".claude-code-router"


def init(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["init", "--yes", "--no-start", *arguments])


def words(result: Result) -> str:
    """All that the user sees: errors of ours are printed by `cli.run`."""
    return result.output + (str(result.exception) if result.exception is not None else "")


def written(home: Path) -> Config:
    loaded = load_config(home / "config.json", environment={}, known=known_names({}, user_files_loaded=False))
    assert loaded.config is not None, [str(problem) for problem in loaded.problems]
    return loaded.config


def test_nothing_to_begin_with(home: Path) -> None:
    result = init()
    assert result.exit_code == 1
    assert "Nothing was found to begin with" in words(result)
    assert not home.exists()


def test_without_a_terminal_it_asks_for_yes(home: Path) -> None:
    result = CliRunner().invoke(cli, ["init"])
    assert result.exit_code == 2
    assert "Add --yes" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--code"], "--code needs the daemon"), (["--", "-p"], "'-p' is no option of ccr init")],
)
def test_claude_code_is_started_only_where_it_can_be(home: Path, arguments: list[str], words: str) -> None:
    result = init(*arguments)
    assert result.exit_code == 2
    assert words in result.output
    assert not home.exists()


def test_a_provider_by_flags_is_tested_and_written(home: Path, upstream: OpenAIChatUpstream) -> None:
    arguments = ("--provider", "mine", "--url", f"{upstream.url}/v1", "--model", "m-big", "--background", "m-mini")
    result = init(*arguments, "--key", KEY)
    assert result.exit_code == 0, words(result)
    assert "streamed answer" in result.output
    assert KEY not in result.output
    config = written(home)
    assert str(config.router.default) == "mine,m-big"
    assert str(config.router.background) == "mine,m-mini"
    assert config.providers[0].models == ("m-big", "m-mini")
    assert config.providers[0].api_keys == (KEY,)
    assert KEY not in (home / "config.json").read_text()
    assert "Next: ccr code" in result.output
    again = init()
    assert again.exit_code == 0, words(again)
    assert "It can be used as it is" in again.output
    assert sorted(path.name for path in home.iterdir()) == [".env", "config.json"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"--key": "sk-wrong"}, "Wrong key: "),
        ({"--url": "/wrong"}, "Wrong URL: "),
        ({"--model": "nope"}, 'No such model: .* has no "nope"'),
        ({"--url": "http://127.0.0.1:9/v1"}, "No connection: "),
    ],
)
def test_what_does_not_work_is_one_line_and_nothing_is_written(
    home: Path, upstream: OpenAIChatUpstream, flags: dict[str, str], said: str
) -> None:
    flags = {"--url": "/v1", "--key": KEY, "--model": "m-big", **flags}
    if flags["--url"].startswith("/"):
        flags["--url"] = upstream.url + flags["--url"]
    result = init("--provider", "mine", *(part for flag in flags.items() for part in flag))
    assert result.exit_code == 1
    told, last = result.stderr.splitlines()
    assert re.search(said, told), result.stderr
    assert last == "Nothing was written."
    assert flags["--key"] not in result.output
    assert not home.exists()


def test_a_variable_that_is_not_set(home: Path) -> None:
    result = init("--provider", "deepseek", "--key", "$NOT_THERE")
    assert result.exit_code == 1
    assert "The variable NOT_THERE is not set" in words(result)
    assert not home.exists()


def test_a_provider_that_nobody_knows(home: Path) -> None:
    result = init("--provider", "deepsek")
    assert result.exit_code == 1
    assert 'Did you mean "deepseek"?' in words(result)


def test_a_key_in_the_environment_is_enough(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-1")
    result = init("--no-test")
    assert result.exit_code == 0, words(result)
    assert "Found: OPENROUTER_API_KEY, a key for openrouter" in result.output
    assert "openrouter serves; anthropic can be chosen" in result.output
    text = (home / "config.json").read_text()
    assert "$OPENROUTER_API_KEY" in text
    assert "sk-or-1" not in text
    assert not (home / ".env").exists()
    assert str(written(home).router.default) == "openrouter,anthropic/claude-sonnet-4"


def test_ollama_on_this_machine(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def models(request: web.Request) -> web.StreamResponse:
        names = ["nomic-embed-text", "llama3.2:3b", "qwen3-coder:30b"]
        return web.json_response({"object": "list", "data": [{"id": name} for name in names]})

    with ThreadedServer(models) as server:
        monkeypatch.setenv("OLLAMA_HOST", f"0.0.0.0:{server.port}")
        result = init("--no-test")
    assert result.exit_code == 0, words(result)
    assert "Found: ollama on this machine, with 3 models" in result.output
    config = written(home)
    assert config.providers[0].api_base_url == f"http://127.0.0.1:{server.port}/v1"
    assert str(config.router.default) == "ollama,qwen3-coder:30b"
    assert str(config.router.background) == "ollama,llama3.2:3b"


def test_a_proxys_file_in_this_folder_is_taken_over(home: Path, tmp_path: Path, upstream: OpenAIChatUpstream) -> None:
    env = f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={upstream.url}/v1\nBIG_MODEL=m-big\nSMALL_MODEL=m-mini\n"
    (tmp_path / "work" / ".env").write_text(env)
    result = init()
    assert result.exit_code == 0, words(result)
    assert "(a .env of fuergaosi233/claude-code-proxy)" in result.output
    assert KEY not in result.output
    assert str(written(home).router.background) == "openai-compatible,m-mini"


def test_a_projects_own_env_file_is_none_of_ours(home: Path, tmp_path: Path) -> None:
    (tmp_path / "work" / ".env").write_text("OPENAI_API_KEY=sk-1\nDEBUG=1\n")
    assert "Nothing was found" in words(init())


def test_litellms_file_by_its_name(home: Path, tmp_path: Path, upstream: OpenAIChatUpstream) -> None:
    params = f"{{model: openai/m-big, api_base: '{upstream.url}/v1', api_key: {KEY}}}"
    (tmp_path / "mine.yaml").write_text(f"model_list: [{{model_name: a, litellm_params: {params}}}]\n")
    result = init("--from", str(tmp_path / "mine.yaml"))
    assert result.exit_code == 0, words(result)
    assert str(written(home).router.default) == "openai,m-big"


def test_an_empty_config_gives_way_and_a_used_one_does_not(home: Path, upstream: OpenAIChatUpstream) -> None:
    home.mkdir()
    (home / "config.json").write_text('{ "PORT": 3456, "Providers": [], "Router": {} }')
    mine = ("--provider", "mine", "--url", f"{upstream.url}/v1", "--key", KEY, "--model", "m-big")
    result = init(*mine)
    assert result.exit_code == 0, words(result)
    assert "Backup: " in result.output
    before = (home / "config.json").read_text()
    other = ("--provider", "other", *mine[2:])
    refused = init(*other)
    assert refused.exit_code == 1
    assert "Add --replace" in words(refused)
    assert (home / "config.json").read_text() == before
    assert init(*other, "--replace").exit_code == 0
    assert (home / "config.json").read_text() != before
    assert len(list(home.glob("config.json.*.bak"))) == 2


def test_a_broken_config_is_not_replaced(home: Path) -> None:
    home.mkdir()
    (home / "config.json").write_text('{ "Providers": [{ "name": "x" }] ')
    result = init()
    assert result.exit_code == 1
    assert "cannot be used as it is" in words(result)
    assert (home / "config.json").read_text() == '{ "Providers": [{ "name": "x" }] '
