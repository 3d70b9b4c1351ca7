"""How an answer ended: a response's `status` and `incomplete_details` in Anthropic's words."""

from typing import Final

from ccrouter.model.events import StopReason
from ccrouter.model.json import JsonObject, as_object, as_str

INCOMPLETE: Final[dict[str, StopReason]] = {
    "max_output_tokens": "max_tokens",
    "max_tokens": "max_tokens",
    "length": "max_tokens",
    "content_filter": "refusal",
    "safety": "refusal",
}

FAILED: Final = frozenset({"failed", "cancelled"})
STATUSES: Final = frozenset({"completed", "incomplete", *FAILED})


def status_of(response: JsonObject, event: str) -> str:
    """The final status: what the event says (`response.incomplete`), unless the response itself knows better."""
    said = event.rpartition(".")[2]
    told = as_str(response.get("status"))
    return told if told in STATUSES and said not in (*FAILED, "incomplete") else said


def incomplete_reason(response: JsonObject) -> str:
    """The reason that an incomplete response gives, or an empty string."""
    details = as_object(response.get("incomplete_details"))
    return as_str(details.get("reason")) or "" if details is not None else ""
