"""Changes of a YAML text, each as small as it can be: every other character stays where it is.

No YAML library writes a text back without reformatting some of it, so the marks of PyYAML's nodes tell where to write.
What comes of it is read again by `text.py`; a form that is not thought of here ends in a refusal, not in a wrong file.
"""

import re
from typing import cast

import orjson
import yaml

from ccrouter.config.edit.cuts import Cut, Edited, apply_cuts, line_end, line_start, newline_of, next_line
from ccrouter.config.edit.pointers import index_of, nowhere, parts_of, wrapped
from ccrouter.model.json import Json

_PLAIN = re.compile(r"[A-Za-z$][A-Za-z0-9_$.@+/-]*((,|:)[A-Za-z0-9_$.@+/-]+)*")
_STEP = "  "


def comments(text: str, start: int = 0, end: int | None = None) -> list[str]:
    """The comments of a YAML text, or of the part between two offsets: what is between its tokens."""
    found: list[str] = []
    last = 0
    end = len(text) if end is None else end
    for token in yaml.scan(text, yaml.SafeLoader):
        for match in re.finditer(r"#[^\r\n]*", text[last : token.start_mark.index]):
            if start <= last + match.start() < end:
                found.append(match.group())
        last = max(last, token.end_mark.index)
    return found


def set_value(text: str, pointer: str, value: Json) -> Edited:
    """`text` with `value` at `pointer`; mappings that are missing on the way come into being."""
    parent, node, missing = _descend(text, parts_of(pointer))
    if not missing:
        return Edited(apply_cuts(text, _replacement(text, parent, node, value)))
    if _is_null(node):
        return Edited(apply_cuts(text, _replacement(text, parent, node, wrapped(missing, value))))
    if not isinstance(node, yaml.MappingNode):
        raise nowhere(pointer)
    value = wrapped(missing[1:], value)
    if not _pairs(node):
        return Edited(apply_cuts(text, _replacement(text, parent, node, {missing[0]: value})))
    return Edited(apply_cuts(text, [_insertion(text, node, missing[0], value)]))


def append(text: str, pointer: str, item: Json) -> Edited:
    """`text` with `item` as the last of the list at `pointer`; a list that is missing comes into being."""
    parent, node, missing = _descend(text, parts_of(pointer))
    if missing or _is_null(node):
        return set_value(text, pointer, [item])
    if not isinstance(node, yaml.SequenceNode):
        raise nowhere(pointer)
    if not _items(node):
        return Edited(apply_cuts(text, _replacement(text, parent, node, [item])))
    return Edited(apply_cuts(text, [_insertion(text, node, None, item)]))


def remove(text: str, pointer: str) -> Edited:
    """`text` without what is at `pointer`. Comments around it stay, those in it go."""
    above, _, last = pointer.rpartition("/")
    _, parent, missing = _descend(text, parts_of(above))
    name = parts_of(f"/{last}")[0]
    entries = _entries(parent)
    index = index_of(name, len(entries))
    if isinstance(parent, yaml.MappingNode):
        names = [str(key.value) for key, _ in _pairs(parent)]
        index = len(names) - 1 - names[::-1].index(name) if name in names else None
    if missing or not pointer or index is None:
        raise nowhere(pointer)
    return Edited(apply_cuts(text, _removal(text, parent, entries, index)), entries[index])


def _descend(text: str, parts: list[str]) -> tuple[yaml.Node | None, yaml.Node, list[str]]:
    """The deepest node on the way that `parts` describes, the one it is in, and what is missing from there on."""
    root = yaml.compose(text, yaml.SafeLoader)
    if root is None:
        raise nowhere("")
    parent: yaml.Node | None = None
    node = root
    for depth, part in enumerate(parts):
        inner: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            inner = next((value for key, value in reversed(_pairs(node)) if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode):
            index = index_of(part, len(_items(node)))
            inner = None if index is None else _items(node)[index]
        if inner is None:
            return parent, node, parts[depth:]
        parent, node = node, inner
    return parent, node, []


def _is_null(node: yaml.Node) -> bool:
    return node.tag == "tag:yaml.org,2002:null"


def _is_flow(node: yaml.Node | None) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _end(node: yaml.Node) -> int:
    """Where the text of `node` really ends; PyYAML's mark of a block is at the next thing."""
    if _is_flow(node) or isinstance(node, yaml.ScalarNode):
        return node.end_mark.index
    if isinstance(node, yaml.SequenceNode):
        return _end(_items(node)[-1])
    return _end(_pairs(node)[-1][1]) if isinstance(node, yaml.MappingNode) else node.end_mark.index


def _entries(node: yaml.Node) -> list[tuple[int, int]]:
    if isinstance(node, yaml.MappingNode):
        return [(key.start_mark.index, max(_end(value), key.end_mark.index)) for key, value in _pairs(node)]
    if isinstance(node, yaml.SequenceNode):
        return [(item.start_mark.index, _end(item)) for item in _items(node)]
    return []


def _replacement(text: str, parent: yaml.Node | None, node: yaml.Node, value: Json) -> list[Cut]:
    start, end = node.start_mark.index, _end(node) if _entries(node) else node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return [Cut(start, end, f"{_flow(value)}{newline_of(text)}")]
    if not isinstance(value, dict | list) or not value or _is_flow(parent) or parent is None or _entries(node):
        old = text[start:end]
        rendered = _scalar(value, old[:1]) if not isinstance(value, dict | list) else _flow(value)
        if isinstance(value, str) and _is_flow(parent) and "," in value:
            rendered = _flow(value)
        return [Cut(start, end, rendered if old else f" {rendered}")]
    # An empty or scalar value of a block becomes a block on the lines below.
    column = _column_of_key(parent, node) + (len(_STEP) if isinstance(parent, yaml.MappingNode) else 0)
    place = line_end(text, end)
    before = start - 1 if text[start - 1 : start] == " " and start != end else start
    lines = newline_of(text) + _block(value, column, newline_of(text))
    return [Cut(before, end), Cut(place, place, lines)] if place > end else [Cut(before, end, lines)]


def _column_of_key(parent: yaml.Node, node: yaml.Node) -> int:
    if isinstance(parent, yaml.MappingNode):
        return next(key.start_mark.column for key, value in _pairs(parent) if value is node)
    return node.start_mark.column


def _insertion(text: str, node: yaml.Node, key: str | None, value: Json) -> Cut:
    """One entry more at the end of a mapping or sequence that has some."""
    end = _entries(node)[-1][1]
    if _is_flow(node):
        rendered = _flow(value) if key is None else f"{_flow_key(key)}: {_flow(value)}"
        return Cut(end, end, f", {rendered}")
    newline = newline_of(text)
    column = node.start_mark.column
    lines = _block([value] if key is None else {key: value}, column, newline)
    if text[end - 1 : end] in ("\n", "\r"):  # after a block scalar
        return Cut(end, end, lines + newline)
    place = line_end(text, end)
    return Cut(place, place, newline + lines)


def _removal(text: str, node: yaml.Node, entries: list[tuple[int, int]], index: int) -> list[Cut]:
    start, end = entries[index]
    if len(entries) == 1:
        whole = node.start_mark.index
        return [Cut(whole, node.end_mark.index if _is_flow(node) else end, "{}" if _is_mapping(node) else "[]")]
    if _is_flow(node):
        if index > 0:
            return [Cut(entries[index - 1][1], end)]
        return [Cut(start, entries[1][0])]
    column = node.start_mark.column
    first = line_start(text, start)
    if isinstance(node, yaml.SequenceNode):
        start = first + column if text[first + column : first + column + 1] == "-" else start
    if text[first:start].strip():  # The first of a mapping that begins on the line of a dash.
        return [Cut(start, entries[index + 1][0])]
    if text[end - 1 : end] in ("\n", "\r"):
        return [Cut(first, end)]
    rest = text[end : line_end(text, end)]
    if rest.strip():  # a comment
        return [Cut(start, end + len(rest) - len(rest.lstrip()))]
    return [Cut(first, next_line(text, end))]


def _is_mapping(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode)


def _scalar(value: Json, quote: str = "") -> str:
    """A scalar as block YAML, in the quotes that the old one had."""
    if not isinstance(value, str):
        return _flow(value)
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if quote == '"':
        return orjson.dumps(value).decode()
    plain = _PLAIN.fullmatch(value) is not None and yaml.safe_load(value) == value
    return value if plain else _flow(value)


def _flow(value: Json) -> str:
    """`value` on one line. JSON is YAML, apart from numbers that JSON has not."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow_key(name)}: {_flow(entry)}" for name, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, str) and "," not in value and ":" not in value:
        plain = _PLAIN.fullmatch(value) is not None and yaml.safe_load(value) == value
        return value if plain else orjson.dumps(value).decode()
    if isinstance(value, float):
        text = repr(value)
        return text if "." in text or "e" not in text else text.replace("e", ".0e")  # 1e300 is text to YAML 1.1
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else orjson.dumps(value).decode()


def _flow_key(name: str) -> str:
    return _flow(name)


def _block(value: dict[str, Json] | list[Json], column: int, newline: str) -> str:
    """The lines of a block, without the last line break."""
    indent = " " * column
    lines: list[str] = []
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict) and item:
                block = _block(item, column + len(_STEP), newline)
                lines.append(f"{indent}- {block[column + len(_STEP) :]}")
            else:
                lines.append(f"{indent}- {_flow(item) if isinstance(item, dict | list) else _scalar(item)}")
        return newline.join(lines)
    for name, entry in value.items():
        key = _scalar(name)
        if isinstance(entry, dict) and entry:
            lines += [f"{indent}{key}:", _block(entry, column + len(_STEP), newline)]
        else:
            lines.append(f"{indent}{key}: {_flow(entry) if isinstance(entry, dict | list) else _scalar(entry)}")
    return newline.join(lines)


def _items(node: yaml.SequenceNode) -> list[yaml.Node]:
    return cast("list[yaml.Node]", node.value)


def _pairs(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    return cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
