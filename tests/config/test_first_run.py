import os
import re
import stat
from pathlib import Path

import pytest

from ccrouter.config.first_run import STARTER, STARTER_YAML, first_run_message, write_first_config
from ccrouter.config.load import load_config
from ccrouter.config.problems import ConfigError
from ccrouter.config.types import Target
from ccrouter.runtime import known_names
from tests.config.loading import KNOWN, load_text

REALLY_KNOWN = known_names({}, user_files_loaded=False)


def test_a_fresh_starter_says_that_there_is_no_provider_yet(tmp_path: Path) -> None:
    for name in ("config.json", "config.yaml"):
        path = tmp_path / "deep" / name
        write_first_config(path)
        loaded = load_config(path, environment={}, known=KNOWN)
        (problem,) = loaded.problems
        assert problem.message == "no provider is configured yet"
        assert problem.line == next(
            number for number, line in enumerate(path.read_text().splitlines(), 1) if re.match(r"\W*Providers", line)
        )


def test_every_part_of_the_starter_works_once_its_slashes_are_gone(tmp_path: Path) -> None:
    text = re.sub(r"^(    )// ", r"\1", STARTER, flags=re.MULTILINE)
    loaded = load_text(
        tmp_path, text, environment={"OPENROUTER_API_KEY": "a", "DEEPSEEK_API_KEY": "b"}, known=REALLY_KNOWN
    )
    assert loaded.problems == ()
    assert loaded.config is not None
    assert [provider.name for provider in loaded.config.providers] == ["openrouter", "deepseek", "ollama"]
    assert loaded.config.router.default == Target("openrouter", "anthropic/claude-sonnet-4")


def test_the_yaml_starter_works_once_its_marks_are_gone(tmp_path: Path) -> None:
    text = re.sub(r"^#  ", "  ", STARTER_YAML, flags=re.MULTILINE).replace(" []", "").replace(" {}", "")
    loaded = load_text(tmp_path, text, name="config.yaml", environment={"OPENROUTER_API_KEY": "a"}, known=REALLY_KNOWN)
    assert loaded.problems == ()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / ".claude-code-router" / "config.json"
    write_first_config(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_existing_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("mine")
    write_first_config(path)
    assert path.read_text() == "mine"


def test_what_cannot_be_written_is_one_clear_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError) as raised:
        write_first_config(tmp_path / "file" / "config.json")
    assert "cannot be written here" in str(raised.value)
    assert "--config" in str(raised.value)


@pytest.mark.skipif(os.name != "posix", reason="making links needs rights on Windows")
def test_a_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    link = tmp_path / "config.json"
    link.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(ConfigError):
        write_first_config(link)
    assert not (tmp_path / "elsewhere.json").exists()


def test_the_message_names_the_way_on() -> None:
    message = first_run_message(Path("/h/config.json"))
    for part in ("/h/config.json", "/h/.env", "ccr config check", "ccr start", "ccr code", "ccr demo"):
        assert part in message
