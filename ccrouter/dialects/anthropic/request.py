"""A Messages request, both ways: `encode_request(decode_request(body)) == body` for every real request."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast

from ccrouter.dialects.anthropic.blocks import content_of, encode_content
from ccrouter.dialects.anthropic.known import KnownParts
from ccrouter.errors import RequestError
from ccrouter.model.json import NO_EXTRAS, Json, JsonObject, as_int, as_list, as_object, as_str
from ccrouter.model.request import Message, Request, Role, ThinkingConfig, Tool, ToolChoice

ROLES: Final[Mapping[str, Role]] = {"user": "user", "assistant": "assistant", "system": "system"}


class Known(NamedTuple):
    """What is known of a body from those before, and is not decoded again."""

    parts: KnownParts | None = None
    begun: tuple[Message, ...] = ()
    """The messages in front of those that its `messages` still hold."""
    fields: Mapping[str, Any] = MappingProxyType({})
    """Those that it does not hold any more, as they were decoded when they came before: attributes of `Request`."""


NOTHING_KNOWN: Final = Known()


def decode_request(body: JsonObject, known: Known = NOTHING_KNOWN) -> Request:
    """The request in a parsed body, and in what is `known` beside it.

    Raises:
        RequestError: 400 with the field's name, for what cannot be understood at all.
    """
    given = body.get("messages")
    if given is None:
        raise RequestError("messages: Field required.")
    messages = _messages(given, known.begun)
    if messages is None:
        raise RequestError("messages: must be an array of messages.")
    fields: dict[str, Any] = {"messages": messages}
    for name, (read, wanted) in READERS.items():
        # An explicit null means "not sent" to the API; it stays in the extras so that it goes out as it came.
        if (value := body.get(name)) is None:
            continue
        if known.parts is not None and name in RECOGNISED and isinstance(value, list):
            found = known.parts.part(name, value, read)
        else:
            found = read(value)
        if found is None:
            raise RequestError(f"{name}: must be {wanted}.")
        fields[name] = found
    extras = NO_EXTRAS
    if len(fields) < len(body):
        extras = {name: value for name, value in body.items() if name not in fields}
    fields.update(known.fields)
    if "model" not in fields:
        raise RequestError("model: Field required.")
    return Request(**fields, extras=extras)


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


def _messages(raw: Json, begun: tuple[Message, ...]) -> tuple[Message, ...] | None:
    if not isinstance(raw, list):
        return None
    return (*begun, *[_message(item, position) for position, item in enumerate(raw, len(begun))])


def _message(raw: Json, position: int) -> Message:
    if not isinstance(raw, dict):
        raise RequestError(f"messages.{position}: must be an object with role and content.")
    given, content = raw.get("role"), content_of(raw.get("content"))
    role = ROLES.get(given) if isinstance(given, str) else None
    if role is None:
        raise RequestError(f"messages.{position}.role: must be user, assistant or system, is {given!r}.")
    if content is None:
        raise RequestError(f"messages.{position}.content: must be a string or an array of blocks.")
    extras = NO_EXTRAS if len(raw) == 2 else {key: raw[key] for key in raw if key not in {"role", "content"}}
    return Message(role, content, extras)


def _tools(raw: Json) -> tuple[Tool, ...] | None:
    return tuple([_tool(item, position) for position, item in enumerate(raw)]) if isinstance(raw, list) else None


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


READERS: Final[Mapping[str, tuple[Callable[[Json], object], str]]] = {
    "model": (as_str, "a string"),
    "system": (content_of, "a string or an array of blocks"),
    "tools": (_tools, "an array of tools"),
    "tool_choice": (_tool_choice, "an object with a type"),
    "max_tokens": (as_int, "a whole number"),
    "stop_sequences": (_strings, "an array of strings"),
    "temperature": (_number, "a number"),
    "top_p": (_number, "a number"),
    "top_k": (as_int, "a whole number"),
    "stream": (_boolean, "true or false"),
    "thinking": (_thinking, "an object with a type"),
}
"""The fields beside `messages` that `Request` has, in the order in which the client is told of the first that cannot be
understood: what each is read with (None is what cannot be), and what it must be."""
RECOGNISED: Final = frozenset({"system", "tools"})
"""The large ones, which come again with each request (`KnownParts`)."""
