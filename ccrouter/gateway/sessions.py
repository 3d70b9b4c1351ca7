"""What is remembered of a session between its requests: how large its prompt was the last time, and who answered."""

from collections import OrderedDict
from typing import TypeAlias

from ccrouter.config.types import Target
from ccrouter.model.events import Usage
from ccrouter.model.json import Json, as_int, as_list, as_str
from ccrouter.sharing.room import ALONE, Key, Room

REMEMBERED = 2000


Conversation: TypeAlias = tuple[str, str | None]
"""A session and the agent within it: a subagent's small prompts say nothing of the main loop's."""


class SessionUsage:
    """The prompt size of each conversation's last answer, cache included; the oldest are forgotten.

    All workers remember the same: a conversation's next request may go to any of them.
    """

    def __init__(self, limit: int = REMEMBERED, room: Room = ALONE) -> None:
        self._limit = limit
        self._room = room
        self._tokens: OrderedDict[Conversation, tuple[int, Target | None]] = OrderedDict()
        room.follow("conversation", self._told)

    def last_input(self, conversation: Conversation | None) -> int | None:
        """Prompt tokens of the conversation's last answer, or None."""
        return None if conversation is None else self._last(conversation)[0]

    def last_target(self, conversation: Conversation | None) -> Target | None:
        """Who gave the conversation's last answer, or None."""
        return None if conversation is None else self._last(conversation)[1]

    def _last(self, conversation: Conversation) -> tuple[int | None, Target | None]:
        self._room.look()
        return self._tokens.get(conversation, (None, None))

    def remember(self, conversation: Conversation | None, usage: Usage, target: Target | None = None) -> None:
        """Take in an answer's usage. One that says nothing of the prompt changes nothing."""
        total = (usage.input or 0) + (usage.cache_read or 0) + (usage.cache_write or 0)
        if conversation is None or not total:
            return
        with self._room.exclusive():
            self._keep(conversation, total, target)
            self._room.put("conversation", conversation, [total, None if target is None else str(target)])
            while len(self._tokens) > self._limit:
                self._room.put("conversation", self._tokens.popitem(last=False)[0], None)

    def _keep(self, conversation: Conversation, tokens: int, target: Target | None) -> None:
        self._tokens[conversation] = tokens, target
        self._tokens.move_to_end(conversation)

    def _told(self, key: Key, value: Json) -> None:
        """Another worker has remembered, or forgotten, a conversation."""
        session, agent = as_str(key[0]) or "", as_str(key[1])
        tokens, *rest = as_list(value) or [None]
        if (count := as_int(tokens)) is None:
            self._tokens.pop((session, agent), None)
            return
        provider, _, model = (as_str(rest[0]) or "").partition(",")
        self._keep((session, agent), count, Target(provider, model) if provider else None)
