"""Claude Code's tool search towards upstreams that have none (field-notes 7).

The client leaves most tools out of `tools` until the model asks for them with its `ToolSearch` tool. The answer names
them (`tool_reference` blocks) and from then on they are sent with `defer_loading: true`, sorted in among the others.
An upstream without references gets what `ToolSearch`'s description promises the model: the definitions inside a
`<functions>` block; and the tools themselves after all the others, in the order in which they were first named, so
that nothing before them moves and the provider's prompt cache survives.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

import orjson

from ccrouter.model.blocks import Block, ToolReference, ToolResult
from ccrouter.model.json import JsonObject
from ccrouter.model.request import Message, Request, Tool

PLACEHOLDER: Final = "DeferredToolPlaceholder"
"""Holds the place of the deferred tools in Claude Code's list. Never to be called."""

EMPTY_SCHEMA: Final[JsonObject] = {"type": "object", "properties": {}}


def referenced_names(request: Request) -> tuple[str, ...]:
    """The names of all tools that the conversation's tool references make callable, in order of first reference."""
    names: dict[str, None] = {}
    for message in request.messages:
        for name in message.derive(_referenced):
            names.setdefault(name)
    return tuple(names)


def callable_tools(request: Request) -> tuple[Tool, ...]:
    """The tools the model may call now: those that are not deferred as they came, then the deferred ones named so far.

    The placeholder, deferred tools that nothing refers to, and second tools of the same name are left out.
    """
    given = request.tools or ()
    if not given or given[0].derive_with(_all_callable, given[1:], partial(_all_callable, given)):
        return given
    tools = {tool.name: tool for tool in reversed(given) if tool.name != PLACEHOLDER}
    ready = [tool for tool in given if tools.get(tool.name) is tool and not tool.deferred]
    named = [tools[name] for name in referenced_names(request) if name in tools and tools[name].deferred]
    return (*ready, *named)


def _all_callable(tools: tuple[Tool, ...]) -> bool:
    """True where nothing needs to be left out, whatever the conversation says."""
    names = {tool.name for tool in tools if not tool.deferred}
    return len(names) == len(tools) and PLACEHOLDER not in names


def functions_text(names: Iterable[str], tools: Iterable[Tool], wire_name: Callable[[str], str] = str) -> str:
    """The `<functions>` block for the tools called `names`, one line each; a tool that is gone is named as such.

    `wire_name` tells under which name the upstream knows a tool, where that is another.
    """
    known: dict[str, Tool] = {}
    for tool in tools:
        known.setdefault(tool.name, tool)
    lines = [
        _function(known[name], wire_name) if name in known else f"(the tool {name} is not available any more)"
        for name in names
    ]
    return "\n".join(["<functions>", *lines, "</functions>"])


def _function(tool: Tool, wire_name: Callable[[str], str]) -> str:
    definition: JsonObject = {
        "description": tool.description or "",
        "name": wire_name(tool.name),
        "parameters": tool.input_schema or EMPTY_SCHEMA,
    }
    return f"<function>{orjson.dumps(definition).decode()}</function>"


def _referenced(message: Message) -> tuple[str, ...]:
    return () if isinstance(message.content, str) else tuple(_references(message.content))


def _references(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, ToolReference):
            yield block.tool_name
        elif isinstance(block, ToolResult) and isinstance(block.content, tuple):
            yield from _references(block.content)
