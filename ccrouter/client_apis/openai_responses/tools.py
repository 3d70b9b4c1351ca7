"""Tools on offer and the choice among them: functions, custom tools, namespaces, the provider's own search."""

from collections.abc import Iterator
from dataclasses import field
from typing import Final

from ccrouter.client_apis.openai_content import (
    ANY_OBJECT,
    freeform_description,
    freeform_schema,
    tool_mode,
    web_search,
)
from ccrouter.client_apis.reading import Fields, missing, object_at
from ccrouter.errors import RequestError
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_str
from ccrouter.model.notes import Notes
from ccrouter.model.request import Tool, ToolChoice

SEARCH_TYPE: Final = "web_search"
"""`web_search`, `web_search_preview`, `web_search_2025_08_26`, …"""


@frozen
class Named:
    """A tool as the client knows it, where its neutral name is another or its calls have a form of their own."""

    name: str
    namespace: str | None = None
    custom: bool = False


@frozen
class Offer:
    """What the model may call. `named` is by neutral name and holds the special ones alone."""

    tools: tuple[Tool, ...] | None = None
    choice: ToolChoice | None = None
    named: dict[str, Named] = field(default_factory=dict[str, Named])


def neutral_name(name: str, namespace: str | None) -> str:
    """One name for a tool in a namespace: what models are used to from MCP."""
    return name if namespace is None else f"{namespace}__{name}"


def decode_tools(fields: Fields, more: list[Json], notes: Notes) -> Offer:
    """`tools` and those that came amid the input, `tool_choice`, `parallel_tool_calls`.

    Raises:
        RequestError: 400, naming the tool.
    """
    named: dict[str, Named] = {}
    tools: dict[str, Tool] = {}
    for at, item in enumerate((*(fields.array("tools") or ()), *more)):
        for tool, known in tools_of(Fields(object_at(item, f"tools[{at}]"), f"tools[{at}]"), None, notes):
            tools[tool.name] = tool
            if known is not None:
                named[tool.name] = known
    choice, allowed = choice_of(fields)
    offered = tuple([tool for name, tool in tools.items() if allowed is None or name in allowed])
    if fields.flag("parallel_tool_calls") is False and offered:
        choice = ToolChoice("auto") if choice is None else choice
        choice = ToolChoice(choice.type, choice.name, {"disable_parallel_tool_use": True})
    return Offer(offered or None, choice if offered else None, named)


def tools_of(fields: Fields, namespace: str | None, notes: Notes) -> Iterator[tuple[Tool, Named | None]]:
    """The tools that one entry stands for; none, with a note, for a tool that OpenAI's servers would run."""
    kind = fields.required_text("type")
    if kind == "namespace":
        name = fields.required_text("name")
        for at, item in enumerate(fields.array("tools") or ()):
            where = f"{fields.path('tools')}[{at}]"
            yield from tools_of(Fields(object_at(item, where), where), name, notes)
    elif kind == "function":
        name = fields.required_text("name")
        schema = fields.object("parameters") or ANY_OBJECT
        known = None if namespace is None else Named(name, namespace)
        yield Tool(neutral_name(name, namespace), fields.text("description"), schema), known
    elif kind == "custom":
        name = fields.required_text("name")
        description = freeform_description(fields.text("description"), fields.object("format"))
        yield Tool(neutral_name(name, namespace), description, freeform_schema()), Named(name, namespace, custom=True)
    elif kind.startswith(SEARCH_TYPE) and fields.flag("external_web_access") is False:
        # Codex's default: what OpenAI has cached may be searched, the web itself not.
        notes.add(kind, "/tools", "only OpenAI's cache may be searched, which nobody else has")
    elif kind.startswith(SEARCH_TYPE):
        yield web_search(fields.object("user_location"), fields.object("filters")), None
    else:
        notes.add(kind, "/tools", "a tool that OpenAI's own servers run")


def choice_of(fields: Fields) -> tuple[ToolChoice | None, set[str] | None]:
    """The choice, and the neutral names of the tools it leaves on offer (None: all)."""
    value = fields.take("tool_choice")
    if value is None:
        return None, None
    if isinstance(value, str):
        return tool_mode(value), None
    choice = Fields(object_at(value, "tool_choice"), "tool_choice")
    kind = choice.text("type") or ""
    if kind == "allowed_tools":
        allowed = [object_at(item, "tool_choice.tools") for item in choice.array("tools") or ()]
        return tool_mode(choice.text("mode") or "auto"), {allowed_name(item) for item in allowed}
    if kind in {"function", "custom"}:
        name = choice.text("name")
        if name is None:
            raise missing("tool_choice.name")
        return ToolChoice("tool", neutral_name(name, choice.text("namespace"))), None
    if kind.startswith(SEARCH_TYPE):
        return ToolChoice("tool", "web_search"), None
    raise RequestError(f"Invalid value for 'tool_choice.type': {kind!r} is not served here.")


def allowed_name(item: JsonObject) -> str:
    """The neutral name in an entry of `allowed_tools`."""
    name = as_str(item.get("name"))
    return neutral_name(name, as_str(item.get("namespace"))) if name is not None else "web_search"
