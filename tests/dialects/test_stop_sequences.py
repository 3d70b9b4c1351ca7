"""As many stop sequences as the upstream takes."""

import pytest

from ccrouter.dialects.stop_sequences import stop_sequences
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request


@pytest.mark.parametrize(
    ("given", "limit", "kept", "noted"),
    [
        (None, 4, [], False),
        ((), None, [], False),
        (("a", "", "b"), 2, ["a", "b"], False),
        (("a", "b", "c"), None, ["a", "b", "c"], False),
        (("a", "b", "c"), 2, ["a", "b"], True),
        (("a",), 0, [], True),
    ],
)
def test_stop_sequences(given: tuple[str, ...] | None, limit: int | None, kept: list[str], noted: bool) -> None:
    notes = Notes()
    assert stop_sequences(Request("m", (), stop_sequences=given), limit, notes) == kept
    assert bool(notes.entries) == noted
