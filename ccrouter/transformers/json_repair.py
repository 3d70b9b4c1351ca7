"""Reading the JSON that models write when they don't quite write JSON."""

import json
import re
from dataclasses import dataclass
from typing import Final, cast

import orjson

from ccrouter.model.json import Json, JsonObject

DEEPEST: Final = 100
SPACE: Final = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
FENCE: Final = re.compile(r"\A\s*```(?:json5?)?\s*\n(.*?)(?:\n\s*```)?\s*\Z", re.DOTALL)
WORD: Final = re.compile(r"[A-Za-z_$][\w$-]*")
NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
SURPLUS: Final = re.compile(r"[\s,;}\]]*\Z")
WORDS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\n": ""}


@dataclass(frozen=True, slots=True)
class Repaired:
    """`value` is what was meant. `closed` is False where brackets at the end had to be added: the text may be cut."""

    value: Json
    closed: bool


def repair(text: str) -> Repaired | None:
    """The value that `text` means, or None when that would be guessing.

    Takes, beyond JSON: trailing commas, single quotes, bare keys, comments, line breaks in strings, Python's constants,
    a Markdown fence around it, surplus brackets behind it and missing ones at its end. A string that does not end is
    never closed: `rm -rf /home/me` may have been on its way to something longer.
    """
    try:
        return Repaired(cast(Json, orjson.loads(text)), closed=True)
    except orjson.JSONDecodeError:
        pass
    fenced = FENCE.match(text)
    reader = _Reader(fenced.group(1) if fenced else text)
    try:
        value = reader.value(0)
    except _Unreadable:
        return None
    return Repaired(value, reader.closed) if SURPLUS.match(reader.text, reader.at) else None


class _Unreadable(Exception):  # noqa: N818 - never leaves this module
    pass


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.closed = True

    def value(self, depth: int) -> Json:
        if depth > DEEPEST:
            raise _Unreadable
        match self._peek():
            case "{":
                return self._object(depth)
            case "[":
                return self._list(depth)
            case '"' | "'" as quote:
                return self._string(quote)
            case _:
                return self._scalar()

    def _peek(self) -> str:
        """The next character that is not white space or a comment, "" at the end."""
        space = SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at
        return self.text[self.at : self.at + 1]

    def _object(self, depth: int) -> JsonObject:
        self.at += 1
        found: JsonObject = {}
        while not self._closes("}"):
            key = self._key()
            if self._peek() != ":":
                raise _Unreadable
            self.at += 1
            if not self._peek():
                raise _Unreadable  # cut between a key and its value
            found[key] = self.value(depth + 1)
            self._comma("}")
        return found

    def _list(self, depth: int) -> list[Json]:
        self.at += 1
        found: list[Json] = []
        while not self._closes("]"):
            found.append(self.value(depth + 1))
            self._comma("]")
        return found

    def _closes(self, bracket: str) -> bool:
        following = self._peek()
        if following == bracket:
            self.at += 1
            return True
        if not following:
            self.closed = False
            return True
        return False

    def _comma(self, bracket: str) -> None:
        following = self._peek()
        if following == ",":
            self.at += 1
        elif following not in {bracket, ""}:
            raise _Unreadable

    def _key(self) -> str:
        following = self._peek()
        if following in {'"', "'"}:
            return self._string(following)
        word = WORD.match(self.text, self.at)
        if word is None:
            raise _Unreadable
        self.at = word.end()
        return word.group()

    def _string(self, quote: str) -> str:
        end = self.at + 1
        while end < len(self.text) and self.text[end] != quote:
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise _Unreadable  # does not end
        inner, self.at = self.text[self.at + 1 : end], end + 1
        return re.sub(r"\\(u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*|.)", _unescape, inner, flags=re.DOTALL)

    def _scalar(self) -> Json:
        word = WORD.match(self.text, self.at)
        if word is not None and word.group() in WORDS:
            self.at = word.end()
            return WORDS[word.group()]
        number = NUMBER.match(self.text, self.at)
        if number is None:
            raise _Unreadable
        self.at = number.end()
        digits = number.group().lstrip("+")
        try:
            return int(digits)
        except ValueError:
            return float(digits)


def _unescape(match: re.Match[str]) -> str:
    escape = match.group(1)
    if len(escape) >= 5:
        text = cast(str, json.loads(f'"{match.group()}"'))
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return ESCAPES.get(escape, escape)
