"""What the `/model` picker is told of."""

from dataclasses import replace

from ccrouter.config.types import Config, Group, Member, ProviderConfig, RouterConfig, Target
from ccrouter.router import resolve
from ccrouter.server.models import model_entries, openai_entries

MODEL = Target("p", "m")
CONFIG = Config(
    (ProviderConfig("p", "http://127.0.0.1:9/v1", models=("m", "n")),),
    RouterConfig(MODEL),
    groups={"fast": Group("latency", (Member(MODEL),)), "p": Group("in_order", (Member(MODEL),))},
)


def test_groups_come_first_then_models() -> None:
    entries = model_entries(CONFIG)
    assert [(entry["id"], entry["display_name"]) for entry in entries] == [
        ("anthropic/group,fast", "fast (group)"),
        ("anthropic/group,p", "p (group)"),
        ("anthropic/p,m", "m (p)"),
        ("anthropic/p,n", "n (p)"),
    ]
    assert entries[0]["description"] == "group,fast through ccrouter"


def test_each_leads_back() -> None:
    named = [resolve(str(entry["id"]), CONFIG) for entry in model_entries(CONFIG)]
    assert named == [Target("group", "fast"), Target("group", "p"), MODEL, Target("p", "n")]


def test_aliases_come_before_all_and_lead_to_their_targets() -> None:
    config = replace(CONFIG, aliases={"quick": Target("group", "fast"), "claude-opus-5": Target("p", "n")})
    entries = model_entries(config)
    assert [(entry["id"], entry["display_name"]) for entry in entries[:2]] == [
        ("anthropic/quick", "quick (alias)"),
        ("anthropic/claude-opus-5", "claude-opus-5 (alias)"),
    ]
    assert [resolve(str(entry["id"]), config) for entry in entries[:2]] == list(config.aliases.values())
    assert [entry["id"] for entry in openai_entries(config)[:3]] == ["quick", "claude-opus-5", "group,fast"]
