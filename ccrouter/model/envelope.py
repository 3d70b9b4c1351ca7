"""The one envelope in which a provider's own state travels through Claude Code.

Claude Code hands back of a thinking block only its `thinking` and `signature`. What a provider needs to see again
(which field its reasoning came in, thought signatures, encrypted reasoning, `reasoning_details`) rides in `signature`,
marked so that it can never be taken for Anthropic's, and naming the provider it belongs to.
"""

import base64
import binascii

import orjson

from ccrouter.frozen import frozen
from ccrouter.model.json import Json, as_object, as_str

MARK = "ccr1."
"""Anthropic's signatures are plain base64, which has no full stop: the two can't be confused."""

BETWEEN_TAGS = "text"
"""The kind of reasoning that came between tags in the text of an answer, whichever dialect it came in."""


@frozen
class Envelope:
    """`origin` is the provider's configured name; `kind` says what `data` is (one word, the dialect's business)."""

    origin: str
    kind: str
    data: Json = None


def seal(envelope: Envelope) -> str:
    """The envelope as a `signature` string. The same envelope always gives the same string."""
    payload: dict[str, Json] = {"o": envelope.origin, "k": envelope.kind}
    if envelope.data is not None:
        payload["d"] = envelope.data
    return MARK + base64.urlsafe_b64encode(orjson.dumps(payload)).decode("ascii").rstrip("=")


def is_sealed(signature: str | None) -> bool:
    """True when `signature` was made by `seal` (by this daemon or an earlier one)."""
    return signature is not None and signature.startswith(MARK)


def unseal(signature: str | None) -> Envelope | None:
    """The envelope inside `signature`, or None when it is not ours or was damaged on its way."""
    if signature is None or not signature.startswith(MARK):
        return None
    text = signature[len(MARK) :]
    try:
        payload = as_object(
            orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        )
    except (binascii.Error, ValueError):
        return None
    if payload is None:
        return None
    origin, kind = as_str(payload.get("o")), as_str(payload.get("k"))
    return None if origin is None or kind is None else Envelope(origin, kind, payload.get("d"))
