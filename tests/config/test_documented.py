"""Every config in claude-code-router's documentation loads, with the transformers this version really has.

The files are its config.example.json, the README's, the user interface's sample, and the one for GitHub Actions.
"""

from pathlib import Path

import pytest

from ccrouter.config.load import Loaded, load_config
from ccrouter.config.types import Config, Target, TransformerUse
from ccrouter.gateway.types import Service
from ccrouter.runtime import build, known_names

FOLDER = Path(__file__).parent / "documented"
KNOWN = known_names({}, user_files_loaded=False)


def load(name: str) -> Loaded:
    return load_config(FOLDER / name, environment={"OPENAI_API_KEY": "sk-test"}, known=KNOWN)


def config_of(name: str) -> Config:
    loaded = load(name)
    assert loaded.config is not None, [str(problem) for problem in loaded.problems]
    return loaded.config


@pytest.mark.parametrize("name", sorted(file.name for file in FOLDER.iterdir() if file.is_file()))
def test_it_loads(name: str) -> None:
    config = config_of(name)
    assert config.router.default is not None
    assert config.provider(config.router.default.provider) is not None


@pytest.mark.parametrize("name", ["example.json", "readme.json"])
def test_the_routes_and_providers_of_the_sample(name: str) -> None:
    config = config_of(name)
    router = config.router
    assert router.default == Target("deepseek", "deepseek-chat")
    assert router.background == Target("ollama", "qwen2.5-coder:latest")
    assert router.think == Target("deepseek", "deepseek-reasoner")
    assert router.long_context == Target("openrouter", "google/gemini-2.5-pro-preview")
    assert router.web_search == Target("gemini", "gemini-2.5-flash")
    assert router.long_context_threshold == 60000
    names = ["openrouter", "deepseek", "ollama", "gemini", "volcengine", "siliconflow", "modelscope", "dashscope"]
    assert [provider.name for provider in config.providers][:8] == names
    modelscope = config.provider("modelscope")
    assert modelscope is not None
    assert modelscope.api_keys == ()
    assert modelscope.use[0] == TransformerUse("maxtoken", {"max_tokens": 65536})
    assert modelscope.model_use["Qwen/Qwen3-235B-A22B-Thinking-2507"] == (TransformerUse("reasoning"),)
    assert config.api_key == "your-secret-key"
    assert config.api_timeout_ms == 600000


def test_what_the_readme_has_besides() -> None:
    config = config_of("readme.json")
    assert config.proxy_url == "http://127.0.0.1:7890"
    assert config.host == "127.0.0.1"
    openai = config.provider("openai")
    assert openai is not None
    assert openai.api_keys == ("sk-test",)
    assert config_of("example.json").host == "0.0.0.0"  # An APIKEY is given there.


def test_the_user_interfaces_sample_with_its_javascript_plugin() -> None:
    loaded = load("ui.json")
    config = config_of("ui.json")
    assert config.port == 8080
    assert config.claude_path is None
    assert config.transformers == ()
    assert config.router.web_search is None
    assert config.router.think == Target("azure", "gpt-4")
    gemini_cli = config.provider("gemini-cli")
    assert gemini_cli is not None
    assert set(gemini_cli.unavailable) == {"gemini-cli"}
    texts = {problem.pointer: problem for problem in loaded.problems}
    assert "gemini-cli.js is JavaScript" in texts["/transformers/0/path"].message
    assert "docs/porting-transformers.md" in (texts["/transformers/0/path"].fix or "")
    assert "gemini-cli.js cannot run here" in texts["/Providers/0/transformer/use/0"].message
    assert "no model is named" in texts["/Router/think"].message
    assert "no api_key" in texts["/Providers/9/api_key"].message


def test_the_sample_for_github_actions() -> None:
    config = config_of("github-actions.json5")
    assert config.log is True
    assert config.non_interactive_mode is True
    assert config.environment == {
        "OPENAI_API_KEY": "sk-xxx",
        "OPENAI_BASE_URL": "https://api.deepseek.com",
        "OPENAI_MODEL": "deepseek-chat",
    }


def test_warnings_are_those_one_expects() -> None:
    """No noise: only keys that are missing, and what cannot run here."""
    for name in ("example.json", "readme.json"):
        for problem in load(name).problems:
            assert any(part in problem.message for part in ("no api_key", "cannot run here")), str(problem)


def test_the_example_at_the_root_loads_without_a_word() -> None:
    root = Path(__file__).parents[2]
    loaded = load_config(root / "config.example.json", environment={}, known=KNOWN)
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.proxy_url is None
    assert loaded.config.api_key is None
    groq = loaded.config.provider("groq")
    assert groq is not None
    assert groq.api_base_url == "https://api.groq.com/openai/v1"
    abroad = loaded.config.provider("qwen-abroad")
    assert abroad is not None
    assert abroad.preset == "dashscope-intl"
    deepseek = loaded.config.provider("deepseek")
    assert deepseek is not None
    assert len(deepseek.api_keys) == 2
    assert deepseek.context_windows == {"deepseek-chat": 128000, "deepseek-reasoner": 128000}


def guide(name: str) -> Service:
    """What serves with a guide's config; no variable of it is set."""
    built = build(FOLDER / "guides" / name, {})
    assert built.service is not None, [str(problem) for problem in built.problems]
    return built.service


def test_gemini_3_through_a_relay() -> None:
    """Claude Relay Service's guide: `"default": "gemini"` names no model, and CCR took the provider's first."""
    service = guide("gemini3-through-a-relay.json")
    router = service.config.router
    assert router.default == Target("gemini", "gemini-2.5-flash")
    pro = Target("gemini", "gemini-3-pro-preview")
    assert (router.background, router.think, router.long_context) == (pro, pro, pro)
    assert router.web_search == Target("gemini", "gemini-2.5-flash")
    told = [problem.message for problem in build(FOLDER / "guides" / "gemini3-through-a-relay.json", {}).problems]
    assert told == [
        "clients cannot send this key as it is: a header's value is ASCII",
        'no model is named; the first one of "gemini" is used',
    ]
    pipeline = service.pipeline(pro)
    assert pipeline.dialect.name == "gemini"
    url = pipeline.dialect.url("http://127.0.0.1:3000/gemini/v1beta/models/", model=pro.model, stream=True)
    assert url == "http://127.0.0.1:3000/gemini/v1beta/models/gemini-3-pro-preview:streamGenerateContent?alt=sse"


def test_gemini_balance_with_headers() -> None:
    """The older form of tonyhu2006's guide."""
    service = guide("gemini-balance.json")
    assert service.config.router.long_context == Target("gemini-balance", "gemini-1.5-pro")
    balance = service.config.provider("gemini-balance")
    assert balance is not None
    assert balance.headers["Authorization"] == "Bearer your-auth-token"
    dialect = service.pipeline(Target("gemini-balance", "gemini-1.5-pro")).dialect
    assert dialect.name == "openai_chat"
    assert dialect.url(balance.api_base_url, model="x", stream=True) == "http://localhost:8000/v1/chat/completions"


def test_two_providers_on_one_litellm() -> None:
    service = guide("two-on-one-litellm.json")
    router = service.config.router
    assert router.default == Target("litellm-claude", "claude-sonnet-4-5-20250929")
    assert router.background == Target("litellm", "gpt-4o-mini")
    assert router.think == Target("litellm", "gpt-4o")
    for target in (Target("litellm", "gpt-4o"), Target("litellm-claude", "claude-sonnet-4-5-20250929")):
        pipeline = service.pipeline(target)
        url = pipeline.dialect.url("http://localhost:4000/v1", model=target.model, stream=True)
        assert url == "http://localhost:4000/v1/chat/completions"
