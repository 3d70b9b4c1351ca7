"""docs/performance.md: what is measured stands between markers and is written anew, the text around it is people's."""

import datetime
import re
from collections.abc import Sequence
from pathlib import Path

from bench.bars import ratio
from bench.machine import machine
from bench.peers.base import ROOT
from bench.report import (
    BAR_HEADINGS,
    HEADINGS,
    START_HEADINGS,
    TIMING_HEADINGS,
    Report,
    cells,
    shortened,
    start_rows,
    timing_rows,
)

DOCUMENT = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images"


def replaced(text: str, section: str, measured: str) -> str:
    """`text` with what stands between the markers of `section` replaced. Raises ValueError where they are missing."""
    start, end = f"<!-- measured: {section} -->", f"<!-- end: {section} -->"
    if text.count(start) != 1 or text.count(end) != 1:
        raise ValueError(f"{start} and {end} must stand in the text, once each")
    pattern = re.escape(start) + ".*?" + re.escape(end)
    return re.sub(pattern, lambda _: f"{start}\n\n{measured.strip()}\n\n{end}", text, flags=re.DOTALL)


def write_section(section: str, lines: Sequence[str], path: Path = DOCUMENT) -> None:
    """Write what a run has measured into docs/performance.md."""
    text = path.read_text(encoding="utf-8")
    path.write_text(replaced(text, section, "\n".join(lines)), encoding="utf-8")


def made_by(command: str) -> str:
    """The sentence that says where the figures come from."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return f"Written by `python -m bench {command}` on {today}: {machine()}."


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 0) -> list[str]:
    """A table whose first column has no heading; the others hold figures, the last `texts` of them words."""
    marks = ["---:|"] * (len(headings) - texts) + ["---|"] * texts
    lines = ["| | " + " | ".join(headings) + " |", "|---|" + "".join(marks)]
    return lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]


def comparison_lines(report: Report) -> list[str]:
    """The section `comparison`."""
    lines = [
        made_by("--quick --write-docs" if report.quick else "--write-docs"),
        f"Medians of {report.rounds} interleaved rounds.",
        "",
    ]
    lines += ["![CPU of each router as a multiple of the pass-through's](images/performance.png)", ""]
    lines += ["### The bars", "", *markdown_table(BAR_HEADINGS, [bar.cells for bar in report.bars]), ""]
    names = list(dict.fromkeys(name for results in report.results.values() for name in results))
    rows = [
        [scenario.name, *(_multiple(ratio(report.results[scenario.name], name)) for name in names)]
        for scenario in report.scenarios
    ]
    lines += ["### CPU a request ÷ the pass-through's", "", *markdown_table(names, rows), ""]
    if report.timings:
        lines += ["### Commands", "", *markdown_table(TIMING_HEADINGS, timing_rows(report)), ""]
    lines += ["### Start to the first answer, and memory after the whole run", ""]
    lines += [*markdown_table(START_HEADINGS, start_rows(report)), ""]
    for scenario in report.scenarios:
        results = report.results[scenario.name]
        shown = [[name, *cells(scenario, results, name)] for name, result in results.items() if result.figures]
        lines += [f"### {scenario.name}", "", f"{scenario.about[0].upper()}{scenario.about[1:]}.", ""]
        lines += [*markdown_table(HEADINGS, shown), ""]
        lines += [
            f"- {name} failed: {shortened(str(result.failure))}"
            for name, result in results.items()
            if result.figures is None
        ]
    lines += [f"- {name}: {shortened(why)}" for name, why in report.absent.items()]
    return lines


def _multiple(value: float | None) -> str:
    return "" if value is None else f"{value:.{1 if value < 10 else 0}f}"
