"""`ccr import` as a user types it, and the same files served in place."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ccrouter.cli import cli
from ccrouter.commands.address import configured_address

LITELLM = """
model_list:
  - model_name: claude-sonnet-4-5
    litellm_params: {model: openai/gpt-4o, api_key: sk-secret-1}
general_settings: {master_key: sk-secret-2}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CCR_CONFIG", "SERVICE_PORT", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path / ".claude-code-router"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def test_it_shows_what_comes_of_it_and_writes_nothing(home: Path, tmp_path: Path) -> None:
    (tmp_path / "litellm.yaml").write_text(LITELLM)
    result = run("import", str(tmp_path / "litellm.yaml"))
    assert result.exit_code == 0, result.output
    assert '"api_key": "$OPENAI_API_KEY"' in result.stdout
    assert "secret" not in result.output
    assert "is read as a LiteLLM configuration" in result.stderr
    assert "For the .env beside the config: CCR_APIKEY, OPENAI_API_KEY" in result.stderr
    assert f"ccr import {tmp_path / 'litellm.yaml'} --write" in result.stderr
    assert not home.exists()


def test_it_is_put_in_place_and_checks_out_there(home: Path, tmp_path: Path) -> None:
    (tmp_path / "litellm.yaml").write_text(LITELLM)
    home.mkdir()
    (home / "config.json").write_text('{"PORT": 1}')
    result = run("import", str(tmp_path / "litellm.yaml"), "--write")
    assert result.exit_code == 0, result.output
    assert "secret" not in result.output
    assert "Backup: " in result.stdout
    assert "Next: ccr code" in result.stdout
    assert (home / ".env").read_text() == "CCR_APIKEY=sk-secret-2\nOPENAI_API_KEY=sk-secret-1\n"
    checked = run("config", "check")
    assert "is good" in checked.output, checked.output


def test_no_key_in_a_comment_is_shown_or_written(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    file.write_text(
        '{ "Providers": [\n  // { "name": "groq", "api_key": "groqs-secret" },\n  { "name": "deepseek", '
        '"api_key": "secret-1", "models": ["deepseek-chat"] } ],\n  "Router": { "default": "deepseek,deepseek-chat" } }'
    )
    for arguments in (("import", str(file)), ("import", str(file), "--write")):
        result = run(*arguments)
        assert result.exit_code == 0, result.output
        assert "secret" not in result.output
        assert f"{file}:2:36: a key in a comment is not taken over" in result.stderr
    assert "secret" not in (home / "config.json").read_text()
    assert '// { "name": "groq", "api_key": "****" },' in (home / "config.json").read_text()
    assert (home / ".env").read_text() == "DEEPSEEK_API_KEY=secret-1\n"


def test_what_could_not_be_used_is_not_written(home: Path, tmp_path: Path) -> None:
    (tmp_path / "litellm.yaml").write_text("model_list: [{model_name: a, litellm_params: {model: nobody/x}}]\n")
    result = run("import", str(tmp_path / "litellm.yaml"), "--write")
    assert result.exit_code == 1
    assert '"nobody" is no provider' in result.stderr
    assert "nothing was written" in result.stderr
    assert not home.exists()


def test_the_config_in_use_is_not_taken_over_by_itself(home: Path) -> None:
    home.mkdir()
    (home / "config.json").write_text("{}")
    result = run("import", str(home / "config.json"))
    assert result.exit_code == 1
    assert "used already" in result.stderr


def test_where_a_daemon_of_such_a_file_listens(home: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=k\nANTHROPIC_API_KEY=mine\nHOST=0.0.0.0\nPORT=9001\n")
    assert configured_address(tmp_path / ".env", {}) == ("0.0.0.0", 9001)
    (tmp_path / "litellm.yaml").write_text(LITELLM)
    assert configured_address(tmp_path / "litellm.yaml", {}) == ("127.0.0.1", 3456)


def test_start_takes_one_of_config_and_env_file(home: Path, tmp_path: Path) -> None:
    result = run("start", "--config", "a", "--env-file", "b")
    assert result.exit_code == 2
    assert "give one of them" in result.output
    missing = CliRunner().invoke(cli, ["start", "--env-file", str(tmp_path / "none.env")])
    assert "there is no such file" in str(missing.exception)
    assert not (tmp_path / "none.env").exists()
