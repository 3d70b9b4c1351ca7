"""The picker's page as lines of styled text, for a screen of any size."""

from collections.abc import Sequence
from typing import TypeAlias

from prompt_toolkit.utils import get_cwidth

from ccrouter.commands.model.pages import InputPage, ListPage, Row, TextPage
from ccrouter.commands.model.picker import Picker

Fragment: TypeAlias = tuple[str, str]
"""A style's name and a text, as prompt_toolkit takes them."""
Line: TypeAlias = list[Fragment]

_CURSOR, _NO_CURSOR = "❯ ", "  "
_MARKED, _UNMARKED = "[x] ", "[ ] "


def draw(picker: Picker, width: int, height: int) -> list[Line]:
    """Exactly `height` lines of at most `width` columns."""
    page = picker.page
    head = [_title(picker, width), [("", "")]]
    foot = _foot(picker, width)
    room = max(1, height - len(head) - len(foot))
    if isinstance(page, ListPage):
        body = _list(page, width, room)
    elif isinstance(page, InputPage):
        body = _input(page, width)
    else:
        body = _text(page, width, room)
    body = body[:room]
    blank: list[Line] = [[("", "")] for _ in range(room - len(body))]
    return [_cropped(line, width) for line in [*head, *body, *blank, *foot][:height]]


def _title(picker: Picker, width: int) -> Line:
    left = f"ccr model · {picker.page.title}"
    right = "not written yet" if picker.draft.changed else ""
    left = fitted(left, width - len(right) - 2 if right else width)
    gap = " " * max(1, width - get_cwidth(left) - len(right))
    return [("class:title", left), ("", gap), ("class:changed", right)] if right else [("class:title", left)]


def _foot(picker: Picker, width: int) -> list[Line]:
    style = "class:error" if picker.failed else "class:message"
    text = picker.busy or picker.message
    lines: list[Line] = [[(style, line)] for line in wrapped(text.split(), width, " ")[:3]] if text else []
    hints = [[("class:hint", line)] for line in wrapped(picker.page.hints, width, "   ")]
    return [[("", "")], *lines, *hints]


def _list(page: ListPage, width: int, room: int) -> list[Line]:
    rows = page.rows()
    lines: list[Line] = []
    if page.filtered:
        lines.append([("class:hint", "filter: "), ("", fitted(page.filter, width - 10)), ("class:cursor", " ")])
        room -= 1
    if not rows:
        return [*lines, [("class:dim", fitted(page.empty, width))]]
    first = min(max(0, page.cursor - room // 2), max(0, len(rows) - room))
    shown = rows[first : first + room]
    columns = _columns(rows, width - len(_CURSOR) - (len(_MARKED) if page.markable else 0))
    for offset, row in enumerate(shown, first):
        mark = (_MARKED if row.value in page.marked else _UNMARKED) if page.markable else ""
        text = "  ".join(_padded(cell, column) for cell, column in zip(row.cells, columns, strict=False)).rstrip()
        here = offset == page.cursor
        style = "class:cursor" if here else "class:dim" if row.dim else ""
        line = fitted(f"{_CURSOR if here else _NO_CURSOR}{mark}{text}", width)
        lines.append([(style, line + " " * (width - get_cwidth(line)) if here else line)])
    return lines


def _columns(rows: Sequence[Row], width: int) -> list[int]:
    count = max(len(row.cells) for row in rows)
    columns = [
        max((get_cwidth(row.cells[at]) for row in rows if at < len(row.cells)), default=0) for at in range(count)
    ]
    if count > 1 and columns[0] > width * 2 // 3:
        columns[0] = width * 2 // 3
    return columns


def _input(page: InputPage, width: int) -> list[Line]:
    lines: list[Line] = [[("", f"{page.question}:")]]
    lines.append([("class:hint", "❯ "), ("", fitted_end(page.shown, width - 4)), ("class:cursor", " ")])
    if page.note:
        lines += [[("", "")], *([("class:dim", line)] for line in wrapped(page.note.split(), width, " "))]
    return lines


def _text(page: TextPage, width: int, room: int) -> list[Line]:
    styles = {"+": "class:added", "-": "class:removed", "@": "class:dim"}
    lines: list[Line] = []
    for line in page.lines[page.top :]:
        changed = line[:1] in styles or line[:1] == " "
        pieces = pieces_of(line, width) if changed else wrapped(line.split(), width, " ")
        lines += [[(styles.get(line[:1], ""), piece)] for piece in pieces]
    return lines[:room]


def _cropped(line: Line, width: int) -> Line:
    """Where the screen is so small that nothing else helps."""
    kept: Line = []
    for style, text in line:
        piece = pieces_of(text, max(0, width))[0] if get_cwidth(text) > width else text
        kept.append((style, piece))
        width -= get_cwidth(piece)
    return kept


def wrapped(words: Sequence[str], width: int, space: str) -> list[str]:
    """`words` on as many lines as it takes, none of them broken unless it is longer than a line."""
    lines: list[str] = []
    for word in words:
        if lines and get_cwidth(lines[-1]) + get_cwidth(space) + get_cwidth(word) <= width:
            lines[-1] += space + word
        else:
            lines.append(fitted(word, width))
    return lines


def pieces_of(text: str, width: int) -> list[str]:
    """`text` on as many lines as it takes, its spaces as they are."""
    pieces = [""]
    for character in text:
        if get_cwidth(pieces[-1]) + get_cwidth(character) > width:
            pieces.append("")
        pieces[-1] += character if character.isprintable() else " "
    return pieces


def fitted(text: str, width: int) -> str:
    """`text`, cut with … where it is wider than `width` columns."""
    text = "".join(character if character.isprintable() else " " for character in text)
    if get_cwidth(text) <= width:
        return text
    while text and get_cwidth(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def fitted_end(text: str, width: int) -> str:
    """`text`, its beginning cut where it is too wide: one sees what one types."""
    return text if get_cwidth(text) <= width else f"…{text[len(text) - width + 1 :]}"


def _padded(text: str, width: int) -> str:
    text = fitted(text, width)
    return text + " " * (width - get_cwidth(text))
