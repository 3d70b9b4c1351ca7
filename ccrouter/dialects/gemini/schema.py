"""Schemas as Gemini takes them: JSON Schema nearly as it is, or the older OpenAPI subset."""

from typing import Final, Literal

from ccrouter.dialects.gemini.references import inlined, with_children
from ccrouter.dialects.gemini.subset import subset_schema
from ccrouter.model.json import Json, JsonObject

Flavour = Literal["json_schema", "gemini"]

NOT_SENT: Final = ("$schema", "$id", "$comment")
"""Root keywords that say nothing about the value."""

ANSWER_KEYWORDS: Final = frozenset(
    {
        "$defs",
        "$ref",
        "additionalProperties",
        "anyOf",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maximum",
        "minItems",
        "minimum",
        "oneOf",
        "prefixItems",
        "properties",
        "required",
        "title",
        "type",
    }
)
"""What `responseJsonSchema` is documented to take (ai.google.dev, GenerationConfig). `parametersJsonSchema` has no
such list and takes JSON Schema whole: MCP servers' unions, additionalProperties and bare arrays among it
(NousResearch/hermes-agent#98928, UKGovernmentBEIS/inspect_ai#3097)."""


def parameters(schema: JsonObject, flavour: Flavour) -> JsonObject:
    """The field of a function declaration that holds `schema`; none where the older form has nothing to say."""
    if flavour == "json_schema":
        return {"parametersJsonSchema": json_schema(schema)}
    older = subset_schema(schema)
    # "parameters.properties: should be non-empty for OBJECT type": a function without parameters has none.
    return {"parameters": older} if older.get("properties") else {}


def answer_format(schema: JsonObject, flavour: Flavour) -> JsonObject:
    """The `generationConfig` fields that ask for an answer of this form."""
    form: JsonObject = {"responseMimeType": "application/json"}
    if flavour == "gemini":
        return {**form, "responseSchema": subset_schema(schema)}
    return {**form, "responseJsonSchema": _answer_schema(json_schema(schema))}


def json_schema(schema: JsonObject) -> JsonObject:
    """`schema` as JSON Schema, its references in place."""
    return {keyword: value for keyword, value in inlined(schema).items() if keyword not in NOT_SENT}


def _answer_schema(schema: JsonObject) -> JsonObject:
    narrowed: dict[str, Json] = {}
    for keyword, value in with_children(schema, _answer_schema).items():
        if keyword == "const":
            narrowed["enum"] = [value]
        elif keyword in ANSWER_KEYWORDS:
            narrowed[keyword] = value
    return narrowed
