"""The conversation as runs, and calls with their results.

Anthropic's conversation is runs of user (and, amid them, system) messages between assistant messages. Most upstreams
want one turn for each run, with the results of all calls of the turn before at its head, in the order of the calls.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from ccrouter.dialects.wording import join
from ccrouter.model.blocks import Block, ToolReference, ToolResult
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.request import Message

INTERRUPTED = "[the tool call was interrupted: it has no result]"
NO_OUTPUT = "(no output)"
"""Some upstreams refuse an empty tool message."""


def runs(messages: Iterable[Message]) -> Iterator[tuple[bool, list[Message]]]:
    """The messages in runs, each with whether it is the assistant's."""
    run: list[Message] = []
    by_assistant = False
    for message in messages:
        if (message.role == "assistant") is not by_assistant:
            if run:
                yield by_assistant, run
            run, by_assistant = [], not by_assistant
        run.append(message)
    if run:
        yield by_assistant, run


@dataclass(slots=True)
class OpenCall:
    """A tool call waiting for its result: its id as the client and as the wire knows it, and its name."""

    client_id: str
    wire_id: str
    name: str
    result: ToolResult | None = None


def answer(calls: list[OpenCall], result: ToolResult) -> bool:
    """Give `result` to the call it answers; False when no call of the turn before waits for it."""
    for call in calls:
        if call.client_id == result.tool_use_id and call.result is None:
            call.result = result
            return True
    return False


def answer_all(calls: list[OpenCall], run: Iterable[Message]) -> set[int]:
    """Give the results in `run` to the calls they answer; the `id()` of each result that answers one."""
    results = [block for message in run for block in message.blocks if isinstance(block, ToolResult)]
    return {id(result) for result in results if answer(calls, result)}


def arguments_object(given: Json) -> JsonObject:
    """A call's arguments as the object that upstreams insist on."""
    if isinstance(given, dict):
        return given
    return {} if given is None else {"input": given}


def result_text(result: ToolResult, told: Callable[[Block], Iterable[str]], listed: Callable[[list[str]], str]) -> str:
    """`result` as text that is never blank: what is `told` of each block, and `listed` of the names of tools that were
    found, for all that stand together at once."""
    if not isinstance(result.content, tuple):
        return join([result.content or ""]) or NO_OUTPUT
    texts: list[str] = []
    for is_reference, group in groupby(result.content, key=lambda block: isinstance(block, ToolReference)):
        if is_reference:
            texts.append(listed([block.tool_name for block in group if isinstance(block, ToolReference)]))
        else:
            texts.extend(text for block in group for text in told(block))
    return join(texts) or NO_OUTPUT
