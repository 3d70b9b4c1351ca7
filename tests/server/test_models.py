"""What the `/model` picker is told of."""

from ccrouter.config.types import Config, Group, Member, ProviderConfig, RouterConfig, Target
from ccrouter.router import resolve
from ccrouter.server.models import model_entries

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
