"""Golden cases of the request side: `tests/golden/DIALECT/NAME.json`, run and checked alike for every dialect."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.base import Dialect
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes

GOLDEN = Path(__file__).parents[1] / "golden"
ORIGIN = "acme"

Ran: TypeAlias = tuple[JsonObject, list[list[str]], bytes]
"""The wire body of a case, its notes as [what, where, why], and the body's bytes."""


def folder(dialect: Dialect) -> Path:
    return GOLDEN / dialect.name


def cases(dialect: Dialect) -> list[Path]:
    return sorted(folder(dialect).glob("*.json"))


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


def run_case(dialect: Dialect, case: Any, model: str) -> Ran:
    """Encode the request of a case for `model`."""
    notes = Notes()
    request = decode_request(sealed(case["request"]))
    body = dialect.encode(request, model=model, origin=ORIGIN, quirks=quirks_of(case), notes=notes)
    return body, [[note.what, note.where, note.why] for note in notes.entries], orjson.dumps(body)


def assert_golden(path: Path, run: Callable[[Any], Ran]) -> None:
    """What `run` makes of the case is what stands in its file, byte for byte, and the second time too."""
    case = orjson.loads(path.read_bytes())
    body, notes, raw = run(case)
    assert body == case["body"]
    assert notes == case["notes"]
    assert raw == orjson.dumps(case["body"])  # the order of the keys counts: the prompt cache compares bytes
    assert run(case)[2] == raw


def write(path: Path, run: Callable[[Any], Ran]) -> None:
    """Write a case's body and notes anew."""
    case = orjson.loads(path.read_bytes())
    case["body"], case["notes"], _ = run(case)
    path.write_bytes(orjson.dumps(case, option=orjson.OPT_INDENT_2) + b"\n")
