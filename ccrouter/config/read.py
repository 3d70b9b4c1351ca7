"""Bytes of a config file to a Document. Any bytes at all give a document or a Problem, never an exception."""

import codecs
from pathlib import Path

from ccrouter.config import json5
from ccrouter.config.document import Document, Lines, document_of
from ccrouter.config.json5_tokens import Json5SyntaxError
from ccrouter.config.problems import Problem
from ccrouter.frozen import frozen

_YAML_SUFFIXES = (".yaml", ".yml")


@frozen
class Read:
    """What came of reading: `document` is None exactly when one of the problems is an error."""

    document: Document | None
    problems: tuple[Problem, ...]


def read(data: bytes, file: Path) -> Read:
    """Parse `data` as YAML or JSON5, by the name of `file`. A syntax error is one Problem: the first one met."""
    text, problem = decode(data, file)
    if problem is not None:
        return Read(None, (problem,))
    return _read_yaml(text, file) if is_yaml(file) else _read_json5(text, file)


def is_yaml(file: Path) -> bool:
    """Whether a file is read as YAML: its name says so."""
    return file.suffix.lower() in _YAML_SUFFIXES


def decode(data: bytes, file: Path) -> tuple[str, Problem | None]:
    """The text of a file: UTF-8, or UTF-16 where a byte order mark says so (Windows PowerShell writes that)."""
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding), None
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        line, column = Lines(before).position(len(before))
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        fix = "Save the file as UTF-8"
        return "", Problem("error", f"the file is not valid {name} here", fix, "", file, line, column)


def _read_json5(text: str, file: Path) -> Read:
    try:
        root, remarks = json5.parse(text)
    except Json5SyntaxError as error:
        line, column = Lines(text).position(error.offset)
        return Read(None, (Problem("error", error.message, error.fix, "", file, line, column),))
    problems = tuple(
        Problem("warning", remark.message, remark.fix, "", file, remark.position[0], remark.position[1])
        for remark in remarks
    )
    return Read(document_of(root, file), problems)


def _read_yaml(text: str, file: Path) -> Read:
    from ccrouter.config import yaml_nodes  # PyYAML takes 10 ms, and most configs are JSON

    try:
        root, duplicates = yaml_nodes.parse(text)
    except yaml_nodes.YamlSyntaxError as error:
        line, column = error.position or (None, None)
        return Read(None, (Problem("error", error.message, error.fix, "", file, line, column),))
    problems = tuple(
        Problem("warning", f'"{name}" is given twice; the last one counts', "Take one away", "", file, line, column)
        for name, (line, column) in duplicates
    )
    return Read(document_of(root, file), problems)
