"""Another configuration's file to what the user's own is going to be. Nothing is written here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ccrouter.config.document import Lines, Position
from ccrouter.config.dotenv import DotEnv
from ccrouter.config.edit import json5_text
from ccrouter.config.edit.text import config_text
from ccrouter.config.hiding import HIDDEN, hidden
from ccrouter.config.problems import ConfigError, Problem
from ccrouter.config.read import is_yaml
from ccrouter.config.source import Source, dotenv_beside, read_dotenv, read_file, read_source
from ccrouter.config.taking.dotenv_text import with_variables
from ccrouter.config.taking.secrets import Separated, separate
from ccrouter.config.taking.text import config_as_text
from ccrouter.model.json import Json, JsonObject, as_object, as_str

OWN = "a configuration of claude-code-router or ccrouter"

_FILE_FIELDS = ("CUSTOM_ROUTER_PATH", "REWRITE_SYSTEM_PROMPT")


@dataclass(frozen=True)
class Taken:
    """What a file becomes at `target`. `text` has no key in it; `variables` must be in the `.env` beside `target`."""

    file: Path
    target: Path
    source: str
    """What the file is, as people say it."""
    text: str
    variables: Mapping[str, str]
    problems: tuple[Problem, ...]
    """What was chosen and what has no equivalent, at the lines of `file`."""

    def data(self) -> bytes:
        """The bytes of the config."""
        return self.text.encode()


def take(file: Path, target: Path, environment: Mapping[str, str]) -> Taken:
    """Read `file` as the config that `target` shall be. Raises ConfigError when it cannot be read."""
    data, problem = read_file(file, "file to take over")
    if problem is not None:
        raise ConfigError([replace(problem, fix="Check the path")])
    source = read_source(data, file)
    value = as_object(source.document.value) if source.document is not None else None
    if source.document is None or value is None or any(problem.severity == "error" for problem in source.problems):
        raise ConfigError(source.problems or [Problem("error", "this is no configuration", file=file)])
    translation = source.translation
    known = {**source.dotenv.variables, **(translation.variables if translation is not None else {})}
    there = read_dotenv(dotenv_beside(target))
    value = _with_absolute_paths(value, file.parent, target.parent)
    separated = separate(value, known, {**there.variables, **environment})
    text, left_out = _own_text(data, file, source, separated)
    if text is None:
        text = config_as_text(separated.value, _heading(file, source))
    name = translation.source if translation is not None else OWN
    return Taken(file, target, name, text, separated.variables, (*source.problems, *left_out))


def new_dotenv(taken: Taken) -> tuple[Path, str, DotEnv]:
    """The `.env` beside the target, the text it shall have, and what it has now."""
    path = dotenv_beside(taken.target)
    there = read_dotenv(path)
    text = path.read_text("utf-8") if os.path.lexists(path) else ""
    return path, with_variables(text, taken.variables), there


def _heading(file: Path, source: Source) -> list[str]:
    name = source.translation.source if source.translation is not None else "a configuration"
    return [
        f"The configuration of ccrouter, made from {file.name} ({name}).",
        "JSON5: comments, trailing commas and single quotes are fine. After a change: ccr config check",
    ]


def _own_text(data: bytes, file: Path, source: Source, separated: Separated) -> tuple[str | None, list[Problem]]:
    """The file's own text, comments and all, with what had to be changed in it; None where it must be written anew. And
    what to tell of that."""
    if source.translation is not None or source.document is None or is_yaml(file) or source.included:
        return None, []
    text = config_text(data, file)
    for pointer, new in _changes(source.document.value, separated.value, ""):
        text = text.set(pointer, new)
    if _says_more_than(text.text, separated.value):
        lost = Problem("warning", "its comments are not taken over, as something is given twice in it", file=file)
        return None, [lost] if json5_text.comment_spans(text.text) else []
    names = {value: f"${name}" for name, value in separated.variables.items()}
    shown = hidden(text.text, names, json5_text.comment_spans(text.text))
    lines = Lines(text.text)
    return shown.text, [_left_out(file, lines.position(place)) for place in shown.places]


def _left_out(file: Path, position: Position) -> Problem:
    fix = "Where it is needed, put it into the .env and write its $NAME there"
    return Problem(
        "warning", f"a key in a comment is not taken over ({HIDDEN} is in its place)", fix, "", file, *position
    )


def _says_more_than(text: str, value: Json) -> bool:
    """Whether something stands in `text` that a later one of its name hides: it may be a key."""
    said: set[str] = set()

    def gather(part: Json) -> None:
        if isinstance(part, str):
            said.add(part)
        elif isinstance(part, list):
            for entry in part:
                gather(entry)
        elif isinstance(part, dict):
            said.update(part)
            for entry in part.values():
                gather(entry)

    gather(value)
    return not json5_text.strings(text) <= said


def _changes(old: Json, new: Json, pointer: str) -> list[tuple[str, Json]]:
    """The scalars in which two values of the same shape differ."""
    from ccrouter.config.document import child

    if isinstance(old, dict) and isinstance(new, dict):
        return [change for name in new for change in _changes(old.get(name), new[name], child(pointer, name))]
    if isinstance(old, list) and isinstance(new, list):
        pairs = enumerate(zip(old, new, strict=True))
        return [change for index, (before, after) in pairs for change in _changes(before, after, child(pointer, index))]
    return [] if old == new else [(pointer, new)]


def _with_absolute_paths(value: JsonObject, old: Path, new: Path) -> JsonObject:
    """Names of files that counted from the old folder, from the root."""
    if old.resolve() == new.resolve():
        return value

    def absolute(text: Json) -> Json:
        name = as_str(text)
        if not name or not name.strip() or name.startswith(("~", "$")) or Path(name).is_absolute():
            return text
        return str((old / name).resolve())

    def with_absolute(entry: Json, field: str) -> Json:
        fields = as_object(entry)
        return entry if fields is None or field not in fields else {**fields, field: absolute(fields[field])}

    result: JsonObject = {**value}
    for name in _FILE_FIELDS:
        if name in result:
            result[name] = absolute(result[name])
    hints = as_object(result.get("hints")) or {}
    if (files := as_object(hints.get("files"))) is not None:
        result["hints"] = {**hints, "files": {family: absolute(name) for family, name in files.items()}}
    for part, field in (("Providers", "ca_bundle"), ("transformers", "path")):
        entries = result.get(part)
        if isinstance(entries, list):
            result[part] = [with_absolute(entry, field) for entry in entries]
    return result
