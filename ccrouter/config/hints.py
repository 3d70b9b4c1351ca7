"""The `hints` of a config: whether models get guidance on Claude Code's tools, and from which files."""

from pathlib import Path
from typing import Final

from ccrouter.config.document import child
from ccrouter.config.types import HINT_FAMILIES, HintFamily, Hints
from ccrouter.config.uses import Files
from ccrouter.model.json import Json, as_object, as_str

HINTS_HEADER: Final = "x-ccr-hints"
"""What a client sends to have hints for its requests (`on`) or none (`off`), whatever the config says."""
HINTS_FOLDER: Final = "hints"
"""Beside the config: a file `<family>.md` in it stands in for our text of that family."""


def read_hints(value: Json, paths: Files) -> Hints:
    """The hints. An object is a yes, unless it says `"enabled": false`. Wrong types are the schema check's to tell."""
    entry = as_object(value)
    written = as_object(entry.get("files")) if entry is not None else None
    files: dict[HintFamily, Path] = {}
    for family in HINT_FAMILIES:
        pointer = child("/hints/files", family)
        text = as_str((written or {}).get(family))
        path = paths.resolve(text, pointer) if text is not None else None
        if path is not None:
            paths.check(path, pointer)
            files[family] = path
    enabled = value is True if entry is None else entry.get("enabled") is not False
    return Hints(enabled, files)
