import pytest

from ccrouter.model.json import Json, JsonObject
from ccrouter.transformers.schema_fit import fit_object, mend_arguments, typed

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "edits": {"type": "array", "items": {"type": "object", "properties": {"all": {"type": "boolean"}}}},
        "count": {"type": "integer"},
        "ratio": {"type": ["number", "null"]},
        "deep": {"type": "object", "properties": {"n": {"type": "number"}}},
        "either": {"anyOf": [{"type": "string"}, {"type": "array"}]},
        "maybe": {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]},
        "unsaid": {"description": "no type"},
    },
}


@pytest.mark.parametrize(
    ("given", "fitted"),
    [
        ({"path ": "a"}, {"path": "a"}),
        ({"path": "a", "path ": "b"}, {"path": "a", "path ": "b"}),
        ({"other ": 1}, {"other ": 1}),
        ({"edits": '[{"all": "true"},]'}, {"edits": [{"all": True}]}),
        ({"edits": [{"all ": "False"}]}, {"edits": [{"all": False}]}),
        ({"edits": "not a list"}, {"edits": "not a list"}),
        ({"edits": '{"a": 1}'}, {"edits": '{"a": 1}'}),
        ({"path": "[1]"}, {"path": "[1]"}),
        ({"path": 7}, {"path": "7"}),
        ({"path": True}, {"path": True}),
        ({"count": "5"}, {"count": 5}),
        ({"count": " 5.0"}, {"count": 5}),
        ({"count": "5.5"}, {"count": "5.5"}),
        ({"count": "0x5"}, {"count": "0x5"}),
        ({"ratio": "-2.5e3"}, {"ratio": -2500.0}),
        ({"ratio": "null"}, {"ratio": None}),
        ({"deep": '{"n": "1"}'}, {"deep": {"n": 1}}),
        ({"either": "[1]"}, {"either": "[1]"}),
        ({"maybe": '["1", 2]'}, {"maybe": [1, 2]}),
        ({"maybe": "None"}, {"maybe": None}),
        ({"unsaid": "5"}, {"unsaid": "5"}),
    ],
)
def test_fit(given: JsonObject, fitted: JsonObject) -> None:
    assert fit_object(given, SCHEMA) == fitted
    assert fit_object(fitted, SCHEMA) == fitted


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        ('{"path": "a"}', '{"path": "a"}'),
        ('{"edits": "[1, 2,]"}', '{"edits":[1,2]}'),
        ('"{\\"path\\": \\"a\\"}"', '{"path":"a"}'),
        ('[{"path": "a"}]', '{"path":"a"}'),
        ('[{"path": "a"}, {"path": "b"}]', '[{"path": "a"}, {"path": "b"}]'),
        ('[{"unknown": "a"}]', '[{"unknown": "a"}]'),
        ("null", "{}"),
    ],
)
def test_mend(raw: str, mended: str) -> None:
    assert mend_arguments(raw, SCHEMA) == (mended, True)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [("5", "path", "5"), ("5", "count", 5), ("true", "unsaid", "true"), ("[1]", "edits", [1]), ("[1", "edits", "[1")],
)
def test_typed(text: str, name: str, value: Json) -> None:
    properties = SCHEMA["properties"]
    assert isinstance(properties, dict)
    schema = properties[name]
    assert isinstance(schema, dict)
    assert typed(text, schema) == value


def test_a_schema_without_end_is_no_trouble() -> None:
    schema: JsonObject = {"type": "object"}
    schema["properties"] = {"a": schema}
    value: JsonObject = {}
    for _ in range(200):
        value = {"a": value}
    assert fit_object(value, schema) == value
