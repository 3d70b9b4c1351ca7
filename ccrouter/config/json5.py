"""A JSON5 parser that knows where everything is. No library gives positions, and a config error without is no help.

Superset of JSON: comments, trailing commas, single quotes, unquoted keys, hexadecimal numbers, `+1`, `.5`, `Infinity`,
line continuations (https://spec.json5.org).
"""

from ccrouter.config.document import MAX_DEPTH, Lines, Member, Node, Position
from ccrouter.config.json5_tokens import Json5SyntaxError, Tokens
from ccrouter.frozen import frozen

_WORDS = {"true": True, "false": False, "null": None}
_MISTAKEN_WORDS = {
    "True": "true",
    "TRUE": "true",
    "yes": "true",
    "False": "false",
    "FALSE": "false",
    "no": "false",
    "None": "null",
    "NULL": "null",
    "undefined": "null",
}
_CLOSERS = {"{": "}", "[": "]"}


@frozen
class Remark:
    """Something legal that is probably not meant."""

    message: str
    fix: str
    position: Position


def parse(text: str) -> tuple[Node, tuple[Remark, ...]]:
    """The value of a JSON5 text. Raises Json5SyntaxError when it is none; never anything else."""
    parser = _Parser(text)
    root = parser.document()
    return root, parser.remarks()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = Tokens(text)
        self._lines = Lines(text)
        self._duplicates: list[Remark] = []

    def remarks(self) -> tuple[Remark, ...]:
        escapes = [
            Remark(
                f"\\{character} means just {character} here, the backslash is lost",
                "To write one backslash, write two; in a Windows path / works too",
                self._lines.position(offset),
            )
            for character, offset in self._tokens.doubtful_escapes
        ]
        return (*self._duplicates, *escapes)

    def document(self) -> Node:
        self._tokens.skip_blank()
        if not self._tokens.peek():
            raise Json5SyntaxError("the file is empty", 'Begin with { "Providers": [], "Router": {} }', 0)
        root = self._value(0)
        self._tokens.skip_blank()
        if self._tokens.peek():
            raise Json5SyntaxError(
                f"the configuration is complete here, but {self._found()} follows",
                "Take away what follows, or a closing bracket too many before it",
                self._tokens.at,
            )
        return root

    def _value(self, depth: int) -> Node:
        start = self._tokens.at
        if depth > MAX_DEPTH:
            raise Json5SyntaxError(f"nested more than {MAX_DEPTH} levels deep", None, start)
        value = self._plain_value(start, depth)
        return Node(self._lines.position(start), value, (start, self._tokens.at))

    def _plain_value(
        self, start: int, depth: int
    ) -> bool | int | float | str | tuple[Node, ...] | dict[str, Member] | None:
        tokens = self._tokens
        character = tokens.peek()
        if character == "{":
            return self._object(depth)
        if character == "[":
            return self._array(depth)
        if character in ("'", '"'):
            return tokens.string()
        if character and character in "+-.0123456789":
            return tokens.number()
        return self._word(start)

    def _word(self, start: int) -> bool | float | None:
        word = self._tokens.name()
        if word in _WORDS:
            return _WORDS[word]
        if word in ("Infinity", "NaN"):
            return float("inf" if word == "Infinity" else "nan")
        self._tokens.at = start
        if word in _MISTAKEN_WORDS:
            raise Json5SyntaxError(f"expected a value, found {word}", f"Write {_MISTAKEN_WORDS[word]}", start)
        # The word itself is not shown: it may be a key that somebody forgot to put quotes around.
        fix = "Put double quotes around it" if word else self._value_fix()
        raise Json5SyntaxError(
            f"expected a value, found {'text without quotes' if word else self._found()}", fix, start
        )

    def _value_fix(self) -> str | None:
        character = self._tokens.peek()
        if character == ",":
            return "Take away a comma, or write the value that is missing before it"
        if character and character in "}]":
            return "Write a value before it"
        return _strange_character_fix(character)

    def _object(self, depth: int) -> dict[str, Member]:
        tokens = self._tokens
        opened = tokens.at
        tokens.at += 1
        members: dict[str, Member] = {}
        tokens.skip_blank()
        while tokens.peek() != "}":
            start = tokens.at
            name = self._key(opened)
            key_position = self._lines.position(start)
            if name in members:
                self._note_duplicate(name, members[name].key_position, key_position)
            tokens.skip_blank()
            if tokens.peek() != ":":
                between = tokens.peek() in ("=", '"', "'")
                fix = "Write : between key and value" if between else "Put double quotes around the whole key"
                raise Json5SyntaxError(f"expected ':' after the key, found {self._found()}", fix, tokens.at)
            tokens.at += 1
            tokens.skip_blank()
            members[name] = Member(key_position, self._value(depth + 1), start)
            self._separator(opened)
        tokens.at += 1
        return members

    def _array(self, depth: int) -> tuple[Node, ...]:
        tokens = self._tokens
        opened = tokens.at
        tokens.at += 1
        items: list[Node] = []
        tokens.skip_blank()
        while tokens.peek() != "]":
            if not tokens.peek():
                raise self._unclosed(opened)
            items.append(self._value(depth + 1))
            self._separator(opened)
        tokens.at += 1
        return tuple(items)

    def _key(self, opened: int) -> str:
        tokens = self._tokens
        if not tokens.peek():
            raise self._unclosed(opened)
        if tokens.peek() in ("'", '"'):
            return tokens.string()
        if name := tokens.name():
            return name
        fix = "There is one comma too many" if tokens.peek() == "," else None
        if tokens.peek() == "]":
            fix = f"Close the {{ of line {self._lines.position(opened)[0]} with }} first"
        fix = fix or _strange_character_fix(tokens.peek()) or "Put double quotes around the key"
        raise Json5SyntaxError(f"expected a key or '}}', found {self._found()}", fix, tokens.at)

    def _separator(self, opened: int) -> None:
        """Go past the comma after a value, or up to the closing bracket."""
        tokens = self._tokens
        opener = tokens.text[opened]
        closer = _CLOSERS[opener]
        after = tokens.at
        tokens.skip_blank()
        character = tokens.peek()
        if character == ",":
            tokens.at += 1
            tokens.skip_blank()
        elif not character:
            raise self._unclosed(opened)
        elif character != closer:
            if character in "}]":
                fix = f"Close the {opener} of line {self._lines.position(opened)[0]} with {closer} first"
            else:
                line = self._lines.position(after)[0]
                fix = _strange_character_fix(character) or f"Put a comma after the value before it (line {line})"
            raise Json5SyntaxError(f"expected ',' or '{closer}', found {self._found()}", fix, tokens.at)

    def _unclosed(self, opened: int) -> Json5SyntaxError:
        opener = self._tokens.text[opened]
        closer = _CLOSERS[opener]
        line, column = self._lines.position(opened)
        message = f"expected '{closer}', found the end of the file: the '{opener}' at {line}:{column} is not closed"
        return Json5SyntaxError(message, f"Add {closer} where it ends", self._tokens.at)

    def _found(self) -> str:
        character = self._tokens.peek()
        if not character:
            return "the end of the file"
        if character.isalnum() or character in "$_":
            return "text without quotes" if not character.isdecimal() else "a number"
        if character in ("'", '"'):
            return "a string"
        return f"'{character}'" if character.isprintable() else f"the character U+{ord(character):04X}"

    def _note_duplicate(self, name: str, first: Position, second: Position) -> None:
        self._duplicates.append(
            Remark(
                f'"{name}" is given twice, at {first[0]}:{first[1]} and here; the last one counts',
                "Take one of them away",
                second,
            )
        )


_LOOKALIKES = {"\uff0c": ",", "\u3001": ",", ";": ",", "\uff1b": ",", "\uff1a": ":"}
"""The full-width comma, ideographic comma, semicolons and full-width colon: what a Chinese keyboard gives."""


def _strange_character_fix(character: str) -> str | None:
    """What to do about a character that looks right and is not."""
    if character and character in "“”„«»‘’‚`":
        return 'Use straight double quotes (")'
    if character == "#":
        return "Comments begin with //"
    if character in _LOOKALIKES:
        return f"Write {_LOOKALIKES[character]} instead"
    return None
