"""Ids of tool calls, unlike those of every call before in the conversation.

Some upstreams begin with `call_0` in each reply, or send no id at all: then results find the wrong call, in the client
and in whatever upstream gets the conversation next (field-notes, pain 18). The same reply to the same request always
gets the same ids, so that a repeated turn gives the same bytes and keeps the provider's prompt cache.
"""

import hashlib
from collections.abc import Container, Iterator
from dataclasses import replace

from ccrouter.model.blocks import ToolUse
from ccrouter.model.events import BlockStart, Event, ToolUseBlock
from ccrouter.model.request import Request


class HistoryIds(Container[str]):
    """The ids of all tool calls in a request's messages. They are gathered when the first one is asked for."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._ids: frozenset[str] | None = None

    def __contains__(self, id_: object) -> bool:
        if self._ids is None:
            self._ids = frozenset(_ids_of(self._request))
        return id_ in self._ids


def _ids_of(request: Request) -> Iterator[str]:
    for message in request.messages:
        if message.role == "assistant" and not isinstance(message.content, str):
            for block in message.content:
                if isinstance(block, ToolUse):
                    yield block.id


class UniqueIds:
    """An event filter for one reply: gives a call with an empty or used id one of its own."""

    def __init__(self, used: Container[str]) -> None:
        """`used`: the ids of the conversation so far."""
        self._used = used
        self._of_reply: set[str] = set()

    def __call__(self, batch: list[Event]) -> list[Event]:
        """The events for one batch."""
        for position, event in enumerate(batch):
            if type(event) is BlockStart and isinstance(event.block, ToolUseBlock):
                id_ = self._unique(event.block.id)
                if id_ != event.block.id:
                    batch[position] = replace(event, block=replace(event.block, id=id_))
        return batch

    def _unique(self, id_: str) -> str:
        wanted, attempt = id_, 0
        while not wanted or wanted in self._of_reply or wanted in self._used:
            digest = hashlib.sha256(f"{id_}/{attempt}".encode("utf-8", "replace")).hexdigest()[:24]
            wanted, attempt = f"toolu_{digest}", attempt + 1
        self._of_reply.add(wanted)
        return wanted
