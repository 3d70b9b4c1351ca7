"""The `hints` part of the config."""

from pathlib import Path

import pytest

from ccrouter.config.schema import load_schema
from ccrouter.config.types import HINT_FAMILIES, Hints
from tests.config.loading import load_text

GOOD = (
    '"Providers": [{ "name": "p", "api_base_url": "https://x.y/v1", "api_key": "k", "models": ["m"] }],'
    ' "Router": { "default": "p,m" }'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", Hints(True)),
        ("false", Hints()),
        ("{}", Hints(True)),
        ('{ "enabled": false }', Hints()),
        ('{ "enabled": "$NO_HINTS" }', Hints()),
        ('{ "Enabled": "true" }', Hints(True)),
    ],
)
def test_on_and_off(tmp_path: Path, text: str, expected: Hints) -> None:
    loaded = load_text(tmp_path, f'{{ {GOOD}, "hints": {text} }}', environment={"NO_HINTS": "false"})
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.hints == expected


def test_off_is_the_default(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, f"{{ {GOOD} }}")
    assert loaded.config is not None
    assert loaded.config.hints == Hints()


def test_files_count_from_the_config_and_may_be_named_while_hints_are_off(tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("Mind the tools.")
    text = f'"enabled": false, "files": {{ "gemini": "mine.md", "other": "{tmp_path}/mine.md" }}'
    loaded = load_text(tmp_path, f'{{ {GOOD}, "hints": {{ {text} }} }}')
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.hints == Hints(False, {"gemini": tmp_path / "mine.md", "other": tmp_path / "mine.md"})


def test_the_schema_knows_every_family() -> None:
    assert list(load_schema()["properties"]["hints"]["properties"]["files"]["properties"]) == list(HINT_FAMILIES)
