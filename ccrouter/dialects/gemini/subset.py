"""JSON Schema in the OpenAPI subset of Gemini's `Schema`: what it knows is kept, the rest said otherwise or left out.

The proto parser refuses a whole request for one unknown field ("Unknown name "exclusiveMinimum" … Cannot find field"),
so this is an allow-list (field-notes, pain 40).
"""

from typing import Final

from ccrouter.dialects.gemini.references import MOST_SCHEMAS, resolved
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

KEPT: Final = ("title", "description", "nullable", "minItems", "maxItems", "minimum", "maximum")
"""Taken over as they are. Length and pattern limits are refused by some hosts of the same protocol: left out."""

FORMATS: Final = {"string": ("date-time",), "number": ("float", "double"), "integer": ("int32", "int64")}
TYPES: Final = ("string", "number", "integer", "boolean", "array", "object")
DEEPEST: Final = 24
"""Levels of nesting that are written out. Google refuses less ("exceeds the maximum allowed nesting depth")."""
ANYTHING: Final[JsonObject] = {"type": "string"}
"""For a value that may be anything: a type has to be named (Gemini 3 refuses TYPE_UNSPECIFIED)."""


def subset_schema(schema: JsonObject) -> JsonObject:
    """`schema` in the subset. Contains no reference any more; what contains itself ends in a plain object."""
    return _Subset(schema).schema(schema, ())


class _Subset:
    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._count = 0
        self._depth = 0

    def schema(self, schema: Json, open_: tuple[str, ...]) -> JsonObject:
        node = as_object(schema)
        self._count += 1
        if node is None:
            return {**ANYTHING}
        if self._depth >= DEEPEST or self._count > MOST_SCHEMAS:
            return {"type": "object"}
        self._depth += 1
        try:
            return self._node(node, open_)
        finally:
            self._depth -= 1

    def _node(self, node: JsonObject, open_: tuple[str, ...]) -> JsonObject:
        reference = as_str(node.get("$ref"))
        if reference is not None:
            target = resolved(self._root, reference)
            if target is None or reference in open_:
                return _described({"type": "object"}, node)
            return _described(self.schema(target, (*open_, reference)), node)
        node = self._merged(node, open_)
        choices = [choice for name in ("anyOf", "oneOf") for choice in as_list(node.get(name)) or ()]
        if choices and "properties" not in node:  # beside properties they say only which are required together
            return self._any_of(node, choices, open_)
        types = node.get("type")
        if isinstance(types, list):
            return self._any_of({**node, "type": None}, [{**node, "type": kind} for kind in types], open_)
        return self._plain(node, open_)

    def _merged(self, node: JsonObject, open_: tuple[str, ...]) -> JsonObject:
        """`node` with the schemas of its `allOf` put into it."""
        merged = {keyword: value for keyword, value in node.items() if keyword != "allOf"}
        for entry in as_list(node.get("allOf")) or ():
            inner = as_object(entry) or {}
            reference = as_str(inner.get("$ref"))
            if reference is not None:
                target = None if reference in open_ else resolved(self._root, reference)
                inner = {**(target or {}), **{name: value for name, value in inner.items() if name != "$ref"}}
                open_ = (*open_, reference)
            for keyword, value in self._merged(inner, open_).items():
                before = merged.get(keyword)
                if isinstance(before, dict) and isinstance(value, dict):
                    merged[keyword] = {**value, **before}
                elif keyword == "required" and isinstance(before, list) and isinstance(value, list):
                    merged[keyword] = [*before, *[name for name in value if name not in before]]
                elif keyword not in merged:
                    merged[keyword] = value
        return merged

    def _any_of(self, node: JsonObject, choices: list[Json], open_: tuple[str, ...]) -> JsonObject:
        """One of several. "When using any_of, it must be the only field set" (vercel/ai#19000)."""
        left = [choice for choice in choices if not _is_null(choice)]
        nullable = len(left) < len(choices)
        if not left:
            return _described({"type": "string", "nullable": True}, node)
        options = [self.schema(choice, open_) for choice in left]
        if nullable:
            options = [_nullable(option) for option in options]
        return _described(options[0], node) if len(options) == 1 else {"anyOf": list[Json](options)}

    def _plain(self, node: JsonObject, open_: tuple[str, ...]) -> JsonObject:
        kind = _type_of(node)
        schema: JsonObject = {"type": kind}
        schema.update({name: node[name] for name in KEPT if name in node})
        form = as_str(node.get("format"))
        if form is not None and form in FORMATS.get(kind, ()):
            schema["format"] = form
        _limits(node, schema, whole=kind == "integer")
        _choices(node, schema)
        if kind == "array":
            items = node.get("prefixItems") or node.get("items")
            entries = as_list(items)
            schema["items"] = self._any_of({}, entries, open_) if entries else self.schema(items, open_)
        properties = as_object(node.get("properties")) if kind == "object" else None
        if properties:
            schema["properties"] = {name: self.schema(inner, open_) for name, inner in properties.items()}
            required = [name for name in as_list(node.get("required")) or () if name in properties]
            if required:
                schema["required"] = list[Json](required)
        return schema


def _described(schema: JsonObject, node: JsonObject) -> JsonObject:
    """`schema` under the description of the node it stands for."""
    if "anyOf" in schema:
        return schema
    return {**schema, **{name: node[name] for name in ("title", "description") if name in node}}


def _nullable(schema: JsonObject) -> JsonObject:
    choices = as_list(schema.get("anyOf"))
    if choices is None:
        return {**schema, "nullable": True}
    return {"anyOf": [_nullable(as_object(choice) or {}) for choice in choices]}


def _is_null(choice: Json) -> bool:
    node = as_object(choice)
    return node is not None and (node.get("type") == "null" or ("const" in node and node["const"] is None))


def _type_of(node: JsonObject) -> str:
    kind = as_str(node.get("type"))
    if kind is not None and kind.lower() in TYPES:
        return kind.lower()
    if "properties" in node or "additionalProperties" in node:
        return "object"
    if "items" in node or "prefixItems" in node:
        return "array"
    values = [node["const"]] if "const" in node else as_list(node.get("enum")) or []
    if values and all(isinstance(value, bool) for value in values):
        return "boolean"
    if values and all(isinstance(value, int | float) for value in values):
        return "number"
    return "string"


def _limits(node: JsonObject, schema: JsonObject, *, whole: bool) -> None:
    """Exclusive limits as the nearest that the subset has."""
    for exclusive, limit, step in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
        value = node.get(exclusive)
        if limit not in schema and isinstance(value, int | float) and not isinstance(value, bool):
            schema[limit] = value + step if whole else value


def _choices(node: JsonObject, schema: JsonObject) -> None:
    """`enum` is for strings only ("Invalid value at … enum[0] (TYPE_STRING), 7"): others are told in words."""
    values = [node["const"]] if "const" in node else as_list(node.get("enum"))
    if not values:
        return
    if schema["type"] == "string":
        words = [value for value in values if isinstance(value, str) and value]
        if words:
            schema["enum"] = list[Json](words)
        if None in values:
            schema["nullable"] = True
        return
    told = f"One of: {', '.join(str(value) for value in values)}."
    before = as_str(schema.get("description"))
    schema["description"] = f"{before} {told}" if before else told
