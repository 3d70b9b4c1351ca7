from pathlib import Path

import orjson

from ccrouter.config.foreign.ccr3 import SOURCE
from ccrouter.config.load import load_config
from ccrouter.config.source import read_source
from ccrouter.config.types import Target
from ccrouter.model.json import JsonObject
from ccrouter.runtime import known_names

KNOWN = known_names({}, user_files_loaded=False)
EXPORT: JsonObject = {
    "APIKEY": "",
    "APIKEYS": [{"id": "1", "name": "mine", "key": "client-1"}, {"id": "2", "name": "other", "key": "client-2"}],
    "API_TIMEOUT_MS": 600000,
    "HOST": "127.0.0.1",
    "PORT": 3456,
    "gateway": {"coreHost": "127.0.0.1", "corePort": 3457, "enabled": True, "host": "127.0.0.1", "port": 4567},
    "Providers": [
        {
            "name": "OpenRouter",
            "api_base_url": "https://openrouter.ai/api/v1",
            "type": "openai_chat_completions",
            "models": ["z-ai/glm-4.6", "qwen/qwen3-coder"],
            "credentials": [
                {"apiKey": "low", "priority": 1},
                {"apiKey": "high", "priority": 9},
                {"apiKey": "off", "enabled": False},
            ],
            "extraHeaders": {"X-Team": "blue"},
            "icon": "…",
        },
        {
            "name": "Claude",
            "api_key": "sk-ant-1",
            "models": ["claude-sonnet-5"],
            "capabilities": [{"baseUrl": "https://api.anthropic.com", "type": "anthropic_messages"}],
        },
        {"name": "Off", "api_base_url": "https://x.example/v1", "models": ["m"], "enabled": False},
    ],
    "Router": {
        "builtInRules": {"claude-code": {"enabled": True}, "codex": {"enabled": True}},
        "fallback": {"mode": "model-chain", "models": ["Claude/claude-sonnet-5"], "retryCount": 1},
        "rules": [
            {
                "id": "a",
                "name": "Claude itself",
                "type": "condition",
                "enabled": True,
                "condition": {"left": "request.body.model", "operator": "starts-with", "right": "claude-opus"},
                "rewrites": [{"key": "request.body.model", "operation": "set", "value": "Claude/claude-sonnet-5"}],
            },
            {"id": "b", "name": "script", "type": "script", "enabled": True, "script": {"file": "x.js"}},
            {"id": "c", "name": "thinks", "type": "thinking", "enabled": True, "target": "OpenRouter/z-ai/glm-4.6"},
            {"id": "d", "name": "off", "type": "script", "enabled": False},
        ],
    },
    "profile": {
        "profiles": [
            {
                "agent": "claude-code",
                "enabled": True,
                "model": "OpenRouter/qwen/qwen3-coder",
                "opusModel": "OpenRouter/z-ai/glm-4.6",
                "smallFastModel": "",
            }
        ]
    },
    "virtualModelProfiles": [{"id": "fusion"}],
    "theme": "system",
}


def test_its_export_as_ours(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(orjson.dumps(EXPORT, option=orjson.OPT_INDENT_2))
    source = read_source(path.read_bytes(), path)
    assert source.translation is not None
    assert source.translation.source == SOURCE
    loaded = load_config(path, environment={}, known=KNOWN)
    config = loaded.config
    assert config is not None, [str(problem) for problem in loaded.problems]
    router, claude = config.providers
    assert router.api_keys == ("high", "low")
    assert (router.protocol, router.headers) == ("openai_chat", {"X-Team": "blue"})
    assert (claude.api_base_url, claude.protocol) == ("https://api.anthropic.com", "anthropic")
    assert (config.port, config.api_key) == (4567, "client-1")
    glm, sonnet = Target("OpenRouter", "z-ai/glm-4.6"), Target("Claude", "claude-sonnet-5")
    assert config.router.default == Target("OpenRouter", "qwen/qwen3-coder")
    assert config.router.think == glm
    assert config.tiers["opus"].target == glm
    assert config.fallback == {"*": (sonnet,)}
    (rule,) = config.router.rules
    assert rule.use.target == sonnet
    told = {problem.pointer: problem.message for problem in loaded.problems}
    assert told == {
        "/APIKEYS/1": "clients have one key here: this one is left out",
        "/Providers/2": 'the provider "Off" is switched off, and left out',
        "/Router/rules/1": 'the rule "script" has no equivalent',
        "/virtualModelProfiles": "no equivalent here: virtual models",
    }


def test_without_a_profile_the_first_model_serves(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    router: JsonObject = {"builtInRules": {}, "fallback": {"mode": "retry", "models": [], "retryCount": 3}, "rules": []}
    path.write_bytes(orjson.dumps({**EXPORT, "Router": router, "profile": {}}))
    config = load_config(path, environment={}, known=KNOWN).config
    assert config is not None
    assert config.router.default == Target("OpenRouter", "z-ai/glm-4.6")
    assert config.retries.same_target == 3
