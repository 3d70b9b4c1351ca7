"""`include`: further files of a configuration, put together with it so that every part is still told where it stands.

Lists of the file's own (`Providers`, `transformers`, …, and `Router.rules`) are joined, objects are merged, and what
two files say differently is an error with both places.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ccrouter.config.document import Document, Origin, child
from ccrouter.config.locations import expand_user
from ccrouter.config.problems import Problem
from ccrouter.config.read import Read
from ccrouter.config.report import fold, kind_of
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_object

KEY = "include"
MOST_FILES = 200

_JOINED = ("/Router/rules",)
"""Lists that are joined, besides all that the file itself has."""


@frozen
class Files:
    """What an include asks of the disk."""

    read: Callable[[Path], Read]
    matching: Callable[[Path], Sequence[Path]]
    """The files that a pattern means, in the order of their names."""


@frozen
class Included:
    """`document` is the whole. `sources` are the files it came from, and the folders where another may appear."""

    document: Document
    problems: tuple[Problem, ...] = ()
    sources: tuple[Path, ...] = ()


def include(document: Document, files: Files) -> Included:
    """`document` together with what it includes."""
    value = as_object(document.value)
    if value is None or _key_of(value) is None:
        return Included(document)
    gathering = _Gathering(files)
    whole = gathering.whole(document, (document.file,))
    return Included(whole, tuple(gathering.problems), tuple(dict.fromkeys(gathering.sources)))


def is_pattern(text: str) -> bool:
    """Whether a name stands for several files."""
    return any(character in text for character in "*?[")


def _key_of(value: JsonObject) -> str | None:
    return next((name for name in value if fold(name) == KEY), None)


@dataclass(slots=True)
class _Gathering:
    """Follows the includes, each file once."""

    files: Files
    problems: list[Problem] = field(default_factory=list[Problem])
    sources: list[Path] = field(default_factory=list[Path])
    _seen: set[Path] = field(default_factory=set[Path])

    def whole(self, document: Document, way: tuple[Path, ...]) -> Document:
        """`document` with its includes; `way` are the files that lead to it, itself the last."""
        value = as_object(document.value) or {}
        key = _key_of(value)
        if key is None:
            return document
        self._seen.add(document.file.resolve())
        pointer = child("", key)
        for text, place in _texts(value[key], pointer):
            for path in self._paths(document, text, place):
                document = self._with(document, path, place, way)
        return document

    def _paths(self, document: Document, text: str, place: str) -> Sequence[Path]:
        path = document.file.parent / expand_user(Path(text.strip()))
        if not is_pattern(text):
            return [path]
        if path.parent != document.file.parent:  # the home's own folder changes whenever the daemon writes its state
            self.sources.append(path.parent)
        found = [one for one in self.files.matching(path) if one.resolve() != document.file.resolve()]
        if not found:
            fix = f"It counts from {document.file.parent}"
            self.problems.append(document.problem("warning", f'no file is like "{text}"', fix, pointer=place))
        return found

    def _with(self, document: Document, path: Path, place: str, way: tuple[Path, ...]) -> Document:
        real = path.resolve()
        circle = [file.resolve() for file in way]
        if real in circle:
            names = " -> ".join(file.name for file in (*way[circle.index(real) :], path))
            self._refuse(document, place, f"files include each other: {names}", "Take one of the includes away")
            return document
        if real in self._seen:
            return document  # several may include what they share
        if len(self._seen) > MOST_FILES:
            self._refuse(document, place, f"more than {MOST_FILES} files are included", "Include fewer")
            return document
        self._seen.add(real)
        self.sources.append(path)
        read = self.files.read(path)
        for problem in read.problems:
            if problem.line is None:  # It is not there, or may not be read: the include is where that is mended.
                self._refuse(document, place, f"{path} cannot be included: {problem.message}", problem.fix)
            else:
                self.problems.append(problem)
        if read.document is None:
            return document
        if as_object(read.document.value) is None:
            message = f"an included file is an object, this is {kind_of(read.document.value)}"
            self.problems.append(read.document.problem("error", message, 'Begin with { "Providers": [ … ] }'))
            return document
        return self._merged(document, self.whole(read.document, (*way, path)))

    def _refuse(self, document: Document, place: str, message: str, fix: str | None) -> None:
        self.problems.append(document.problem("error", message, fix, pointer=place))

    def _merged(self, document: Document, other: Document) -> Document:
        merging = _Merging(document, other, self.problems)
        value = merging.objects(as_object(document.value) or {}, as_object(other.value) or {}, "", "")
        return replace(document, value=value, elsewhere={**document.elsewhere, **merging.origins})


def _texts(value: Json, pointer: str) -> Iterator[tuple[str, str]]:
    """The names in an include, one text or a list. Wrong types are the schema check's to tell."""
    if isinstance(value, str) and value.strip():
        yield value, pointer
    for index, entry in enumerate(value if isinstance(value, list) else ()):
        if isinstance(entry, str) and entry.strip():
            yield entry, child(pointer, index)


class _Merging:
    """Two documents becoming one; `origins` are the places of what the second brings."""

    def __init__(self, one: Document, other: Document, problems: list[Problem]) -> None:
        self._one = one
        self._other = other
        self._problems = problems
        self.origins: dict[str, Origin] = {}

    def objects(self, one: JsonObject, other: JsonObject, pointer: str, elsewhere: str) -> JsonObject:
        """The members of both. `pointer` is the place in the whole, `elsewhere` that in the second document."""
        result = {**one}
        spelled = {fold(name): name for name in one} if not pointer else {name: name for name in one}
        for name, entry in other.items():
            if not pointer and fold(name) in (KEY, "$schema"):
                continue
            there = child(elsewhere, name)
            known = spelled.get(fold(name) if not pointer else name)
            if known is None:
                self._take(entry, child(pointer, name), there)
                result[name] = entry
            else:
                result[known] = self._both(result[known], entry, child(pointer, known), there)
        return result

    def _both(self, one: Json, other: Json, pointer: str, elsewhere: str) -> Json:
        if isinstance(one, dict) and isinstance(other, dict):
            return self.objects(one, other, pointer, elsewhere)
        if isinstance(one, list) and isinstance(other, list) and (pointer.count("/") == 1 or pointer in _JOINED):
            for index, entry in enumerate(other):
                self._take(entry, child(pointer, len(one) + index), child(elsewhere, index))
            return [*one, *other]
        if type(one) is not type(other) or one != other:
            self._clash(pointer, elsewhere)
        return one

    def _clash(self, pointer: str, elsewhere: str) -> None:
        first = self._one.origin(pointer, key=True)
        place = ":".join(str(part) for part in (first.file, *(first.position or ())[:1]))
        name = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        message = f'"{name}" is given in two files, and differently: also at {place}'
        problem = self._other.problem("error", message, "Take one of them away", pointer=elsewhere, key=True)
        self._problems.append(problem)

    def _take(self, value: Json, pointer: str, elsewhere: str) -> None:
        """Remember where a part of the second document stands, and every part of it."""
        self.origins[pointer] = self._other.origin(elsewhere)
        if isinstance(value, dict):
            for name, entry in value.items():
                self._take(entry, child(pointer, name), child(elsewhere, name))
        elif isinstance(value, list):
            for index, entry in enumerate(value):
                self._take(entry, child(pointer, index), child(elsewhere, index))
