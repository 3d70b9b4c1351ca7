"""Golden cases of the request side: `tests/golden/gemini/NAME.json`.

Each holds what it is `about`, the `model`, the client's `request`, the upstream's `quirks`, and what must come of it:
the wire `body` and the `notes`. When the encoder is changed on purpose, the two are written anew and read before they
are kept.
"""

from typing import Any

import orjson

from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.gemini import GEMINI
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes

ORIGIN = "acme"


def run(case: Any) -> tuple[JsonObject, list[list[str]], bytes]:
    """The wire body of a case, its notes as [what, where, why], and the body's bytes."""
    notes = Notes()
    request = decode_request(case["request"])
    body = GEMINI.encode(request, model=case["model"], origin=ORIGIN, quirks=Quirks(**case["quirks"]), notes=notes)
    return body, [[note.what, note.where, note.why] for note in notes.entries], orjson.dumps(body)
