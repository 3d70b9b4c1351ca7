"""Tools, the choice among them, and their names on the wire."""

import hashlib
from collections.abc import Iterable
from dataclasses import field
from typing import Final

from ccrouter.dialects import tool_names
from ccrouter.dialects.gemini.content import PROTOCOL
from ccrouter.dialects.gemini.families import Family
from ccrouter.dialects.gemini.schema import parameters
from ccrouter.dialects.openai_chat.tools import object_schema
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.tool_search import callable_tools
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request, Tool, ToolChoice

SERVER_TOOLS: Final = (("web_search", "googleSearch"), ("web_fetch", "urlContext"))
"""How the type of one of Anthropic's server tools begins, and Gemini's tool that does the same."""

SILENT_EXTRAS: Final = frozenset({"cache_control", "max_uses"})
"""Fields of a server tool that need no word when they are left out: Gemini searches once or twice, never at length."""

NAMESPACES: Final = ("default_api:", "default_api.")
"""What some Gemini models put before a function's name (CLIProxyAPI#2360 shows it in an error of Google's)."""


@frozen
class EncodedTools:
    """`body` holds `tools` and `toolConfig`; empty when there is nothing on offer."""

    body: JsonObject = field(default_factory=dict[str, Json])
    has_functions: bool = False
    has_server_tools: bool = False


def wire_name(name: str) -> str:
    """`name` as Gemini takes it: "Must start with a letter or an underscore … with a maximum length of 64"."""
    short = tool_names.wire_name(name)
    if short[:1].isalpha() or short.startswith("_"):
        return short
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"_{short[: tool_names.LONGEST_NAME - 10]}_{digest}"


def client_name(name: str, names: Iterable[str]) -> str:
    """The tool among `names` that the model means by `name`; `name` itself when it is none of them."""
    for known in names:
        if wire_name(known) == name:
            return known
    for namespace in NAMESPACES:
        if name.startswith(namespace):
            return client_name(name.removeprefix(namespace), names)
    return name


def encode_tools(request: Request, family: Family, quirks: Quirks, notes: Notes) -> EncodedTools:
    """The tools on offer, and the choice among them."""
    functions, servers = _offered(request, family, notes)
    choice = request.tool_choice
    tools: list[Json] = [{own: {}} for own in dict.fromkeys(servers.values())]
    if functions:
        tools.append({"functionDeclarations": [_declaration(tool, quirks) for tool in functions]})
    body: JsonObject = {"tools": tools} if tools else {}
    config: JsonObject = {}
    if functions:
        config = _calling_config(choice, {tool.name for tool in functions}, servers, notes)
        if servers:
            config["includeServerSideToolInvocations"] = True
    elif choice is not None and request.tools and choice.name not in servers and choice.type not in ("auto", "none"):
        notes.add("tool_choice", "/tool_choice", "no function is left to choose")
    if config:
        body["toolConfig"] = config
    return EncodedTools(body, bool(functions), bool(servers))


def _offered(request: Request, family: Family, notes: Notes) -> tuple[list[Tool], dict[str, str]]:
    """The functions, and Gemini's own tools by the name of the server tool that asks for each.

    Own tools give way to functions where the model cannot have both, unless the request forces one of them.
    """
    functions: list[Tool] = []
    servers: dict[str, str] = {}
    for tool in callable_tools(request):
        own = _server_tool(tool, family) if tool.is_server_tool else None
        if not tool.is_server_tool:
            functions.append(tool)
        elif own is None:
            notes.add(tool.type or tool.name, "/tools", "a tool of Anthropic's own servers")
        else:
            servers[tool.name] = own
            for name in sorted(tool.extras.keys() - SILENT_EXTRAS):
                notes.add(f"{tool.type} {name}", "/tools", f"has no counterpart in {PROTOCOL}")
    if not functions or not servers or family.mixes_tools:
        return functions, servers
    choice = request.tool_choice
    if choice is not None and choice.type == "tool" and choice.name in servers:
        notes.add("tools", "/tools", "the model takes no functions beside its own search: left out")
        return [], servers
    notes.add("server tools", "/tools", "the model takes its own search only without functions: left out")
    return functions, {}


def _server_tool(tool: Tool, family: Family) -> str | None:
    if not family.server_tools:
        return None
    return next((own for prefix, own in SERVER_TOOLS if (tool.type or "").startswith(prefix)), None)


def _declaration(tool: Tool, quirks: Quirks) -> JsonObject:
    declaration: JsonObject = {"name": wire_name(tool.name)}
    if tool.description is not None:
        declaration["description"] = tool.description
    declaration.update(parameters(object_schema(tool.input_schema), quirks.schema_flavour))
    return declaration


def _calling_config(choice: ToolChoice | None, names: set[str], servers: dict[str, str], notes: Notes) -> JsonObject:
    if choice is None:
        return {}
    if choice.extras.get("disable_parallel_tool_use") is True:
        notes.add("disable_parallel_tool_use", "/tool_choice", f"has no counterpart in {PROTOCOL}")
    config: JsonObject = {"mode": "AUTO"}
    match choice.type:
        case "auto":
            pass
        case "none":
            config["mode"] = "NONE"
        case "any":
            config["mode"] = "ANY"
        case "tool" if choice.name in names:
            config = {"mode": "ANY", "allowedFunctionNames": [wire_name(choice.name)]}
        case "tool" if choice.name in servers:
            notes.add("tool_choice", "/tool_choice", "the model's own search cannot be forced")
        case "tool":
            notes.add("tool_choice", "/tool_choice", f"the tool {choice.name!r} is not among the tools sent: auto")
        case kind:
            notes.add("tool_choice", "/tool_choice", f"unknown kind {kind!r}: auto")
    return {"functionCallingConfig": config}
