"""The conversation as chat messages.

Anthropic's conversation is runs of user (and, amid them, system) messages between assistant messages. One run becomes
the `tool` messages for the calls before it, in the order of the calls, and then one user message. One assistant run
becomes one assistant message. A run looks at nothing behind itself, so what was sent once is sent the same again when
the conversation has grown: the provider's prompt cache survives.
"""

import operator
from collections.abc import Iterator
from typing import Final

from ccrouter.dialects.folding import INTERRUPTED, OpenCall, answer_all, arguments_object, result_text, runs
from ccrouter.dialects.lenient_json import compact_json
from ccrouter.dialects.openai_chat.content import image_part, text_part
from ccrouter.dialects.openai_chat.reasoning import returned_reasoning
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.tool_names import wire_call_id, wire_name
from ccrouter.dialects.tool_search import functions_text
from ccrouter.dialects.wording import (
    NO_CONTENT,
    document_text,
    error_text,
    join,
    missing_image_text,
    opaque_text,
    reminder,
    system_text,
)
from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Document, Image, Opaque, Text, Thinking, ToolReference, ToolResult, ToolUse
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.notes import Note, Notes
from ccrouter.model.request import Message, Request, Tool

SHORT: Final = 4
"""Messages of a conversation that is encoded as quickly as it is found to have been encoded before."""


@frozen
class Encoding:
    """What every message of one request is encoded with."""

    origin: str
    quirks: Quirks
    notes: Notes
    tools: tuple[Tool, ...]


@frozen
class _Past:
    """A conversation as it was encoded last, kept on its first message."""

    encoding: tuple[str, Quirks, tuple[Tool, ...]]
    rest: tuple[Message, ...]
    """The messages behind the first, which must not hold itself."""
    wire: list[JsonObject]
    notes: list[Note]
    ends: list[tuple[int, int, int]]
    """Where a run of the user's ends: in the messages, in the wire, in the notes."""


def encode_messages(request: Request, *, origin: str, quirks: Quirks, notes: Notes, instruction: str) -> list[Json]:
    """All chat messages of `request`. `instruction` (may be empty) is appended to the system message."""
    encoding = Encoding(origin, quirks, notes, request.tools or ())
    wire = _system(request, encoding, instruction) if request.system or instruction else []
    wire += _conversation(request.messages, encoding)
    if quirks.prefill in ("prefix", "partial") and wire and wire[-1]["role"] == "assistant":
        wire[-1] = {**wire[-1], quirks.prefill: True}
    if quirks.refused_message_keys:
        wire = [
            {name: value for name, value in message.items() if name not in quirks.refused_message_keys}
            for message in wire
        ]
    return list[Json](wire)


def _conversation(messages: tuple[Message, ...], encoding: Encoding) -> list[JsonObject]:
    """The wire messages of the conversation. Of its beginning that was encoded before, nothing is worked out again: a
    run looks at nothing behind itself. They are not to be changed in place.
    """
    if len(messages) <= SHORT:
        wire: list[JsonObject] = []
        calls = _encode_runs(messages, wire, encoding, [])
        return [*wire, *_tool_messages(calls, [], encoding)] if calls else wire
    given = (encoding.origin, encoding.quirks, encoding.tools)
    at, wire, told, ends = _begun(messages, given)
    own = Encoding(encoding.origin, encoding.quirks, Notes(told), encoding.tools)
    calls = _encode_runs(messages[at:], wire, own, ends, at)
    messages[0].keep(_conversation, _Past(given, messages[1:], wire, told, ends))
    encoding.notes.extend(told)
    return [*wire, *_tool_messages(calls, [], encoding)] if calls else wire


def _encode_runs(
    messages: tuple[Message, ...],
    wire: list[JsonObject],
    encoding: Encoding,
    ends: list[tuple[int, int, int]],
    at: int = 0,
) -> list[OpenCall]:
    """Add the wire messages of `messages`, which begin at `at` in the conversation, to `wire`, and to `ends` where the
    user's runs end (see `_Past`). Returns the calls at the end that nobody has answered yet.
    """
    calls: list[OpenCall] = []
    for from_assistant, run in runs(messages):
        at += len(run)
        if from_assistant:
            message, calls = _assistant(run, encoding)
            wire.append(message)
        else:
            wire += _user_run(run, calls, encoding)
            calls = []
            ends.append((at, len(wire), len(encoding.notes.entries)))
    return calls


def _begun(
    messages: tuple[Message, ...], given: tuple[str, Quirks, tuple[Tool, ...]]
) -> tuple[int, list[JsonObject], list[Note], list[tuple[int, int, int]]]:
    """How many of the messages are encoded already, and with what result."""
    past = messages[0].kept(_conversation)
    if not isinstance(past, _Past) or not all(map(operator.is_, past.encoding, given)):
        return 0, [], [], []
    same = 1
    for one, other in zip(past.rest, messages[1:], strict=False):
        if one is not other:
            break
        same += 1
    # A run that may go on is not over: behind its end the next one must have begun.
    done = next((number for number in range(len(past.ends), 0, -1) if past.ends[number - 1][0] < same), 0)
    if done == 0:
        return 0, [], [], []
    at, in_wire, in_notes = past.ends[done - 1]
    return at, past.wire[:in_wire], past.notes[:in_notes], past.ends[:done]


def _system(request: Request, encoding: Encoding, instruction: str) -> list[JsonObject]:
    """The system message, if there is anything to say in one."""
    blocks = request.system_blocks
    if instruction:
        blocks = (*blocks, Text(instruction))
    texts: list[str] = []
    parts: list[Json] = []
    for block in blocks:
        if not isinstance(block, Text):
            encoding.notes.add("system block", "/system", "only text can be part of a system message")
            continue
        text = system_text(block, encoding.notes)
        if text and not text.isspace():
            texts.append(text)
            parts.append(text_part(text, block.extras.get("cache_control")))
    if not texts:
        return []
    content = parts if encoding.quirks.keep_cache_control else join(texts)
    return [{"role": encoding.quirks.system_role, "content": content}]


def _assistant(run: list[Message], encoding: Encoding) -> tuple[JsonObject, list[OpenCall]]:
    """One assistant message, and the calls in it."""
    blocks = [block for message in run for block in message.blocks]
    uses = [block for block in blocks if isinstance(block, ToolUse)]
    thinking = [block for block in blocks if isinstance(block, Thinking)]
    returned = returned_reasoning(
        thinking,
        origin=encoding.origin,
        quirks=encoding.quirks,
        has_calls=bool(uses),
        notes=encoding.notes,
    )
    text = join([returned.text, *[_assistant_text(block, encoding) for block in blocks]])
    content: Json = text or (None if uses else NO_CONTENT)
    if returned.parts:
        content = [*returned.parts, *([text_part(text)] if text else [])]
    message: JsonObject = {"role": "assistant", "content": content, **returned.message}
    calls: list[OpenCall] = []
    wire_calls: list[Json] = []
    used: set[str] = set()
    for use in uses:
        call = OpenCall(use.id, wire_call_id(use.id, used, encoding.quirks.tool_id_pattern), use.name)
        calls.append(call)
        wire_calls.append(
            {
                "id": call.wire_id,
                "type": "function",
                "function": {"name": wire_name(use.name), "arguments": compact_json(arguments_object(use.input))},
                **returned.calls.get(use.id, {}),
            }
        )
    if wire_calls:
        message["tool_calls"] = wire_calls
    return message, calls


def _assistant_text(block: Block, encoding: Encoding) -> str:
    match block:
        case Text():
            return block.text
        case Opaque():
            return opaque_text(block, encoding.notes, "/messages")
        case Thinking() | ToolUse():
            return ""
        case _:
            encoding.notes.add(type(block).__name__.lower(), "/messages", "not possible in an assistant message")
            return ""


def _user_run(run: list[Message], calls: list[OpenCall], encoding: Encoding) -> list[JsonObject]:
    """The tool messages for `calls`, then one user message with all else the run says (with mid_system in pieces)."""
    wire: list[JsonObject] = []
    parts: list[JsonObject] = []
    answered: set[int] = set()
    if calls:
        answered = answer_all(calls, run)
        wire += _tool_messages(calls, parts, encoding)
    empty = not calls
    for message in run:
        if message.role != "system":
            if isinstance(message.content, str):
                parts += _text_parts(message.content)
                continue
            for block in message.content:
                if id(block) not in answered:
                    parts += _user_parts(block, encoding)
            continue
        text = join([_system_block_text(block, encoding) for block in message.blocks])
        if text and encoding.quirks.mid_system:
            wire += _user(parts, encoding)
            parts = []
            wire.append({"role": encoding.quirks.system_role, "content": text})
            empty = False
        elif text:
            parts.append(text_part(reminder(text), _cache_control(message.blocks, encoding)))
    if empty and not parts:
        parts.append(text_part(NO_CONTENT))
    return wire + _user(parts, encoding)


def _tool_messages(calls: list[OpenCall], parts: list[JsonObject], encoding: Encoding) -> Iterator[JsonObject]:
    """One tool message for each call. Images in the results are added to `parts`, for the user message that follows."""
    for call in calls:
        result = call.result
        if result is None:
            encoding.notes.add("tool_use", "/messages", f"the call of {call.name} has no result: told as interrupted")
            yield {"role": "tool", "tool_call_id": call.wire_id, "content": INTERRUPTED}
            continue
        label = f"[image from the result of {call.name} ({call.wire_id})]"
        text = _result_text(result, label, parts, encoding)
        mark = _cache_control((result, *(result.content if isinstance(result.content, tuple) else ())), encoding)
        content: Json = text if mark is None else [text_part(text, mark)]
        yield {"role": "tool", "tool_call_id": call.wire_id, "content": content}


def _result_text(result: ToolResult, label: str, parts: list[JsonObject], encoding: Encoding) -> str:
    """A tool result as text. Images go to `parts` under `label`, for tool messages hold text only."""
    text = result_text(
        result,
        lambda block: (_result_block(block, label, parts, encoding),),
        lambda names: functions_text(names, encoding.tools, wire_name),
    )
    return error_text(text) if result.is_error else text


def _result_block(block: Block, label: str, parts: list[JsonObject], encoding: Encoding) -> str:
    if not isinstance(block, Image):
        return _plain_text(block, encoding)
    part = image_part(block, encoding.quirks, encoding.notes, "/messages")
    if part is None:
        return missing_image_text(encoding.quirks)
    parts += [text_part(label), part]
    return "[image: see the next user message]"


def _user_parts(block: Block, encoding: Encoding) -> list[JsonObject]:
    mark = _cache_control((block,), encoding)
    if isinstance(block, Image):
        part = image_part(block, encoding.quirks, encoding.notes, "/messages")
        if part is None:
            return [text_part(missing_image_text(encoding.quirks))]
        if mark is not None:
            part["cache_control"] = mark
        return [part]
    if isinstance(block, ToolResult):
        encoding.notes.add("tool_result", "/messages", "answers no call of the turn before: told as text")
        images: list[JsonObject] = []
        text = _result_text(block, "[image from that result]", images, encoding)
        return [text_part(f"[result of an earlier tool call]\n{text}", mark), *images]
    return _text_parts(_plain_text(block, encoding), mark)


def _text_parts(text: str, mark: Json = None) -> list[JsonObject]:
    return [text_part(text, mark)] if text and not text.isspace() else []


def _plain_text(block: Block, encoding: Encoding) -> str:
    match block:
        case Text():
            return block.text
        case Document():
            return document_text(block, encoding.notes, "/messages")
        case ToolReference():
            return functions_text([block.tool_name], encoding.tools, wire_name)
        case Opaque():
            return opaque_text(block, encoding.notes, "/messages")
        case _:
            encoding.notes.add(type(block).__name__.lower(), "/messages", "not possible in a user message")
            return ""


def _system_block_text(block: Block, encoding: Encoding) -> str:
    return system_text(block, encoding.notes) if isinstance(block, Text) else _plain_text(block, encoding)


def _cache_control(blocks: tuple[Block, ...], encoding: Encoding) -> Json:
    if encoding.quirks.keep_cache_control:
        for block in reversed(blocks):
            if not isinstance(block, Opaque) and block.extras.get("cache_control") is not None:
                return block.extras["cache_control"]
    return None


def _user(parts: list[JsonObject], encoding: Encoding) -> list[JsonObject]:
    """The user message of `parts`, if any: a string where all is text (strict templates want it so), else parts."""
    if not parts:
        return []
    if not encoding.quirks.keep_cache_control:
        texts = [str(part["text"]) for part in parts if part["type"] == "text"]
        if len(texts) == len(parts):
            return [{"role": "user", "content": join(texts)}]
    return [{"role": "user", "content": list[Json](parts)}]
