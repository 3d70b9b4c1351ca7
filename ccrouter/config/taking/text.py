"""A configuration's value as text that people like to read: JSON5, short things on one line, with comments."""

from collections.abc import Mapping, Sequence

import orjson

from ccrouter.model.json import Json, JsonObject

WIDTH = 110
_STEP = "  "

ABOUT: Mapping[str, str] = {
    "Providers": "Who serves models. Keys stand in the .env beside this file, or in the environment.",
    "groups": "Models that stand in for each other.",
    "aliases": "Further names for models: /model and routes may use them.",
    "tiers": "The default route by class of the model that is asked for.",
    "Router": "Which provider,model serves what.",
    "fallback": "What is tried next, by model.",
}
"""The comments above the parts of a config."""


def config_as_text(value: JsonObject, heading: Sequence[str]) -> str:
    """The text of a config file, beginning with `heading` as comments."""
    lines = [*(f"// {line}".rstrip() for line in heading), "{"]
    for name, entry in value.items():
        if name in ABOUT:
            lines += ["", f"{_STEP}// {ABOUT[name]}"]
        lines.append(f"{_STEP}{_text(name)}: {_rendered(entry, 1, len(name) + 6)},")
    return "\n".join([*lines, "}", ""])


def _rendered(value: Json, depth: int, used: int) -> str:
    """`value` at `depth`; `used` are the characters in front of it on its line."""
    line = _text(value)
    if not isinstance(value, dict | list) or not value or (used + len(line) <= WIDTH and _is_flat(value)):
        return line
    indent = _STEP * (depth + 1)
    if isinstance(value, list):
        parts = [f"{indent}{_rendered(entry, depth + 1, len(indent))}," for entry in value]
        opening, closing = "[", "]"
    else:
        parts = [
            f"{indent}{_text(name)}: {_rendered(entry, depth + 1, len(indent) + len(name) + 4)},"
            for name, entry in value.items()
        ]
        opening, closing = "{", "}"
    return "\n".join([opening, *parts, f"{_STEP * depth}{closing}"])


def _is_flat(value: Json) -> bool:
    """Whether `value` is understood at a glance on one line: a list of names, an object of few fields."""
    if isinstance(value, list):
        return all(not isinstance(entry, dict) or len(entry) < 3 for entry in value)
    return not isinstance(value, dict) or len(value) < 4


def _text(value: Json) -> str:
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{_text(name)}: {_text(entry)}" for name, entry in value.items()) + " }"
            if value
            else "{}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_text(entry) for entry in value) + "]"
    return orjson.dumps(value).decode()
