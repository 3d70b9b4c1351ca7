"""Reading one string out of a JSON object that arrives in fragments, as it arrives."""

from typing import Final, Literal

ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
HEX: Final = frozenset("0123456789abcdefABCDEF")


class StringFieldReader:
    """Decodes the string value of one top-level field, wherever the fragments are cut.

    `found` is True from the first character of the value on. Halves of surrogate pairs are joined, lone ones become
    U+FFFD. Fields of the same name further down don't count, nor does a second one.
    """

    def __init__(self, field: str) -> None:
        self.found = False
        self._field = field
        self._depth = 0
        self._key = ""
        self._state: Literal["structure", "key", "skipped", "value", "done"] = "structure"
        self._expects_key = False
        self._escape = ""  # of an escape sequence, what has come: "\\", "\\u", "\\ud8"
        self._high = ""  # the first half of a surrogate pair that waits for the second

    def feed(self, fragment: str) -> str:
        """What `fragment` adds to the value."""
        out: list[str] = []
        for character in fragment:
            if self._state == "done":
                break
            if self._state == "structure":
                self._structure(character)
            else:
                self._string(character, out)
        return "".join(out)

    def _structure(self, character: str) -> None:
        if character == '"':
            if self._depth == 1 and self._expects_key:
                self._state, self._key = "key", ""
            elif self._depth == 1 and self._key == self._field:
                self._state, self.found = "value", True
            else:
                self._state = "skipped"
        elif character in "{[":
            self._depth += 1
            self._expects_key = self._depth == 1 and character == "{"
        elif character in "}]":
            self._depth -= 1
        elif character == "," and self._depth == 1:
            self._expects_key, self._key = True, ""
        elif character == ":" and self._depth == 1:
            self._expects_key = False

    def _string(self, character: str, out: list[str]) -> None:
        if self._escape:
            self._escape += character
            self._finish_escape(out)
        elif character == "\\":
            self._escape = character
        elif character == '"':
            self._lone_half(out)
            self._state = "done" if self._state == "value" else "structure"
        else:
            self._add(character, out)

    def _finish_escape(self, out: list[str]) -> None:
        letter = self._escape[1]
        if letter != "u":
            self._add(ESCAPES.get(letter, self._escape), out)
        elif len(self._escape) > 2 and self._escape[-1] not in HEX:
            self._add(self._escape, out)  # not an escape: as it came
        elif len(self._escape) < 6:
            return
        else:
            self._add_code(int(self._escape[2:], 16), out)
        self._escape = ""

    def _add_code(self, code: int, out: list[str]) -> None:
        if 0xD800 <= code < 0xDC00:
            self._lone_half(out)
            self._high = chr(code)
        elif 0xDC00 <= code < 0xE000:
            high, self._high = self._high, ""
            pair = 0x10000 + ((ord(high) - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
            self._add(chr(pair), out)
        else:
            self._add(chr(code), out)

    def _lone_half(self, out: list[str]) -> None:
        if self._high:
            self._high = ""
            self._add("�", out)

    def _add(self, text: str, out: list[str]) -> None:
        self._lone_half(out)
        if self._state == "value":
            out.append(text)
        elif self._state == "key":
            self._key += text
