"""What a page of the picker is: rows to choose from, a text to type, or lines to read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ccrouter.config.types import Target
from ccrouter.frozen import frozen


@frozen
class Leave:
    """End the picker."""

    code: int = 0
    lines: tuple[str, ...] = ()
    """To print on the terminal afterwards."""


@frozen
class Fetch:
    """Ask a provider for its models; the answer goes to `Picker.fetched`."""

    provider: str


@frozen
class Try:
    """Send a tiny request; the outcome goes to `Picker.tried`."""

    target: Target


@frozen
class Check:
    """Test a provider that was added, in all ways; the outcome goes to `Picker.checked`."""

    provider: str


Effect: TypeAlias = Leave | Fetch | Try | Check
"""What the screen is to do. Everything else happens in the picker's own state."""


@frozen
class Row:
    """A line to choose. `value` is what it stands for; `dim` what is not configured."""

    cells: tuple[str, ...]
    value: str = ""
    dim: bool = False


@dataclass
class ListPage:
    """Rows, one of them under the cursor. With `filtered`, typing narrows them down."""

    title: str
    hints: Sequence[str]
    """The keys, each as `key what it does`."""
    make_rows: Callable[[str], list[Row]]
    """The rows for the text of the filter, from the configuration as it is now."""
    act: Callable[[str, Row | None], Effect | None]
    """What a key does that is not the list's own."""
    filtered: bool = False
    empty: str = ""
    filter: str = ""
    cursor: int = 0
    marked: dict[str, None] = field(default_factory=dict[str, None])
    markable: bool = False

    def rows(self) -> list[Row]:
        """The rows that are shown now."""
        rows = self.make_rows(self.filter)
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        return rows

    def press(self, key: str) -> Effect | None:
        """Move, narrow down, mark; whatever else goes to `act`."""
        rows = self.rows()
        row = rows[self.cursor] if rows else None
        steps = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10, "home": -len(rows), "end": len(rows)}
        if key in steps:
            self.cursor = max(0, min(self.cursor + steps[key], len(rows) - 1))
        elif key == "space" and self.markable and row is not None:
            if row.value in self.marked:
                del self.marked[row.value]
            else:
                self.marked[row.value] = None
            self.cursor = min(self.cursor + 1, len(rows) - 1)
        elif self.filtered and key == "backspace":
            self.filter, self.cursor = self.filter[:-1], 0
        elif self.filtered and (len(key) == 1 or key == "space"):
            self.filter, self.cursor = self.filter + (" " if key == "space" else key), 0
        else:
            return self.act(key, row)
        return None


@dataclass
class InputPage:
    """One line of text to type. `secret`: it is not shown."""

    title: str
    question: str
    done: Callable[[str], Effect | None]
    text: str = ""
    secret: bool = False
    note: str = ""

    hints: Sequence[str] = ("enter go on", "esc back")

    @property
    def shown(self) -> str:
        """What is on the screen: of a secret only a variable's name, which is none."""
        return "•" * len(self.text) if self.secret and not self.text.startswith("$") else self.text

    def press(self, key: str) -> Effect | None:
        """Type."""
        if key == "backspace":
            self.text = self.text[:-1]
        elif key == "clear":
            self.text = ""
        elif key == "enter":
            return self.done(self.text.strip())
        elif key == "space":
            self.text += " "
        elif len(key) == 1:
            self.text += key
        return None


@dataclass
class TextPage:
    """Lines to read, scrolled with the arrows. A line that begins with + or - is one of a change."""

    title: str
    hints: Sequence[str]
    lines: Sequence[str]
    act: Callable[[str], Effect | None]
    top: int = 0

    def press(self, key: str) -> Effect | None:
        """Scroll; whatever else goes to `act`."""
        steps = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10, "home": -len(self.lines), "end": len(self.lines)}
        if key in steps:
            self.top = max(0, min(self.top + steps[key], len(self.lines) - 1))
            return None
        return self.act(key)


Page: TypeAlias = ListPage | InputPage | TextPage


def matches(words: str, text: str) -> bool:
    """Whether every word of the filter is in `text`, in any case and order."""
    folded = text.casefold()
    return all(word in folded for word in words.casefold().split())
