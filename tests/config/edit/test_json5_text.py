"""How a change of a JSON5 config looks: like what stands around it."""

from pathlib import Path

import pytest

from ccrouter.config.edit.text import ConfigText, config_text
from ccrouter.config.problems import ConfigError


def text_of(text: str) -> ConfigText:
    return config_text(text.encode(), Path("config.json"))


@pytest.mark.parametrize(
    ("before", "pointer", "value", "after"),
    [
        ('{"a": 1, "b": 2}', "/a", "x", '{"a": "x", "b": 2}'),
        ("{a: 'x' /* why */}", "/a", "y", "{a: 'y' /* why */}"),
        ("{a: 'x'}", "/a", "it's", '{a: "it\'s"}'),
        ('{"a": "$KEY"}', "/b", "$OTHER", '{"a": "$KEY", "b": "$OTHER"}'),
        ('{"a": 1}', "/b/c", 2, '{"a": 1, "b": { "c": 2 }}'),
        ("{}", "/a", 1, '{ "a": 1 }'),
        ("{\n  a: 1, // one\n  // the end\n}", "/b", True, "{\n  a: 1, // one\n  b: true,\n  // the end\n}"),
        ("{\n  a: 1 // one\n}", "/b", None, "{\n  a: 1, // one\n  b: null\n}"),
        ("{\n\ta: 1,\n\tb: {\n\t\t// none yet\n\t},\n}", "/b/c", 1,
         "{\n\ta: 1,\n\tb: {\n\t\t// none yet\n\t\tc: 1,\n\t},\n}"),
        ('{\n    "a": {}\n}', "/a/b", "x", '{\n    "a": {\n        "b": "x"\n    }\n}'),
        ('{\r\n  "a": 1\r\n}\r\n', "/b", 2, '{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n'),
        ('{"a": null}', "/a/b", 1, '{"a": { "b": 1 }}'),
    ],
)  # fmt: skip
def test_set(before: str, pointer: str, value: bool | int | str | None, after: str) -> None:
    assert text_of(before).set(pointer, value).text == after


@pytest.mark.parametrize(
    ("before", "item", "after"),
    [
        ('{"a": ["x"]}', "y", '{"a": ["x", "y"]}'),
        ('{"a": ["x",]}', "y", '{"a": ["x", "y",]}'),
        ('{"a": []}', "y", '{"a": ["y"]}'),
        ('{"a": [\n  "x", // first\n]}', "y", '{"a": [\n  "x", // first\n  "y",\n]}'),
        ('{\n  "b": 1\n}', "y", '{\n  "b": 1,\n  "a": ["y"]\n}'),
        ("{\n  a: [\n    { name: 'x' },\n  ],\n}", {"name": "y", "models": ["m"]},
         "{\n  a: [\n    { name: 'x' },\n    {\n      name: 'y',\n      models: ['m'],\n    },\n  ],\n}"),
    ],
)  # fmt: skip
def test_append(before: str, item: str, after: str) -> None:
    assert text_of(before).append("/a", item).text == after


@pytest.mark.parametrize(
    ("before", "pointer", "after"),
    [
        ('{"a": 1, "b": 2}', "/a", '{"b": 2}'),
        ('{"a": 1, "b": 2}', "/b", '{"a": 1}'),
        ('{ "a": 1 }', "/a", "{ }"),
        ("[1, 2, 3]", "/1", "[1, 3]"),
        ("{\n  // one\n  a: 1, // why\n  b: 2\n}", "/a", "{\n  // one\n  // why\n  b: 2\n}"),
        ("{\n  a: 1,\n  b: 2 // why\n}", "/b", "{\n  a: 1\n  // why\n}"),
        ("{\n  a: 1,\n  b: 2\n}", "/b", "{\n  a: 1\n}"),
        ("{\n  a: 1 /* x */, b: 2,\n}", "/a", "{\n  /* x */ b: 2,\n}"),
    ],
)
def test_remove(before: str, pointer: str, after: str) -> None:
    assert text_of(before).remove(pointer).text == after


def test_a_value_with_comments_in_it_is_not_replaced() -> None:
    with pytest.raises(ConfigError, match="comments that this change would lose"):
        text_of('{"a": ["x", // the fast one\n]}').set("/a", [])


def test_a_key_that_is_given_twice_is_not_removed() -> None:
    with pytest.raises(ConfigError, match="without harm"):
        text_of('{"a": 1, "a": 2}').remove("/a")
    assert text_of('{"a": 1, "a": 2}').set("/a", 3).text == '{"a": 1, "a": 3}'


def test_ten_changes_of_the_example() -> None:
    example = Path(__file__).parents[3] / "config.example.json"
    text = config_text(example.read_bytes(), Path("config.json"))
    lines = [line.strip() for line in text.text.splitlines() if line.strip().startswith("//")]
    changed = (
        text.set("/Router/think", "groq,x")
        .set("/Router/compaction", "groq,y")
        .remove("/Router/webSearch")
        .append("/Providers/2/models", "z-ai/glm-4.6")
        .append("/Providers/4/models", "qwen3-coder")
        .append("/Providers", {"name": "moonshot", "api_key": "$MOONSHOT_API_KEY"})
        .set("/groups/quick/members/1/weight", 3)
        .append("/groups/spare", "groq,x")
        .set("/Providers/5/queue", 30)
        .remove("/transformers")
    )
    kept = [line.strip() for line in changed.text.splitlines() if line.strip().startswith("//")]
    assert kept == [line for line in lines if "my_transformer.py" not in line]
    assert changed.text.count("${") == text.text.count("${")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])  # PowerShell writes the last two
def test_the_encoding_stays(encoding: str) -> None:
    text = config_text('{"ü": 1}'.encode(encoding), Path("config.json"))
    assert text.data() == '{"ü": 1}'.encode(encoding)
    assert text.set("/ü", 2).data() == '{"ü": 2}'.encode(encoding)
