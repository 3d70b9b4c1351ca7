"""Reading the JSON that models write when they don't quite write JSON.

Two readers. The first is exact: it knows what models get wrong again and again, and loses nothing of it. What it can't
read goes to the library json-repair, which guesses well (quotes inside of strings, missing commas and brackets) but
also throws away what does not fit; its answer counts only where it holds every letter of the text, in order.
"""

import json
import re
from typing import Final, cast

import orjson

from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject

DEEPEST: Final = 100
LONGEST_GUESS: Final = 32_768
"""Characters that the library is given at most: it takes 50 ms for them, and a second for 200 KB."""

SPACE: Final = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
FENCE: Final = re.compile(r"\A\s*```(?:json5?)?\s*\n(.*?)(?:\n\s*```)?\s*\Z", re.DOTALL)
WORD: Final = re.compile(r"[A-Za-z_$][\w$-]*")
NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
SURPLUS: Final = re.compile(r"[\s,;}\]]*\Z")
WORDS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\n": ""} | {same: same for same in "\"'/\\"}
ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*|.)", re.DOTALL)

QUOTE: Final = re.compile(r'(?<!\\)(?:\\\\)*"')
ESCAPED_DELIMITER: Final = re.compile(r'[:,\[{]\s*\\"')
BREAK_AT_END: Final = re.compile(r'[\r\n][ \t]*"\s*[,}\]]')
NO_VALUE: Final = re.compile(r":\s*[,}\]]")
CONTROL: Final = re.compile(r'\\["\\/bfnrt]')
HIDDEN: Final = {"\\n": "\ue00a", "\\r": "\ue00d", "\\t": "\ue009"}
"""The library also drops line breaks that are escaped, where a string ends with them: it does not get to see them."""
HIDDEN_AS: Final = {shown: escape for escape, shown in HIDDEN.items()}
SHOWN: Final = re.compile("[" + "".join(HIDDEN_AS) + "]")
NOT_SAID: Final = re.compile(r"\W+")


@frozen
class Repaired:
    """`value` is what was meant. `closed` is False where brackets at the end had to be added: the text may be cut."""

    value: Json
    closed: bool


def repair(text: str) -> Repaired | None:
    """The value that `text` means, or None when that would be guessing.

    Takes, beyond JSON: trailing and doubled commas, single quotes, bare keys, comments, line breaks in strings, wrong
    escapes, Python's constants, a Markdown fence around it, surplus brackets behind it and missing ones, the same
    object twice, unescaped quotes in strings. A string that does not end is never closed: `rm -rf /home/me` may have
    been on its way to something longer.
    """
    try:
        return Repaired(cast(Json, orjson.loads(text)), closed=True)
    except orjson.JSONDecodeError:
        pass
    fenced = FENCE.match(text)
    text = fenced.group(1) if fenced else text
    if text.startswith('{\\"'):
        text = _unescaped_whole(text)
    reader = _Reader(text)
    try:
        value = reader.value(0)
        rest = reader.text[reader.at :]
        if SURPLUS.match(rest) or (isinstance(value, dict) and _Reader(rest).is_again(value)):
            return Repaired(value, reader.closed)
    except _Unreadable:
        pass
    return _guessed(text)


def _unescaped_whole(text: str) -> str:
    """Arguments that were escaped for a string that is not there."""
    try:
        inner = orjson.loads(f'"{text}"')
    except orjson.JSONDecodeError:
        return text
    return inner if isinstance(inner, str) else text


def _guessed(text: str) -> Repaired | None:
    """What the library makes of it, where nothing that was said got lost and nothing was made up."""
    text = text.strip()
    if not text.startswith("{") or not text.endswith("}") or len(text) > LONGEST_GUESS:
        return None
    # An odd quote is a string without its end. Line breaks that are not escaped are lost at the end of a string.
    # Where a value is missing it would make up an empty one.
    if len(QUOTE.findall(text)) % 2 or any(sign.search(text) for sign in (ESCAPED_DELIMITER, BREAK_AT_END, NO_VALUE)):
        return None
    import json_repair  # takes 25 ms to load, and is hardly ever needed

    try:
        guess = json_repair.loads(CONTROL.sub(_hidden, text), skip_json_loads=True)
        said = SHOWN.sub(lambda match: HIDDEN_AS[match.group()], orjson.dumps(guess).decode())
        value = cast(Json, orjson.loads(said))
    except (ValueError, RecursionError, TypeError):
        return None
    if not isinstance(value, dict) or _letters(said) != _letters(text):
        return None
    return Repaired(value, closed=text.count("{") <= text.count("}"))


def _hidden(match: re.Match[str]) -> str:
    return HIDDEN.get(match.group(), match.group())


def _letters(text: str) -> str:
    """The text without punctuation, white space and what stands for them."""
    return NOT_SAID.sub("", CONTROL.sub("", text))


class _Unreadable(Exception):  # noqa: N818 - never leaves this module
    pass


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.closed = True

    def is_again(self, value: JsonObject) -> bool:
        """True when the text is `value` once more, and nothing else."""
        try:
            return self.value(0) == value and self.closed and SURPLUS.match(self.text, self.at) is not None
        except _Unreadable:
            return False

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
            while self._peek() == ",":
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
        return ESCAPE.sub(_unescape, inner) if "\\" in inner else inner

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
    return ESCAPES.get(escape, match.group())  # `\d` of a regular expression keeps its backslash
