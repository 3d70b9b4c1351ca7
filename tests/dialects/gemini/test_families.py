"""Which rows a model's name finds, and how hard each kind thinks."""

from typing import Any

import pytest

from ccrouter.dialects.gemini.effort import encode_thinking
from ccrouter.dialects.gemini.families import family_of
from ccrouter.dialects.gemini.tools import wire_name
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request, ThinkingConfig
from tests.upstreams.gemini_models import rules_of


@pytest.mark.parametrize(
    ("model", "generation", "thinking", "signatures"),
    [
        ("gemini-1.5-pro", "1", "none", False),
        ("gemini-pro", "1", "none", False),
        ("gemini-2.0-flash-001", "2", "none", False),
        ("gemini-2.5-flash", "2.5", "budget", False),
        ("models/gemini-2.5-pro-preview-06-05", "2.5", "budget", False),
        ("gemini-2.5-flash-image-preview", "2.5", "none", False),
        ("gemini-2.5-pro-search", "2.5", "budget", False),
        ("gemini-2.5-pro-non-thinking", "2.5", "none", False),
        ("gemini-2.5-flash-search-non-thinking", "2.5", "none", False),
        ("gemini-2.0-flash-exp-image", "2.5", "none", False),
        ("gemini-3-pro-preview-search", "3", "level", True),
        ("gemini-3-pro-preview-non-thinking", "3", "none", True),
        ("gemini-3-pro-preview", "3", "level", True),
        ("gemini-3.1-flash-lite", "3", "level", True),
        ("gemini-3-pro-image-preview", "3", "none", False),
        ("google/gemini-3.8-flash", "3", "level", True),
        ("gemini-flash-latest", "3", "level", True),
        ("my-alias", "3", "level", True),
        ("gemma-3-27b-it", "gemma", "none", False),
    ],
)
def test_rows(model: str, generation: str, thinking: str, signatures: bool) -> None:
    family = family_of(model)
    assert (family.generation, family.thinking, family.needs_signatures) == (generation, thinking, signatures)


MODELS = [
    "gemini-2.0-flash",
    "gemini-2.5-flash",
    "gemini-2.5-pro",
    "gemini-3-pro-preview",
    "gemini-3-flash-preview",
    "gemini-3.1-pro-preview",
    "gemini-3.8-flash",
    "gemini-3.1-flash-lite",
]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("effort", [None, "low", "medium", "high", "xhigh", "max", "unheard-of"])
@pytest.mark.parametrize("kind", [None, "adaptive", "enabled", "disabled"])
@pytest.mark.parametrize("max_tokens", [1, 64, 32000, None])
def test_no_model_is_asked_for_what_it_refuses(
    model: str, effort: str | None, kind: str | None, max_tokens: int | None
) -> None:
    for budget in (None, 1024, 200_000) if kind == "enabled" else (None,):
        thinking = None if kind is None else ThinkingConfig(kind, budget)
        extras: dict[str, Any] = {} if effort is None else {"output_config": {"effort": effort}}
        request = Request("m", (Message("user", "x"),), max_tokens=max_tokens, thinking=thinking, extras=extras)
        config, more = encode_thinking(request, family_of(model), Notes())
        rules = rules_of(model)
        assert not {"thinkingBudget", "thinkingLevel"} <= config.keys()
        if "thinkingLevel" in config:
            assert config["thinkingLevel"] in rules.levels
        if "thinkingBudget" in config:
            assert rules.budget is not None
            wanted: Any = config["thinkingBudget"]
            fewest, most = rules.budget
            assert wanted == -1 or (wanted == 0 and rules.can_stop_thinking) or fewest <= wanted <= most
        assert (more > 0) == (
            (kind == "disabled" or (kind is None and effort is None and max_tokens in (1, 64)))
            and family_of(model).thinking != "none"
            and not rules.can_stop_thinking
        )


@pytest.mark.parametrize(
    "name", ["Bash", "_x", "a" * 64, "1password", "-x", "mcp__" + "y" * 90, "ä.b", "x y", "9" * 70, ""]
)
def test_names_fit_and_differ(name: str) -> None:
    short = wire_name(name)
    assert 1 <= len(short) <= 64
    assert short[0].isalpha() or short[0] == "_"
    assert short.replace("_", "").replace("-", "").isalnum() or not short.strip("_-")
    assert short == wire_name(name)
    assert wire_name(name + "z") != short
