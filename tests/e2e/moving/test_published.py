"""What each program that people come from publishes as its config, as it is, with the real Claude Code behind it."""

import shutil
from pathlib import Path

import orjson
import pytest

from tests.config.foreign.test_ccr3 import EXPORT
from tests.e2e.claude_code import ClaudeCode
from tests.e2e.daemon import Daemon
from tests.e2e.install import binary
from tests.e2e.launched import run
from tests.e2e.moving.world import DOCUMENTED, PUBLISHED, World, serve
from tests.upstreams.claude_relay_in_front import ClaudeRelayInFront
from tests.upstreams.internet import Internet
from tests.upstreams.usual_port import usual_port

pytestmark = pytest.mark.e2e


def said(daemon: Daemon, version: str, *arguments: str) -> str:
    """The prompt is an argument: a config for CI (`NON_INTERACTIVE_MODE`) leaves nothing to read."""
    done = run(daemon, version, "", "-p", "Hello", *arguments)
    assert done.returncode == 0, done
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("name", "answer", "models"),
    [
        ("gemini-for-claude-code", "from Gemini", ("gemini-2.0-flash-exp", "gemini-1.5-flash-latest")),
        ("1rgs-claude-code-proxy", "from OpenAI", ("gpt-4.1", "gpt-4.1-mini")),
        ("fuergaosi233-claude-code-proxy", "from OpenAI", ("gpt-4o", "gpt-4o-mini")),
    ],
)
def test_a_proxys_env_file(  # noqa: PLR0917 - what pytest gives it
    version: str, daemon: Daemon, world: World, name: str, answer: str, models: tuple[str, str]
) -> None:
    serve(daemon, "--env-file", PUBLISHED / f"{name}.env")
    big, small = models
    assert said(daemon, version, "--model", "sonnet") == answer
    assert big in world.asked()
    assert said(daemon, version, "--model", "haiku") == answer
    assert set(world.asked()) == {big, small}


def test_openrouter_with_big_middle_and_small(version: str, daemon: Daemon, world: World) -> None:
    world.openrouter.api_key = "sk-or-v1-..."
    serve(daemon, "--env-file", PUBLISHED / "openrouter-big-middle-small.env")
    for tier, model in (
        ("opus", "anthropic/claude-opus-4.1"),
        ("sonnet", "z-ai/glm-4.6"),
        ("haiku", "qwen/qwen3-coder"),
    ):
        assert said(daemon, version, "--model", tier) == "from OpenRouter"
        turns = [request.model for request in world.openrouter.requests if "tools" in request.body]
        assert turns[-1] == model
    assert world.openrouter.refusals == []


@pytest.mark.parametrize("name", ["example.json", "github-actions.json5"])
def test_claude_code_routers_versions_1_and_2(version: str, daemon: Daemon, world: World, name: str) -> None:
    daemon.config_path.parent.mkdir()
    shutil.copy(DOCUMENTED / name, daemon.config_path)
    assert said(daemon, version) == "from DeepSeek"
    assert {request.model for request in world.deepseek.requests if "tools" in request.body} == {"deepseek-chat"}


def test_claude_code_routers_readme_with_its_proxy(version: str, daemon: Daemon, world: World, tmp_path: Path) -> None:
    """`PROXY_URL` is the way to all its providers, and nothing in the environment."""
    daemon.config_path.parent.mkdir()
    shutil.copy(DOCUMENTED / "readme.json", daemon.config_path)
    with (
        usual_port(7890) as port,
        Internet({"api.deepseek.com": world.deepseek.url}, tmp_path / "readme", port) as internet,
    ):
        certificate = internet.environment["SSL_CERT_FILE"]
        daemon.extra = {"SERVICE_PORT": str(daemon.port), "SSL_CERT_FILE": certificate}
        assert said(daemon, version) == "from DeepSeek"
        assert set(internet.asked) == {"api.deepseek.com"}
        daemon.stop()
    assert world.internet.asked == []


def test_claude_code_routers_version_3(version: str, daemon: Daemon, world: World, tmp_path: Path) -> None:
    world.openrouter.api_key = "high"
    (tmp_path / "export.json").write_bytes(orjson.dumps(EXPORT))
    serve(daemon, "--config", tmp_path / "export.json")
    assert said(daemon, version, "--model", "opus") == "from Anthropic"  # by its rule on the model
    assert said(daemon, version, "--model", "sonnet") == "from OpenRouter"
    turns = [request for request in world.openrouter.requests if "tools" in request.body]
    assert {request.model for request in turns} == {"qwen/qwen3-coder"}
    assert {request.headers["x-team"] for request in turns} == {"blue"}


def test_litellms_load_balancing(version: str, daemon: Daemon, world: World, tmp_path: Path) -> None:
    """Both Azure deployments are out of reach: the group's fallback serves Claude Code, too."""
    daemon.extra = {**daemon.extra, "AZURE_API_KEY": "k", "OPENAI_API_KEY": "sk-1", "ANTHROPIC_API_KEY": "sk-ant-1"}
    serve(daemon, "--config", PUBLISHED / "litellm-load-balancing.yaml")
    found = binary(version)
    assert found is not None
    client = ClaudeCode(version, found, tmp_path, daemon.url, "sk-1234")
    answer = client.ask("Hello", extra={"ANTHROPIC_MODEL": "gpt-4"})
    assert answer.text == "from OpenAI", answer
    assert {request.model for request in world.openai.requests} == {"gpt-3.5-turbo-1106"}


@pytest.mark.parametrize("key", ["router-key", "sk-ant-router-key"])
@pytest.mark.parametrize("path", ["", "/api"])
def test_claude_relay_service_in_front(  # noqa: PLR0917 - what pytest gives it
    version: str, daemon: Daemon, world: World, tmp_path: Path, key: str, path: str
) -> None:
    """Claude Code asks the relay as its README says, and the relay's `ccr` account asks us."""
    daemon.extra = {**daemon.extra, "OPENROUTER_API_KEY": "sk-or-1"}
    daemon.config = {
        "APIKEY": key,
        "Providers": [{"name": "openrouter"}],
        "Router": {"default": "openrouter,z-ai/glm-4.6"},
    }
    daemon.start()
    found = binary(version)
    assert found is not None
    with ClaudeRelayInFront(f"{daemon.url}{path}", key) as relay:
        client = ClaudeCode(version, found, tmp_path, f"{relay.url}/api/", relay.client_key)
        answer = client.ask("Hello")
        assert answer.text == "from OpenRouter", answer
        assert ("/api/v1/messages", 200) in relay.asked
    assert {request.model for request in world.openrouter.requests if "tools" in request.body} == {"z-ai/glm-4.6"}
