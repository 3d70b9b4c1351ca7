"""Model groups and `fallback` lists: what may be written, what it means, and each mistake with its place."""

from pathlib import Path

import pytest

from ccrouter.config.groups import find_cycle, flatten, members_of
from ccrouter.config.types import Config, Group, Member, ProviderConfig, RouterConfig, Target
from tests.config.loading import load_text, unmark

CHAT = Target("deepseek", "chat")
R1 = Target("deepseek", "R1")
OSS = Target("groq", "oss")


def fast(name: str = "fast") -> Target:
    return Target("group", name)


def whole(extra: str, *, default: str = "deepseek,chat", name: str = "groq") -> str:
    return f"""{{
  "Providers": [
    {{ "name": "deepseek", "api_base_url": "https://x.y/v1", "api_key": "k", "models": ["chat", "R1"] }},
    {{ "name": "{name}", "api_base_url": "https://z.y/v1", "api_key": "k", "models": ["oss"] }},
  ],
  "Router": {{ "default": "{default}" }},
  {extra}
}}"""


def load(folder: Path, extra: str, *, default: str = "deepseek,chat") -> Config:
    loaded = load_text(folder, whole(extra, default=default))
    assert loaded.problems == ()
    assert loaded.config is not None
    return loaded.config


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ('["deepseek,chat", "groq,oss"]', Group("in_order", (Member(CHAT), Member(OSS)))),
        ('{ "members": ["DeepSeek,CHAT"] }', Group("in_order", (Member(CHAT),))),
        (
            '{ "strategy": "latency", "members": ["deepseek,chat", { "target": "groq/oss" }] }',
            Group("latency", (Member(CHAT), Member(OSS))),
        ),
        (
            '{ "Strategy": "Weighted", "members": ["deepseek,chat", { "target": "groq,oss", "weight": 2.5 }] }',
            Group("weighted", (Member(CHAT), Member(OSS, 2.5))),
        ),
        (
            '{ "strategy": "weighted", "members": [{ "target": "groq,oss", "weight": "$WEIGHT" }] }',
            Group("weighted", (Member(OSS, 0.5),)),
        ),
    ],
)
def test_groups(tmp_path: Path, text: str, group: Group) -> None:
    loaded = load_text(tmp_path, whole(f'"groups": {{ "fast": {text} }}'), environment={"WEIGHT": "0.5"})
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.groups == {"fast": group}


@pytest.mark.parametrize("written", ["group,fast", "Group , FAST", "fast", "Fast"])
def test_a_route_may_name_a_group(tmp_path: Path, written: str) -> None:
    config = load(tmp_path, '"groups": { "fast": ["deepseek,chat", "groq,oss"] }', default=written)
    assert config.router.default == fast()
    assert str(fast()) == "group,fast"
    assert config.group(fast()) == Group("in_order", (Member(CHAT), Member(OSS)))
    assert config.group(CHAT) is None
    assert members_of(fast(), config) == (CHAT, OSS)
    assert members_of(CHAT, config) == (CHAT,)


def test_groups_in_groups_in_any_order_of_writing(tmp_path: Path) -> None:
    config = load(tmp_path, '"groups": { "all": ["fast", "deepseek,R1"], "fast": ["groq,oss", "deepseek,chat"] }')
    assert config.groups["all"].members == (Member(fast()), Member(R1))
    assert members_of(fast("all"), config) == (OSS, CHAT, R1)


def test_a_provider_called_group_is_fine_without_groups(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, whole("", default="group,oss", name="group"))
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.router.default == Target("group", "oss")
    assert loaded.config.group(Target("group", "oss")) is None


def test_a_provider_of_the_same_name_goes_before_the_group(tmp_path: Path) -> None:
    text = whole('"groups": { §"groq": ["deepseek,R1"] }', default="groq,oss")
    text, place = unmark(text)
    (problem,) = load_text(tmp_path, text).problems
    assert (problem.severity, problem.pointer, (problem.line, problem.column)) == ("warning", "/groups/groq", place)
    assert "that name alone means the provider" in problem.message
    assert problem.fix == 'Write "group,groq" where you mean the group'


FALLBACKS = {
    "by scenario": ('"fallback": { "think": ["groq,oss"] }', {"think": (OSS,)}),
    "the scenarios of CCR and the classifier": (
        '"fallback": { "longcontext": "groq,oss", "webSearch": [], "image": ["groq,oss"], "classifier": ["groq,oss"] }',
        {"longContext": (OSS,), "webSearch": (), "image": (OSS,), "classifier": (OSS,)},
    ),
    "by target": ('"fallback": { "DeepSeek,CHAT": ["groq,oss", "groq,oss"] }', {"deepseek,chat": (OSS,)}),
    "by target with a slash": ('"fallback": { "deepseek/R1": ["groq,oss"] }', {"deepseek,R1": (OSS,)}),
    "by group": (
        '"fallback": { "fast": ["deepseek,R1"], "group,Slow": ["fast"] },'
        '"groups": { "fast": ["groq,oss"], "slow": ["deepseek,R1"] }',
        {"group,fast": (R1,), "group,slow": (fast(),)},
    ),
    "for all": ('"fallback": { "*": ["groq,oss"], "default": ["deepseek,R1"] }', {"*": (OSS,), "default": (R1,)}),
}


@pytest.mark.parametrize("name", FALLBACKS)
def test_fallbacks(tmp_path: Path, name: str) -> None:
    extra, expected = FALLBACKS[name]
    assert load(tmp_path, extra).fallback == expected


def in_groups(text: str) -> str:
    return whole(f'"groups": {text}')


ERRORS = {
    "groups list": (in_groups("§[]"), "/groups", "must be an object, is a list", None),
    "group text": (in_groups('{ "f": §"groq,oss" }'), "/groups/f", "must be an object or a list", "Put [ ] around it"),
    "group number": (in_groups('{ "f": §1 }'), "/groups/f", "must be an object or a list, is the number 1", None),
    "no members": (in_groups('{ "f": §{ "strategy": "latency" } }'), "/groups/f", '"members" is missing', None),
    "empty list": (in_groups('{ "f": §[] }'), "/groups/f", "must not be empty", None),
    "empty members": (in_groups('{ "f": { "members": §[] } }'), "/groups/f/members", "must not be empty", None),
    "strategy": (
        in_groups('{ "f": { "strategy": §"latencies", "members": ["groq,oss"] } }'),
        "/groups/f/strategy",
        "must be one of",
        'Did you mean "latency"?',
    ),
    "member number": (in_groups('{ "f": [§3] }'), "/groups/f/0", "must be a string or an object", None),
    "member empty": (in_groups('{ "f": [§" "] }'), "/groups/f/0", "must not be empty", "provider,model"),
    "member without target": (in_groups('{ "f": [§{ "weight": 1 }] }'), "/groups/f/0", '"target" is missing', None),
    "weight text": (
        in_groups('{ "f": { "strategy": "weighted", "members": [{ "target": "groq,oss", "weight": §"much" }] } }'),
        "/groups/f/members/0/weight",
        'must be a number, is a string "much"',
        None,
    ),
    "weight below 0": (
        in_groups('{ "f": { "strategy": "weighted", "members": [{ "target": "groq,oss", "weight": §-1 }] } }'),
        "/groups/f/members/0/weight",
        "must be at least 0, is the number -1",
        None,
    ),
    "weight NaN": (
        in_groups('{ "f": { "strategy": "weighted", "members": [{ "target": "groq,oss", "weight": §NaN }] } }'),
        "/groups/f/members/0/weight",
        "must be a number",
        None,
    ),
    "unknown provider": (
        in_groups('{ "f": ["groq,oss", §"grok,oss"] }'),
        "/groups/f/1",
        'there is no provider called "grok"',
        'Did you mean "groq"?',
    ),
    "unknown provider in an object": (
        in_groups('{ "f": [{ "target": §"grok,oss" }] }'),
        "/groups/f/0/target",
        'there is no provider called "grok"',
        'Did you mean "groq"?',
    ),
    "unknown group": (
        in_groups('{ "fast": ["groq,oss"], "all": [§"group,fats"] }'),
        "/groups/all/0",
        'there is no group called "fats"',
        'Did you mean "fast"?',
    ),
    "unknown name alone": (
        in_groups('{ "fast": ["groq,oss"], "all": [§"fats"] }'),
        "/groups/all/0",
        'there is no provider or group called "fats"',
        'Did you mean "fast"?',
    ),
    "in itself": (in_groups('{ "f": §["group,f"] }'), "/groups/f", "cannot be in itself: f -> f", "Take one"),
    "in itself by another": (
        in_groups('{ "a": §["groq,oss", "b"], "b": { "members": ["c"] }, "c": ["a"] }'),
        "/groups/a",
        "cannot be in itself: a -> b -> c -> a",
        "Take one",
    ),
    "comma in a name": (in_groups('{ §"a,b": ["groq,oss"] }'), "/groups/a,b", "without a comma", "another name"),
    "no name": (in_groups('{ §"": ["groq,oss"] }'), "/groups/", "without a comma", "another name"),
    "the same name": (
        in_groups('{ "fast": ["groq,oss"], §"Fast": ["groq,oss"] }'),
        "/groups/Fast",
        'another group is also called "fast"',
        "another name",
    ),
    "a provider called group": (
        whole('"groups": { "f": ["deepseek,chat"] }', name="group").replace('"name": "group"', '"name": §"group"'),
        "/Providers/1/name",
        'no provider may be called "group"',
        "another name",
    ),
    "a route to no group": (
        whole("", default="group,fast").replace('"group,fast"', '§"group,fast"'),
        "/Router/default",
        'there is no group called "fast"',
        'Add it to "groups"',
    ),
    "fallback number": (whole('"fallback": { "*": §1 }'), "/fallback/*", "must be a list or a string", None),
    "fallback of nobody": (
        whole('"fallback": { §"grok,oss": ["groq,oss"] }'),
        "/fallback/grok,oss",
        'there is no provider called "grok"',
        'Did you mean "groq"?',
    ),
    "fallback to nobody": (
        whole('"fallback": { "deepseek,chat": ["groq,oss", §"grok,oss"] }'),
        "/fallback/deepseek,chat/1",
        'there is no provider called "grok"',
        'Did you mean "groq"?',
    ),
    "fallback by target, number": (
        whole('"fallback": { "deepseek,chat": [§2] }'),
        "/fallback/deepseek,chat/0",
        "must be a string, is the number 2",
        "Put quotes around it",
    ),
}

WARNINGS = {
    "unknown key": (
        in_groups('{ "f": { "members": ["groq,oss"], §"strategie": "latency" } }'),
        "/groups/f/strategie",
        '"strategie" is not known',
        'Did you mean "strategy"?',
    ),
    "unknown key of a member": (
        in_groups('{ "f": [{ "target": "groq,oss", §"waight": 1 }] }'),
        "/groups/f/0/waight",
        '"waight" is not known',
        'Did you mean "weight"?',
    ),
    "weight without effect": (
        in_groups('{ "f": [{ "target": "groq,oss", "weight": §2 }] }'),
        "/groups/f/0/weight",
        'no effect with the strategy "in_order"',
        '"strategy": "weighted"',
    ),
    "twice": (in_groups('{ "f": ["groq,oss", §"GROQ/oss"] }'), "/groups/f/1", "in this group already", "Take it out"),
    "unlisted model": (in_groups('{ "f": [§"groq,new"] }'), "/groups/f/0", "does not list the model", "Add it"),
    "fallback of no scenario": (
        whole('"fallback": { §"thinking": ["groq,oss"] }'),
        "/fallback/thinking",
        '"thinking" is not known and has no effect',
        'Did you mean "think"?',
    ),
    "fallback of a provider alone": (
        whole('"fallback": { §"deepseek": ["groq,oss"] }'),
        "/fallback/deepseek",
        '"deepseek" is not known and has no effect',
        "provider,model",
    ),
    "fallback twice": (
        whole('"fallback": { "deepseek,chat": ["groq,oss"], §"deepseek/chat": ["deepseek,R1"] }'),
        "/fallback/deepseek~1chat",
        "names what an earlier key names",
        "Join the two",
    ),
}


@pytest.mark.parametrize(
    ("severity", "name"), [("error", name) for name in ERRORS] + [("warning", name) for name in WARNINGS]
)
def test_mistakes(tmp_path: Path, severity: str, name: str) -> None:
    marked, pointer, words, fix = (ERRORS if severity == "error" else WARNINGS)[name]
    text, place = unmark(marked)
    loaded = load_text(tmp_path, text)
    assert len(loaded.problems) == 1, loaded.problems
    (problem,) = loaded.problems
    assert (problem.severity, problem.pointer, (problem.line, problem.column)) == (severity, pointer, place)
    assert words in problem.message
    assert (fix or "") in (problem.fix or "")
    assert (loaded.config is None) == (severity == "error")


A, B, C = (Member(target) for target in (CHAT, R1, OSS))


def test_weights_are_shared_out_inside() -> None:
    inner = Group("weighted", (Member(CHAT, 3.0), Member(OSS, 1.0)))
    outer = Group("weighted", (Member(fast("inner"), 2.0), Member(R1, 2.0)))
    groups = {"inner": inner, "outer": outer}
    assert flatten(outer, groups) == (Member(CHAT, 1.5), Member(OSS, 0.5), Member(R1, 2.0))
    assert flatten(inner, groups) == inner.members


def test_a_model_in_two_groups_is_one_member() -> None:
    groups = {
        "a": Group("in_order", (A, B)),
        "b": Group("in_order", (B, C)),
        "all": Group("in_order", (Member(fast("a")), Member(fast("b")), C)),
    }
    assert flatten(groups["all"], groups) == (Member(CHAT, 0.5), Member(R1, 1.0), Member(OSS, 1.5))


def test_no_weight_at_all_is_no_division_by_zero() -> None:
    groups = {"none": Group("weighted", (Member(CHAT, 0.0),)), "all": Group("weighted", (Member(fast("none")), B))}
    assert flatten(groups["all"], groups) == (Member(CHAT, 0.0), B)


def test_cycles_are_found_and_followed_once() -> None:
    groups = {
        "a": Group("in_order", (A, Member(fast("b")))),
        "b": Group("in_order", (Member(fast("c")), Member(fast("gone")))),
        "c": Group("in_order", (Member(fast("b")), C)),
    }
    assert find_cycle("b", groups) == ("b", "c", "b")
    assert find_cycle("a", groups) is None
    config = Config((ProviderConfig("deepseek", "http://x"),), RouterConfig(), groups=groups)
    assert set(members_of(fast("a"), config)) == {CHAT, OSS, fast("gone")}
