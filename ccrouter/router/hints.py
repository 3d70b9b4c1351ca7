"""What Claude Code says about a request in headers, and which session it belongs to."""

from collections.abc import Mapping

import orjson

from ccrouter.frozen import frozen
from ccrouter.model.json import as_object, as_str
from ccrouter.model.request import Request

LONGEST_SESSION_ID = 200
OLD_SESSION_MARK = "_session_"


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
    return Hints(
        request_class=(headers.get("x-claude-code-request-class") or "").strip().lower() or None,
        auxiliary_type=headers.get("x-claude-code-auxiliary-type") or None,
        agent_type=headers.get("x-claude-code-agent-type") or None,
        agent_id=headers.get("x-claude-code-agent-id") or None,
        parent_agent_id=headers.get("x-claude-code-parent-agent-id") or None,
    )


def session_id_of(headers: Mapping[str, str], request: Request) -> str | None:
    """The session: from the `x-claude-code-session-id` header, else from `metadata.user_id`, which is a JSON string
    with `session_id` (since 2.1.78) or `user_…_account_…_session_<uuid>`. None when nothing tells it."""
    named = _usable(headers.get("x-claude-code-session-id"))
    if named is not None:
        return named
    metadata = as_object(request.extras.get("metadata"))
    user_id = as_str(metadata.get("user_id")) if metadata else None
    if user_id is None:
        return None
    if user_id.lstrip().startswith("{"):
        try:
            fields = as_object(orjson.loads(user_id))
        except ValueError:
            return None
        return _usable(as_str(fields.get("session_id"))) if fields else None
    return _usable(user_id.rpartition(OLD_SESSION_MARK)[2]) if OLD_SESSION_MARK in user_id else None


def _usable(session_id: str | None) -> str | None:
    """The id if it can stand in a log line: printable, not empty, not a novel."""
    if session_id is None:
        return None
    session_id = session_id.strip()
    return session_id if session_id.isprintable() and 0 < len(session_id) <= LONGEST_SESSION_ID else None
