"""How a change of a YAML config looks."""

from pathlib import Path

import pytest

from ccrouter.config.edit.text import ConfigText, config_text
from ccrouter.config.first_run import STARTER_YAML
from ccrouter.config.problems import ConfigError


def text_of(text: str) -> ConfigText:
    return config_text(text.encode(), Path("config.yaml"))


@pytest.mark.parametrize(
    ("before", "pointer", "value", "after"),
    [
        ("a: x # why\nb: 2\n", "/a", "y", "a: y # why\nb: 2\n"),
        ("a: 'x'\n", "/a", "it's", "a: 'it''s'\n"),
        ('a: "x"\n', "/a", "y", 'a: "y"\n'),
        ("a: x\n", "/a", "true", 'a: "true"\n'),
        ("a: x\n", "/a", "p,m:latest", "a: p,m:latest\n"),
        ("a:\n  b: 1  # one\n# end\n", "/a/c", 2, "a:\n  b: 1  # one\n  c: 2\n# end\n"),
        ("a: {b: 1}\n", "/a/c", "x,y", 'a: {b: 1, c: "x,y"}\n'),
        ("a: {}  # none\nb: 1\n", "/a/c", 2, "a:  # none\n  c: 2\nb: 1\n"),
        ("a:\nb: 1\n", "/a/c", 2, "a:\n  c: 2\nb: 1\n"),
        ("a:\nb: 1\n", "/a", 2, "a: 2\nb: 1\n"),
        ("a: 1", "/b/c", [1], "a: 1\nb:\n  c: [1]"),
        ("t: |\n  one\n  two\nb: 1\n", "/t", "x", "t: x\nb: 1\n"),
    ],
)
def test_set(before: str, pointer: str, value: str, after: str) -> None:
    assert text_of(before).set(pointer, value).text == after


@pytest.mark.parametrize(
    ("before", "item", "after"),
    [
        ("a:\n- x # one\nb: 1\n", "y", "a:\n- x # one\n- y\nb: 1\n"),
        ("a:\n  - x\n\nb: 1\n", "y", "a:\n  - x\n  - y\n\nb: 1\n"),
        ("a: [x, y]\n", "z", "a: [x, y, z]\n"),
        ("a: []\n", {"name": "z", "models": ["m"], "o": {"p": 1}},
         "a:\n  - name: z\n    models: [m]\n    o:\n      p: 1\n"),
    ],
)  # fmt: skip
def test_append(before: str, item: str, after: str) -> None:
    assert text_of(before).append("/a", item).text == after


@pytest.mark.parametrize(
    ("before", "pointer", "after"),
    [
        ("a: 1\nb: 2\n", "/b", "a: 1\n"),
        ("a: 1 # why\nb: 2\n", "/a", "# why\nb: 2\n"),
        ("a:\n  b: 1\nc: 2\n", "/a/b", "a:\n  {}\nc: 2\n"),
        ("a:\n- x\n- y # why\n", "/a/0", "a:\n- y # why\n"),
        ("a:\n- n: x\n  m: 1\n- y\n", "/a/0/n", "a:\n- m: 1\n- y\n"),
        ("a: [x, y]\n", "/a/1", "a: [x]\n"),
        ("a: [x, y]\n", "/a/0", "a: [y]\n"),
    ],
)
def test_remove(before: str, pointer: str, after: str) -> None:
    assert text_of(before).remove(pointer).text == after


def test_the_starter() -> None:
    changed = text_of(STARTER_YAML).append("/Providers", {"name": "groq"}).set("/Router/default", "groq,x")
    assert [line for line in changed.text.splitlines() if line.startswith("#")] == [
        line for line in STARTER_YAML.splitlines() if line.startswith("#")
    ]
    assert "Providers:\n  - name: groq\n#  - name: openrouter" in changed.text


def test_what_an_alias_shares_is_not_changed() -> None:
    with pytest.raises(ConfigError, match="without harm"):
        text_of("a: &x {b: 1}\nc: *x\n").set("/c/b", 2)
