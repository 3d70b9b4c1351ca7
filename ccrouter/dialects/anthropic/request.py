"""A Messages request, both ways: `encode_request(decode_request(body)) == body` for every real request."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar, cast

from ccrouter.dialects.anthropic.blocks import content_of, encode_content
from ccrouter.dialects.anthropic.known import KnownParts
from ccrouter.errors import RequestError
from ccrouter.model.blocks import Block
from ccrouter.model.json import NO_EXTRAS, Json, JsonObject, as_int, as_list, as_object, as_str
from ccrouter.model.request import Message, Request, Role, ThinkingConfig, Tool, ToolChoice

ROLES = frozenset({"user", "assistant", "system"})

T = TypeVar("T")


def decode_request(body: JsonObject, known: KnownParts | None = None, begun: tuple[Message, ...] = ()) -> Request:
    """The request in a parsed body. What `known` has seen before is taken from there; `begun` are messages in front of
    those in the body.

    Raises:
        RequestError: 400 with the field's name, for what cannot be understood at all.
    """
    taken: dict[str, Json] = {}

    # The annotations are quoted, for Python would make their types anew for each request.
    def take(name: str, read: "Callable[[Json], T | None]", wanted: str) -> "T | None":
        # An explicit null means "not sent" to the API; it stays in the extras so that it goes out as it came.
        value = body.get(name)
        if value is None:
            return None
        found = read(value)
        if found is None:
            raise RequestError(f"{name}: must be {wanted}.")
        taken[name] = value
        return found

    messages = take("messages", partial(_messages, known=known, begun=begun), "an array of messages")
    if messages is None:
        raise RequestError("messages: Field required.")
    request = Request(
        model=take("model", as_str, "a string") or "",
        messages=messages,
        system=take("system", partial(_system, known=known), "a string or an array of blocks"),
        tools=take("tools", partial(_tools, known=known), "an array of tools"),
        tool_choice=take("tool_choice", _tool_choice, "an object with a type"),
        max_tokens=take("max_tokens", as_int, "a whole number"),
        stop_sequences=take("stop_sequences", _strings, "an array of strings"),
        temperature=take("temperature", _number, "a number"),
        top_p=take("top_p", _number, "a number"),
        top_k=take("top_k", as_int, "a whole number"),
        stream=take("stream", _boolean, "true or false"),
        thinking=take("thinking", _thinking, "an object with a type"),
        extras={name: value for name, value in body.items() if name not in taken}
        if len(taken) < len(body)
        else NO_EXTRAS,
    )
    if not request.model and "model" not in taken:
        raise RequestError("model: Field required.")
    return request


def encode_request(request: Request) -> JsonObject:
    """The body of a request. Fields the client did not send are not there."""
    body: JsonObject = {"model": request.model}
    body["messages"] = [encode_message(message) for message in request.messages]
    if request.system is not None:
        body["system"] = encode_content(request.system)
    if request.tools is not None:
        body["tools"] = [encode_tool(tool) for tool in request.tools]
    if (choice := request.tool_choice) is not None:
        body["tool_choice"] = _named({"type": choice.type, "name": choice.name}, choice.extras)
    if (thinking := request.thinking) is not None:
        body["thinking"] = _named({"type": thinking.type, "budget_tokens": thinking.budget_tokens}, thinking.extras)
    if request.stop_sequences is not None:
        body["stop_sequences"] = list[Json](request.stop_sequences)
    for name in ("max_tokens", "temperature", "top_p", "top_k", "stream"):
        if (value := getattr(request, name)) is not None:
            body[name] = value
    return {**body, **request.extras}


def encode_message(message: Message) -> JsonObject:
    """One message as JSON."""
    return {"role": message.role, "content": encode_content(message.content), **message.extras}


def encode_tool(tool: Tool) -> JsonObject:
    """One tool as JSON."""
    return _named(
        {"type": tool.type, "name": tool.name, "description": tool.description, "input_schema": tool.input_schema},
        tool.extras,
    )


def _named(fields: Mapping[str, Json], extras: Mapping[str, Json]) -> JsonObject:
    return {**{name: value for name, value in fields.items() if value is not None}, **extras}


def _messages(raw: Json, known: KnownParts | None, begun: tuple[Message, ...]) -> tuple[Message, ...] | None:
    items = as_list(raw)
    if items is None:
        return None
    if known is None:
        return (*begun, *[_message(item, position) for position, item in enumerate(items, len(begun))])
    messages = list(begun)
    given = set(map(id, begun))
    for position, item in enumerate(items, len(begun)):
        message = known.part("message", item, partial(_message, position=position))
        if id(message) in given:
            # The same twice in one conversation: who tells blocks apart by identity must be able to.
            message = _message(item, position)
        given.add(id(message))
        messages.append(message)
    return tuple(messages)


def _system(raw: Json, known: KnownParts | None) -> str | tuple[Block, ...] | None:
    return content_of(raw) if known is None or isinstance(raw, str) else known.part("system", raw, content_of)


def _message(raw: Json, position: int) -> Message:
    item = as_object(raw)
    if item is None:
        raise RequestError(f"messages.{position}: must be an object with role and content.")
    role, content = item.get("role"), content_of(item.get("content"))
    if not isinstance(role, str) or role not in ROLES:
        raise RequestError(f"messages.{position}.role: must be user, assistant or system, is {role!r}.")
    if content is None:
        raise RequestError(f"messages.{position}.content: must be a string or an array of blocks.")
    extras = NO_EXTRAS if len(item) == 2 else {key: item[key] for key in item if key not in {"role", "content"}}
    return Message(cast(Role, role), content, extras)


def _tools(raw: Json, known: KnownParts | None) -> tuple[Tool, ...] | None:
    items = as_list(raw)
    if items is None:
        return None
    return _each_tool(items) if known is None else known.part("tools", raw, _each_tool)


def _each_tool(items: Json) -> tuple[Tool, ...]:
    return tuple([_tool(item, position) for position, item in enumerate(as_list(items) or ())])


def _tool(raw: Json, position: int) -> Tool:
    item = as_object(raw)
    name = as_str(item.get("name")) if item is not None else None
    if item is None or name is None:
        raise RequestError(f"tools.{position}.name: must be a string.")
    known = {"name"}
    kind, description, schema = (
        as_str(item.get("type")),
        as_str(item.get("description")),
        as_object(item.get("input_schema")),
    )
    for field, value in (("type", kind), ("description", description), ("input_schema", schema)):
        if value is not None:
            known.add(field)
    extras = NO_EXTRAS if len(item) == len(known) else {key: item[key] for key in item if key not in known}
    return Tool(name, description, schema, kind, extras)


def _tool_choice(raw: Json) -> ToolChoice | None:
    item = as_object(raw)
    kind = as_str(item.get("type")) if item is not None else None
    if item is None or kind is None:
        return None
    name = as_str(item.get("name"))
    known = {"type"} if name is None else {"type", "name"}
    return ToolChoice(kind, name, {key: item[key] for key in item if key not in known})


def _thinking(raw: Json) -> ThinkingConfig | None:
    item = as_object(raw)
    kind = as_str(item.get("type")) if item is not None else None
    if item is None or kind is None:
        return None
    budget = as_int(item.get("budget_tokens"))
    known = {"type"} if budget is None else {"type", "budget_tokens"}
    return ThinkingConfig(kind, budget, {key: item[key] for key in item if key not in known})


def _strings(raw: Json) -> tuple[str, ...] | None:
    items = as_list(raw)
    if items is None or not all(isinstance(item, str) for item in items):
        return None
    return tuple(cast("list[str]", items))


def _number(raw: Json) -> float | None:
    return None if isinstance(raw, bool) or not isinstance(raw, int | float) else raw


def _boolean(raw: Json) -> bool | None:
    return raw if isinstance(raw, bool) else None
