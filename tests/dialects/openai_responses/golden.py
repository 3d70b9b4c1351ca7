"""Golden cases of the request side: `tests/golden/openai_responses/NAME.json`.

Each holds what it is `about`, the client's `request`, the upstream's `quirks`, and what must come of it: the wire
`body` and the `notes`. A `signature` in a request may be written as `{"origin", "kind", "data"}`. When the encoder is
changed on purpose, body and notes are written anew (`write`) and read before they are kept.
"""

from pathlib import Path
from typing import Any

import orjson

from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes

GOLDEN = Path(__file__).parents[2] / "golden" / "openai_responses"
ORIGIN = "acme"
MODEL = "gpt-5.2"


def quirks_of(case: Any) -> Quirks:
    """The case's quirks; a list in JSON stands for a set."""
    fields: Any = {
        name: frozenset(value) if isinstance(value, list) else value for name, value in case["quirks"].items()
    }
    return Quirks(**fields)


def sealed(value: Any) -> Any:
    """`value` with every spelled out signature as the string it is on the wire."""
    if isinstance(value, dict):
        signature: Any = value.get("signature")
        if isinstance(signature, dict):
            return {**value, "signature": seal(Envelope(**signature))}
        return {name: sealed(inner) for name, inner in value.items()}
    return [sealed(inner) for inner in value] if isinstance(value, list) else value


def run(case: Any) -> tuple[JsonObject, list[list[str]], bytes]:
    """The wire body of a case, its notes as [what, where, why], and the body's bytes."""
    notes = Notes()
    request = decode_request(sealed(case["request"]))
    body = OPENAI_RESPONSES.encode(request, model=MODEL, origin=ORIGIN, quirks=quirks_of(case), notes=notes)
    return body, [[note.what, note.where, note.why] for note in notes.entries], orjson.dumps(body)


def write(path: Path) -> None:
    """Write a case's body and notes anew."""
    case = orjson.loads(path.read_bytes())
    case["body"], case["notes"], _ = run(case)
    path.write_bytes(orjson.dumps(case, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    for found in sorted(GOLDEN.glob("*.json")):
        write(found)
