"""The pictures: `python bench/plots.py KIND IN.json OUT.png`, run by the Python of the tools, which has matplotlib.

Only the standard library and matplotlib may be imported here.
"""

import importlib
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

COLOURS = {"ccrouter": "#2a7ae2", "pass-through": "#999999"}
OTHER_COLOURS = ("#e07b39", "#5a9e4b", "#9b5fb5")


def load_pyplot() -> Any:
    """matplotlib.pyplot for files; it has no place in the project's own environment, hence no plain import."""
    importlib.import_module("matplotlib").use("Agg")
    return importlib.import_module("matplotlib.pyplot")


def colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each contestant; the daemon and the floor always have theirs."""
    others = [name for name in names if name not in COLOURS]
    return {**COLOURS, **{name: OTHER_COLOURS[number % 3] for number, name in enumerate(others)}}


def draw_comparison(pyplot: Any, document: Mapping[str, Any], path: Path) -> None:
    """Bars of CPU ÷ the floor's on a logarithmic scale, the daemon's limit as a line across its bar."""
    scenarios = {name: each for name, each in document["scenarios"].items() if each["contestants"]}
    names = list(dict.fromkeys(name for each in scenarios.values() for name in each["contestants"]))
    names = [name for name in names if name != "pass-through"]
    figure, axes = pyplot.subplots(figsize=(11, 4.8))
    width = 0.8 / max(1, len(names))
    for number, name in enumerate(names):
        places = [place + (number - (len(names) - 1) / 2) * width for place in range(len(scenarios))]
        values = [
            each["contestants"].get(name, {}).get("cpu_ratio_to_floor") or math.nan for each in scenarios.values()
        ]
        axes.bar(places, values, width * 0.92, label=name, color=colours(names)[name])
        if name == "ccrouter":
            for place, each in zip(places, scenarios.values(), strict=True):
                if each["bar"]:
                    axes.plot([place - width / 2, place + width / 2], [each["bar"]] * 2, color="black", linewidth=1.6)
    axes.axhline(1, color=COLOURS["pass-through"], linewidth=1, linestyle="--", label="pass-through")
    axes.plot([], [], color="black", linewidth=1.6, label="ccrouter's bar")
    axes.set_yscale("log")
    axes.set_ylim(top=axes.get_ylim()[1] * 4)  # room for the legend
    axes.set_ylabel("CPU a request ÷ pass-through's (log)")
    axes.set_xticks(range(len(scenarios)), scenarios, rotation=25, ha="right")
    axes.legend(ncols=3, fontsize=9)
    _save(pyplot, figure, axes, document, path)


def draw_lines(pyplot: Any, document: Mapping[str, Any], path: Path) -> None:
    """A panel for each of the document's `panels`: points of each series, and the line fitted to them."""
    panels = document["panels"]
    figure, all_axes = pyplot.subplots(1, len(panels), figsize=(5.6 * len(panels), 4.6), squeeze=False)
    for axes, panel in zip(all_axes[0], panels, strict=True):
        for number, (name, series) in enumerate(panel["series"].items()):
            colour = COLOURS.get(name, OTHER_COLOURS[number % 3])
            axes.plot(series["x"], series["y"], "o", color=colour, markersize=4, label=name)
            line = series["line"]
            ends = [min(series["x"]), max(series["x"])]
            axes.plot(ends, [line["intercept"] + line["slope"] * x for x in ends], color=colour, linewidth=1)
        axes.set_title(panel["title"], fontsize=10)
        axes.set_xlabel(panel["x"])
        axes.set_ylabel(panel["y"])
        axes.set_ylim(0, 1.08 * max(max(series["y"]) for series in panel["series"].values()))
        axes.legend(fontsize=9)
    _save(pyplot, figure, all_axes[0][0], document, path)


def _save(pyplot: Any, figure: Any, axes: Any, document: Mapping[str, Any], path: Path) -> None:
    figure.text(0.01, 0.005, f"{document['machine']}, {document['at'][:10]}", fontsize=7, color="#666666")
    axes.grid(axis="y", alpha=0.3)
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


KINDS: dict[str, Callable[[Any, Mapping[str, Any], Path], None]] = {
    "comparison": draw_comparison,
    "lines": draw_lines,
}


if __name__ == "__main__":
    kind, source, target = sys.argv[1:]
    KINDS[kind](load_pyplot(), json.loads(Path(source).read_text(encoding="utf-8")), Path(target))
