"""Changes by the names of routes, providers and models."""

from pathlib import Path

import pytest

from ccrouter import runtime
from ccrouter.config.edit.draft import Draft, open_draft
from ccrouter.config.edit.route_names import route_names, route_pointer
from ccrouter.config.first_run import STARTER, STARTER_YAML
from ccrouter.config.problems import ConfigError
from ccrouter.runtime import known_names

KNOWN = known_names({}, user_files_loaded=False)
CONFIG = """\
// mine
{
  providers: [
    {},
    { name: "$WHO", api_base_url: "http://localhost:1/v1", api_key: "$KEY", models: ["m1", "$MODEL"] }, // first
    { name: "groq", api_key: "k" },
  ],
  router: {
    default: "me,m1", // what else
    Think: "groq,openai/gpt-oss-20b",
  },
  unknown_field: { x: 1 },
}
"""
ENVIRONMENT = {"WHO": "me", "KEY": "secret-value", "MODEL": "m2"}


def draft_of(folder: Path, text: str = CONFIG, name: str = "config.json") -> Draft:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return open_draft(path, environment=ENVIRONMENT, known=KNOWN)


def test_routes_are_written_where_the_file_has_them(tmp_path: Path) -> None:
    draft = draft_of(tmp_path).set_route("think", "ME,M2").set_route("longContext", "groq,llama")
    assert '    Think: "me,m2",\n    longContext: "groq,llama",\n  },' in draft.text.text
    assert draft.config.router.think is not None
    assert draft.unset_route("THINK").config.router.think is None


def test_an_alias_stays_one_and_tables_grow(tmp_path: Path) -> None:
    draft = draft_of(tmp_path).set_route("aliases.fast", "me,m2").set_route("think", "FAST")
    assert draft.value("/Router/think") == "fast"
    assert str(draft.target("fast")) == "me,m2"
    draft = draft.set_route("subagent", "me,m1").set_route("subagent.Explore", "fast")
    assert draft.value("/Router/subagent") == {"*": "me,m1", "Explore": "fast"}
    with pytest.raises(ConfigError, match=r"Name one of them: subagent.\*, subagent.Explore"):
        draft.set_route("subagent", "me,m1")
    assert draft.set_route("tiers.opus", "me,m1").value("/tiers") == {"opus": "me,m1"}
    with pytest.raises(ConfigError, match="tiers"):
        draft.set_route("tiers.gold", "me,m1")


def test_what_a_route_says_besides_its_target_stays(tmp_path: Path) -> None:
    text = CONFIG.replace('"groq,openai/gpt-oss-20b"', '{ target: "me,m1", effort: "high" }')
    draft = draft_of(tmp_path, text).set_route("think", "me,m2")
    assert draft.value("/Router/think") == {"target": "me,m2", "effort": "high"}


def test_variables_stay_as_they_are_written(tmp_path: Path) -> None:
    draft = draft_of(tmp_path).add_models("me", ["m3", "m2"]).remove_models("me", ["m1"])
    assert 'name: "$WHO"' in draft.text.text
    assert 'api_key: "$KEY", models: ["$MODEL", "m3"] }, // first' in draft.text.text
    assert draft.remove_models("me", ["m2"]).config.providers[0].models == ("m3",)


def test_models_of_a_preset_become_a_list_of_ones_own(tmp_path: Path) -> None:
    draft = draft_of(tmp_path)
    before = draft.provider("groq").models
    assert draft.add_models("groq", ["new"]).provider("groq").models == (*before, "new")
    assert draft.remove_models("groq", [before[0]]).provider("groq").models == before[1:]


@pytest.mark.parametrize(("text", "name"), [(STARTER, "config.json"), (STARTER_YAML, "config.yaml")])
def test_the_first_provider_of_a_first_config(tmp_path: Path, text: str, name: str) -> None:
    draft = draft_of(tmp_path, text, name)
    assert draft.loaded.config is None
    draft = draft.add_provider({"name": "deepseek", "api_key": "$DEEPSEEK_API_KEY"})
    assert str(draft.config.router.default).startswith("deepseek,")
    assert draft.save(runtime.check).backup is not None
    assert [line for line in draft.path.read_text().splitlines() if line not in text.splitlines()] != []
    comments = [line for line in text.splitlines() if line.lstrip().startswith(("//", "#"))]
    assert [line for line in draft.path.read_text().splitlines() if line in comments] == comments


def test_a_config_that_does_not_load_is_not_written(tmp_path: Path) -> None:
    draft = draft_of(tmp_path, CONFIG.replace("    {},\n", "")).remove_provider("groq")
    with pytest.raises(ConfigError, match="there is no provider") as raised:
        draft.save(runtime.check)
    assert raised.value.problems[0].line == 8
    assert draft.path.read_text() == CONFIG.replace("    {},\n", "")


def test_nothing_changed_is_nothing_written(tmp_path: Path) -> None:
    text = CONFIG.replace("    {},\n", "")
    draft = draft_of(tmp_path, text).set_route("default", "me,m1")
    assert not draft.changed
    assert draft.save(runtime.check).backup is None
    assert list(tmp_path.iterdir()) == [draft.path]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda draft: draft.set_route("thnk", "me,m1"), 'no route called "thnk".*think'),
        (lambda draft: draft.set_route("think.x", "me,m1"), "has no parts"),
        (lambda draft: draft.set_route("think", "you,m1"), 'no provider called "you"'),
        (lambda draft: draft.unset_route("image"), "is not set"),
        (lambda draft: draft.add_models("you", ["m"]), 'no provider called "you"'),
        (lambda draft: draft.remove_models("me", ["m9"]), 'lists no model "m9"'),
        (lambda draft: draft.add_provider({"name": "ME"}), "already"),
    ],
)  # fmt: skip
def test_refusals(tmp_path: Path, change: object, message: str) -> None:
    draft = draft_of(tmp_path)
    with pytest.raises(ConfigError, match=message):
        change(draft)  # type: ignore[operator]
    assert draft.path.read_text() == CONFIG


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config.json:2:1"):
        draft_of(tmp_path, "{\n")
    with pytest.raises(ConfigError, match="there is no config file"):
        open_draft(tmp_path / "none.json", environment={}, known=KNOWN)


def test_the_routes_are_those_of_the_schema() -> None:
    assert {"default", "background", "think", "longContext", "webSearch", "image", "classifier"} <= set(route_names())
    assert "longContextThreshold" not in route_names()
    assert route_pointer("long_context") == "/Router/longContext"


def test_what_an_included_file_has_is_changed_there(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{ include: "more.json", Router: { default: "a,m" } }')
    (tmp_path / "more.json").write_text(
        '{ Providers: [{ name: "a", api_base_url: "http://127.0.0.1:1", models: ["m"] }] }'
    )
    draft = open_draft(tmp_path / "config.json", environment={}, known=KNOWN)
    with pytest.raises(ConfigError, match=r"this stands in .*more\.json, which the config includes"):
        draft.add_models("a", ["n"])
    assert draft.set_route("think", "a,m").text.document.value == {
        "include": "more.json",
        "Router": {"default": "a,m", "think": "a,m"},
    }


@pytest.mark.parametrize(("name", "text"), [(".env", "OPENAI_API_KEY=k\n"), ("config.yaml", "model_list: []\n")])
def test_other_programs_files_are_not_changed(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match="ccr import"):
        open_draft(tmp_path / name, environment={}, known=KNOWN)
