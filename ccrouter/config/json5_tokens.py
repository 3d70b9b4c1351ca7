"""The tokens of JSON5 (https://spec.json5.org): white space and comments, strings, numbers and names."""

import re
import unicodedata

_SPACES = "\t\n\v\f\r \u00a0\ufeff\u2028\u2029"
_LINE_ENDS = "\n\r\u2028\u2029"
_NUMBER = re.compile(
    r"""[+-]?(?:
        (?P<hexadecimal>0[xX][0-9a-fA-F]+)
      | (?P<word>Infinity|NaN)
      | (?P<decimal>(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    )""",
    re.VERBOSE,
)
_SIMPLE_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_BACKSLASH_FIX = "To write one backslash, write two; in a Windows path / works too"
_DIGITS_LIMIT = 400
"""Longer numbers are nobody's setting, and Python refuses to read integers of some thousand digits."""


class Json5SyntaxError(Exception):
    """The text is not JSON5. `offset` counts characters; raised and caught inside the reader."""

    def __init__(self, message: str, fix: str | None, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.offset = offset


class Tokens:
    """Walks through a text. `at` is the offset of the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.doubtful_escapes: list[tuple[str, int]] = []
        """Letters after a backslash that means nothing there, and its offset: `C:\\Users` is read as `C:Users`."""

    def peek(self) -> str:
        """The next character, "" at the end."""
        return self.text[self.at : self.at + 1]

    def skip_blank(self) -> None:
        """Go past white space and comments."""
        while character := self.peek():
            if character in _SPACES or unicodedata.category(character) == "Zs":
                self.at += 1
            elif self.text.startswith("//", self.at):
                self._skip_line()
            elif self.text.startswith("/*", self.at):
                end = self.text.find("*/", self.at + 2)
                if end < 0:
                    raise Json5SyntaxError("the comment that begins here is not closed", "End it with */", self.at)
                self.at = end + 2
            else:
                return

    def _skip_line(self) -> None:
        while self.peek() and self.peek() not in _LINE_ENDS:
            self.at += 1

    def string(self) -> str:
        """The string that begins here, with its quote, single or double."""
        start = self.at
        quote = self.text[start]
        self.at += 1
        pieces: list[str] = []
        while (character := self.peek()) != quote:
            # U+2028 and U+2029 may stand in a JSON5 string, other line ends may not.
            if character in ("", "\n", "\r"):
                raise Json5SyntaxError(
                    "the string that begins here is not closed on its line",
                    f"Put {quote} at its end; write {quote} inside of it as \\{quote}",
                    start,
                )
            pieces.append(self._escape() if character == "\\" else character)
            if character != "\\":
                self.at += 1
        self.at += 1
        return join_surrogates("".join(pieces))

    def _escape(self) -> str:
        start = self.at
        character = self.text[start + 1 : start + 2]
        self.at += 2
        if character in _SIMPLE_ESCAPES and not (character == "0" and self.peek().isdecimal()):
            return _SIMPLE_ESCAPES[character]
        if character in ("x", "u"):
            return self._code_escape(character, start)
        if character == "\r" and self.peek() == "\n":
            self.at += 1
        if character and character in _LINE_ENDS:
            return ""
        if character.isdecimal():
            raise Json5SyntaxError(f"\\{character} is not an escape of JSON5", _BACKSLASH_FIX, start)
        if character.isalpha():
            self.doubtful_escapes.append((character, start))
        return character

    def _code_escape(self, kind: str, start: int) -> str:
        length = 2 if kind == "x" else 4
        digits = self.text[self.at : self.at + length]
        if len(digits) < length or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise Json5SyntaxError(f"\\{kind} must be followed by {length} hexadecimal digits", _BACKSLASH_FIX, start)
        self.at += length
        return chr(int(digits, 16))

    def number(self) -> int | float:
        """The number that begins here."""
        start = self.at
        match = _NUMBER.match(self.text, start)
        if match is None:
            raise Json5SyntaxError("this is not a number", "Put quotes around it if it is text", start)
        self.at = match.end()
        following = self.peek()
        if following and (following.isalnum() or following in "_$."):
            leading_zero = match.group() in ("0", "+0", "-0") and following.isdecimal()
            fix = "Leave out the leading zero" if leading_zero else "Put quotes around it if it is text"
            raise Json5SyntaxError("this is not a number", fix, start)
        if len(match.group()) > _DIGITS_LIMIT:
            raise Json5SyntaxError("this number has too many digits", None, start)
        return _number(match)

    def name(self) -> str:
        """The unquoted key (an identifier of ECMAScript 5) that begins here; "" when none does."""
        start = self.at
        pieces: list[str] = []
        while character := self.peek():
            if character == "\\" and self.text.startswith("u", self.at + 1):
                escape = self.at
                self.at += 2
                character = self._code_escape("u", escape)
                self.at -= 1
            if not _belongs_to_name(character, first=not pieces):
                break
            pieces.append(character)
            self.at += 1
        if not pieces:
            self.at = start
        return join_surrogates("".join(pieces))


def _number(match: re.Match[str]) -> int | float:
    text = match.group()
    sign = -1 if text.startswith("-") else 1
    if digits := match.group("hexadecimal"):
        return sign * int(digits, 16)
    if word := match.group("word"):
        return sign * float("inf" if word == "Infinity" else "nan")
    digits = match.group("decimal")
    return sign * int(digits) if digits.isdecimal() else sign * float(digits)


def _belongs_to_name(character: str, *, first: bool) -> bool:
    if character in "$_":
        return True
    category = unicodedata.category(character)
    if category in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nl"):
        return True
    return not first and (category in ("Mn", "Mc", "Nd", "Pc") or character in "\u200c\u200d")


def join_surrogates(text: str) -> str:
    """Surrogate pairs as the character they stand for, lone halves as U+FFFD: those cannot be written as UTF-8."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
