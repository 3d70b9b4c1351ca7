"""What an override file may say, and how it lies over the configuration."""

from dataclasses import replace
from pathlib import Path

import pytest

from ccrouter.config.override import Override, overridden, read_override
from ccrouter.config.types import Config, Group, Member, ProviderConfig, RouterConfig, Target

FILE = Path("/p/.ccrouter.json")
CHAT, REASONER, OSS = Target("deepseek", "chat"), Target("deepseek", "reasoner"), Target("groq", "oss")
CONFIG = Config(
    (
        ProviderConfig("deepseek", "https://d/v1", ("sk-secret-of-deepseek",), ("chat", "reasoner")),
        ProviderConfig("groq", "https://g/v1", (), ("oss",)),
        ProviderConfig("open", "https://o/v1", (), ()),
    ),
    RouterConfig(default=CHAT, think=REASONER, long_context=OSS, long_context_threshold=50_000),
    groups={"fast": Group("in_order", (Member(OSS),))},
)


def read(text: str, *, trusted: bool = False) -> Override:
    return read_override(text.encode(), FILE, CONFIG, trusted=trusted)


def router(text: str, *, trusted: bool = False) -> RouterConfig:
    override = read(text, trusted=trusted)
    assert override.problems == ()
    return overridden(CONFIG, override).router


def test_it_lies_over_the_router_key_by_key() -> None:
    found = router('{ Router: { default: "groq,oss", /* mine */ longContextThreshold: 30000, } }')
    assert found == replace(CONFIG.router, default=OSS, long_context_threshold=30_000)


def test_a_route_can_be_taken_away() -> None:
    assert router('{ Router: { think: "" } }') == replace(CONFIG.router, think=None)


def test_the_default_cannot_be_taken_away() -> None:
    override = read('{ Router: {\n default: "" } }')
    assert override.refused
    (problem,) = override.problems
    assert problem.line == 2
    assert "Router.default is missing" in problem.message


def test_groups_and_other_spellings() -> None:
    assert router('{ "router": { "webSearch": "group,fast", "IMAGE": "Groq/oss" } }') == replace(
        CONFIG.router, web_search=Target("group", "fast"), image=OSS
    )


@pytest.mark.parametrize("text", ["{}", "{ Router: {} }", '{ $schema: "x" }'])
def test_nothing_said_changes_nothing(text: str) -> None:
    assert overridden(CONFIG, read(text)) is CONFIG


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('{\n Router: { default: "grok,oss" } }', 2, 'there is no provider called "grok". Did you mean "groq"?'),
        ('{\n\n Router: { think: "deepseek,v4" } }', 3, '"deepseek,v4" is not listed in the configuration'),
        ('{ Router: { think: "open,anything" } }', 1, '"open,anything" is not listed in the configuration'),
        ('{ Router: { think: "group,slow" } }', 1, 'there is no group called "slow"'),
        ('{ Router: "deepseek,chat" }', 1, "must be an object"),
        ("[]", 1, "an override is an object, this is a list"),
        ("{ Router: ", 1, ""),
        ('{ Router: { longContextThreshold: "many" } }', 1, "must be a whole number"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_nothing_counts(text: str, line: int, told: str) -> None:
    override = read(text)
    assert override.refused
    assert override.named == ()
    assert overridden(CONFIG, override) is CONFIG
    errors = [problem for problem in override.problems if problem.severity == "error"]
    assert (errors[0].file, errors[0].line) == (FILE, line)
    assert told in str(errors[0])


def test_the_users_own_file_may_name_what_is_not_listed() -> None:
    override = read('{ Router: { think: "deepseek,v4" } }', trusted=True)
    assert overridden(CONFIG, override).router.think == Target("deepseek", "v4")
    assert [problem.severity for problem in override.problems] == ["warning"]


@pytest.mark.parametrize(
    "foreign",
    [
        'Providers: [{ name: "evil", api_base_url: "https://evil/v1", models: ["m"] }]',
        "providers: []",
        'transformers: [{ path: "/p/evil.py" }]',
        'CUSTOM_ROUTER_PATH: "/p/evil.py"',
        'custom_router_path: "/p/evil.py"',
        'REWRITE_SYSTEM_PROMPT: "/home/me/.ssh/id_rsa"',
        'PROXY_URL: "http://evil"',
        'APIKEY: "x"',
        'groups: { fast: ["open,x"] }',
        'fallback: { "*": ["open,x"] }',
        'search: { backend: "searxng", url: "http://evil" }',
        'HTTPS_PROXY: "http://evil"',
        'GOOGLE_APPLICATION_CREDENTIALS: "/p/key.json"',
    ],
)
def test_anything_else_has_no_effect_and_says_so(foreign: str) -> None:
    override = read(f'{{ {foreign}, Router: {{ default: "groq,oss" }} }}')
    assert overridden(CONFIG, override) == replace(CONFIG, router=replace(CONFIG.router, default=OSS))
    (problem,) = override.problems
    assert problem.severity == "warning"
    assert "no effect" in problem.message


def test_variables_are_not_put_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "groq,oss")
    override = read('{ Router: { default: "deepseek,$SECRET" } }')
    assert override.refused
    assert "groq" not in str(override.problems)


def test_a_strangers_rules_are_few() -> None:
    rules = ", ".join('{ when: { text: "x" }, use: "groq,oss" }' for _ in range(21))
    text = f"{{ Router: {{ rules: [{rules}] }} }}"
    assert "there are 21 rules" in str(read(text).problems)
    assert read(text).refused
    assert not read(text, trusted=True).refused


def test_any_bytes_are_survived() -> None:
    for data in (b"", b"\xff\xfe\x00", b"{" * 500, b'{"Router": {"default": 5}}', b'{"Router": {"default": ["a"]}}'):
        assert read_override(data, FILE, CONFIG, trusted=False).refused
