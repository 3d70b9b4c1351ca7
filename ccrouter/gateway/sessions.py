"""What is remembered of a session between its requests: how large its prompt was the last time, and who answered."""

from collections import OrderedDict
from typing import TypeAlias

from ccrouter.config.types import Target
from ccrouter.model.events import Usage

REMEMBERED = 2000


Conversation: TypeAlias = tuple[str, str | None]
"""A session and the agent within it: a subagent's small prompts say nothing of the main loop's."""


class SessionUsage:
    """The prompt size of each conversation's last answer, cache included; the oldest are forgotten."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._tokens: OrderedDict[Conversation, tuple[int, Target | None]] = OrderedDict()

    def last_input(self, conversation: Conversation | None) -> int | None:
        """Prompt tokens of the conversation's last answer, or None."""
        return self._last(conversation)[0]

    def last_target(self, conversation: Conversation | None) -> Target | None:
        """Who gave the conversation's last answer, or None."""
        return self._last(conversation)[1]

    def _last(self, conversation: Conversation | None) -> tuple[int | None, Target | None]:
        return self._tokens.get(conversation, (None, None)) if conversation is not None else (None, None)

    def remember(self, conversation: Conversation | None, usage: Usage, target: Target | None = None) -> None:
        """Take in an answer's usage. One that says nothing of the prompt changes nothing."""
        total = (usage.input or 0) + (usage.cache_read or 0) + (usage.cache_write or 0)
        if conversation is None or not total:
            return
        self._tokens[conversation] = total, target
        self._tokens.move_to_end(conversation)
        if len(self._tokens) > self._limit:
            self._tokens.popitem(last=False)
