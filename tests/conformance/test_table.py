"""Every recording by provider: none is left out, each gives the same message in any cut. `pytest -s` shows it."""

from collections import Counter
from typing import Any

import orjson
import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.runtime import DIALECTS
from tests.conformance.compare import RECORDINGS, decode_entry, outcome

DIALECT_OF = {
    "anthropic": "anthropic",
    "openai-chat": "openai_chat",
    "openai-responses": "openai_responses",
    "gemini": "gemini",
}


def index() -> list[Any]:
    path = RECORDINGS / "INDEX.json"
    if not path.is_file():
        pytest.skip(f"no recordings at {RECORDINGS} (set CCROUTER_RECORDINGS)")
    return orjson.loads(path.read_bytes())


def same_in_any_cut(entry: Any) -> bool:
    dialect = DIALECTS[DIALECT_OF[entry["wire_format"]]]
    cuts = (None, 7, 1) if entry["streaming"] else (None,)
    context = ReplyContext(origin="recorded", model="asked-model")
    found = [outcome(decode_entry(dialect, entry, context, cut)) for cut in cuts]
    return all(other == found[0] for other in found)


def test_no_recording_is_left_out() -> None:
    entries = index()
    seen: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        row = (entry["wire_format"], entry["dialect"])
        seen[row] += 1
        right[row] += same_in_any_cut(entry)
    print(f"\n{'wire format':18}{'recorded from':28}{'right':>6}{'of':>5}")
    for wire_format, folder in sorted(seen):
        row = (wire_format, folder)
        print(f"{wire_format:18}{folder:28}{right[row]:6}{seen[row]:5}")
    print(f"{'':18}{'all':28}{right.total():6}{seen.total():5}")
    assert right == seen
    assert seen.total() == len(entries)
