import pytest

from ccrouter.dialects.schema_keys import without_keys
from ccrouter.model.json import JsonObject


@pytest.mark.parametrize(
    ("schema", "kept"),
    [
        ({"type": "object", "x": 1}, {"type": "object"}),
        ({"properties": {"x": {"x": 1, "type": "string"}}}, {"properties": {"x": {"type": "string"}}}),
        ({"$defs": {"x": {"not": {"x": 1}}}}, {"$defs": {"x": {"not": {}}}}),
        ({"items": {"x": 1}}, {"items": {}}),
        ({"items": [{"x": 1}, True]}, {"items": [{}, True]}),
        ({"oneOf": [{"x": 1}], "if": {"x": 2}, "else": True}, {"oneOf": [{}], "if": {}, "else": True}),
        ({"dependentSchemas": {"x": {"x": 1}}}, {"dependentSchemas": {"x": {}}}),
        ({"default": {"x": 1}, "enum": [{"x": 1}], "const": {"x": 1}}, None),
        ({"required": ["x"], "examples": [{"x": 1}]}, None),
        ({"y": True, "properties": {"a": {"y": False}}}, {"y": True, "properties": {"a": {}}}),
    ],
)
def test_keywords_go_by_position(schema: JsonObject, kept: JsonObject | None) -> None:
    result = without_keys(schema, {"x", "y:false"})
    assert result == (schema if kept is None else kept)
    assert (result is schema) == (kept is None)
