"""A conversation with images, told to a model that sees none: each image by its id, and a tool to look at them with.

The router answers that tool itself (`look_rounds.py`). A look stays in the client's history as a thinking block whose
signature holds the call and its answer (`model/envelope.py`); on its way to the model it is made a call and a result
again. So nothing is kept here between requests, and what the model was told once it is told in the same bytes again.

An image's id is made of its content: it stays when the history before it is compacted or cut.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Image, Text, Thinking, ToolResult, ToolUse
from ccrouter.model.envelope import Envelope, seal, unseal
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from ccrouter.model.request import Message, Request, Tool

TOOL_NAME: Final = "analyzeImage"
"""CCR's name for it."""
DESCRIPTION: Final = (
    "Look at images of this conversation. You cannot see images yourself; where one stands, you read its id. Name the "
    "images by their ids and say in `task` what you need to know of them, as exactly as you can (text to be read word "
    "for word, colours, positions, what changed between two); the answer describes them. Call it again for more."
)
SCHEMA: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "imageId": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The ids of the images to look at, all at once where they are to be compared",
        },
        "task": {"type": "string", "description": "What to find out about them"},
    },
    "required": ["imageId", "task"],
}
ORIGIN: Final = "ccr image agent"
"""Marks what is sealed here: it belongs to no provider."""
KIND: Final = "looks"
ID_LETTERS: Final = 8
MOST_AT_ONCE: Final = 10
"""Images in one look: providers take a few dozen at most, and a description of many says little of each."""
LONGEST_TASK: Final = 4_000
DEFAULT_TASK: Final = "Describe the image in detail; give any text in it word for word."
MOST_NAMED: Final = 30
"""Ids in a message that tells which there are."""


@frozen
class Look:
    """A call of the tool. `error` is set where it cannot be done, in words for the model."""

    call_id: str
    input: Json
    """As the model wrote it."""
    ids: tuple[str, ...] = ()
    task: str = ""
    error: str | None = None


@frozen
class Seen:
    """What a look gave: the description, or why there is none."""

    text: str
    failed: bool = False


def image_id(image: Image) -> str:
    """A short id, the same for the same content."""
    source = image.source
    content = next((text for name in ("data", "url", "file_id") if (text := as_str(source.get(name)))), repr(source))
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:ID_LETTERS]


def images_of(messages: Sequence[Message]) -> dict[str, Image]:
    """The images that users and tools showed, by id, in the order in which they first came."""
    found: dict[str, Image] = {}
    for message in messages:
        if message.role != "assistant":
            for image in _images(message.blocks):
                found.setdefault(image_id(image), image)
    return found


def needs_agent(request: Request) -> bool:
    """True when there is an image in the conversation, or a look at one that has gone since."""
    return any(
        any(_looks_in(block) is not None for block in message.blocks)
        if message.role == "assistant"
        else next(_images(message.blocks), None) is not None
        for message in request.messages
    )


def _images(blocks: Iterable[Block]) -> Iterator[Image]:
    for block in blocks:
        if isinstance(block, Image):
            yield block
        elif isinstance(block, ToolResult) and isinstance(block.content, tuple):
            yield from _images(block.content)


def tool_name(request: Request) -> str:
    """The tool's name: another one where a client's tool has it."""
    taken = {tool.name for tool in request.tools or ()}
    name = TOOL_NAME
    while name in taken:
        name += "_"
    return name


def with_tool(request: Request, name: str) -> Request:
    """`request` with the tool behind all others, for providers keep what is in front of a change in their caches."""
    return replace(request, tools=(*(request.tools or ()), Tool(name, DESCRIPTION, SCHEMA)))


def as_told(messages: Sequence[Message], name: str) -> tuple[Message, ...]:
    """`messages` as a model that sees nothing is given them: ids for images, calls of the tool `name` for looks.

    Each message stands for itself, but for the answers to looks beside the client's own calls: a model reads them with
    the results of those.
    """
    told: list[Message] = []
    waiting: list[Block] = []
    for message in messages:
        if message.role == "assistant":
            told += _with_calls(message, name, waiting)
            continue
        content = message.content if isinstance(message.content, str) else _with_ids(message.content, name)
        if waiting and message.role == "user":
            content = (*waiting, *((Text(content),) if isinstance(content, str) else content))
            waiting = []
        told.append(message if content is message.content else replace(message, content=content))
    return tuple(told)


def _with_calls(message: Message, name: str, waiting: list[Block]) -> list[Message]:
    """The assistant's message in as many as it takes: a look's answer stands between two. `waiting` gets the answers
    that the next user message must hold."""
    if not any(_looks_in(block) is not None for block in message.blocks):
        return [message]
    told: list[Message] = []
    blocks: list[Block] = []
    for block in message.blocks:
        looks = _looks_in(block)
        if looks is None:
            blocks.append(block)
            continue
        calls, beside = looks
        blocks += [ToolUse(look.call_id, name, look.input) for look, _ in calls]
        results = [ToolResult(look.call_id, seen.text, seen.failed or None) for look, seen in calls]
        if beside:
            waiting += results
        else:
            told += [replace(message, content=tuple(blocks)), Message("user", tuple(results))]
            blocks = []
    return [*told, replace(message, content=tuple(blocks))] if blocks else told


def _with_ids(blocks: tuple[Block, ...], name: str) -> tuple[Block, ...]:
    number = sum(1 for _ in _images(blocks))
    if not number:
        return blocks
    return _replaced(blocks, name, _Places(number))


class _Places:
    """Which image of how many in one message the next one is: users speak of the second picture."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._told = 0

    def next(self) -> str:
        self._told += 1
        return f"image {self._told} of {self._number} in this message" if self._number > 1 else "an image"


def _replaced(blocks: tuple[Block, ...], name: str, places: _Places) -> tuple[Block, ...]:
    told: list[Block] = []
    for block in blocks:
        if isinstance(block, Image):
            told.append(Text(_place_text(places.next(), image_id(block), name), _mark(block)))
        elif isinstance(block, ToolResult) and isinstance(block.content, tuple):
            told.append(replace(block, content=_replaced(block.content, name, places)))
        else:
            told.append(block)
    return tuple(told)


def _mark(image: Image) -> Mapping[str, Json]:
    mark = image.extras.get("cache_control")
    return {} if mark is None else {"cache_control": mark}


def _place_text(which: str, identity: str, name: str) -> str:
    return f'[{which}, which you cannot see; its id is "{identity}". Call {name} to find out what it shows.]'


def read_call(call_id: str, arguments: Json, images: Sequence[str]) -> Look:
    """The look that the model asks for. `images` are all ids that there are, in order."""
    fields = as_object(arguments) or {}
    given = fields.get("imageId")
    entries = as_list(given) or ([] if given is None else [given])
    named = [name for entry in entries if (name := (as_str(entry) or str(entry)).strip())]
    found = {name: _found(name, images) for name in named} or ({"": images[0]} if len(images) == 1 else {})
    ids = tuple(dict.fromkeys([identity for identity in found.values() if identity is not None]))
    task = (as_str(fields.get("task")) or "").strip()[:LONGEST_TASK] or DEFAULT_TASK
    return Look(call_id, arguments, ids, task, _mistake(found, ids, images))


def _mistake(found: Mapping[str, str | None], ids: Sequence[str], images: Sequence[str]) -> str | None:
    """What is wrong with a call, in words for the model."""
    if not images:
        return "There is no image in this conversation any more."
    unknown = next((name for name, identity in found.items() if identity is None), None)
    if unknown is not None or not ids:
        known = ", ".join(f'"{identity}"' for identity in images[-MOST_NAMED:])
        what = "No image is named" if unknown is None else f"No image is called {unknown[:60]!r}"
        return f"{what}. The images of this conversation are {known}; give their ids in imageId."
    return f"{len(ids)} images are too many for one look: {MOST_AT_ONCE} at most." if len(ids) > MOST_AT_ONCE else None


def _found(name: str, images: Sequence[str]) -> str | None:
    """The id that `name` means, however the model wrote it: `#3fa9c1d2`, `[image "3fa9c1d2"]`; or `2`, the second."""
    word = name.strip().lower()
    for match in re.finditer(rf"[0-9a-f]{{{ID_LETTERS}}}", word):
        if match[0] in images:
            return match[0]
    digits = re.fullmatch(r"\D*(\d{1,3})\D*", word)
    place = int(digits[1]) if digits else 0
    return images[place - 1] if 0 < place <= len(images) else None


def look_block(calls: Sequence[tuple[Look, Seen]], *, beside: bool) -> Thinking:
    """The looks of one round for the client's history, and in words for its user.

    `beside`: the model called tools of the client's in the same breath, which follow in the message.
    """
    entries: list[Json] = []
    for look, seen in calls:
        entry: JsonObject = {"id": look.call_id, "input": look.input, "result": seen.text}
        entries.append({**entry, "error": True} if seen.failed else entry)
    data: JsonObject = {"calls": entries, "beside": True} if beside else {"calls": entries}
    return Thinking("\n\n".join(_in_words(look, seen) for look, seen in calls), seal(Envelope(ORIGIN, KIND, data)))


def _in_words(look: Look, seen: Seen) -> str:
    which = " and ".join(look.ids) or "an image"
    return f"[Looked at {which}: {look.task}]\n{seen.text}" if look.task else f"[Looked at {which}]\n{seen.text}"


def _looks_in(block: Block) -> tuple[list[tuple[Look, Seen]], bool] | None:
    """The looks in a block of the history, None for every other block; and whether the client's calls follow."""
    if not isinstance(block, Thinking):
        return None
    envelope = unseal(block.signature)
    if envelope is None or envelope.origin != ORIGIN:
        return None
    data = as_object(envelope.data) or {}
    calls: list[tuple[Look, Seen]] = []
    for entry in as_list(data.get("calls")) or ():
        fields = as_object(entry) or {}
        call_id, result = as_str(fields.get("id")), as_str(fields.get("result"))
        if call_id is not None and result is not None:
            seen = Seen(result, failed=fields.get("error") is True)
            calls.append((Look(call_id, as_object(fields.get("input")) or {}), seen))
    return (calls, data.get("beside") is True) if calls else None
