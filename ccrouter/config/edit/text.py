"""A config's text and its changes. Each is read again at once: it is as it was meant, or it is not made."""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ccrouter.config.document import Document
from ccrouter.config.edit import json5_text, yaml_text
from ccrouter.config.edit.cuts import Edited
from ccrouter.config.edit.pointers import value_at, with_item, with_value, without
from ccrouter.config.edit.refusal import refusal
from ccrouter.config.problems import ConfigError
from ccrouter.config.read import decode, is_yaml, read
from ccrouter.model.json import Json


class _Editing(Protocol):
    """The changes that a text can have: `json5_text` and `yaml_text`. Their places are those of ConfigText."""

    def set_value(self, text: str, pointer: str, value: Json) -> Edited: ...
    def append(self, text: str, pointer: str, item: Json) -> Edited: ...
    def remove(self, text: str, pointer: str) -> Edited: ...
    def comments(self, text: str, start: int = 0, end: int | None = None) -> list[str]: ...


@dataclass(frozen=True)
class ConfigText:
    """The text of a config file. Pointers are in the file's own spelling; `$NAME` is just text here.

    Every change gives a new ConfigText, and raises ConfigError when it cannot be made: then nothing has happened.
    """

    file: Path
    text: str
    encoding: str
    """What its bytes are written in: a byte order mark is kept."""
    document: Document

    def set(self, pointer: str, value: Json) -> ConfigText:
        """With `value` at `pointer`; objects that are missing on the way come into being."""
        if pointer in self.document.values and repr(value_at(self.document.value, pointer)) == repr(value):
            return self
        edited = self._edit().set_value(self.text, pointer, value)
        return self._checked(edited, with_value(self.document.value, pointer, value), pointer)

    def append(self, pointer: str, item: Json) -> ConfigText:
        """With `item` at the end of the list at `pointer`; a list that is missing comes into being."""
        edited = self._edit().append(self.text, pointer, item)
        return self._checked(edited, with_item(self.document.value, pointer, item), pointer)

    def remove(self, pointer: str) -> ConfigText:
        """Without what is at `pointer`. Comments inside of it go with it, all others stay."""
        meant = without(self.document.value, pointer)
        return self._checked(self._edit().remove(self.text, pointer), meant, pointer)

    def data(self) -> bytes:
        """The bytes of the file."""
        if self.encoding.startswith("utf-16"):
            mark = codecs.BOM_UTF16_LE if self.encoding == "utf-16-le" else codecs.BOM_UTF16_BE
            return mark + self.text.encode(self.encoding)
        return self.text.encode(self.encoding)

    def _edit(self) -> _Editing:
        return yaml_text if is_yaml(self.file) else json5_text

    def _checked(self, edited: Edited, meant: Json, pointer: str) -> ConfigText:
        """The change, if it reads back as `meant` and no comment is gone that stood outside of what was removed."""
        found = read(edited.text.encode(), self.file)
        # `repr` tells true from 1, and the order of keys.
        if found.document is None or repr(found.document.value) != repr(meant):
            raise refusal("the program does not know how to change this place without harm", pointer=pointer)
        before = Counter(self._edit().comments(self.text))
        if edited.removed is not None:
            before -= Counter(self._edit().comments(self.text, *edited.removed))
        if before - Counter(self._edit().comments(edited.text)):
            message = "what stands here has comments that this change would lose"
            raise refusal(message, pointer=pointer)
        return replace(self, text=edited.text, document=found.document)


def config_text(data: bytes, file: Path) -> ConfigText:
    """The text of a config file's bytes. Raises ConfigError when it cannot be read."""
    text, problem = decode(data, file)
    found = read(data, file)
    if problem is not None or found.document is None:
        raise ConfigError(found.problems)
    encoding = "utf-8"
    if data.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16-le" if data.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    return ConfigText(file, text, encoding, found.document)
