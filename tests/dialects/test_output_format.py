"""`output_config.format` is read once for all dialects."""

from typing import Any

import pytest

from ccrouter.dialects.output_format import asked_in_words, wanted_schema
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"title": {"type": "string"}}}


def wanted(config: Any, notes: Notes) -> Any:
    return wanted_schema(Request("m", (), extras={"output_config": config}), notes, protocol="the X protocol")


def test_schema_is_found() -> None:
    notes = Notes()
    assert wanted({"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}}, notes) == SCHEMA
    assert not notes.entries


@pytest.mark.parametrize("config", [None, {}, {"effort": "low"}, {"format": None}, {"format": "json"}])
def test_nothing_asked_for(config: Any) -> None:
    notes = Notes()
    assert wanted(config, notes) is None
    assert not notes.entries


@pytest.mark.parametrize("form", [{"type": "grammar", "schema": SCHEMA}, {"type": "json_schema"}, {"schema": SCHEMA}])
def test_what_cannot_be_asked_for_is_noted(form: Any) -> None:
    notes = Notes()
    assert wanted({"format": form}, notes) is None
    assert [note.what for note in notes.entries] == ["output_config.format"]


def test_other_fields_are_noted() -> None:
    notes = Notes()
    wanted({"colour": "red"}, notes)
    assert [(note.what, note.why) for note in notes.entries] == [
        ("output_config.colour", "has no counterpart in the X protocol")
    ]


def test_words_hold_the_schema_and_are_noted() -> None:
    notes = Notes()
    assert asked_in_words({"type": "object"}, notes).endswith('\n{"type":"object"}')
    assert [note.what for note in notes.entries] == ["output_config.format"]
