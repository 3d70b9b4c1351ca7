"""The conversation as contents.

One run of user (and, amid them, system) messages becomes one user turn: the results of all calls of the turn before, in
the order of the calls, then the rest. One assistant run becomes one model turn. A run looks at nothing behind itself,
so what was sent once is sent the same again when the conversation has grown.
"""

from collections.abc import Iterator

from ccrouter.dialects.folding import INTERRUPTED, OpenCall, answer_all, result_text, runs
from ccrouter.dialects.gemini.content import PROTOCOL, document_part, image_part
from ccrouter.dialects.gemini.families import Family
from ccrouter.dialects.gemini.model_turn import model_turn
from ccrouter.dialects.gemini.tools import wire_name
from ccrouter.dialects.gemini.wire import MODEL, USER, content, text_part
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.tool_search import functions_text
from ccrouter.dialects.wording import NO_CONTENT, join, opaque_text, reminder, system_text
from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Document, Image, Opaque, Text, ToolReference, ToolResult
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request, Tool

WHERE = "/messages"


@frozen
class Encoding:
    """What every message of one request is encoded with."""

    origin: str
    family: Family
    quirks: Quirks
    notes: Notes
    tools: tuple[Tool, ...]


def encode_contents(request: Request, encoding: Encoding) -> list[JsonObject]:
    """All turns of the conversation; the first is the user's, as Gemini demands."""
    contents: list[JsonObject] = []
    calls: list[OpenCall] = []
    for from_assistant, run in runs(request.messages):
        if from_assistant:
            if not contents:
                contents.append(content(USER, [text_part(NO_CONTENT)]))
            parts, calls = model_turn(
                [block for message in run for block in message.blocks],
                origin=encoding.origin,
                family=encoding.family,
                quirks=encoding.quirks,
                notes=encoding.notes,
            )
            contents.append(content(MODEL, parts))
        else:
            contents.append(content(USER, _user_turn(run, calls, encoding)))
            calls = []
    if calls:
        contents.append(content(USER, _user_turn([], calls, encoding)))
    return contents or [content(USER, [text_part(NO_CONTENT)])]


def encode_system(request: Request, notes: Notes, instruction: str) -> list[JsonObject]:
    """The parts of `systemInstruction`. `instruction` (may be empty) comes last."""
    parts: list[JsonObject] = []
    for block in request.system_blocks:
        if not isinstance(block, Text):
            notes.add("system block", "/system", "only text can be part of a system instruction")
            continue
        text = system_text(block, notes)
        if text and not text.isspace():
            parts.append(text_part(text))
    if instruction:
        parts.append(text_part(instruction))
    return parts


def _user_turn(run: list[Message], calls: list[OpenCall], encoding: Encoding) -> list[JsonObject]:
    answered = answer_all(calls, run)
    parts: list[JsonObject] = []
    media: list[JsonObject] = []
    for call in calls:
        parts.append(_response(call, media, encoding))
    parts += media
    for message in run:
        if message.role == "system":
            text = join([_system_block_text(block, encoding) for block in message.blocks])
            if text:
                parts.append(text_part(reminder(text)))
            continue
        for block in message.blocks:
            if id(block) not in answered:
                parts += _user_parts(block, encoding)
    return parts or [text_part(NO_CONTENT)]


def _response(call: OpenCall, media: list[JsonObject], encoding: Encoding) -> JsonObject:
    """The `functionResponse` to a call. What of its media cannot stand inside it is added to `media`, with a label."""
    result = call.result
    response: JsonObject = {"name": wire_name(call.name)}
    if call.wire_id:
        response["id"] = call.wire_id
    if result is None:
        encoding.notes.add("tool_use", WHERE, f"the call of {call.name} has no result: told as interrupted")
        return {"functionResponse": {**response, "response": {"error": INTERRUPTED}}}
    text, nested, outside = _result(result, encoding)
    for part in outside:
        media += [text_part(f"[file from the result of {call.name}]"), part]
    response["response"] = {"error" if result.is_error else "result": text}
    if nested:
        response["parts"] = list[Json](nested)
    return {"functionResponse": response}


def _result(result: ToolResult, encoding: Encoding) -> tuple[str, list[JsonObject], list[JsonObject]]:
    """A result's text, its media that may stand inside the response, and those that may not."""
    nested: list[JsonObject] = []
    outside: list[JsonObject] = []

    def told(block: Block) -> Iterator[str]:
        part = _part(block, encoding)
        if part is None:
            return
        if "text" in part:
            yield str(part["text"])
        elif encoding.family.nested_media and "inlineData" in part:
            nested.append(part)
            yield "[file: see the parts of this response]"
        else:
            outside.append(part)
            yield "[file: see behind the results]"

    text = result_text(result, told, lambda names: functions_text(names, encoding.tools, wire_name))
    return text, nested, outside


def _user_parts(block: Block, encoding: Encoding) -> list[JsonObject]:
    if isinstance(block, ToolResult):
        encoding.notes.add("tool_result", WHERE, "answers no call of the turn before: told as text")
        text, nested, outside = _result(block, encoding)
        failed = "Error: " if block.is_error else ""
        return [text_part(f"[result of an earlier tool call]\n{failed}{text}"), *nested, *outside]
    part = _part(block, encoding)
    return [] if part is None else [part]


def _part(block: Block, encoding: Encoding) -> JsonObject | None:
    """A block of a user turn as a part; None when it says nothing."""
    match block:
        case Text():
            text = block.text
        case Image():
            return image_part(block, encoding.quirks, encoding.notes, WHERE)
        case Document():
            return document_part(block, encoding.notes, WHERE)
        case ToolReference():
            text = functions_text([block.tool_name], encoding.tools, wire_name)
        case Opaque():
            text = opaque_text(block, encoding.notes, WHERE, protocol=PROTOCOL)
        case _:
            encoding.notes.add(type(block).__name__.lower(), WHERE, "not possible in a user message")
            return None
    return text_part(text) if text and not text.isspace() else None


def _system_block_text(block: Block, encoding: Encoding) -> str:
    if isinstance(block, Text):
        return system_text(block, encoding.notes)
    part = _part(block, encoding)
    return str(part["text"]) if part is not None and "text" in part else ""
