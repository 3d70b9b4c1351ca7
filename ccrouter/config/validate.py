"""JSON Schema's errors in words for people."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast

from ccrouter.config.conforming import conforms, well_formed
from ccrouter.config.document import ancestors, child
from ccrouter.config.report import Report, kind_of, nearest, shown
from ccrouter.config.schema import SchemaNode, types_of
from ccrouter.model.json import Json

_TYPE_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


class _SchemaFailure(Protocol):
    """What is used of jsonschema's ValidationError, whose own attributes are untyped."""

    absolute_path: Iterable[str | int]
    validator: str
    validator_value: Any
    instance: Json
    schema: SchemaNode
    context: "list[_SchemaFailure]"


def check_schema(value: Json, schema: SchemaNode, report: Report, secret: frozenset[str]) -> None:
    """Report what in the canonical `value` is not as `schema` wants it."""
    if conforms(value, schema):
        return
    reported: set[str] = set()
    for failure in sorted(_failures(value, schema), key=lambda failure: failure.validator != "type"):
        pointer = _pointer("", failure)
        if pointer in reported and failure.validator != "required":
            continue  # What is of the wrong type is out of range too; once is enough.
        reported.add(pointer)
        hidden = any(candidate in secret for candidate in ancestors(pointer))
        message, fix = _explain(failure, hidden=hidden)
        report.error(message, fix, pointer=pointer)


def check_options(
    name: str, options: Mapping[str, Json], schema: Mapping[str, Any], report: Report, pointer: str
) -> None:
    """Report what in a transformer's options is not as its schema wants it. Values are never shown: some are keys.

    Options that the transformer does not know are warnings, as they do no harm.
    """
    if well_formed(schema) and conforms(dict(options), schema):
        return
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError:
        report.error(f'the options schema of transformer "{name}" is itself wrong', "Mend it in the transformer's file")
        return
    for failure in _failures(dict(options), dict(schema)):
        place = _pointer(pointer, failure)
        if failure.validator == "maxProperties" and failure.validator_value == 0:
            report.warning(f'transformer "{name}" takes no options', f'Write just "{name}"', pointer=place)
        elif failure.validator == "additionalProperties" and isinstance(failure.instance, dict):
            known: list[str] = list(failure.schema.get("properties", {}))
            for unknown in failure.instance.keys() - set(known):
                near = nearest(unknown, known)
                fix = f'Did you mean "{near}"?' if near else f"It takes {', '.join(known)}"
                message = f'transformer "{name}" has no option "{unknown}"'
                report.warning(message, fix, pointer=child(place, unknown), key=True)
        else:
            message, fix = _explain(failure, hidden=True)
            report.error(message, fix, pointer=place)


def _failures(value: Json, schema: SchemaNode) -> list[_SchemaFailure]:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(schema)
    return cast("list[_SchemaFailure]", list(validator.iter_errors(value)))  # pyright: ignore[reportUnknownMemberType]


def _pointer(base: str, failure: _SchemaFailure) -> str:
    for part in failure.absolute_path:
        base = child(base, part)
    return base


def _explain(failure: _SchemaFailure, *, hidden: bool) -> tuple[str, str | None]:
    value = shown(failure.instance, secret=hidden)
    limit = failure.validator_value
    match failure.validator:
        case "type":
            return _explain_type(failure, value)
        case "required":
            instance = failure.instance if isinstance(failure.instance, dict) else {}
            missing = [name for name in limit if name not in instance]
            return f"{_quoted(missing)} {'are' if len(missing) > 1 else 'is'} missing", None
        case "enum":
            choices = [str(choice) for choice in limit]
            near = nearest(failure.instance, choices) if isinstance(failure.instance, str) else None
            return f"must be one of {_quoted(choices)}, is {value}", f'Did you mean "{near}"?' if near else None
        case "minimum" | "exclusiveMinimum":
            return f"must be {'more than' if 'exc' in failure.validator else 'at least'} {limit}, is {value}", None
        case "maximum" | "exclusiveMaximum":
            return f"must be {'less than' if 'exc' in failure.validator else 'at most'} {limit}, is {value}", None
        case "minLength" | "minItems" | "minProperties" if limit == 1:
            return "must not be empty", None
        case "maxItems":
            return f"must have at most {limit} entries", None
        case "pattern":
            return str(failure.schema.get("patternErrorMessage") or f"{value} is not of the right form"), None
        case "anyOf" | "oneOf":
            ways = [_explain(inner, hidden=hidden)[0] for inner in failure.context if not list(inner.absolute_path)]
            return " or ".join(dict.fromkeys(ways)) or f"{value} is not allowed here", None
        case _:
            return f"{value} does not satisfy {failure.validator}" + ("" if hidden else f" {limit}"), None


def _explain_type(failure: _SchemaFailure, value: str) -> tuple[str, str | None]:
    wanted = types_of({"type": failure.validator_value})
    if wanted in (["integer", "string"], ["number", "string"], ["boolean", "string"]):
        wanted = wanted[:1]  # Text is only allowed there because a variable may stand in it.
    message = f"must be {' or '.join(_TYPE_NAMES.get(name, name) for name in wanted)}, is {value}"
    if "array" in wanted and isinstance(failure.instance, str):
        return message, "Put [ ] around it"
    if wanted == ["string"] and isinstance(failure.instance, bool | int | float):
        return message, "Put quotes around it"
    if wanted == ["array"] and kind_of(failure.instance) == "an object":
        return message, "Write [ ] instead of { }, or put [ ] around it"
    return message, None


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
