"""What comes of reading another program's configuration: ours, with the way back to where each part was written."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from ccrouter.config.document import Document, Origin, child
from ccrouter.config.problems import Problem
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject


@frozen
class Translation:
    """`document` is in our words; what is wrong with it is told at the lines of the file it was read from."""

    source: str
    """What the file is, as people say it: `a LiteLLM configuration`."""
    document: Document
    problems: tuple[Problem, ...] = ()
    """What has no equivalent, and what was chosen where the file leaves it open (warnings)."""
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables that the file itself sets, for the `$NAME`s of the document."""


class Translator:
    """Collects our configuration, part by part, each with the pointer of what it was made from."""

    def __init__(self, source: Document) -> None:
        self._source = source
        self._value: JsonObject = {}
        self._origins: dict[str, Origin] = {}
        self._problems: list[Problem] = []

    def put(self, name: str, value: Json, made_from: str) -> None:
        """Set the top-level key `name`."""
        self._value[name] = value
        self.place(child("", name), made_from)

    def place(self, pointer: str, made_from: str) -> None:
        """Say where the part of ours at `pointer` comes from."""
        self._origins[pointer] = self._source.origin(made_from)

    def warn(self, message: str, fix: str | None = None, *, at: str = "") -> None:
        """Tell what has no equivalent, or was chosen; `at` is a pointer into the source."""
        self._tell("warning", message, fix, at)

    def error(self, message: str, fix: str | None = None, *, at: str = "") -> None:
        """Tell what keeps the configuration from being used."""
        self._tell("error", message, fix, at)

    def finish(self, source: str, variables: Mapping[str, str] | None = None) -> Translation:
        """What was collected."""
        file = self._source.file
        document = Document(self._value, file, {"": (1, 1)}, {}, {**self._origins})
        return Translation(source, document, tuple(self._problems), variables or {})

    def _tell(self, severity: Literal["error", "warning"], message: str, fix: str | None, at: str) -> None:
        self._problems.append(self._source.problem(severity, message, fix, pointer=at))
