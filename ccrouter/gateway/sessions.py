"""What is remembered of a session between its requests: how large its prompt was the last time."""

from collections import OrderedDict

from ccrouter.model.events import Usage

REMEMBERED = 2000


class SessionUsage:
    """The prompt size of each session's last answer, cache included; the oldest sessions are forgotten."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._tokens: OrderedDict[str, int] = OrderedDict()

    def last_input(self, session_id: str | None) -> int | None:
        """Prompt tokens of the session's last answer, or None."""
        return self._tokens.get(session_id) if session_id is not None else None

    def remember(self, session_id: str | None, usage: Usage) -> None:
        """Take in an answer's usage. One that says nothing of the prompt changes nothing."""
        total = (usage.input or 0) + (usage.cache_read or 0) + (usage.cache_write or 0)
        if session_id is None or not total:
            return
        self._tokens[session_id] = total
        self._tokens.move_to_end(session_id)
        if len(self._tokens) > self._limit:
            self._tokens.popitem(last=False)
