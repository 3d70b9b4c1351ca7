"""How the demo looks: a row as each answer arrives, aligned, in 80 columns and without a terminal too."""

from collections.abc import Sequence
from typing import Literal

from rich.console import Console
from rich.text import Text

from ccrouter.demo.client import Outcome

Cell = tuple[str, int, str, Literal["left", "right"]]
"""Text, width, style, side."""

INDENT = "  "
GAP = 2
SCENARIO, TARGET, TOKENS, FIRST_BYTE = 11, 25, 9, 10
WIDE = 140
"""From here on a row is one line; below, why and answer go under it."""
REASON_SHARE = 0.4


class OutcomeTable:
    """Prints the outcomes one by one under a heading."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._wide = console.width >= WIDE
        self._room = console.width - len(INDENT)

    def heading(self) -> None:
        """The names of the columns, and a rule."""
        names: list[Cell] = [
            ("scenario", SCENARIO, "bold", "left"),
            ("provider,model", TARGET, "bold", "left"),
            ("tokens in", TOKENS, "bold", "right"),
            ("out", TOKENS - 4, "bold", "right"),
            ("first byte", FIRST_BYTE, "bold", "right"),
        ]
        if self._wide:
            reason, answer = self._shares()
            names.append(("why", reason, "bold", "left"))
            names.append(("answer", answer, "bold", "left"))
        self._line(names)
        rule = "-" if self._console.options.ascii_only else "─"
        width = self._room if self._wide else sum(width + GAP for _, width, _, _ in names) - GAP
        self._console.print(Text(INDENT + rule * min(width, self._room), style="dim"))

    def row(self, outcome: Outcome) -> None:
        """One outcome: one line where the terminal is wide, else three."""
        failed = outcome.failure is not None
        first_byte = "" if not outcome.first_byte else f"{outcome.first_byte:.1f} ms"
        cells: list[Cell] = [
            (outcome.request.name, SCENARIO, "bold red" if failed else "bold", "left"),
            (outcome.target, TARGET, "cyan", "left"),
            (f"{outcome.input_tokens:,}", TOKENS, "", "right"),
            (f"{outcome.output_tokens:,}", TOKENS - 4, "", "right"),
            (first_byte, FIRST_BYTE, "green", "right"),
        ]
        said = f"FAILED: {outcome.failure}" if failed else outcome.answer
        style = "red" if failed else ""
        if self._wide:
            reason, answer = self._shares()
            cells.append((outcome.reason, reason, "dim", "left"))
            cells.append((said, answer, style, "left"))
            self._line(cells)
            return
        self._line(cells)
        left = self._room - SCENARIO - GAP
        self._line([("  why", SCENARIO, "dim", "left"), (outcome.reason, left, "dim", "left")])
        self._line([("  answer", SCENARIO, "dim", "left"), (said, left, style, "left")])

    def _shares(self) -> tuple[int, int]:
        """What is left of a wide line for why and answer."""
        fixed = SCENARIO + TARGET + TOKENS + (TOKENS - 4) + FIRST_BYTE + 6 * GAP
        reason = int((self._room - fixed) * REASON_SHARE)
        return reason, self._room - fixed - reason

    def _line(self, cells: Sequence[Cell]) -> None:
        line = Text(INDENT, no_wrap=True, end="")
        for number, (text, width, style, side) in enumerate(cells):
            cell = Text(" ".join(text.split()) if side == "right" else text.replace("\n", " "), style=style)
            overflow: Literal["crop", "ellipsis"] = "crop" if self._console.options.ascii_only else "ellipsis"
            cell.truncate(width, overflow=overflow)
            cell.align(side, width) if side == "right" else cell.pad_right(width - cell.cell_len)
            line.append_text(cell)
            if number + 1 < len(cells):
                line.append(" " * GAP)
        line.rstrip()
        self._console.print(line, end="\n", soft_wrap=True)
