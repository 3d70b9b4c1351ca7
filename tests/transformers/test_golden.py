"""One golden file a transformer: facts, request, wire body and reply, before and after.

Requests are Anthropic bodies; events are `{"event": class, …fields}`, a `block` is `{"block": class, …fields}`, and a
signature may be written as `{"origin", "kind"}`. What a file does not name is not asked of that transformer; a file
with `x` but without `x_out` says that x stays as it is.
"""

import dataclasses
from pathlib import Path
from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic.request import decode_request, encode_request
from ccrouter.dialects.quirks import Quirks
from ccrouter.model import events as model_events
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.events import Event
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request
from ccrouter.transformers.base import Context
from ccrouter.transformers.registry import BUILT_IN
from tests.transformers.replies import every_way, merged

FOLDER = Path(__file__).parents[1] / "golden" / "transformers"
GOLDEN = sorted(FOLDER.glob("*.json"))


def as_events(entries: list[JsonObject]) -> list[Event]:
    return [_made(entry, "event") for entry in entries]


def _made(entry: JsonObject, tag: str) -> Any:
    fields: dict[str, Any] = {key: value for key, value in entry.items() if key != tag}
    if isinstance(fields.get("block"), dict):
        fields["block"] = _made(fields["block"], "block")
    if isinstance(fields.get("signature"), dict):
        fields["signature"] = seal(Envelope(**fields["signature"]))
    if isinstance(fields.get("usage"), dict):
        fields["usage"] = model_events.Usage(**fields["usage"])
    return getattr(model_events, str(entry[tag]))(**fields)


def as_quirks(fields: dict[str, Any]) -> Quirks:
    values: dict[str, Any] = {
        key: frozenset(value) if isinstance(value, list) else value for key, value in fields.items()
    }
    return Quirks(**values)


def changes(before: Quirks, after: Quirks) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in dataclasses.fields(Quirks):
        value = getattr(after, field.name)
        if value != getattr(before, field.name):
            found[field.name] = sorted(value) if isinstance(value, frozenset) else value
    return found


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    case: dict[str, Any] = orjson.loads(path.read_bytes())
    transformer = BUILT_IN[case["transformer"]](case.get("options"))

    quirks = as_quirks(case.get("quirks", {}))
    folded = transformer.quirks(quirks)
    assert changes(quirks, folded) == case.get("quirks_out", {})

    request = decode_request(case["request"]) if "request" in case else Request(case["model"], ())
    context = Context(case["provider"], case["model"], case["dialect"], folded, request, Notes())
    changed = transformer.request(request, context)
    if "request" in case:
        assert encode_request(changed) == case.get("request_out", case["request"])
        assert encode_request(request) == case["request"], "the request itself was changed"

    context = dataclasses.replace(context, request=changed)
    if "wire" in case:
        given = orjson.loads(orjson.dumps(case["wire"]))
        assert transformer.wire(given, context) == case.get("wire_out", case["wire"])

    if "events" in case:
        came = as_events(case["events"])
        expected = as_events(case.get("events_out", case["events"]))
        assert every_way(transformer, came, context) == merged(expected)
    else:
        assert transformer.events(context) is None
        assert transformer.wire_reply(context) is None


def test_every_transformer_has_one() -> None:
    assert sorted(path.stem for path in GOLDEN) == sorted(name.lower() for name in BUILT_IN)
