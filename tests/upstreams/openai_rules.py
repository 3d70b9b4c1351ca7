"""The rules that OpenAI's two protocols share, and how they are told."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
MOST_TOOLS = 128
BILLING = "x-anthropic-billing-header"


@dataclass(frozen=True, slots=True)
class RefusedError(Exception):
    """A 400: what is wrong, and in which parameter (as OpenAI names it: `messages[2].tool_calls[0].id`)."""

    message: str
    param: str | None = None


def require(condition: object, message: str, param: str | None = None) -> None:
    """Refuse with `message` unless `condition` holds.

    Raises:
        RefusedError: it does not.
    """
    if not condition:
        raise RefusedError(message, param)


def check_tools(
    body: JsonObject,
    check_tool: Callable[[JsonObject | None, str], str],
    check_choice: Callable[[Json, list[str]], None],
) -> None:
    """`check_tool` takes a tool and its place and returns its name; `check_choice` takes a choice that is no word."""
    if "tools" not in body:
        for key in ("tool_choice", "parallel_tool_calls"):
            require(key not in body, f"'{key}' is only allowed when 'tools' are specified.", key)
        return
    tools = as_list(body["tools"])
    require(tools, "[] is too short - 'tools'", "tools")
    assert tools is not None
    require(len(tools) <= MOST_TOOLS, f"tools: array too long, at most {MOST_TOOLS}", "tools")
    names = [check_tool(as_object(tool), f"tools[{number}]") for number, tool in enumerate(tools)]
    require(len(set(names)) == len(names), "tool names must be unique", "tools")
    choice = body.get("tool_choice", "auto")
    if as_str(choice) is not None:
        require(choice in ("none", "auto", "required"), f"invalid tool_choice {choice!r}", "tool_choice")
    else:
        check_choice(choice, names)


def check_arguments(arguments: Json, where: str) -> None:
    """A call's arguments: the text of a JSON object."""
    try:
        found = as_object(orjson.loads(as_str(arguments) or ""))
    except orjson.JSONDecodeError:
        found = None
    require(found is not None, "arguments must be a string holding a JSON object", f"{where}.arguments")


def check_data_url(url: str, form: re.Pattern[str], refused: str, where: str) -> None:
    """An address, or data behind a head that `form` matches; else `refused` with what it was."""
    if url.startswith(("https://", "http://")):
        return
    found = form.match(url)
    require(found, f"{refused}: {url[:40]!r}", where)
    assert found is not None
    try:
        base64.b64decode(url[found.end() :], validate=True)
    except binascii.Error as error:
        raise RefusedError(f"not valid base64: {error}", where) from error


def check_foreign(body: JsonObject) -> None:
    """Anthropic's own things do not belong in an OpenAI body: the billing line, cache marks."""
    for path, value in _walk(body, "body"):
        if isinstance(value, dict):
            require("cache_control" not in value, "cache_control is not supported", path)
        if isinstance(value, str):
            require(BILLING not in value, f"text contains {BILLING}", path)


def _walk(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "parameters":  # a tool's own schema may use any property name
                yield from _walk(inner, f"{path}.{key}")
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{number}]")
