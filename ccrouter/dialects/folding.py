"""The conversation as runs, and calls with their results.

Anthropic's conversation is runs of user (and, amid them, system) messages between assistant messages. Most upstreams
want one turn for each run, with the results of all calls of the turn before at its head, in the order of the calls.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from ccrouter.model.blocks import ToolResult
from ccrouter.model.request import Message

INTERRUPTED = "[the tool call was interrupted: it has no result]"
NO_OUTPUT = "(no output)"
"""Some upstreams refuse an empty tool message."""


def runs(messages: Iterable[Message]) -> Iterator[tuple[bool, list[Message]]]:
    """The messages in runs, each with whether it is the assistant's."""
    for from_assistant, run in groupby(messages, key=lambda message: message.role == "assistant"):
        yield from_assistant, list(run)


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
