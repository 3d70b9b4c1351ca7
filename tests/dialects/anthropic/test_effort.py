"""Thinking in the form that each Claude takes, whatever form the client chose."""

from dataclasses import replace

import pytest

from ccrouter.config.types import ProviderConfig
from ccrouter.dialects.anthropic.effort import fits, fitted
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import Json
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request, ThinkingConfig
from ccrouter.providers.resolve import quirks_for

CLAUDE = ProviderConfig("anthropic", "https://api.anthropic.com/v1/messages")


def asked(kind: str, budget: int | None = None, effort: str | None = None, max_tokens: int = 32_000) -> Request:
    extras: dict[str, Json] = {"metadata": {}} if effort is None else {"output_config": {"effort": effort, "x": 1}}
    thinking = ThinkingConfig(kind, budget)
    return Request("m", (Message("user", "Hi"),), max_tokens=max_tokens, thinking=thinking, extras=extras)


@pytest.mark.parametrize(
    ("model", "form"),
    [
        ("claude-haiku-4-5-20251001", "budget"),
        ("claude-sonnet-4-5", "budget"),
        ("claude-opus-4-1-20250805", "budget"),
        ("claude-opus-4-6", "any"),
        ("claude-opus-4-8", "adaptive"),
        ("claude-sonnet-5", "adaptive"),
        ("claude-opus-5-5", "adaptive"),
    ],
)
def test_which_claude_takes_which_form(model: str, form: str):
    assert quirks_for(CLAUDE, model).thinking_form == form


@pytest.mark.parametrize(
    ("request_", "thinking", "config"),
    [
        (asked("adaptive", effort="low"), ThinkingConfig("enabled", 2048), {"x": 1}),
        (asked("adaptive", effort="max"), ThinkingConfig("enabled", 31_999), {"x": 1}),
        (asked("adaptive"), ThinkingConfig("enabled", 8192), None),
        (asked("adaptive", effort="high", max_tokens=5000), ThinkingConfig("enabled", 4999), {"x": 1}),
        (asked("adaptive", max_tokens=1000), ThinkingConfig("disabled"), None),
        (asked("disabled", effort="high"), ThinkingConfig("disabled"), {"x": 1}),
    ],
)
def test_as_a_budget(request_: Request, thinking: ThinkingConfig, config: Json):
    quirks = Quirks(thinking_form="budget")
    found = fitted(request_, quirks, Notes())
    assert (found.thinking, found.extras.get("output_config")) == (thinking, config)
    assert fits(found, quirks)


def test_adaptive_where_a_budget_is_refused():
    quirks = Quirks(thinking_form="adaptive")
    found = fitted(asked("enabled", 10_000), quirks, Notes())
    assert found.thinking == ThinkingConfig("adaptive")
    assert fits(found, quirks)


@pytest.mark.parametrize("form", ["any", "budget", "adaptive"])
def test_what_fits_stays_as_it_is(form: str):
    plain = replace(asked("disabled"), thinking=None)
    for request in (plain, asked("disabled"), asked("enabled" if form == "budget" else "adaptive", 2048)):
        quirks = Quirks(thinking_form=form)  # pyright: ignore[reportArgumentType]
        assert fitted(request, quirks, Notes()) is request
