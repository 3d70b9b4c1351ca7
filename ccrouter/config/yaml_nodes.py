"""YAML with positions: PyYAML's safe nodes carry marks. Only what JSON can say is taken: no tags, no objects."""

from collections.abc import Iterator
from typing import Any, cast

import yaml

from ccrouter.config.document import MAX_DEPTH, Lines, Member, Node, Position

MAX_VALUES = 100_000
"""Aliases may repeat whole branches; a file that unfolds to more is refused (the "billion laughs")."""

_PREFIX = "tag:yaml.org,2002:"
_MERGE = _PREFIX + "merge"
_TYPED = {_PREFIX + "int", _PREFIX + "float", _PREFIX + "bool", _PREFIX + "null"}
_TEXT = {_PREFIX + "str", _PREFIX + "timestamp", _PREFIX + "binary", _PREFIX + "value"}


class YamlSyntaxError(Exception):
    """The text is not YAML as a config may have it. `position` is None where it is not known."""

    def __init__(self, message: str, fix: str | None, position: Position | None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.position = position


def parse(text: str) -> tuple[Node, tuple[tuple[str, Position], ...]]:
    """The value of a YAML text, and which keys are given twice. Raises YamlSyntaxError; never anything else."""
    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        message = "a character that YAML does not allow"
        raise YamlSyntaxError(message, "Take it away", Lines(text).position(error.position)) from None
    try:
        root = loader.get_single_node()
        if root is None:
            raise YamlSyntaxError("the file is empty", "Begin with Providers: and Router:", (1, 1))
        reader = _Reader(loader)
        return reader.node(root, 0), tuple(reader.duplicates)
    except RecursionError:
        raise _too_deep(None) from None
    except yaml.MarkedYAMLError as error:
        raise _marked(error) from None
    finally:
        loader.dispose()  # pyright: ignore[reportUnknownMemberType]


def _marked(error: yaml.MarkedYAMLError) -> YamlSyntaxError:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "not valid YAML"
    fix = None
    if "\\t" in problem:
        fix = "Indent with spaces, not with tabs"
    elif "mapping values are not allowed" in problem:
        fix = "Put quotes around a text that has a colon in it, or check the indentation"
    elif "undefined alias" in problem:
        # The alias is not shown: it may be a key that begins with a star.
        problem, fix = "found an undefined alias", "Put quotes around a text that begins with *"
    elif "expected ':'" in problem or "expected <block end>" in problem:
        fix = "Check the indentation of this line and the one before it"
    elif "expected a single document" in (error.context or ""):
        problem, fix = "found a second document", "Take away the --- and what follows"
    return YamlSyntaxError(problem, fix, (mark.line + 1, mark.column + 1) if mark else None)


def _too_deep(position: Position | None) -> YamlSyntaxError:
    return YamlSyntaxError(f"nested more than {MAX_DEPTH} levels deep", None, position)


class _Reader:
    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self._count = 0
        self.duplicates: list[tuple[str, Position]] = []

    def node(self, node: yaml.Node, depth: int) -> Node:
        position, span = _position(node), (node.start_mark.index, node.end_mark.index)
        self._count += 1
        if depth > MAX_DEPTH:
            raise _too_deep(position)
        if self._count > MAX_VALUES:
            raise YamlSyntaxError(f"more than {MAX_VALUES} values", "Use fewer aliases", position)
        if isinstance(node, yaml.SequenceNode):
            return Node(position, tuple(self.node(item, depth + 1) for item in _items(node)), span)
        if isinstance(node, yaml.MappingNode):
            return Node(position, self._mapping(node, depth), span)
        return Node(position, self._scalar(node, position), span)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Member]:
        own: dict[str, Member] = {}
        merged: dict[str, Member] = {}
        for key, value in _pairs(node):
            if key.tag == _MERGE:
                for source in self._merge_sources(value):
                    for name, member in self._mapping(source, depth + 1).items():
                        merged.setdefault(name, member)
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise YamlSyntaxError("a key must be text", "Put quotes around it", _position(key))
            name = str(key.value)
            if name in own:
                self.duplicates.append((name, _position(key)))
            own[name] = Member(_position(key), self.node(value, depth + 1), key.start_mark.index)
        return {**merged, **own}

    def _merge_sources(self, value: yaml.Node) -> Iterator[yaml.MappingNode]:
        sources = _items(value) if isinstance(value, yaml.SequenceNode) else [value]
        for source in sources:
            self._count += 1
            if not isinstance(source, yaml.MappingNode) or self._count > MAX_VALUES:
                raise YamlSyntaxError("<< must name a mapping, or a list of them", None, _position(value))
            yield source

    def _scalar(self, node: yaml.Node, position: Position) -> bool | int | float | str | None:
        if node.tag in _TEXT:
            return str(node.value)
        if node.tag not in _TYPED:
            raise YamlSyntaxError("tags (words that begin with !) have no meaning here", "Take it away", position)
        try:
            value: Any = self._loader.construct_object(node)  # pyright: ignore[reportUnknownMemberType]
        except (ValueError, LookupError, OverflowError):
            raise YamlSyntaxError("this is not a value of its type", "Put quotes around it", position) from None
        return value


def _position(node: yaml.Node) -> Position:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _items(node: yaml.SequenceNode) -> list[yaml.Node]:
    return cast("list[yaml.Node]", node.value)


def _pairs(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    return cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
