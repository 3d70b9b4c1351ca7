"""The picker's state: keys in, changes of the draft and effects out."""

from pathlib import Path

import pytest

from ccrouter.commands.model.changing import draft_of
from ccrouter.commands.model.pages import Check, Effect, Fetch, InputPage, Leave, ListPage, Try
from ccrouter.commands.model.picker import Picker
from ccrouter.config.first_run import STARTER
from ccrouter.config.types import Target
from ccrouter.errors import RequestError
from ccrouter.probing.causes import Cause
from ccrouter.probing.provider import Probe, Step
from ccrouter.probing.trial import Trial
from tests.commands.model.world import CONFIG, KEY, write_config


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DEEPSEEK_API_KEY", KEY)
    return write_config(tmp_path, "http://127.0.0.1:9")


@pytest.fixture
def picker(path: Path) -> Picker:
    return Picker(draft_of(path))


def press(picker: Picker, *keys: str) -> Effect | None:
    """Press keys; a text in quotes is typed. What the last one led to."""
    effect: Effect | None = None
    for key in keys:
        for part in key[1:-1] if key.startswith('"') else [key]:
            effect = picker.press("space" if part == " " else part)
    return effect


def shown(picker: Picker) -> list[tuple[str, ...]]:
    assert isinstance(picker.page, ListPage)
    return [row.cells for row in picker.page.rows()]


def test_the_routes_are_shown(picker: Picker) -> None:
    assert shown(picker)[:3] == [
        ("default", "deepseek,deepseek-chat"),
        ("background", "workshop,qwen3-coder:30b"),
        ("think", "(not set: as default)"),
    ]


def test_a_route_is_chosen_by_typing(picker: Picker, path: Path) -> None:
    press(picker, "down", "down", "enter", '"SON deep"')
    assert shown(picker) == [("deepseek,deepseek-reasoner",)]
    press(picker, "enter")
    assert str(picker.draft.config.router.think) == "deepseek,deepseek-reasoner"
    assert path.read_text() == CONFIG.replace("URL", "http://127.0.0.1:9")
    press(picker, "w")
    left = press(picker, "enter")
    assert isinstance(left, Leave)
    assert left.code == 0
    assert '    think: "deepseek,deepseek-reasoner",\n' in path.read_text()
    assert left.lines[-1] == "The daemon is not running: ccr start"


def test_a_model_that_is_not_listed_may_be_chosen(picker: Picker) -> None:
    press(picker, "down", "down", "enter", '"workshop,glm"')
    assert shown(picker) == [("workshop,glm", "not listed; asked for all the same")]
    press(picker, "enter")
    assert str(picker.draft.config.router.think) == "workshop,glm"


def test_groups_and_aliases_may_be_chosen(path: Path) -> None:
    path.write_text(
        path.read_text().replace("  groups: {", '  aliases: { quick: "workshop,qwen3-coder:30b" },\n  groups: {')
    )
    picker = Picker(draft_of(path))
    press(picker, "down", "down", "enter", '"quick"')
    assert shown(picker) == [("quick", "= workshop,qwen3-coder:30b")]
    press(picker, "enter")
    assert picker.draft.value("/Router/think") == "quick"
    assert press(picker, "t") == Try(Target("workshop", "qwen3-coder:30b"))
    picker.failed_with(RequestError("no network"))
    press(picker, "enter", '"group"', "enter")
    assert picker.draft.value("/Router/think") == "group,any"


def test_a_route_is_taken_away(picker: Picker) -> None:
    press(picker, "down", "d")
    assert picker.draft.config.router.background is None
    press(picker, "d")
    assert picker.failed


def test_models_come_from_the_providers_list(picker: Picker) -> None:
    assert press(picker, "p", "f") == Fetch("deepseek")
    assert press(picker, "down", "enter") is None, "while something is waited for, keys do nothing"
    picker.fetched("deepseek", ["deepseek-chat", "v3", "v4", "vl"])
    press(picker, '"v"', "space", "space", "enter")
    assert picker.draft.provider("deepseek").models == ("deepseek-chat", "deepseek-reasoner", "v3", "v4")
    assert picker.page.title == "Models of deepseek"


def test_models_are_added_by_name_and_removed(picker: Picker) -> None:
    press(picker, "p", "down", "enter", "a", '"glm 4"', "enter")
    assert picker.draft.provider("workshop").models == ("qwen3-coder:30b", "glm 4")
    press(picker, "end", "d")
    assert picker.draft.provider("workshop").models == ("qwen3-coder:30b",)


def test_a_model_is_tried(picker: Picker) -> None:
    target = Target("deepseek", "deepseek-chat")
    assert press(picker, "t") == Try(target)
    picker.tried(Trial(target, 0.25, "", "OK"))
    assert (picker.message, picker.failed) == ('deepseek,deepseek-chat answered in 0.2 s: "OK"', False)
    press(picker, "t")
    picker.failed_with(RequestError("no network"))
    assert (picker.message, picker.failed, picker.busy) == ("no network", True, "")


def test_a_provider_is_added_and_its_key_is_not_shown(picker: Picker) -> None:
    press(picker, "p", "a", '"groq"', "enter")
    page = picker.page
    assert isinstance(page, InputPage)
    assert page.shown == "$GROQ_API_KEY"
    press(picker, "clear", '"gsk_0123456789abcdefghij"')
    assert page.shown == "•" * 24
    assert press(picker, "enter") == Check("groq")
    assert press(picker, "w") is None, "while it is tested"
    picker.checked(Probe("groq", "m", (Step("models", 0.1), Step("whole", 0.2))))
    assert picker.page.title == "Models of groq"
    assert picker.message == "groq is added, and works (not written yet: w)"
    press(picker, "w")
    assert "gsk_0123456789abcdefghij" not in str(picker.page)
    assert 'api_key: "gsk_0123456789abcdefghij",' in picker.draft.text.text


FAILED = Probe("groq", "m", (Step("models", 0.1, cause=Cause("key", "Wrong key: groq refuses it", "Check the key")),))


def test_a_new_provider_that_does_not_work_is_told_and_taken_away(picker: Picker) -> None:
    before = picker.draft.text.text
    press(picker, "p", "a", '"groq"', "enter", "enter")
    picker.checked(FAILED)
    assert picker.page.title == "groq does not work"
    assert "Wrong key: groq refuses it" in str(picker.page)
    press(picker, "d")
    assert picker.page.title == "Providers"
    assert picker.draft.text.text == before
    press(picker, "a", '"groq"', "enter", "enter")
    picker.checked(FAILED)
    press(picker, "enter")
    assert picker.page.title == "Models of groq"
    assert "though it does not work" in picker.message


def test_the_test_of_a_new_provider_may_be_skipped(picker: Picker) -> None:
    press(picker, "p", "a", '"groq"', "enter", "enter", "escape")
    assert picker.message == "groq is added, untested (not written yet: w)"
    picker.checked(FAILED)
    assert picker.page.title == "Models of groq"
    press(picker, "w")
    assert 'api_key: "$GROQ_API_KEY"' in str(picker.page)


def test_the_name_of_a_variable_is_no_secret(picker: Picker) -> None:
    press(picker, "p", "a", '"groq"', "enter", "enter", "escape", "w")
    assert 'api_key: "$GROQ_API_KEY"' in str(picker.page)


def test_a_provider_of_ones_own(picker: Picker) -> None:
    press(picker, "p", "a", '"zzzz"', "enter", '"lab"', "enter", '"http://127.0.0.1:9/v1"', "enter", "enter", '"a, b"')
    press(picker, "enter")
    found = picker.draft.provider("lab")
    assert (found.api_base_url, found.api_keys, found.models) == ("http://127.0.0.1:9/v1", (), ("a", "b"))


def test_the_first_provider_of_a_first_config(path: Path) -> None:
    path.write_text(STARTER)
    picker = Picker(draft_of(path))
    press(picker, "p", "a", '"mistral"', "enter", "enter", "escape", "w")
    left = press(picker, "enter")
    assert isinstance(left, Leave)
    assert '"default": "mistral,' in path.read_text()


def test_what_could_not_be_used_is_not_written(picker: Picker, path: Path) -> None:
    before = path.read_bytes()
    press(picker, "p", "down", "d", "w")
    assert press(picker, "enter") is None
    assert picker.page.title == "Nothing was written: it could not be used"
    assert 'there is no provider called "workshop"' in str(picker.page)
    assert path.read_bytes() == before
    press(picker, "escape")
    assert picker.page.title == "Providers"


def test_leaving_with_changes_wants_a_second_word(picker: Picker, path: Path) -> None:
    press(picker, "down", "d")
    assert press(picker, "q") is None
    assert press(picker, "up", "q") is None, "another key between them begins anew"
    assert press(picker, "q") == Leave(0, ("Nothing was written.",))
    assert path.read_text() == CONFIG.replace("URL", "http://127.0.0.1:9")


def test_ctrl_c_leaves_from_everywhere(picker: Picker) -> None:
    assert press(picker, "ctrl-c") == Leave(130)
    press(picker, "down", "d", "p", "a", '"x"')
    assert press(picker, "ctrl-c") == Leave(130, ("Nothing was written.",))


def test_a_file_that_changed_meanwhile_is_told(picker: Picker, path: Path) -> None:
    press(picker, "down", "d", "w")
    path.write_text(path.read_text() + "// by somebody else\n")
    press(picker, "enter")
    assert "changed by somebody else" in str(picker.page)
    assert path.read_text().endswith("// by somebody else\n")
