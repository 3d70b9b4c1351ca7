"""Golden cases of the request side: `tests/golden/openai_chat/NAME.json`.

Each holds what it is `about`, the client's `request`, the upstream's `quirks`, and what must come of it: the wire
`body` and the `notes`. When the encoder is changed on purpose, the two are written anew and read before they are kept.
"""

from typing import Any

import orjson

from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes

ORIGIN = "acme"


def quirks_of(case: Any) -> Quirks:
    """The case's quirks; a list in JSON stands for a set."""
    fields: Any = {
        name: frozenset(value) if isinstance(value, list) else value for name, value in case["quirks"].items()
    }
    return Quirks(**fields)


def run(case: Any) -> tuple[JsonObject, list[list[str]], bytes]:
    """The wire body of a case, its notes as [what, where, why], and the body's bytes."""
    notes = Notes()
    request = decode_request(case["request"])
    body = OPENAI_CHAT.encode(request, model="m-1", origin=ORIGIN, quirks=quirks_of(case), notes=notes)
    return body, [[note.what, note.where, note.why] for note in notes.entries], orjson.dumps(body)
