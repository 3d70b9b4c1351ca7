"""docs/providers.md has tables of the presets' rows: they must be those of the code.

CCROUTER_WRITE_DOCS=1 .venv/bin/pytest tests/providers/test_docs.py  writes them anew.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson

from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets import MODEL_ROWS, PRESETS, Preset

FILE = Path(__file__).parents[2] / "docs" / "providers.md"
DEFAULTS = Quirks()


def code(text: str) -> str:
    """`text` as code in a table's cell."""
    return f"`{text}`".replace("|", "\\|")


def value_text(value: object) -> str:
    if isinstance(value, frozenset):
        return " ".join(sorted(str(entry) for entry in value)) or "none"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, str):
        return value
    if isinstance(value, tuple | list | Mapping):
        return orjson.dumps(value).decode()
    return orjson.dumps(value).decode()


def facts_text(facts: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} {code(value_text(value))}" for name, value in facts.items())


def changed(quirks: Quirks) -> dict[str, Any]:
    """The fields that are not at their defaults."""
    names = [field.name for field in fields(Quirks)]
    return {name: getattr(quirks, name) for name in names if getattr(quirks, name) != getattr(DEFAULTS, name)}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def providers_table() -> str:
    def row(preset: Preset) -> list[str]:
        names = ", ".join(code(name) for name in (preset.name, *preset.names))
        url = code(preset.base_url) if preset.base_url is not None else "your own"
        key = code(preset.key_variable) if preset.key_variable is not None else "none"
        if preset.key_variable is not None and not preset.key_required:
            key += " if it wants one"
        models = ", ".join(code(model) for model in preset.models) or "name yours"
        return [names, code(preset.protocol), url, key, models]

    return table(["Name, or other names", "Protocol", "URL", "Key", "Models"], map(row, PRESETS))


def facts_table() -> str:
    def rows(preset: Preset) -> list[list[str]]:
        lines = [[code(preset.name), "all", facts_text(changed(preset.quirks)) or "the defaults"]]
        lines += [["", code(pattern), facts_text(changes)] for pattern, changes in preset.model_quirks]
        if preset.pinned:
            pinned = ", ".join(sorted(preset.pinned))
            lines.append(["", "all", f"whatever the model: {pinned}"])
        return lines

    groups: dict[str, list[Preset]] = {}
    for preset in PRESETS:
        groups.setdefault(repr(rows(preset)[1:]) + facts_text(changed(preset.quirks)), []).append(preset)
    written: list[list[str]] = []
    for alike in groups.values():
        lines = rows(alike[0])
        lines[0][0] = ", ".join(code(preset.name) for preset in alike)
        written += lines
    return table(["Provider", "Models that match", "Facts"], written)


def models_table() -> str:
    return table(
        ["Models that match", "Facts"], ([code(pattern), facts_text(changes)] for pattern, changes in MODEL_ROWS)
    )


def with_tables(text: str) -> str:
    for name, content in {"providers": providers_table(), "facts": facts_table(), "models": models_table()}.items():
        begin, end = f"<!-- {name}: written by tests/providers/test_docs.py -->\n\n", f"\n\n<!-- end of {name} -->"
        assert begin in text, name
        assert end in text, name
        pattern = re.escape(begin) + ".*?" + re.escape(end)
        text = re.sub(pattern, lambda _, body=begin + content + end: body, text, flags=re.DOTALL)
    return text


def test_the_tables_are_those_of_the_code() -> None:
    text = FILE.read_text("utf-8")
    wanted = with_tables(text)
    if os.environ.get("CCROUTER_WRITE_DOCS") == "1":
        FILE.write_text(wanted, "utf-8")
        return
    assert text == wanted, f"{FILE.name} is not up to date: CCROUTER_WRITE_DOCS=1 pytest tests/providers/test_docs.py"


def test_every_preset_is_in_the_document() -> None:
    text = FILE.read_text("utf-8")
    for preset in PRESETS:
        assert code(preset.name) in text
