"""Stacks from py-spy, and a flame graph of them as SVG."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from bench.costs import Stack

WIDTH, ROW, TOP = 1200, 17, 44
LEAST_WIDTH = 1.2
"""Narrower boxes, in pixels, are left out."""
CHARACTER = 6.2
"""About the width of one, in pixels."""
COLOURS = (("ccrouter/", "#8ab8f0"), ("aiohttp/", "#f0b482"), ("", "#cfcfcf"))
FRAME = re.compile(r"(?P<name>.+) \((?P<file>.+?)(?::\d+)?\)")
OUTSIDE = ("asyncio/runners.py", "uvloop/")
"""Below the frame of these begins the daemon's work; what is above is the command line's way to it."""


def read(raw: str) -> dict[Stack, int]:
    """The samples in py-spy's `raw` format (`outer;inner count`): the daemon's work, without its way into the loop.

    Threads that wait for work are left out: py-spy cannot always tell that they do. Lines become functions.
    """
    found: Counter[Stack] = Counter()
    for line in raw.splitlines():
        written, _, count = line.rpartition(" ")
        stack = tuple(function(frame) for frame in written.split(";"))
        if stack[-1].endswith("(concurrent/futures/thread.py)"):
            continue
        outside = [place for place, frame in enumerate(stack) if any(f"({start}" in frame for start in OUTSIDE)]
        found[stack[outside[-1] + 1 :] if outside else stack] += int(count)
    return dict(found)


def function(frame: str) -> str:
    """A frame without its line, and without any path of this machine."""
    matched = FRAME.fullmatch(frame)
    if matched is None:
        return frame.strip()
    parts = re.split(r"[/\\]", matched["file"])
    file = "/".join(parts[-2:] if matched["file"].startswith(("/", "\\")) or ":" in parts[0] else parts)
    return f"{matched['name']} ({file})"


@dataclass(slots=True)
class _Node:
    count: int = 0
    below: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])


def svg(samples: Mapping[Stack, int], title: str) -> str:
    """An icicle: the loop at the top, what it calls below; a box is as wide as its share of the samples."""
    root = _Node()
    for stack, count in samples.items():
        node = root
        node.count += count
        for frame in stack:
            node = node.below.setdefault(frame, _Node())
            node.count += count
    scale = WIDTH / max(1, root.count)
    boxes: list[str] = []
    deepest = 0
    waiting: list[tuple[str, _Node, float, int]] = [("event loop", root, 0.0, 0)]
    while waiting:
        frame, node, left, depth = waiting.pop()
        width = node.count * scale
        if width < LEAST_WIDTH:
            continue
        deepest = max(deepest, depth)
        boxes.append(_box(frame, left, width, depth, node.count / root.count))
        for name, below in sorted(node.below.items()):
            waiting.append((name, below, left, depth + 1))
            left += below.count * scale
    height = TOP + (deepest + 1) * ROW + 8
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" '
        'font-size="11">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n'
        f'<text x="6" y="18" font-size="14">{escape(title)}</text>\n'
        '<text x="6" y="34">blue: ccrouter; orange: aiohttp; grey: all else</text>\n'
    )
    return head + "\n".join(boxes) + "\n</svg>\n"


def _box(frame: str, left: float, width: float, depth: int, part: float) -> str:
    name = frame.partition(" (")[0]
    colour = next(colour for start, colour in COLOURS if f"({start}" in frame or not start)
    room = int((width - 4) / CHARACTER)
    shown = "" if room < 3 else name if len(name) <= room else f"{name[: room - 1]}…"
    top = TOP + depth * ROW
    text = f'<text x="{left + 2:.1f}" y="{top + 12}">{escape(shown)}</text>' if shown else ""
    return (
        f"<g><title>{escape(frame)}: {part:.1%}</title>"
        f'<rect x="{left:.1f}" y="{top}" width="{max(width - 0.5, 0.5):.1f}" height="{ROW - 1}" fill="{colour}"/>'
        f"{text}</g>"
    )
