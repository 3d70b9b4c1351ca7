"""Tools and the choice among them: flat functions, and the provider's own web search."""

from ccrouter.dialects.openai_chat.tools import object_schema
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.schema_keys import without_keys
from ccrouter.dialects.tool_names import wire_name
from ccrouter.dialects.tool_search import callable_tools
from ccrouter.dialects.web_search import is_web_search
from ccrouter.model.json import Json, JsonObject, as_list, as_object
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request, Tool, ToolChoice


def searches_web(request: Request, quirks: Quirks) -> bool:
    """True when the provider shall search the web itself for this request."""
    return quirks.native_web_search and any(is_web_search(tool) for tool in callable_tools(request))


def encode_tools(request: Request, quirks: Quirks, notes: Notes) -> JsonObject:
    """The body's `tools`, `tool_choice` and `parallel_tool_calls`; empty when there is nothing on offer."""
    wire: list[Json] = []
    functions: set[str] = set()
    searches: set[str] = set()
    for tool in callable_tools(request):
        if not tool.is_server_tool:
            wire.append(_function(tool, quirks))
            functions.add(tool.name)
        elif is_web_search(tool) and quirks.native_web_search:
            wire.append(_web_search(tool, notes))
            searches.add(tool.name)
        else:
            notes.add(tool.type or tool.name, "/tools", "a tool of Anthropic's own servers")
    if not wire:
        if request.tool_choice is not None and request.tools:
            notes.add("tool_choice", "/tool_choice", "no tool is left to choose")
        return {}
    body: JsonObject = {"tools": wire}
    choice = request.tool_choice
    if choice is not None:
        body["tool_choice"] = _choice(choice, functions, searches, quirks, notes)
        if choice.extras.get("disable_parallel_tool_use") is True:
            if quirks.parallel_tool_calls:
                body["parallel_tool_calls"] = False
            else:
                notes.add("disable_parallel_tool_use", "/tool_choice", "the upstream does not take parallel_tool_calls")
    return body


def _function(tool: Tool, quirks: Quirks) -> JsonObject:
    wire: JsonObject = {"type": "function", "name": wire_name(tool.name)}
    if tool.description is not None:
        wire["description"] = tool.description
    wire["parameters"] = without_keys(object_schema(tool.input_schema), quirks.drop_schema_keys)
    # True is the default here, and would demand of every schema that all its properties are required.
    wire["strict"] = False
    return wire


def _web_search(tool: Tool, notes: Notes) -> JsonObject:
    """OpenAI's and xAI's `web_search`, with what both sides know."""
    wire: JsonObject = {"type": "web_search"}
    allowed = as_list(tool.extras.get("allowed_domains"))
    if allowed:
        wire["filters"] = {"allowed_domains": allowed}
    location = as_object(tool.extras.get("user_location"))
    if location:
        wire["user_location"] = location
    for name in ("blocked_domains", "max_uses"):
        if tool.extras.get(name):
            notes.add(f"{tool.type}.{name}", "/tools", "the provider's own search has no such setting")
    return wire


def _choice(
    choice: ToolChoice, functions: set[str], searches: set[str], quirks: Quirks, notes: Notes
) -> str | JsonObject:
    if choice.type in ("none", "auto"):
        return choice.type
    if choice.type not in ("any", "tool"):
        notes.add("tool_choice", "/tool_choice", f"unknown kind {choice.type!r}: auto")
        return "auto"
    if choice.type == "tool" and choice.name not in functions | searches:
        notes.add("tool_choice", "/tool_choice", f"the tool {choice.name!r} is not among the tools sent: auto")
        return "auto"
    if not quirks.tool_choice_required:
        notes.add("tool_choice", "/tool_choice", f"the upstream does not take {choice.type!r}: auto")
        return "auto"
    if choice.type == "tool" and choice.name in functions:
        return {"type": "function", "name": wire_name(choice.name or "")}
    if choice.type == "tool" and functions:
        notes.add("tool_choice", "/tool_choice", "the provider's own search cannot be singled out: any tool")
    return "required"
