"""Tools on offer and the choice among them."""

from collections.abc import Iterable

from ccrouter.client_apis.openai_content import ANY_OBJECT, freeform_description, freeform_schema, tool_mode, web_search
from ccrouter.client_apis.reading import Fields, missing, object_at
from ccrouter.errors import RequestError
from ccrouter.model.json import JsonObject, as_list, as_object, as_str
from ccrouter.model.notes import Notes
from ccrouter.model.request import Tool, ToolChoice


def decode_tools(fields: Fields, notes: Notes) -> tuple[tuple[Tool, ...] | None, ToolChoice | None]:
    """`tools`, `tool_choice`, `parallel_tool_calls`, `web_search_options`."""
    items = fields.array("tools")
    tools = (
        [] if items is None else [tool_of(object_at(item, f"tools[{at}]"), at, notes) for at, item in enumerate(items)]
    )
    if (search := fields.object("web_search_options")) is not None:
        tools.append(web_search(as_object(search.get("user_location")), None))
    choice, names = choice_of(fields)
    if names is not None:
        tools = [tool for tool in tools if tool.name in names]
    if fields.flag("parallel_tool_calls") is False and tools:
        choice = ToolChoice("auto") if choice is None else choice
        choice = ToolChoice(choice.type, choice.name, {"disable_parallel_tool_use": True})
    return (tuple(tools) or None), choice if tools else None


def tool_of(item: JsonObject, at: int, notes: Notes) -> Tool:
    """One tool: a function, or a custom one, whose input is any text."""
    outer = Fields(item, f"tools[{at}]")
    kind = outer.required_text("type")
    inner = outer.object(kind) if kind in {"function", "custom"} else None
    if inner is None:
        if kind in {"function", "custom"}:
            raise missing(f"tools[{at}].{kind}")
        raise RequestError(f"Invalid value for 'tools[{at}].type': {kind!r} is neither function nor custom.")
    tool = Fields(inner, f"tools[{at}].{kind}")
    name, description = tool.required_text("name"), tool.text("description")
    if kind == "custom":
        return Tool(name, freeform_description(description, tool.object("format")), freeform_schema())
    if tool.flag("strict"):
        notes.add("strict", f"/tools/{at}/function/strict", "upstreams are sent the schema without that promise")
    return Tool(name, description, tool.object("parameters") or ANY_OBJECT)


def choice_of(fields: Fields) -> tuple[ToolChoice | None, set[str] | None]:
    """The choice, and the names of the tools it leaves on offer (None: all)."""
    value = fields.take("tool_choice")
    if value is None:
        return None, None
    if isinstance(value, str):
        return tool_mode(value), None
    choice = object_at(value, "tool_choice")
    match choice.get("type"):
        case "allowed_tools":
            allowed = as_object(choice.get("allowed_tools")) or choice
            listed = Fields(allowed, "tool_choice.allowed_tools")
            names = set(
                names_of([object_at(item, "tool_choice.allowed_tools.tools") for item in listed.array("tools") or ()])
            )
            return tool_mode(listed.text("mode") or "auto"), names
        case "function" | "custom":
            name = next(iter(names_of([choice])), None)
            if name is None:
                raise missing(f"tool_choice.{choice['type']}.name")
            return ToolChoice("tool", name), None
        case kind:
            raise RequestError(f"Invalid value for 'tool_choice.type': {kind!r} is not served here.")


def names_of(items: Iterable[JsonObject]) -> list[str]:
    """The names in `{"type": "function", "function": {"name"}}` or `{"type": "function", "name"}`."""
    found = [as_str((as_object(item.get(str(item.get("type")))) or item).get("name")) for item in items]
    return [name for name in found if name is not None]


def custom_names(body: JsonObject) -> frozenset[str]:
    """The names of the custom tools in a body whose tools are known to be well-formed."""
    items = [item for entry in as_list(body.get("tools")) or () if (item := as_object(entry)) is not None]
    return frozenset(names_of([item for item in items if item.get("type") == "custom"]))
