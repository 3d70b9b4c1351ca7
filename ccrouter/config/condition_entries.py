"""The single conditions of a rule, from JSON to data. Wrong types are the schema check's to tell; here: the rest."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

from ccrouter.config.conditions import (
    TIERS,
    Condition,
    HasImage,
    Headers,
    Span,
    Subagent,
    Texts,
    TextTest,
    TimeOfDay,
    Tokens,
    Wildcards,
    WordField,
    Words,
    wildcards,
)
from ccrouter.config.document import child
from ccrouter.config.locations import expand_user
from ccrouter.config.regexes import RegexError, compiled
from ccrouter.config.report import Report, did_you_mean
from ccrouter.config.types import EFFORTS
from ccrouter.model.json import Json, as_int, as_list, as_object, as_str

Read = Callable[[Json, str, Report], Condition | None]

REQUEST_CLASSES: Final = ("main", "subagent", "workflow", "compaction", "auxiliary")
"""What the client's `x-claude-code-request-class` may say (field-notes 7)."""
_SPAN: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]|24):([0-5]\d)")


def _texts(value: Json, pointer: str, report: Report) -> list[tuple[str, str]] | None:
    """The texts of a single text or a list, each with its place; None where there is none."""
    entries = as_list(value)
    pairs = [(value, pointer)] if entries is None else [(entry, child(pointer, at)) for at, entry in enumerate(entries)]
    found = [(text.strip(), place) for entry, place in pairs if (text := as_str(entry)) is not None]
    if len(found) < len(pairs) or not found:
        return None
    empty = [place for text, place in found if not text]
    for place in empty:
        report.error("must not be empty", pointer=place)
    return None if empty else found


def _patterns(value: Json, pointer: str, report: Report) -> tuple[Wildcards, ...] | None:
    texts = _texts(value, pointer, report)
    return None if texts is None else tuple([wildcards(text) for text, _ in texts])


def _words(field: WordField) -> Read:
    def read(value: Json, pointer: str, report: Report) -> Condition | None:
        patterns = _patterns(value, pointer, report)
        return None if patterns is None else Words(field, patterns)

    return read


def _listed(field: WordField, known: tuple[str, ...], severity: Literal["error", "warning"]) -> Read:
    """For words that are known beforehand."""

    def read(value: Json, pointer: str, report: Report) -> Condition | None:
        texts = _texts(value, pointer, report)
        for text, place in texts or ():
            if text.casefold() not in known:
                say = report.error if severity == "error" else report.warning
                say(f'there is no {field} "{text}"', did_you_mean(text, known), pointer=place)
        return None if texts is None else Words(field, tuple([wildcards(text) for text, _ in texts]))

    return read


def _path(value: Json, pointer: str, report: Report) -> Condition | None:
    """A folder means all that is below it too."""
    texts = _texts(value, pointer, report)
    if texts is None:
        return None
    patterns: list[Wildcards] = []
    for text, _ in texts:
        folder = expand_user(Path(text)).as_posix() if text.startswith("~") else text.replace("\\", "/")
        folder = folder.rstrip("/") or "/"
        below = wildcards(f"{folder.rstrip('/')}/*")
        patterns += [wildcards(folder), Wildcards(folder, below.pattern)]
    return Words("path", tuple(patterns))


def _subagent(value: Json, pointer: str, report: Report) -> Condition | None:
    if isinstance(value, bool):
        return Subagent(value)
    patterns = _patterns(value, pointer, report)
    return None if patterns is None else Subagent(wanted=True, types=patterns)


def _header(value: Json, pointer: str, report: Report) -> Condition | None:
    wanted: list[tuple[str, tuple[Wildcards, ...]]] = []
    fields = as_object(value) or {}
    for name in sorted(fields):
        entry = fields[name]
        patterns = (wildcards("*"),) if entry is True else _patterns(entry, child(pointer, name), report)
        if patterns is not None:
            wanted.append((name.strip().lower(), patterns))
    return Headers(tuple(wanted)) if wanted and len(wanted) == len(fields) else None


def _image(value: Json, pointer: str, report: Report) -> Condition | None:
    del pointer, report  # the schema check says all there is to say
    return HasImage(value) if isinstance(value, bool) else None


def _tokens(value: Json, pointer: str, report: Report) -> Condition | None:
    fields = as_object(value) or {}
    least, most = as_int(fields.get("min")), as_int(fields.get("max"))
    if least is None and most is None:
        report.error('"min" or "max" is missing', 'Write { "min": 60000 }', pointer=pointer)
        return None
    if least is not None and most is not None and least > most:
        report.error(f"no number is at least {least} and at most {most}", "Swap the two", pointer=pointer)
        return None
    return Tokens(least, most)


def _searched(field: Literal["text", "system"]) -> Read:
    def read(value: Json, pointer: str, report: Report) -> Condition | None:
        entries = as_list(value)
        single = [(value, pointer)]
        pairs = single if entries is None else [(entry, child(pointer, at)) for at, entry in enumerate(entries)]
        tests = [_text_test(entry, place, report) for entry, place in pairs]
        sound = tuple([test for test in tests if test is not None])
        return Texts(field, sound) if sound and len(sound) == len(tests) else None

    return read


def _text_test(value: Json, pointer: str, report: Report) -> TextTest | None:
    fields = as_object(value)
    if fields is not None and ("regex" in fields) == ("contains" in fields):
        report.error('either "contains" or "regex" must be here', pointer=pointer)
        return None
    key = "regex" if fields is not None and "regex" in fields else "contains"
    text = as_str(value if fields is None else fields.get(key))
    place = pointer if fields is None else child(pointer, key)
    if text is None:
        return None
    if not text:
        report.error("must not be empty", pointer=place)
        return None
    if key == "contains":
        return TextTest(text)
    try:
        return TextTest(text, compiled(text))
    except RegexError as error:
        report.error(f"this regular expression cannot be used: {error}", pointer=place)
        return None


def _time(value: Json, pointer: str, report: Report) -> Condition | None:
    texts = _texts(value, pointer, report)
    if texts is None:
        return None
    spans: list[Span] = []
    for text, place in texts:
        span = _span(text)
        if span is None:
            report.error(f'"{text}" is no span of time', 'Write "22:00-06:00"', pointer=place)
        else:
            spans.append(span)
    return TimeOfDay(tuple(spans)) if len(spans) == len(texts) else None


def _span(text: str) -> Span | None:
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    return None if end > 24 * 60 or begin == end else Span(text, begin, end)


CONDITIONS: Final[Mapping[str, Read]] = {
    "model": _words("model"),
    "tier": _listed("tier", TIERS, "error"),
    "effort": _listed("effort", EFFORTS, "error"),
    "class": _listed("class", REQUEST_CLASSES, "warning"),
    "subagent": _subagent,
    "session": _words("session"),
    "header": _header,
    "time": _time,
    "tools": _words("tools"),
    "image": _image,
    "path": _path,
    "text": _searched("text"),
    "system": _searched("system"),
    "tokens": _tokens,
}
"""Every condition but `not`, in the order to ask them: what costs nothing first, counting last."""
