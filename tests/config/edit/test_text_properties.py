"""Random changes of random texts: the value is the one meant, every comment is there, nothing else has moved."""

import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ccrouter.config.edit.pointers import value_at, with_item, with_value, without
from ccrouter.config.edit.text import ConfigText, config_text
from ccrouter.config.problems import ConfigError
from ccrouter.config.read import read
from tests.config.edit.random_texts import NAMES, Json5Writer, YamlWriter, pointers, random_object, random_value

ROUNDS = 150


def seeded() -> random.Random:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)


def numbered(text: str) -> Counter[str]:
    return Counter(re.findall(r"comment \d+", text))


def change(text: ConfigText, source: random.Random) -> tuple[ConfigText, Any, str]:
    """One random change: the new text, what it must read as, and what kind it was."""
    value: Any = text.document.value
    pointer = source.choice(pointers(value)[1:] or [""])
    there: Any = value_at(value, pointer)
    kind = source.choice(["set", "new", "append", "remove"])
    if kind == "append" and isinstance(there, list):
        item = random_value(source, 2)
        return text.append(pointer, item), with_item(value, pointer, item), kind
    if kind == "remove" and pointer:
        return text.remove(pointer), without(value, pointer), kind
    if kind == "new":
        parent = pointer if isinstance(there, dict) else ""
        name = source.choice(NAMES).replace("~", "~0").replace("/", "~1")
        members: Any = value_at(value, parent)
        if name not in members:
            pointer = f"{parent}/{name}"
    elif isinstance(there, dict | list):
        return text, value, "set"
    item = random_value(source, 2)
    return text.set(pointer, item), with_value(value, pointer, item), "set"


def test_json5_changes() -> None:
    source = seeded()
    refused = 0
    for _ in range(ROUNDS):
        value = random_object(source)
        text = config_text(Json5Writer(source).document(value).encode(), Path("config.json"))
        assert repr(text.document.value) == repr(value)
        for _ in range(10):
            before = numbered(text.text)
            try:
                text, meant, kind = change(text, source)
            except ConfigError as error:
                if "comments that this change would lose" not in str(error):
                    raise
                refused += 1
                continue
            found = read(text.data(), text.file).document
            assert found is not None
            assert repr(found.value) == repr(meant)
            if kind != "remove":
                assert numbered(text.text) == before
            assert "\n" not in text.text or "\r\n" not in text.text or text.text.count("\n") == text.text.count("\r\n")
    assert refused < ROUNDS * 10 / 20


def test_json5_comments_survive_what_is_removed_beside_them() -> None:
    source = seeded()
    for _ in range(ROUNDS):
        value = {name: source.choice(["x", 1, None]) for name in source.sample(NAMES, 4)}
        text = config_text(Json5Writer(source).document(value).encode(), Path("config.json"))
        before = numbered(text.text)
        for name in source.sample(list(value), 4):
            inside = re.compile(r"comment \d+")
            pointer = "/" + name.replace("~", "~0").replace("/", "~1")
            start, colon = text.document.keys[pointer], text.document.values[pointer]
            lines = re.split(r"\r\n|\n", text.text)
            between = "\n".join(lines[start[0] - 1 : colon[0]])
            text = text.remove(pointer)
            gone = before - numbered(text.text)
            assert all(comment in inside.findall(between) for comment in gone)
            before = numbered(text.text)
        assert text.document.value == {}


def test_yaml_changes() -> None:
    source = seeded()
    done = refused = 0
    for _ in range(ROUNDS):
        value = random_object(source)
        text = config_text(YamlWriter(source).document(value).encode(), Path("config.yaml"))
        assert repr(text.document.value) == repr(value), text.text
        for _ in range(5):
            before = numbered(text.text)
            try:
                text, meant, kind = change(text, source)
            except ConfigError:
                refused += 1
                continue
            done += 1
            found = read(text.data(), text.file).document
            assert found is not None
            assert repr(found.value) == repr(meant)
            if kind != "remove":
                assert numbered(text.text) == before
    print(f"{done} done, {refused} refused")
    assert refused < done / 10


@pytest.mark.parametrize("name", ["config.json", "config.yaml"])
def test_a_refused_change_changes_nothing(name: str) -> None:
    text = config_text(b'{"a": 1, "b": [1]}', Path(name))
    for attempt in (
        lambda: text.set("/a/b", 1),
        lambda: text.append("/a", 1),
        lambda: text.remove("/c"),
        lambda: text.remove("/b/7"),
        lambda: text.remove(""),
        lambda: text.set("/b/7", 1),
    ):
        with pytest.raises(ConfigError):
            attempt()
    assert text.text == '{"a": 1, "b": [1]}'
