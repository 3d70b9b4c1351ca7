"""Changes of a JSON5 text, each as small as it can be: every other character stays where it is."""

import math
import re
from collections.abc import Callable, Mapping

import orjson

from ccrouter.config.document import Node, Span
from ccrouter.config.edit.cuts import Cut, Edited, apply_cuts, indent_at, line_end, line_start, newline_of, next_line
from ccrouter.config.edit.pointers import index_of, nowhere, parts_of, wrapped
from ccrouter.config.json5 import parse
from ccrouter.config.json5_tokens import Tokens
from ccrouter.frozen import frozen
from ccrouter.model.json import Json

_COMMENTS = re.compile(
    r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?P<comment>//[^\n\r\u2028\u2029]*|/\*.*?\*/)""", re.DOTALL
)
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_LONGEST_LINE = 90


def comments(text: str, start: int = 0, end: int | None = None) -> list[str]:
    """The comments of a JSON5 text, or of the part between two offsets that are in no string and no comment."""
    return [text[slice(*span)] for span in comment_spans(text, start, end)]


def comment_spans(text: str, start: int = 0, end: int | None = None) -> tuple[Span, ...]:
    """Where the comments are."""
    found = _COMMENTS.finditer(text, start, len(text) if end is None else end)
    return tuple(match.span("comment") for match in found if match["comment"])


def strings(text: str) -> frozenset[str]:
    """What every string of a JSON5 text says: keys in quotes, values, and values that a second one of theirs hides."""
    found: set[str] = set()
    for match in _COMMENTS.finditer(text):
        if not match["comment"]:
            tokens = Tokens(text)
            tokens.at = match.start()
            found.add(tokens.string())
    return frozenset(found)


def set_value(text: str, pointer: str, value: Json) -> Edited:
    """`text` with `value` at `pointer`; objects that are missing on the way come into being."""
    root, _ = parse(text)
    node, missing = _descend(root, parts_of(pointer))
    if not missing:
        return Edited(apply_cuts(text, [_replacement(text, root, node, value)]))
    if node.value is None:
        return Edited(apply_cuts(text, [_replacement(text, root, node, wrapped(missing, value))]))
    if not isinstance(node.value, Mapping):
        raise nowhere(pointer)
    return Edited(_insert(text, root, node, missing[0], wrapped(missing[1:], value)))


def append(text: str, pointer: str, item: Json) -> Edited:
    """`text` with `item` as the last of the list at `pointer`; a list that is missing comes into being."""
    root, _ = parse(text)
    node, missing = _descend(root, parts_of(pointer))
    if missing or node.value is None:
        return set_value(text, pointer, [item])
    if not isinstance(node.value, tuple):
        raise nowhere(pointer)
    return Edited(_insert(text, root, node, None, item))


def remove(text: str, pointer: str) -> Edited:
    """`text` without what is at `pointer`. Comments around it stay, those in it go."""
    root, _ = parse(text)
    above, _, last = pointer.rpartition("/")
    parent, missing = _descend(root, parts_of(above))
    name = parts_of(f"/{last}")
    node, beyond = _descend(parent, name)
    if missing or beyond or not pointer:
        raise nowhere(pointer)
    start = parent.value[name[0]].key_start if isinstance(parent.value, Mapping) else node.span[0]
    return Edited(apply_cuts(text, _removal(text, parent, start, node.span[1])), (start, node.span[1]))


def _descend(node: Node, parts: list[str]) -> tuple[Node, list[str]]:
    """The deepest value on the way that `parts` describes, and what is missing from there on."""
    for depth, part in enumerate(parts):
        value = node.value
        if isinstance(value, Mapping) and part in value:
            node = value[part].node
        elif isinstance(value, tuple) and (index := index_of(part, len(value))) is not None:
            node = value[index]
        else:
            return node, parts[depth:]
    return node, []


@frozen
class _Style:
    """How new text is written: like what stands around it."""

    newline: str
    unit: str
    """One step of indentation."""
    key_quote: str
    """Empty: keys that are names stand without quotes."""
    quote: str
    last_comma: str
    """What follows the last entry of a new bracket."""

    def key(self, name: str) -> str:
        return name if not self.key_quote and _NAME.fullmatch(name) else self.text(name, self.key_quote)

    def text(self, value: str, quote: str) -> str:
        if quote == "'" and value.isprintable() and "'" not in value and "\\" not in value:
            return f"'{value}'"
        return orjson.dumps(value).decode()

    def render(self, value: Json, indent: str | None, *, whole: bool = True) -> str:
        """`value` as JSON5. `indent` is that of its line; None: all on one line. Short values inside of the `whole` one
        are on one line too."""
        if isinstance(value, str):
            return self.text(value, self.quote)
        if isinstance(value, dict):
            brackets = "{ }" if value else "{}"
            entries = [(f"{self.key(name)}: ", entry) for name, entry in value.items()]
            return self._brackets(brackets, entries, indent, flat_if_short=not whole)
        if isinstance(value, list):
            plain = not any(isinstance(item, dict | list) for item in value)
            return self._brackets("[]", [("", item) for item in value], indent, flat_if_short=plain)
        if isinstance(value, float) and not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return orjson.dumps(value).decode() if not isinstance(value, int) or isinstance(value, bool) else str(value)

    def _brackets(
        self, brackets: str, entries: list[tuple[str, Json]], indent: str | None, *, flat_if_short: bool
    ) -> str:
        opener, space, closer = brackets[0], brackets[1:-1], brackets[-1]
        flat = ", ".join(key + self.render(value, None) for key, value in entries)
        if indent is None or not entries or (flat_if_short and len(flat) <= _LONGEST_LINE):
            return f"{opener}{space}{flat}{space}{closer}"
        deeper = indent + self.unit
        lines = [f"{deeper}{key}{self.render(value, deeper, whole=False)}" for key, value in entries]
        inner = f",{self.newline}".join(lines)
        return f"{opener}{self.newline}{inner}{self.last_comma}{self.newline}{indent}{closer}"


def _style(text: str, root: Node, near: Node) -> _Style:
    """The style of the last entry in `near`, else of the whole document's."""
    key_quote, quote, unit, last_comma = '"', '"', "  ", ""
    last = list(near.value)[-1:] if isinstance(near.value, tuple) else []
    for node in (root, near, *last):
        if not isinstance(node.value, Mapping | tuple) or not node.value:
            continue
        if isinstance(node.value, Mapping):
            members = list(node.value.values())
            key = text[members[-1].key_start]
            key_quote = key if key in "\"'" else ""
            values = [member.node for member in members]
            if node is root:
                own = text[line_start(text, members[0].key_start) : members[0].key_start]
                unit = own if own and not own.strip() else unit
        else:
            values = list(node.value)
        strings = [text[value.span[0]] for value in values if isinstance(value.value, str)]
        quote = strings[-1] if strings else quote
        if node is root:
            last_comma = "," if _comma(text, max(value.span[1] for value in values)) is not None else ""
    return _Style(newline_of(text), unit, key_quote, quote, last_comma)


def _replacement(text: str, root: Node, node: Node, value: Json) -> Cut:
    style = _style(text, root, node)
    if isinstance(node.value, str):
        style = _Style(style.newline, style.unit, style.key_quote, text[node.span[0]], style.last_comma)
    indent = indent_at(text, node.span[0]) if _has_lines(text) else None
    return Cut(*node.span, style.render(value, indent))


def _has_lines(text: str) -> bool:
    return len(text.strip().splitlines()) > 1


def _entries(node: Node) -> list[tuple[int, int]]:
    """Start and end of what is in a bracket, in the order of the text; of a key that is given twice the last."""
    if isinstance(node.value, Mapping):
        return sorted((member.key_start, member.node.span[1]) for member in node.value.values())
    return [item.span for item in node.value] if isinstance(node.value, tuple) else []


def _comma(text: str, end: int) -> int | None:
    """The offset of the comma that follows the value that ends at `end`."""
    tokens = Tokens(text)
    tokens.at = end
    tokens.skip_blank()
    return tokens.at if tokens.peek() == "," else None


def _insert(text: str, root: Node, bracket: Node, key: str | None, value: Json) -> str:
    """`text` with one entry more, the last in `bracket`."""
    style = _style(text, root, bracket)

    def entry(indent: str | None) -> str:
        rendered = style.render(value, indent)
        return rendered if key is None else f"{style.key(key)}: {rendered}"

    entries = _entries(bracket)
    if not entries:
        return apply_cuts(
            text, [_first_entry(text, bracket, entry, style, roomy=key is not None or _is_bracket(value))]
        )
    start, end = entries[-1]
    indent = text[line_start(text, start) : start]
    if indent.strip() or not _has_lines(text) or line_start(text, start) <= bracket.span[0]:
        return apply_cuts(text, [Cut(end, end, f", {entry(None)}")])
    comma = _comma(text, end)
    cuts = [Cut(end, end, ",")] if comma is None else []
    place = _end_of_remarks(text, end if comma is None else comma + 1)
    added = f"{style.newline}{indent}{entry(indent)}{'' if comma is None else ','}"
    return apply_cuts(text, [*cuts, Cut(place, place, added)])


def _is_bracket(value: Json) -> bool:
    return isinstance(value, dict | list)


def _end_of_remarks(text: str, offset: int) -> int:
    """The end of the line of `offset` where only comments follow on it, `offset` itself where something else does."""
    at = offset
    while at < len(text) and text[at] not in "\r\n":
        if text.startswith("//", at):
            return line_end(text, at)
        if text.startswith("/*", at):
            at = text.index("*/", at + 2) + 2
        elif text[at] in " \t":
            at += 1
        else:
            return offset
    return at


def _first_entry(text: str, bracket: Node, entry: Callable[[str | None], str], style: _Style, *, roomy: bool) -> Cut:
    """The entry in an empty bracket: after the comments that are in it. `roomy`: on a line of its own."""
    start, end = bracket.span[0] + 1, bracket.span[1] - 1
    inside = text[start:end]
    outer = indent_at(text, bracket.span[0])
    if not inside.strip() and not (roomy and _has_lines(text)):
        space = " " if isinstance(bracket.value, Mapping) else ""
        return Cut(start, end, f"{space}{entry(None)}{space}")
    indent = outer + style.unit
    line = f"{indent}{entry(indent)}{style.last_comma}{style.newline}"
    if not inside.strip():
        return Cut(start, end, f"{style.newline}{line}{outer}")
    closing = line_start(text, end)
    if closing > start and not text[closing:end].strip():
        return Cut(closing, closing, line)
    return Cut(end, end, f"{style.newline}{line}{outer}")


def _removal(text: str, bracket: Node, start: int, end: int) -> list[Cut]:
    """Takes an entry away with one comma, and with its lines where nothing else is on them."""
    comma = _comma(text, end)
    cuts: list[Cut] = []
    if comma is None:
        before = [entry for entry in _entries(bracket) if entry[1] <= start]
        previous = _comma(text, before[-1][1]) if before else None
        if previous is not None:
            blank = not text[previous + 1 : start].strip(" \t")
            if blank and line_start(text, start) <= previous:
                return [Cut(previous, end)]
            cuts.append(Cut(previous, previous + 1))
    elif not text[end:comma].strip():
        end = comma + 1
    else:
        cuts.append(Cut(comma, comma + 1))
    first, rest = line_start(text, start), text[end : line_end(text, end)]
    alone = not text[first:start].strip()
    if alone and not rest.strip() and first > bracket.span[0]:
        return [*cuts, Cut(first, next_line(text, end))]
    spaces = len(rest) - len(rest.lstrip(" \t")) if rest.strip() else 0
    return [*cuts, Cut(start, end + spaces)]
