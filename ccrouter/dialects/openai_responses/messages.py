"""The conversation as input items.

As in the chat dialect, Anthropic's runs of user messages between assistant messages are taken one by one, and a run
looks at nothing behind itself: what was sent once is sent the same again when the conversation has grown, and the
provider's prompt cache survives. A run of the user becomes the outputs of the calls before it, in the order of the
calls, and then messages. A run of the assistant becomes its items in their order, reasoning first.
"""

from collections.abc import Iterator
from dataclasses import field

from ccrouter.dialects.folding import INTERRUPTED, NO_OUTPUT, OpenCall, answer_all, arguments_object, result_text, runs
from ccrouter.dialects.lenient_json import compact_json
from ccrouter.dialects.openai_responses.content import PROTOCOL, input_document, input_image, input_text
from ccrouter.dialects.openai_responses.reasoning import Entry, keep_what_is_followed, returned_item
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.tool_names import wire_call_id, wire_name
from ccrouter.dialects.tool_search import functions_text
from ccrouter.dialects.wording import error_text, join, opaque_text, reminder, system_text
from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Document, Image, Opaque, Text, Thinking, ToolReference, ToolResult, ToolUse
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request, Tool

WHERE = "/messages"


@frozen
class Encoding:
    """What every item of one request is encoded with. `call_ids` are those given out so far: the input is flat, and
    two calls of the same id (Bedrock counts from `call_0` in every answer) could not be told apart."""

    origin: str
    quirks: Quirks
    notes: Notes
    tools: tuple[Tool, ...]
    call_ids: set[str] = field(default_factory=set[str])


def encode_instructions(request: Request, instruction: str, notes: Notes) -> str:
    """The system prompt as one text. `instruction` (may be empty) is appended to it."""
    texts: list[str] = []
    for block in request.system_blocks:
        if isinstance(block, Text):
            texts.append(system_text(block, notes))
        else:
            notes.add("system block", "/system", "only text can be part of the instructions")
    return join([*texts, instruction])


def encode_input(request: Request, *, origin: str, quirks: Quirks, notes: Notes) -> list[Json]:
    """All input items of `request`."""
    encoding = Encoding(origin, quirks, notes, request.tools or ())
    items: list[Json] = []
    calls: list[OpenCall] = []
    for from_assistant, run in runs(request.messages):
        if from_assistant:
            turn, calls = _assistant(run, encoding)
            items.extend(turn)
        else:
            items.extend(_user_run(run, calls, encoding))
            calls = []
    items.extend(_outputs(calls, [], encoding))
    return items


def _assistant(run: list[Message], encoding: Encoding) -> tuple[list[JsonObject], list[OpenCall]]:
    """The items of one assistant turn, and the calls in it."""
    entries: list[Entry] = []
    calls: list[OpenCall] = []
    for message in run:
        for block in message.blocks:
            entry = _assistant_entry(block, encoding)
            if entry is not None:
                entries.append(entry)
            if isinstance(block, ToolUse) and entry is not None:
                calls.append(OpenCall(block.id, str(entry.item["call_id"]), block.name))
    entries = keep_what_is_followed(entries, encoding.notes)
    if encoding.quirks.calls_last:
        entries.sort(key=lambda entry: entry.item["type"] == "function_call")
    return [entry.item for entry in entries], calls


def _assistant_entry(block: Block, encoding: Encoding) -> Entry | None:
    match block:
        case Thinking():
            return returned_item(block, origin=encoding.origin, quirks=encoding.quirks, notes=encoding.notes)
        case ToolUse():
            item: JsonObject = {
                "type": "function_call",
                "call_id": wire_call_id(block.id, encoding.call_ids),
                "name": wire_name(block.name),
                "arguments": compact_json(arguments_object(block.input)),
            }
            return Entry(item)
        case Text(text):
            pass
        case Opaque():
            text = opaque_text(block, encoding.notes, WHERE, protocol=PROTOCOL)
        case _:
            encoding.notes.add(type(block).__name__.lower(), WHERE, "not possible in an assistant message")
            return None
    if not text or text.isspace():
        return None
    return Entry({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]})


def _user_run(run: list[Message], calls: list[OpenCall], encoding: Encoding) -> Iterator[JsonObject]:
    """The outputs of `calls`, then messages with all else the run says, in its order."""
    answered = answer_all(calls, run)
    parts: list[JsonObject] = []
    yield from _outputs(calls, parts, encoding)
    for message in run:
        if message.role != "system":
            for block in message.blocks:
                if id(block) not in answered:
                    parts.extend(_user_parts(block, encoding))
            continue
        text = join([_system_block_text(block, encoding) for block in message.blocks])
        if text and encoding.quirks.mid_system:
            yield from _message("user", parts)
            parts = []
            yield from _message(encoding.quirks.system_role, [input_text(text)])
        elif text:
            parts.append(input_text(reminder(text)))
    yield from _message("user", parts)


def _outputs(calls: list[OpenCall], parts: list[JsonObject], encoding: Encoding) -> Iterator[JsonObject]:
    """One output for each call. What the upstream takes in messages only is added to `parts`, for the next one."""
    for call in calls:
        result = call.result
        output: Json
        if result is None:
            encoding.notes.add("tool_use", WHERE, f"the call of {call.name} has no result: told as interrupted")
            output = INTERRUPTED
        elif encoding.quirks.tool_result_images and _has_media(result):
            output = list[Json](_result_parts(result, encoding))
        else:
            label = f"[image from the result of {call.name} ({call.wire_id})]"
            output = _result_text(result, label, parts, encoding)
        yield {"type": "function_call_output", "call_id": call.wire_id, "output": output}


def _has_media(result: ToolResult) -> bool:
    return isinstance(result.content, tuple) and any(isinstance(block, Image | Document) for block in result.content)


def _result_parts(result: ToolResult, encoding: Encoding) -> list[JsonObject]:
    """A result with images or files as input parts."""
    parts = [part for block in result.content or () if not isinstance(block, str) for part in _parts(block, encoding)]
    if result.is_error:
        parts.insert(0, input_text("Error:"))
    return parts or [input_text(NO_OUTPUT)]


def _result_text(result: ToolResult, label: str, parts: list[JsonObject], encoding: Encoding) -> str:
    """A result as text. Images and files go to `parts` under `label`."""
    text = result_text(
        result,
        lambda block: _result_texts(block, label, parts, encoding),
        lambda names: functions_text(names, encoding.tools, wire_name),
    )
    return error_text(text) if result.is_error else text


def _result_texts(block: Block, label: str, parts: list[JsonObject], encoding: Encoding) -> Iterator[str]:
    for part in _parts(block, encoding):
        if part["type"] == "input_text":
            yield str(part["text"])
        else:
            parts += [input_text(label), part]
            yield "[image: see the next user message]"


def _user_parts(block: Block, encoding: Encoding) -> list[JsonObject]:
    if not isinstance(block, ToolResult):
        return _parts(block, encoding)
    encoding.notes.add("tool_result", WHERE, "answers no call of the turn before: told as text")
    images: list[JsonObject] = []
    text = _result_text(block, "[image from that result]", images, encoding)
    return [input_text(f"[result of an earlier tool call]\n{text}"), *images]


def _parts(block: Block, encoding: Encoding) -> list[JsonObject]:
    """A block of a user message or a tool's result as input parts; none when nothing of it can be told."""
    match block:
        case Image():
            return [input_image(block, encoding.quirks, encoding.notes, WHERE)]
        case Document():
            return [input_document(block, encoding.quirks, encoding.notes, WHERE)]
        case Text(text):
            pass
        case ToolReference(name):
            text = functions_text([name], encoding.tools, wire_name)
        case Opaque():
            text = opaque_text(block, encoding.notes, WHERE, protocol=PROTOCOL)
        case _:
            encoding.notes.add(type(block).__name__.lower(), WHERE, "not possible in a user message")
            return []
    return [input_text(text)] if text and not text.isspace() else []


def _system_block_text(block: Block, encoding: Encoding) -> str:
    if isinstance(block, Text):
        return system_text(block, encoding.notes)
    encoding.notes.add(type(block).__name__.lower(), WHERE, "only text can be part of a system message")
    return ""


def _message(role: str, parts: list[JsonObject]) -> Iterator[JsonObject]:
    if parts:
        yield {"type": "message", "role": role, "content": list[Json](parts)}
