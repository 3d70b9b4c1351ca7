"""A key for the provider's prompt cache: the session, in a form that tells nobody which."""

import hashlib
from typing import Final

import orjson

from ccrouter.model.json import as_object, as_str
from ccrouter.model.request import Request

OLD_SESSION_MARK: Final = "_session_"
"""Before 2.1.78 `metadata.user_id` was `user_…_account_…_session_<uuid>`; since then it is a JSON object as text."""


def prompt_cache_key(request: Request) -> str | None:
    """A hash of the session in `metadata.user_id`; None when the client tells none.

    Requests with the same key and prefix go to the same machine, whose cache knows the conversation. The id itself
    does not go out.
    """
    metadata = as_object(request.extras.get("metadata"))
    user_id = as_str(metadata.get("user_id")) if metadata is not None else None
    if not user_id:
        return None
    session = _session(user_id)
    if not session:
        return None
    digest = hashlib.sha256(f"ccrouter/session/{session}".encode("utf-8", "replace")).hexdigest()
    return f"ccr-{digest[:32]}"


def _session(user_id: str) -> str | None:
    if user_id.lstrip().startswith("{"):
        try:
            fields = as_object(orjson.loads(user_id))
        except ValueError:
            return None
        return as_str(fields.get("session_id")) if fields is not None else None
    return user_id.rpartition(OLD_SESSION_MARK)[2] if OLD_SESSION_MARK in user_id else None
