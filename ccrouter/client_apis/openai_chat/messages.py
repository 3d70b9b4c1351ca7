"""A chat history in neutral form.

What says how to behave and comes first is the system prompt; later it stays where it is. The answers of the tools that
one turn called are one user message, as Anthropic wants them.
"""

from typing import Final

from ccrouter.client_apis.openai_chat.reasoning import reasoning_blocks
from ccrouter.client_apis.openai_content import FREEFORM_INPUT, add_result, arguments_of, file_of, image_of
from ccrouter.client_apis.reading import Fields, missing, object_at, wrong_type
from ccrouter.errors import RequestError
from ccrouter.model.blocks import Block, Text, ToolResult, ToolUse
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message

SYSTEM_ROLES: Final = frozenset({"system", "developer"})
ROLES: Final = "system, developer, user, assistant, tool"


def decode_messages(items: list[Json], notes: Notes) -> tuple[tuple[Block, ...] | None, tuple[Message, ...]]:
    """The system prompt and the conversation.

    Raises:
        RequestError: 400, naming the message.
    """
    system: list[Block] = []
    messages: list[Message] = []
    for at, item in enumerate(items):
        where = f"messages[{at}]"
        fields = Fields(object_at(item, where), where)
        role = fields.required_text("role")
        if role in SYSTEM_ROLES:
            content = text_blocks(fields)
            if messages:
                messages.append(Message("system", content))
            else:
                system += content
        elif role == "user":
            messages.append(Message("user", user_content(fields)))
        elif role == "assistant":
            messages.append(Message("assistant", assistant_content(fields, notes, at)))
        elif role == "tool":
            add_result(messages, ToolResult(fields.required_text("tool_call_id"), text_blocks(fields, images=True)))
        else:
            raise RequestError(f"Invalid value for '{where}.role': {role!r} is none of {ROLES}.")
    if not messages:
        raise RequestError("Invalid value for 'messages': there is no message beside the instructions.")
    return tuple(system) or None, tuple(messages)


def text_blocks(fields: Fields, *, images: bool = False) -> tuple[Block, ...]:
    """Content that is text, as one string or in parts."""
    content = fields.take("content")
    if isinstance(content, str):
        return (Text(content),) if content else ()
    return tuple([part_of(fields, part, at, images=images) for at, part in enumerate(parts_of(fields))])


def user_content(fields: Fields) -> str | tuple[Block, ...]:
    """A user's content; a string stays one."""
    content = fields.take("content")
    if isinstance(content, str):
        return content
    return tuple([part_of(fields, part, at, images=True) for at, part in enumerate(parts_of(fields))])


def parts_of(fields: Fields) -> list[Json]:
    """`content` as an array, which must be there."""
    content = fields.take("content")
    if content is None:
        raise missing(fields.path("content"))
    if not isinstance(content, list):
        raise wrong_type(fields.path("content"), "a string or an array of parts", content)
    return content


def part_of(fields: Fields, value: Json, at: int, *, images: bool) -> Block:
    """One content part."""
    where = f"{fields.path('content')}[{at}]"
    if isinstance(value, str):
        return Text(value)
    part = Fields(object_at(value, where), where)
    kind = part.required_text("type")
    if kind == "text":
        extras: JsonObject = {} if (mark := part.take("cache_control")) is None else {"cache_control": mark}
        return Text(part.required_text("text"), extras)
    if kind == "refusal":
        return Text(part.required_text("refusal"))
    if kind == "image_url" and images:
        link = part.take("image_url")
        url = (
            link
            if isinstance(link, str)
            else Fields(object_at(link, f"{where}.image_url"), f"{where}.image_url").required_text("url")
        )
        return image_of(url, f"{where}.image_url.url")
    if kind == "file" and images:
        file = Fields(part.object("file") or {}, f"{where}.file")
        data = file.text("file_data")
        if data is None:
            raise RequestError(
                f"'{where}.file' must hold file_data: ccrouter keeps no files, so a file_id means nothing."
            )
        return file_of(file.text("filename"), data, f"{where}.file.file_data")
    raise RequestError(f"Invalid value for '{where}.type': {kind!r} is not served here.")


def assistant_content(fields: Fields, notes: Notes, at: int) -> tuple[Block, ...]:
    """What the model said: its reasoning, its text, its calls."""
    blocks: list[Block] = list(reasoning_blocks(fields, notes, at))
    if fields.take("content") is not None:
        blocks += text_blocks(fields)
    refusal = fields.text("refusal")
    if refusal:
        blocks.append(Text(refusal))
    for position, item in enumerate(fields.array("tool_calls") or ()):
        where = f"{fields.path('tool_calls')}[{position}]"
        blocks.append(call_of(Fields(object_at(item, where), where)))
    if fields.take("function_call"):
        raise RequestError(
            f"'{fields.path('function_call')}' is not served here: send 'tool_calls', which replaced it."
        )
    if fields.take("audio"):
        notes.add("audio", f"/messages/{at}/audio", "the router keeps no audio")
    return tuple(blocks)


def call_of(fields: Fields) -> ToolUse:
    """A call of a tool."""
    identity = fields.required_text("id")
    if fields.text("type") == "custom":
        custom = Fields(fields.object("custom") or {}, fields.path("custom"))
        return ToolUse(identity, custom.required_text("name"), {FREEFORM_INPUT: custom.text("input") or ""})
    function = Fields(fields.object("function") or {}, fields.path("function"))
    return ToolUse(identity, function.required_text("name"), arguments_of(function.text("arguments") or ""))
