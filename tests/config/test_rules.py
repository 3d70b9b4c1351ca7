"""Rules, route objects, `Router.subagent`, `aliases` and `tiers`: what they mean, and each mistake with its place."""

from pathlib import Path

import pytest

from ccrouter.config.conditions import Subagent, Tokens
from ccrouter.config.types import ANY_AGENT, Config, Overrides, Route, Target, TransformerUse
from tests.config.loading import load_text, unmark

CHAT, R1, OSS = Target("deepseek", "chat"), Target("deepseek", "R1"), Target("groq", "oss")


def whole(router: str, extra: str = "") -> str:
    return f"""{{
  "Providers": [
    {{ "name": "deepseek", "api_base_url": "https://x.y/v1", "api_key": "k", "models": ["chat", "R1"] }},
    {{ "name": "groq", "api_base_url": "https://z.y/v1", "api_key": "k", "models": ["oss"] }},
  ],
  "Router": {{ {router} }},
  {extra}
}}"""


def load(folder: Path, router: str, extra: str = "") -> Config:
    loaded = load_text(folder, whole(router, extra))
    assert loaded.problems == ()
    assert loaded.config is not None
    return loaded.config


def test_a_rule(tmp_path: Path) -> None:
    rule = '{ "Name": " at  night ", "When": { "tokens": { "min": "60000" }, "subagent": true }, "use": "groq,oss" }'
    routes = f'"default": "deepseek,chat", "rules": [{rule}, {{ "use": "R" }}]'
    config = load(tmp_path, routes, '"aliases": { "r": "deepseek,R1" }')
    first, second = config.router.rules
    assert (first.label, first.use) == ("rule 1 (at night)", Route(OSS))
    assert first.when == (Subagent(wanted=True), Tokens(60_000)), "tokens last, whatever was written"
    assert (second.label, second.when, second.use) == ("rule 2", (), Route(R1))


def test_route_objects(tmp_path: Path) -> None:
    object_ = '{ "target": "deepseek,R1", "effort": "HIGH", "max_tokens": 8000, "transformers": ["tooluse"] }'
    router = f'"default": {{ "target": "groq" }}, "think": {object_}, "rules": [{{ "use": {object_} }}]'
    loaded = load_text(tmp_path, whole(router.replace('"groq"', '"groq,oss"')))
    assert loaded.problems == ()
    assert loaded.config is not None
    overrides = Overrides("high", 8000, (TransformerUse("tooluse"),))
    assert loaded.config.router.think == R1
    assert loaded.config.router.overrides == {"think": overrides}
    assert loaded.config.router.rules[0].use == Route(R1, overrides)


def test_subagents(tmp_path: Path) -> None:
    default = '"default": "deepseek,chat"'
    assert load(tmp_path, f'{default}, "subagent": "groq,oss"').router.subagent == {ANY_AGENT: Route(OSS)}
    one = load(tmp_path, f'{default}, "subagent": {{ "target": "groq,oss", "effort": "low" }}')
    assert one.router.subagent == {ANY_AGENT: Route(OSS, Overrides("low"))}
    many = load(tmp_path, f'{default}, "subagent": {{ "Explore": "groq,oss", "*": {{ "target": "deepseek,R1" }} }}')
    assert many.router.subagent == {"explore": Route(OSS), ANY_AGENT: Route(R1)}


def test_aliases(tmp_path: Path) -> None:
    extra = """ "groups": { "fast": ["groq,oss", "R"] },
    "aliases": { "r": "deepseek,R1", "Quick": "group,fast", "fast": "group,fast", "again": "QUICK" },
    "fallback": { "r": "again" } """
    config = load(tmp_path, '"default": "R"', extra)
    fast = Target("group", "fast")
    assert config.aliases == {"r": R1, "Quick": fast, "fast": fast, "again": fast}
    assert config.router.default == R1
    assert config.fallback == {"deepseek,R1": (fast,)}
    assert [member.target for member in config.groups["fast"].members] == [OSS, R1]


def test_tiers_stand_in_for_default_and_background(tmp_path: Path) -> None:
    opus = '{ "target": "deepseek,R1", "effort": "high" }'
    tiers = f'"tiers": {{ "opus": {opus}, "sonnet": "deepseek,chat", "haiku": "groq,oss" }}'
    config = load(tmp_path, "", tiers)
    assert config.tiers == {"opus": Route(R1, Overrides("high")), "sonnet": Route(CHAT), "haiku": Route(OSS)}
    assert (config.router.default, config.router.background) == (CHAT, OSS)
    config = load(tmp_path, "", tiers.replace(', "sonnet": "deepseek,chat"', ""))
    assert config.router.default == R1
    assert config.router.overrides == {"default": Overrides("high")}
    config = load(tmp_path, '"default": "groq,oss", "background": "deepseek,chat"', tiers)
    assert (config.router.default, config.router.background) == (OSS, CHAT)


def test_without_a_router_tiers_are_enough(tmp_path: Path) -> None:
    text = whole("", '"tiers": { "haiku": "groq,oss" }').replace('"Router": {  },', "")
    loaded = load_text(tmp_path, text)
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.router.default == OSS


def test_an_alias_called_like_a_tier_is_that_tiers(tmp_path: Path) -> None:
    extra = '"aliases": { "sonnet": "groq,oss", "opus": "deepseek,R1" }, "tiers": { "opus": "deepseek,chat" }'
    config = load(tmp_path, "", extra)
    assert config.tiers == {"opus": Route(CHAT), "sonnet": Route(OSS)}
    assert config.aliases["opus"] == R1


DEFAULT = '"default": "deepseek,chat", '


@pytest.mark.parametrize(
    ("router", "extra", "severity", "message", "fix"),
    [
        ('"rules": [{ "when": { §"modle": "x" }, "use": "groq,oss" }]', "", "error",
         'there is no condition "modle"', 'Did you mean "model"?'),
        ('"rules": [{ "when": { "not": [{ §"tool": "x" }] }, "use": "groq,oss" }]', "", "error",
         'there is no condition "tool"', 'Did you mean "tools"?'),
        ('"rules": [{ "wen": {}, "use": §"grok,oss" }]', "", "error",
         'there is no provider called "grok"', 'Did you mean "groq"?'),
        ('"rules": [{ "use": { "target": §"nobody,x" } }]', "", "error",
         'there is no provider called "nobody"', None),
        ('"rules": [§{ "when": {} }]', "", "error", '"use" is missing', None),
        ('"rules": [{ "use": §"" }]', "", "error", "must not be empty", "Write provider,model"),
        ('"rules": [{ "use": "groq,oss" }, §{ "when": { "tier": "opus" }, "use": "deepseek,R1" }]', "", "warning",
         "no request comes to this rule: rule 1 takes everything",
         "Put it before rule 1, or give that one a condition"),
        ('"rules": [{ "when": { "text": { "regex": §"a(b" } }, "use": "groq,oss" }]', "", "error",
         "this regular expression cannot be used: missing ) at position 3", None),
        ('"rules": [{ "when": { "system": [{ "regex": §"([a-z]+)*[0-9]{5}" }] }, "use": "groq,oss" }]', "", "error",
         "this regular expression cannot be used: it takes too long on long texts", None),
        ('"rules": [{ "when": { "text": §{ "contains": "a", "regex": "b" } }, "use": "groq,oss" }]', "", "error",
         'either "contains" or "regex" must be here', None),
        ('"rules": [{ "when": { "tier": §"opos" }, "use": "groq,oss" }]', "", "error",
         'there is no tier "opos"', 'Did you mean "opus"?'),
        ('"rules": [{ "when": { "effort": ["high", §"hihg"] }, "use": "groq,oss" }]', "", "error",
         'there is no effort "hihg"', 'Did you mean "high"?'),
        ('"rules": [{ "when": { "class": §"mian" }, "use": "groq,oss" }]', "", "warning",
         'there is no class "mian"', 'Did you mean "main"?'),
        ('"rules": [{ "when": { "time": §"22-6" }, "use": "groq,oss" }]', "", "error",
         '"22-6" is no span of time', 'Write "22:00-06:00"'),
        ('"rules": [{ "when": { "tokens": §{ "min": 9, "max": 8 } }, "use": "groq,oss" }]', "", "error",
         "no number is at least 9 and at most 8", "Swap the two"),
        ('"rules": [{ "when": { "tokens": §{} }, "use": "groq,oss" }]', "", "error",
         '"min" or "max" is missing', 'Write { "min": 60000 }'),
        ('"rules": [{ "when": { "model": §[] }, "use": "groq,oss" }]', "", "error", "must not be empty", None),
        ('"rules": [{ "when": { "model": §"" }, "use": "groq,oss" }]', "", "error", "must not be empty", None),
        ('"rules": [{ "when": { "model": §5 }, "use": "groq,oss" }]', "", "error",
         "must be a string or a list, is the number 5", None),
        ('"rules": [{ "when": { "not": §{} }, "use": "groq,oss" }]', "", "error",
         "an empty condition holds for everything: its contrary never", "Take it away"),
        ('"think": { "target": "groq,oss", "effort": §"hard" }', "", "error",
         'must be one of "off", "low", "medium", "high", "xhigh", "max", is a string "hard"', None),
        ('"think": §{ "effort": "high" }', "", "error", '"target" is missing', None),
        ('"think": { "target": "groq,oss", "transformers": [§"tooluze"] }', "", "error",
         'there is no transformer called "tooluze"', 'Did you mean "tooluse"?'),
        ('"think": { "target": "groq,oss", "transformers": §["gemini"] }', "", "error",
         'transformer "gemini" cannot run here', "Gemini is not spoken yet."),
        ('"subagent": { "Explore": §"nobody,x" }', "", "error", 'there is no provider called "nobody"', None),
        ('"subagent": §{ "effort": "low" }', "", "error", '"target" is missing',
         'Write "target" beside it, or types of agents such as "Explore" and "*"'),
        ("", '"aliases": { §"DeepSeek": "groq,oss" }', "error",
         'a provider is called "deepseek" too', "Give the alias another name"),
        ("", '"groups": { "fast": ["groq,oss"] }, "aliases": { §"fast": "groq,oss" }', "error",
         'a group is called "fast" too', "Give the alias another name"),
        ("", '"aliases": { "a": "groq,oss", §"A": "groq,oss" }', "error",
         'another alias is called "a" too', "Give the alias another name"),
        ("", '"aliases": { "a": §"b", "b": "groq,os" }', None, "", None),
        ("", '"aliases": { "a": §"a" }', "error", "an alias cannot mean itself: a -> a",
         "Let one of them name provider,model"),
        ("", '"aliases": { §"a,b": "groq,oss" }', "error",
         "the name of an alias must be text without a comma, which stands between provider and model",
         "Give the alias another name"),
        ("", '"aliases": { "a": §"grok,oss" }', "error", 'there is no provider called "grok"', 'Did you mean "groq"?'),
        ("", '"tiers": { "opus": §"grok,oss" }', "error", 'there is no provider called "grok"', 'Did you mean "groq"?'),
    ],
)  # fmt: skip
def test_mistakes(
    *, tmp_path: Path, router: str, extra: str, severity: str | None, message: str, fix: str | None
) -> None:
    text, place = unmark(whole(DEFAULT + router, extra))
    found = [problem for problem in load_text(tmp_path, text).problems if (problem.line, problem.column) == place]
    if severity is None:
        assert found == []
        return
    assert [(problem.severity, problem.message) for problem in found] == [(severity, message)]
    if fix is not None:
        assert found[0].fix == fix
