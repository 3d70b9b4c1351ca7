"""The findings for people: a mark and a line each, then what to do."""

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.text import Text

from ccrouter.commands.doctor.findings import Finding, Level, to_do

MARKS: Final[dict[Level, tuple[str, str, str]]] = {
    "ok": ("✓", "ok", "green"),
    "note": ("·", "--", "dim"),
    "warning": ("!", "!!", "yellow"),
    "error": ("✗", "XX", "bold red"),
}
"""Mark, the same for narrow encodings, style."""
AREA_WIDTH: Final = 12


def show(findings: Sequence[Finding]) -> None:
    """Print them by area, and end in a numbered list, or in "All well."."""
    console = Console(highlight=False, soft_wrap=True)
    plain = not _can_show("✓·✗")
    for area, group in groupby(findings, key=lambda found: found.area):
        for number, found in enumerate(group):
            mark, narrow, style = MARKS[found.level]
            line = Text()
            line.append((area if number == 0 else "").ljust(AREA_WIDTH), style="bold")
            line.append(f" {narrow if plain else mark} ", style=style)
            line.append(found.text, style="" if found.level != "note" else "dim")
            console.print(line)
    todo = to_do(findings)
    console.print()
    if not todo:
        console.print(Text("All well.", style="bold green"))
        return
    console.print(Text("To do, in this order:", style="bold"))
    for number, advice in enumerate(todo, 1):
        console.print(Text(f" {number}. {advice}"))


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
