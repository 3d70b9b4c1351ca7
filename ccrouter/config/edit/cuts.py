"""Replacements of pieces of a text, and its lines."""

from collections.abc import Iterable

from ccrouter.config.document import Span
from ccrouter.frozen import frozen


@frozen
class Cut:
    """`text` takes the place of what is between `start` and `end`."""

    start: int
    end: int
    text: str = ""


@frozen
class Edited:
    """A changed text. `removed` is the part of the old one that was asked to go: its comments went with it."""

    text: str
    removed: Span | None = None


def apply_cuts(text: str, cuts: Iterable[Cut]) -> str:
    """`text` with every cut made. They must not overlap; of two at one place the first given comes first."""
    pieces: list[str] = []
    at = 0
    for cut in sorted(cuts, key=lambda cut: (cut.start, cut.end)):
        pieces += [text[at : cut.start], cut.text]
        at = cut.end
    return "".join([*pieces, text[at:]])


def line_start(text: str, offset: int) -> int:
    """Where the line begins that `offset` is in."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def line_end(text: str, offset: int) -> int:
    """Where the line of `offset` ends, before its line break."""
    ends = [found for mark in "\r\n" if (found := text.find(mark, offset)) >= 0]
    return min(ends, default=len(text))


def next_line(text: str, offset: int) -> int:
    """Where the line after the one of `offset` begins; the end of the text where there is none."""
    end = line_end(text, offset)
    return end + 2 if text.startswith("\r\n", end) else min(end + 1, len(text))


def indent_at(text: str, offset: int) -> str:
    """The white space that the line of `offset` begins with."""
    start = line_start(text, offset)
    line = text[start : line_end(text, start)]
    return line[: len(line) - len(line.lstrip(" \t"))]


def newline_of(text: str) -> str:
    """The line break that `text` uses."""
    if "\r\n" in text:
        return "\r\n"
    return "\r" if "\r" in text and "\n" not in text else "\n"
