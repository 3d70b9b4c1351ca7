"""Moving in: the files that others publish, as they are, and `ccr init` with one variable, to an answer.

The daemon speaks TLS to the hosts that the files mean, where upstreams of the tests answer (upstreams/internet.py).
"""

import shutil
import time
from pathlib import Path

import pytest

from tests.e2e.claude_code import ClaudeCode
from tests.e2e.daemon import Daemon
from tests.e2e.install import binary
from tests.e2e.launched import run
from tests.e2e.moving.world import DOCUMENTED, PUBLISHED, World, ask, said, serve

pytestmark = pytest.mark.e2e

RELOAD_SECONDS = 10
CLIENTS_KEY = "your-expected-anthropic-api-key"


@pytest.mark.parametrize(
    ("name", "key", "models"),
    [
        ("gemini-for-claude-code", "", ("gemini-2.0-flash-exp", "gemini-1.5-flash-latest")),
        ("1rgs-claude-code-proxy", "", ("gpt-4.1", "gpt-4.1-mini")),
        ("fuergaosi233-claude-code-proxy", CLIENTS_KEY, ("gpt-4o", "gpt-4o-mini")),
    ],
)
def test_a_proxys_published_env_file(
    daemon: Daemon, world: World, name: str, key: str, models: tuple[str, ...]
) -> None:
    serve(daemon, "--env-file", PUBLISHED / f"{name}.env")
    answer = "from Gemini" if name.startswith("gemini") else "from OpenAI"
    assert said(ask(daemon, "claude-sonnet-4-5", key)) == answer
    assert said(ask(daemon, "claude-haiku-4-5", key)) == answer
    assert world.asked() == list(models)
    if key:
        assert ask(daemon, "claude-sonnet-4-5", "wrong").status == 401
    assert daemon.url in daemon.ccr("status").stdout


def test_ccrs_published_config_with_claude_code(version: str, daemon: Daemon, world: World) -> None:
    """Its config.example.json, in its own place."""
    daemon.config_path.parent.mkdir()
    shutil.copy(DOCUMENTED / "example.json", daemon.config_path)
    code = run(daemon, version, "Hello", "-p")
    assert (code.returncode, code.stdout.strip()) == (0, "from DeepSeek"), code
    asked = {request.model for request in world.deepseek.requests if "tools" in request.body}
    assert asked == {"deepseek-chat"}


def test_litellms_published_config_with_claude_code(version: str, daemon: Daemon, world: World, tmp_path: Path) -> None:
    """`ANTHROPIC_MODEL` and the key as LiteLLM's page has them."""
    daemon.extra = {**daemon.extra, "ANTHROPIC_API_KEY": "sk-ant-1", "LITELLM_MASTER_KEY": "sk-1234567890"}
    serve(daemon, "--config", PUBLISHED / "litellm-claude-code.yaml")
    found = binary(version)
    assert found is not None
    client = ClaudeCode(version, found, tmp_path, daemon.url, "sk-1234567890")
    answer = client.ask("Hello", extra={"ANTHROPIC_MODEL": "claude-opus-4-5-20251101"})
    assert answer.text == "from Anthropic", answer
    asked = [request for request in world.anthropic.requests if "tools" in request.body]
    assert {request.model for request in asked} == {"claude-opus-4-5-20251101"}
    assert {request.headers["x-api-key"] for request in asked} == {"sk-ant-1"}


def test_litellms_load_balancing_falls_back_as_it_says(daemon: Daemon, world: World) -> None:
    """Both Azure deployments are out of reach: the group's context_window_fallbacks serve."""
    daemon.extra = {**daemon.extra, "AZURE_API_KEY": "k", "OPENAI_API_KEY": "sk-1", "ANTHROPIC_API_KEY": "sk-ant-1"}
    serve(daemon, "--config", PUBLISHED / "litellm-load-balancing.yaml")
    assert said(ask(daemon, "gpt-4", "sk-1234")) == "from OpenAI"  # an alias of the group
    assert world.asked() == ["gpt-3.5-turbo-1106"]
    assert any("azure" in host for host in world.internet.asked)
    assert said(ask(daemon, "gpt-3.5-turbo-large", "sk-1234")) == "from OpenAI"


def test_init_with_one_variable_ends_with_claude_code_at_work(version: str, daemon: Daemon, world: World) -> None:
    daemon.extra = {**daemon.extra, "OPENROUTER_API_KEY": "sk-or-1"}
    done = daemon.ccr("init", "--yes")
    assert done.returncode == 0, done
    assert "sk-or-1" not in done.stdout + done.stderr
    code = run(daemon, version, "Hello", "-p")
    assert (code.returncode, code.stdout.strip()) == (0, "from OpenRouter"), code
    assert {request.model for request in world.openrouter.requests if "tools" in request.body} == {
        "anthropic/claude-sonnet-4"
    }


def test_init_starts_claude_code_itself(version: str, daemon: Daemon, world: World) -> None:
    """One command, with nothing but a key in the environment."""
    daemon.extra = {**daemon.extra, "OPENROUTER_API_KEY": "sk-or-1"}
    done = run(daemon, version, "", "-p", "Hello", command=("init", "--yes", "--code", "--"))
    assert done.returncode == 0, done
    assert done.stdout.splitlines()[-1] == "from OpenRouter"
    assert "sk-or-1" not in done.stdout + done.stderr


def test_what_was_imported_serves_from_the_home(daemon: Daemon, world: World, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    shutil.copy(PUBLISHED / "fuergaosi233-claude-code-proxy.env", file)
    done = daemon.ccr("import", str(file), "--write")
    assert done.returncode == 0, done
    assert "sk-your-openai-api-key-here" not in done.stdout + done.stderr
    assert daemon.ccr("start").returncode == 0
    assert said(ask(daemon, "claude-opus-4-5", CLIENTS_KEY)) == "from OpenAI"
    assert world.openai.requests[0].headers["authorization"] == "Bearer sk-your-openai-api-key-here"


def test_a_changed_file_of_theirs_is_taken_over(daemon: Daemon, world: World) -> None:
    serve(daemon, "--env-file", PUBLISHED / "1rgs-claude-code-proxy.env")
    file = Path(daemon.extra["CCR_CONFIG"])
    file.write_text(file.read_text() + "BIG_MODEL=gpt-4o\n")
    log = file.with_name("claude-code-router.log")
    end = time.monotonic() + RELOAD_SECONDS
    while "config reloaded" not in log.read_text():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)
    assert said(ask(daemon, "claude-sonnet-4-5")) == "from OpenAI"
    assert world.asked() == ["gpt-4o"]
