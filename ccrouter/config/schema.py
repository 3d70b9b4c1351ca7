"""The JSON Schema of the config: the same file that editors use (`"$schema"`) is what `ccr config check` applies."""

from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, cast

import orjson

SchemaNode: TypeAlias = dict[str, Any]

FILE_NAME = "config.schema.json"


def schema_file() -> Path:
    """`ccrouter/schemas/` where ccrouter was installed from a wheel, `schemas/` beside the package in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "schemas" / FILE_NAME
    return inside if inside.is_file() else package.parent / "schemas" / FILE_NAME


@cache
def load_schema() -> SchemaNode:
    """The schema, read once. Not to be written to. Raises OSError when the installation is broken."""
    return cast(SchemaNode, orjson.loads(schema_file().read_bytes()))


def resolve(node: SchemaNode, root: SchemaNode) -> SchemaNode:
    """`node` with its `$ref` (always into the same file) followed; what stands beside the `$ref` wins."""
    while "$ref" in node:
        target: Any = root
        for part in str(node["$ref"]).removeprefix("#/").split("/"):
            target = target[part]
        node = {**target, **{name: value for name, value in node.items() if name != "$ref"}}
    return node


def types_of(node: SchemaNode) -> list[str]:
    """The JSON types that `node` allows; empty when it does not say."""
    types: Any = node.get("type", [])
    return [types] if isinstance(types, str) else list(types)
