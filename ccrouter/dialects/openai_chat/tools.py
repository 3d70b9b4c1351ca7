"""Tools and the choice among them."""

from functools import partial

from ccrouter.dialects.openai_chat.search import may_search, search_tools
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.schema_keys import without_keys
from ccrouter.dialects.tool_names import wire_name
from ccrouter.dialects.tool_search import EMPTY_SCHEMA, callable_tools
from ccrouter.dialects.web_search import is_web_search
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Note, Notes
from ccrouter.model.request import Request, Tool, ToolChoice


def encode_tools(request: Request, quirks: Quirks, notes: Notes) -> JsonObject:
    """The body's `tools`, `tool_choice` and `parallel_tool_calls`; empty when there is nothing on offer."""
    offered = callable_tools(request)
    functions: list[JsonObject] = []
    if offered:
        work = partial(_function_tools, offered, quirks)
        functions, told = offered[0].derive_with(_function_tools, (quirks, *offered[1:]), work)
        notes.extend(told)
    searching = search_tools(request, quirks)
    if not functions:
        if request.tool_choice is not None and request.tools and not may_search(request, quirks):
            notes.add("tool_choice", "/tool_choice", "no tool is left to choose")
        return {"tools": searching} if searching else {}
    body: JsonObject = {"tools": [*functions, *searching]}
    choice = request.tool_choice
    if choice is not None:
        names = {tool.name for tool in offered if not tool.is_server_tool}
        body["tool_choice"] = _choice(choice, names, quirks, notes)
        if choice.extras.get("disable_parallel_tool_use") is True:
            if quirks.parallel_tool_calls:
                body["parallel_tool_calls"] = False
            else:
                notes.add("disable_parallel_tool_use", "/tool_choice", "the upstream does not take parallel_tool_calls")
    return body


def _function_tools(offered: tuple[Tool, ...], quirks: Quirks) -> tuple[list[JsonObject], list[Note]]:
    """The tools that go out as functions, and what there is to say. Not to be changed in place: the same tools come
    again with the next request."""
    notes = Notes()
    for tool in offered:
        if tool.is_server_tool and (quirks.web_search_style == "none" or not is_web_search(tool)):
            notes.add(tool.type or tool.name, "/tools", "a tool of Anthropic's own servers")
    return [_function_tool(tool, quirks, notes) for tool in offered if not tool.is_server_tool], notes.entries


def _function_tool(tool: Tool, quirks: Quirks, notes: Notes) -> JsonObject:
    function: JsonObject = {"name": wire_name(tool.name)}
    if tool.description is not None:
        function["description"] = tool.description
    schema = object_schema(tool.input_schema)
    function["parameters"] = parameters = without_keys(schema, quirks.drop_schema_keys)
    if parameters is not schema:
        notes.add(", ".join(sorted(quirks.drop_schema_keys)), "/tools", "the upstream refuses it in tool schemas")
    return {"type": "function", "function": function}


def object_schema(schema: JsonObject | None) -> JsonObject:
    """`schema` with what every upstream insists on: MiniMax answers 2013, Moonshot 400 where it is missing."""
    if not schema:
        return {**EMPTY_SCHEMA}
    if schema.get("type") != "object":
        schema = {**schema, "type": "object"} if "type" in schema else {"type": "object", **schema}
    return schema if isinstance(schema.get("properties"), dict) else {**schema, "properties": {}}


def _choice(choice: ToolChoice, names: set[str], quirks: Quirks, notes: Notes) -> str | JsonObject:
    if choice.type == "none":
        return "none"
    if choice.type == "auto":
        return "auto"
    if choice.type == "tool" and choice.name not in names:
        notes.add("tool_choice", "/tool_choice", f"the tool {choice.name!r} is not among the tools sent: auto")
        return "auto"
    if not quirks.tool_choice_required:
        notes.add("tool_choice", "/tool_choice", f"the upstream does not take {choice.type!r}: auto")
        return "auto"
    if choice.type == "tool" and choice.name is not None:
        return {"type": "function", "function": {"name": wire_name(choice.name)}}
    if choice.type == "any":
        return "required"
    notes.add("tool_choice", "/tool_choice", f"unknown kind {choice.type!r}: auto")
    return "auto"
