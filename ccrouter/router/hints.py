"""What Claude Code says about a request in headers, and which session it belongs to."""

from collections.abc import Mapping

import orjson

from ccrouter.frozen import frozen
from ccrouter.model.json import as_object, as_str
from ccrouter.model.request import Request

LONGEST_SESSION_ID = 200
OLD_SESSION_MARK = "_session_"
AGENT_ID = "x-claude-code-agent-id"


@frozen
class Hints:
    """The routing hints (`CLAUDE_CODE_GATEWAY_HINT_HEADERS=1`; the agent ids always come). None: not said."""

    request_class: str | None = None
    """main, subagent, workflow, compaction, auxiliary."""
    auxiliary_type: str | None = None
    agent_type: str | None = None
    """Explore, Plan, general-purpose, custom, teammate, fork."""
    agent_id: str | None = None
    parent_agent_id: str | None = None


def hints_of(headers: Mapping[str, str]) -> Hints:
    """The hints in a request's headers (names in lower case)."""
    request_class = headers.get("x-claude-code-request-class")
    return Hints(
        None if request_class is None else request_class.strip().lower() or None,
        headers.get("x-claude-code-auxiliary-type") or None,
        headers.get("x-claude-code-agent-type") or None,
        headers.get(AGENT_ID) or None,
        headers.get("x-claude-code-parent-agent-id") or None,
    )


def agent_id_of(headers: Mapping[str, str]) -> str | None:
    """The agent within its session; None for the main loop, and for clients that do not say."""
    return headers.get(AGENT_ID) or None


def session_id_of(headers: Mapping[str, str], request: Request) -> str | None:
    """The session: from the `x-claude-code-session-id` header, else from `metadata.user_id`, which is a JSON string
    with `session_id` (since 2.1.78) or `user_…_account_…_session_<uuid>`. None when nothing tells it."""
    told = headers.get("x-claude-code-session-id")
    if told is not None and (named := _usable(told)) is not None:
        return named
    told = request.extras.get("metadata")
    user_id = told.get("user_id") if isinstance(told, dict) else None
    if not isinstance(user_id, str):
        return None
    if user_id.lstrip().startswith("{"):
        try:
            fields = as_object(orjson.loads(user_id))
        except ValueError:
            return None
        named = as_str(fields.get("session_id")) if fields else None
        return None if named is None else _usable(named)
    return _usable(user_id.rpartition(OLD_SESSION_MARK)[2]) if OLD_SESSION_MARK in user_id else None


def _usable(session_id: str) -> str | None:
    """The id if it can stand in a log line: printable, not empty, not a novel."""
    session_id = session_id.strip()
    return session_id if session_id.isprintable() and 0 < len(session_id) <= LONGEST_SESSION_ID else None
