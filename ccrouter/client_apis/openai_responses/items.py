"""The input items of a Responses request as a conversation.

Items that the model made (messages, reasoning, calls) are blocks of one assistant message while they follow each other;
the answers to its calls are one user message. Instructions that come first are the system prompt.
"""

from typing import Final

from ccrouter.client_apis.openai_content import (
    FREEFORM_INPUT,
    add_result,
    arguments_of,
    file_of,
    image_of,
)
from ccrouter.client_apis.openai_responses.reasoning import reasoning_block
from ccrouter.client_apis.openai_responses.tools import neutral_name
from ccrouter.client_apis.reading import Fields, missing, object_at, wrong_type
from ccrouter.errors import RequestError
from ccrouter.model.blocks import Block, Document, Text, ToolResult, ToolUse
from ccrouter.model.json import Json, as_str
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message

SYSTEM_ROLES: Final = frozenset({"system", "developer"})
TEXT_PARTS: Final = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text"})
OUTPUTS: Final = frozenset({"function_call_output", "custom_tool_call_output"})
STORED: Final = frozenset({"item_reference", "compaction", "compaction_trigger"})
"""What only the server that made it can make sense of: a conversation without it would be another."""


def decode_input(value: Json, notes: Notes) -> tuple[tuple[Block, ...], tuple[Message, ...], list[Json]]:
    """The leading instructions, the conversation, and tools that came amid it.

    Raises:
        RequestError: 400, naming the item.
    """
    if value is None:
        raise missing("input")
    if isinstance(value, str):
        return (), (Message("user", value),), []
    if not isinstance(value, list):
        raise wrong_type("input", "a string or an array of items", value)
    conversation = _Conversation(notes)
    for at, item in enumerate(value):
        conversation.take(Fields(object_at(item, f"input[{at}]"), f"input[{at}]"), at)
    if not conversation.messages:
        raise RequestError("Invalid value for 'input': there is nothing in it beside instructions.")
    return tuple(conversation.system), tuple(conversation.messages), conversation.tools


class _Conversation:
    """What the items so far amount to."""

    def __init__(self, notes: Notes) -> None:
        self.system: list[Block] = []
        self.messages: list[Message] = []
        self.tools: list[Json] = []
        self._notes = notes

    def take(self, fields: Fields, at: int) -> None:
        kind = fields.text("type") or "message"
        if kind == "message":
            self._message(fields)
        elif kind == "reasoning":
            block = reasoning_block(fields, self._notes, at)
            if block is not None:
                self._said(block)
        elif kind == "function_call":
            name = neutral_name(fields.required_text("name"), fields.text("namespace"))
            self._said(ToolUse(fields.required_text("call_id"), name, arguments_of(fields.text("arguments") or "")))
        elif kind == "custom_tool_call":
            name = neutral_name(fields.required_text("name"), fields.text("namespace"))
            self._said(ToolUse(fields.required_text("call_id"), name, {FREEFORM_INPUT: fields.text("input") or ""}))
        elif kind in OUTPUTS:
            add_result(self.messages, ToolResult(fields.required_text("call_id"), content_of(fields, "output")))
        elif kind == "additional_tools":
            self.tools += fields.array("tools") or []
        elif kind in STORED:
            raise RequestError(f"'input[{at}]' is a {kind}: ccrouter stores nothing, so send what it stands for.")
        else:
            self._notes.add(kind, f"/input/{at}", "nothing that another model could be shown")

    def _message(self, fields: Fields) -> None:
        role = fields.required_text("role")
        content = content_of(fields, "content")
        if role == "assistant":
            for block in content:
                self._said(block)
        elif role == "user":
            self.messages.append(Message("user", content))
        elif role not in SYSTEM_ROLES:
            where = fields.path("role")
            raise RequestError(f"Invalid value for '{where}': {role!r} is none of user, assistant, system, developer.")
        elif self.messages:
            self.messages.append(Message("system", content))
        else:
            self.system += content

    def _said(self, block: Block) -> None:
        last = self.messages[-1] if self.messages else None
        if last is not None and last.role == "assistant":
            self.messages[-1] = Message("assistant", (*last.blocks, block))
        else:
            self.messages.append(Message("assistant", (block,)))


def content_of(fields: Fields, name: str) -> tuple[Block, ...]:
    """Content as one string or in parts."""
    value = fields.take(name)
    if isinstance(value, str):
        return (Text(value),) if value else ()
    if value is None:
        raise missing(fields.path(name))
    if not isinstance(value, list):
        raise wrong_type(fields.path(name), "a string or an array of parts", value)
    parts = [
        part_of(object_at(part, where), where)
        for at, part in enumerate(value)
        if (where := f"{fields.path(name)}[{at}]")
    ]
    return tuple(parts)


def part_of(value: dict[str, Json], where: str) -> Block:
    """One content part."""
    part = Fields(value, where)
    kind = part.required_text("type")
    if kind in TEXT_PARTS:
        return Text(part.required_text("text"))
    if kind == "refusal":
        return Text(part.required_text("refusal"))
    if kind == "input_image":
        url = part.text("image_url")
        if url is None:
            raise RequestError(
                f"'{where}' must hold an image_url: ccrouter keeps no files, so a file_id means nothing."
            )
        return image_of(url, f"{where}.image_url")
    if kind == "input_file":
        return _file(part, where)
    raise RequestError(f"Invalid value for '{where}.type': {kind!r} is not served here.")


def _file(part: Fields, where: str) -> Block:
    name, data, url = part.text("filename"), part.text("file_data"), part.text("file_url")
    if data is not None:
        return file_of(name, data, f"{where}.file_data")
    if url is not None:
        return Document({"type": "url", "url": url}, {"title": as_str(name)} if name else {})
    raise RequestError(
        f"'{where}' must hold file_data or file_url: ccrouter keeps no files, so a file_id means nothing."
    )
