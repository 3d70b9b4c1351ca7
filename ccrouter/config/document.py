"""A parsed config file: its value, and where in the file every part of it is."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal, TypeAlias

from ccrouter.config.problems import Problem
from ccrouter.frozen import frozen
from ccrouter.model.json import Json

Position: TypeAlias = tuple[int, int]
"""Line and column, both counted from 1; columns in characters."""

Span: TypeAlias = tuple[int, int]
"""Where something begins and ends in a text, as offsets in characters."""

MAX_DEPTH = 100
"""Deeper files are refused: no config needs it, and recursion stays bounded."""


@frozen
class Node:
    """One value of a file. Both readers (JSON5, YAML) make these."""

    position: Position
    value: "bool | int | float | str | tuple[Node, ...] | Mapping[str, Member] | None"
    span: Span
    """Brackets and quotes included. Of a YAML block the end is where the next thing begins."""


@frozen
class Member:
    """One `key: value` of an object."""

    key_position: Position
    node: Node
    key_start: int
    """The offset of the key's first character."""


@frozen
class Origin:
    """Where a user wrote something: in which file, where in it, and under which pointer. No position: not known."""

    file: Path
    position: Position | None
    pointer: str


@frozen
class Document:
    """A file's value and the positions of its parts, by JSON pointer (RFC 6901)."""

    value: Json
    file: Path
    values: Mapping[str, Position]
    keys: Mapping[str, Position]
    elsewhere: Mapping[str, Origin] = field(default_factory=dict[str, Origin])
    """Parts that were written in another file (`include`), or in other words (`foreign/`): there the user finds them.
    What is in such a part and not named here is found where the part is."""

    def position(self, pointer: str, *, key: bool = False) -> Position | None:
        """Where the value (or with `key` its key) begins; for what is not in the file, where its parent begins."""
        if key and pointer in self.keys:
            return self.keys[pointer]
        for candidate in ancestors(pointer):
            if candidate in self.values:
                return self.values[candidate]
        return None

    def origin(self, pointer: str, *, key: bool = False) -> Origin:
        """Where the value (or with `key` its key) was written; for what nobody wrote, where its parent was."""
        for candidate in ancestors(pointer):
            if candidate in self.elsewhere:
                return self.elsewhere[candidate]
            if candidate in self.values:
                break
        return Origin(self.file, self.position(pointer, key=key), pointer)

    def problem(
        self,
        severity: Literal["error", "warning"],
        message: str,
        fix: str | None = None,
        *,
        pointer: str = "",
        key: bool = False,
    ) -> Problem:
        """A Problem at `pointer`, with file, line and column filled in."""
        origin = self.origin(pointer, key=key)
        line, column = origin.position or (None, None)
        return Problem(severity, message, fix, origin.pointer, origin.file, line, column)


def document_of(root: Node, file: Path) -> Document:
    """The document that `root` stands for."""
    values: dict[str, Position] = {}
    keys: dict[str, Position] = {}

    def plain(node: Node, pointer: str) -> Json:
        values[pointer] = node.position
        if isinstance(node.value, tuple):
            return [plain(item, f"{pointer}/{index}") for index, item in enumerate(node.value)]
        if isinstance(node.value, Mapping):
            result: dict[str, Json] = {}
            for name, member in node.value.items():
                inner = child(pointer, name)
                keys[inner] = member.key_position
                result[name] = plain(member.node, inner)
            return result
        return node.value

    return Document(plain(root, ""), file, values, keys)


def child(pointer: str, name: str | int) -> str:
    """The pointer to the member or item `name` of what `pointer` points to."""
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"


def ancestors(pointer: str) -> Iterator[str]:
    """`pointer` itself, then its parents up to the whole document."""
    yield pointer
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


class Lines:
    """Turns offsets into a text into positions. Lines end with LF, CRLF or CR, as editors count them."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        for index, character in enumerate(text):
            if character == "\n" or (character == "\r" and text[index + 1 : index + 2] != "\n"):
                self._starts.append(index + 1)

    def position(self, offset: int) -> Position:
        """Line and column of the character at `offset`."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
