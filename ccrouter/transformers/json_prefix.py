"""Following the JSON of an object while it arrives: what of it may be sent on, and how to complete what was sent.

A call's arguments stream as long as they are well-formed. From the first defect on they are held, and what was sent
must then be the beginning of what the repair makes of the whole.
"""

import re
from collections.abc import Sequence
from typing import Final, cast

import orjson

from ccrouter.model.json import Json, as_list, as_object

PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
SPACE: Final = re.compile(r"[ \t\r\n]*")
ESCAPE: Final = re.compile(
    r'\\(?:["\\/bfnrt]|u(?:[0-9a-ce-fA-CE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}'
    r"|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))"
)
"""Also that surrogates come in pairs: JSON.parse takes lone ones, others do not."""
WHOLE_CHARACTERS: Final = re.compile(rf'[^"\\\x00-\x1f]*+(?:(?:{ESCAPE.pattern}|\n)[^"\\\x00-\x1f]*+)*+')
"""Lines of a string's inside, without an escape over the end of one."""
BEGUN_ESCAPE: Final = re.compile(
    r"\\(?:u(?:[0-9a-ce-fA-CE-F][0-9a-fA-F]{0,2}|[dD][0-7][0-9a-fA-F]?"
    r"|[dD](?:[89abAB](?:[0-9a-fA-F](?:[0-9a-fA-F](?:\\(?:u(?:[dD](?:[c-fC-F][0-9a-fA-F]?)?)?)?)?)?)?)?)?)?"
)
SCALAR: Final = re.compile(r'[^\s,:\[\]{}"]*')
SCALAR_VALUE: Final = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
DEEPEST: Final = 200

START, KEY_OR_END, KEY, COLON, VALUE, VALUE_OR_END, COMMA_OR_END, STRING, KEY_STRING, DONE = range(10)


class JsonPrefix:
    """One object. `sound` is False from the first defect on; `complete` is True once the object has ended.

    What `feed` returns may be sent; `held` is the rest. The split depends on the text alone, not on how it is cut.
    """

    __slots__ = ("_at", "_expected", "_stack", "held", "sound")

    def __init__(self) -> None:
        self.sound = True
        self.held = ""
        self._at = 0  # in `held`: what is before it was looked at, but may only be sent with what follows
        self._expected = START
        self._stack: list[str] = []

    @property
    def complete(self) -> bool:
        """True when what came is a whole object."""
        return self.sound and self._expected == DONE

    def may_be_sent(self, fragments: Sequence[str]) -> bool:
        """True where each of the fragments is more of a string that has not ended, cut between characters: feeding them
        would give each back and change nothing.
        """
        if self.held or self._expected != STRING:
            return False
        lines = "\n".join(fragments)
        return lines.count("\n") < len(fragments) and WHOLE_CHARACTERS.fullmatch(lines) is not None

    def feed(self, fragment: str) -> str:
        """What may be sent now that `fragment` came."""
        if not self.held and self._expected == STRING and PLAIN.fullmatch(fragment):
            return fragment
        if self._expected == START and not self.held and fragment[-1:] == "}" and is_object(fragment):
            self._expected = DONE  # most short calls come in one piece
            return fragment
        self.held += fragment
        if not self.sound:
            return ""
        sent = self._scan(self.held)
        text, self.held = self.held[:sent], self.held[sent:]
        self._at -= sent
        return text

    def _scan(self, text: str) -> int:
        """How much of `text` may be sent."""
        at, safe = self._at, 0
        while True:
            if self._expected in (STRING, KEY_STRING):
                at = PLAIN.match(text, at).end()  # pyright: ignore[reportOptionalMemberAccess] - matches nothing, too
                safe = at
                after = self._in_string(text, at)
            else:
                at = SPACE.match(text, at).end()  # pyright: ignore[reportOptionalMemberAccess]
                after = self._between(text, at)
                # A closing quote (taken in `_in_string`) waits for what follows it: it may be one inside of the string.
                # A comma waits for what it separates, the quote before it with it. Neither could be taken back.
                if after > at and text[at] != ",":
                    safe = after
            if after == at:
                self._at = at
                return safe
            if after < 0:
                self.sound = False
                self._at = safe
                return safe
            at = after

    def _in_string(self, text: str, at: int) -> int:
        """The place behind the character at `at`; `at` where more must come first; -1 for a defect."""
        if at == len(text):
            return at
        if text[at] == '"':
            self._expected = COLON if self._expected == KEY_STRING else COMMA_OR_END
            return at + 1
        escape = ESCAPE.match(text, at)
        if escape is not None:
            return escape.end()
        return at if BEGUN_ESCAPE.fullmatch(text, at) else -1

    def _between(self, text: str, at: int) -> int:
        if at == len(text):
            return at
        mark, expected = text[at], self._expected
        if expected in (KEY, KEY_OR_END) and mark == '"':
            self._expected = KEY_STRING
        elif expected == COLON and mark == ":":
            self._expected = VALUE
        elif expected == COMMA_OR_END and mark == ",":
            self._expected = KEY if self._stack[-1] == "}" else VALUE
        elif mark in "}]" and expected in (COMMA_OR_END, KEY_OR_END, VALUE_OR_END) and self._stack[-1] == mark:
            self._stack.pop()
            self._expected = COMMA_OR_END if self._stack else DONE
        elif expected in (VALUE, VALUE_OR_END):
            return self._value(text, at, mark)
        elif expected == START and mark == "{":
            self._stack.append("}")
            self._expected = KEY_OR_END
        else:
            return -1
        return at + 1

    def _value(self, text: str, at: int, mark: str) -> int:
        if mark == '"':
            self._expected = STRING
            return at + 1
        if mark in "{[":
            self._stack.append("}" if mark == "{" else "]")
            self._expected = KEY_OR_END if mark == "{" else VALUE_OR_END
            return at + 1 if len(self._stack) < DEEPEST else -1
        end = SCALAR.match(text, at).end()  # pyright: ignore[reportOptionalMemberAccess]
        if end == len(text):
            return at  # it may go on
        if not SCALAR_VALUE.fullmatch(text, at, end):
            return -1
        self._expected = COMMA_OR_END
        return end


def is_object(text: str) -> bool:
    """True when `text` is the JSON of an object, as clients will read it."""
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def rest_of(sent: str, value: Json) -> str | None:
    """What must follow `sent` to make it JSON that means `value`; None when nothing can.

    `sent` is what a `JsonPrefix` let through: the well-formed beginning of an object.
    """
    try:
        return _Completion(sent).rest(value) if sent else _dump(value)
    except _Differs:
        return None


class _Differs(Exception):  # noqa: N818 - never leaves this module
    pass


class _Completion:
    def __init__(self, sent: str) -> None:
        self._sent = sent
        self._at = 0

    def rest(self, value: Json) -> str:
        """Reads as much of what was sent as belongs to `value`; the text that completes it, empty when it is whole."""
        mark = self._next()
        if mark == "":
            return _dump(value)
        fields, items = as_object(value), as_list(value)
        if mark == "{" and fields is not None:
            return self._object(list(fields.items()))
        if mark == "[" and items is not None:
            return self._list(items)
        if mark == '"' and isinstance(value, str):
            return self._string(value)
        return self._scalar(value)

    def _next(self) -> str:
        space = SPACE.match(self._sent, self._at)
        self._at = space.end() if space else self._at
        return self._sent[self._at : self._at + 1]

    def _object(self, fields: list[tuple[str, Json]]) -> str:
        self._at += 1
        for position, (key, value) in enumerate(fields):
            mark = self._next()
            if mark == "," and position:
                self._at += 1
                mark = self._next()
            elif mark == "" and position:
                return "," + _fields(fields[position:]) + "}"
            if mark == "":
                return _fields(fields[position:]) + "}"
            if mark != '"':
                raise _Differs
            rest = self._string(key)
            mark = self._next()
            if rest or not mark:
                behind = fields[position + 1 :]
                return rest + ":" + _dump(value) + ("," + _fields(behind) if behind else "") + "}"
            if mark != ":":
                raise _Differs
            self._at += 1
            rest = self.rest(value)
            if rest:
                behind = fields[position + 1 :]
                return rest + ("," + _fields(behind) if behind else "") + "}"
        return self._close("}")

    def _list(self, items: list[Json]) -> str:
        self._at += 1
        for position, item in enumerate(items):
            mark = self._next()
            if mark == "," and position:
                self._at += 1
                mark = self._next()
            elif mark == "" and position:
                return "," + _items(items[position:]) + "]"
            if mark == "":
                return _items(items[position:]) + "]"
            rest = self.rest(item)
            if rest:
                behind = items[position + 1 :]
                return rest + ("," + _items(behind) if behind else "") + "]"
        return self._close("]")

    def _close(self, bracket: str) -> str:
        mark = self._next()
        if mark == bracket:
            self._at += 1
            return ""
        if mark:
            raise _Differs
        return bracket

    def _string(self, value: str) -> str:
        begin = end = self._at + 1
        while True:
            plain = PLAIN.match(self._sent, end)
            end = plain.end() if plain else end
            if self._sent[end : end + 1] != "\\":
                break
            end += 2
        self._at = end + 1
        told = cast(str, orjson.loads(f'"{self._sent[begin:end]}"'))
        if end < len(self._sent):
            if told != value:
                raise _Differs
            return ""
        if not value.startswith(told):
            raise _Differs
        return _dump(value[len(told) :])[1:]

    def _scalar(self, value: Json) -> str:
        scalar = SCALAR.match(self._sent, self._at)
        end = scalar.end() if scalar else self._at
        if isinstance(value, dict | list | str) or self._sent[self._at : end] in ("", *"[{"):
            raise _Differs
        told: Json = orjson.loads(self._sent[self._at : end])
        if type(told) is not type(value) or told != value:
            raise _Differs
        self._at = end
        return ""


def _dump(value: Json) -> str:
    return orjson.dumps(value).decode()


def _fields(fields: list[tuple[str, Json]]) -> str:
    return _dump(dict(fields))[1:-1]


def _items(items: list[Json]) -> str:
    return _dump(items)[1:-1]
