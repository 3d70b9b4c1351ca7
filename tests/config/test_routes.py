import pytest

from ccrouter.config.routes import find_model, find_provider, read_route
from ccrouter.config.types import ProviderConfig, Target

PROVIDERS = (
    ProviderConfig("DeepSeek", "http://x", models=("deepseek-chat", "R1")),
    ProviderConfig("openrouter", "http://x", models=("anthropic/claude-sonnet-4", "DeepSeek/R1", "a,b")),
    ProviderConfig("anthropic", "http://x", models=("claude-opus-4",)),
    ProviderConfig("empty", "http://x"),
    ProviderConfig("with/slash", "http://x", models=("m",)),
)


@pytest.mark.parametrize(
    ("text", "target", "severity"),
    [
        ("DeepSeek,deepseek-chat", Target("DeepSeek", "deepseek-chat"), None),
        ("deepseek , r1 ", Target("DeepSeek", "R1"), None),
        ("openrouter,a,b", Target("openrouter", "a,b"), None),  # Split at the first comma only.
        ("openrouter,ANTHROPIC/Claude-Sonnet-4", Target("openrouter", "anthropic/claude-sonnet-4"), None),
        ("deepseek,unknown", Target("DeepSeek", "unknown"), "warning"),
        ("empty,whatever", Target("empty", "whatever"), None),  # It lists nothing to compare with.
        ("deepseek", Target("DeepSeek", "deepseek-chat"), "warning"),
        ("deepseek,", Target("DeepSeek", "deepseek-chat"), "warning"),
        ("deepseek/deepseek-chat", Target("DeepSeek", "deepseek-chat"), None),
        ("openrouter/anthropic/claude-sonnet-4", Target("openrouter", "anthropic/claude-sonnet-4"), None),
        ("anthropic/claude-x", Target("anthropic", "claude-x"), "warning"),
        ("with/slash/m", Target("with/slash", "m"), None),
        ("with/slash", Target("with/slash", "m"), "warning"),
        ("DeepSeek/R1", None, "error"),  # DeepSeek's R1, or OpenRouter's DeepSeek/R1.
        ("anthropic/claude-sonnet-4", None, "error"),  # Anthropic's, or OpenRouter's.
        ("empty", None, "error"),
        ("nobody,m", None, "error"),
        (",m", None, "error"),
        ("claude-opus-4", None, "error"),
        ("deepseek/", None, "error"),
    ],
)
def test_route_values(text: str, target: Target | None, severity: str | None) -> None:
    reading = read_route(text, PROVIDERS)
    assert (reading.target, reading.severity) == (target, severity)
    assert bool(reading.message) == (severity is not None)


def test_an_ambiguous_route_names_both_readings() -> None:
    assert read_route("deepseek/r1", PROVIDERS).fix == 'Write "DeepSeek,R1" or "openrouter,DeepSeek/R1"'


def test_a_model_alone_is_answered_with_the_whole_route() -> None:
    assert read_route("CLAUDE-opus-4", PROVIDERS).fix == 'Write "anthropic,claude-opus-4"'


def test_the_exact_name_goes_before_one_in_another_case() -> None:
    providers = (ProviderConfig("A", "http://x", models=("X", "x")), ProviderConfig("a", "http://x"))
    assert find_provider(providers, "a") is providers[1]
    assert find_provider(providers, "A") is providers[0]
    assert find_model(providers[0], "x") == "x"
    assert find_model(providers[0], "y") is None
