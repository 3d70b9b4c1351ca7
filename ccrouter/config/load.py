"""A config file to a Config, or to everything that is wrong with it. The only place of the config that reads files."""

import glob
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from ccrouter.config.adapt import adapt
from ccrouter.config.canonical import canonicalise
from ccrouter.config.document import Document
from ccrouter.config.dotenv import DotEnv, parse_dotenv
from ccrouter.config.foreign.detect import translate
from ccrouter.config.foreign.env_file import is_env_file, translate_variables
from ccrouter.config.foreign.translation import Translation
from ccrouter.config.include import Files, include
from ccrouter.config.interpolate import Variables, interpolate
from ccrouter.config.known import KnownNames
from ccrouter.config.problems import Problem, has_errors
from ccrouter.config.read import Read, decode, read
from ccrouter.config.report import Report, kind_of
from ccrouter.config.schema import load_schema
from ccrouter.config.types import Config
from ccrouter.config.validate import check_schema
from ccrouter.model.json import Json, as_object

__all__ = ["KnownNames", "Loaded", "load_config"]

MAX_BYTES = 4 * 1024 * 1024

Prepare: TypeAlias = Callable[[Document], tuple[Document, list[Problem]]]
"""Makes a config's document of a file that is more than that."""


@dataclass(frozen=True)
class Loaded:
    """`config` is None exactly when one of `problems` is an error. Problems come in the order of the file."""

    config: Config | None
    problems: tuple[Problem, ...]
    draft: Config | None = None
    """What could be understood, with errors or without: for showing and changing it, not for serving. None where the
    file cannot be read at all."""
    value: Json = None
    """The file's value in its own spelling, with the variables put in."""
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    """Pointers in the canonical spelling to those in the file's own."""
    sources: tuple[Path, ...] = ()
    """What it was read from: files, and folders where another file may appear."""
    document: Document | None = None
    """The whole, with the place of every part."""


def load_config(
    path: Path,
    *,
    environment: Mapping[str, str],
    known: KnownNames,
    content: bytes | None = None,
    prepare: Prepare | None = None,
) -> Loaded:
    """Read the config at `path`, put the variables in, adapt and check it: all of its problems at once.

    `environment` is the process environment; `content` is what the file is going to be, where that is asked. Never
    raises for what a user can do to a file.
    """
    path = path.absolute()
    data, problem = read_file(path, "config file") if content is None else (content, None)
    if problem is not None:
        return Loaded(None, (problem,))
    source = read_source(data, path, prepare)
    if source.document is None:
        return Loaded(None, source.problems)
    built = _build(source.document, environment, source.dotenv, known)
    files = [path, *source.included]
    found = sorted((*source.problems, *built.problems), key=lambda problem: _place(problem, files))
    everything = (*source.dotenv.problems, *found)
    draft = built.draft
    if draft is not None and source.included:
        draft = replace(draft, sources=(*draft.sources, *source.included))
    usable = None if has_errors(everything) else draft
    return replace(built, config=usable, draft=draft, problems=everything, sources=(*files, dotenv_beside(path)))


def _place(problem: Problem, files: Sequence[Path]) -> tuple[int, int, int]:
    """Problems come file by file, and in each in the order of its lines."""
    file = files.index(problem.file) if problem.file in files else -1
    return file, problem.line or 0, problem.column or 0


@dataclass(frozen=True)
class Source:
    """A file as a configuration of ours, whatever it is. `document` is None where it could not be read."""

    document: Document | None
    problems: tuple[Problem, ...]
    dotenv: DotEnv
    """The variables beside it, or in it."""
    translation: Translation | None = None
    """How it was read, where it is another program's."""
    included: tuple[Path, ...] = ()
    """The files that it includes, and the folders where more of them may appear."""


def read_source(data: bytes, path: Path, prepare: Prepare | None = None) -> Source:
    """Read the file's bytes, and the `.env` beside it."""
    text, undecodable = decode(data, path)
    if undecodable is None and is_env_file(path, text):
        dotenv = parse_dotenv(text, path)
        translation = translate_variables(dotenv, path)
        return Source(translation.document, translation.problems, replace(dotenv, problems=()), translation)
    parsed = read(data, path)
    if parsed.document is None:
        return Source(None, parsed.problems, DotEnv({}, ()))
    dotenv = read_dotenv(dotenv_beside(path))
    if prepare is not None:
        document, prepared = prepare(parsed.document)
        return Source(document, (*parsed.problems, *prepared), dotenv)
    whole = include(parsed.document, Files(_read_included, _matching))
    problems = (*parsed.problems, *whole.problems)
    translation = translate(whole.document)
    if translation is None:
        return Source(whole.document, problems, dotenv, included=whole.sources)
    variables = {**dotenv.variables, **translation.variables}
    problems = (*problems, *translation.problems)
    return Source(
        translation.document, problems, replace(dotenv, variables=variables), translation, included=whole.sources
    )


def _read_included(path: Path) -> Read:
    data, problem = read_file(path, "file to include")
    if problem is not None:
        return Read(None, (replace(problem, fix="Check the name: it counts from the file with the include"),))
    return read(data, path)


def _matching(pattern: Path) -> list[Path]:
    """The files like `pattern`, in the order of their names; hidden ones only where the pattern says so."""
    found = glob.glob(str(pattern))  # noqa: PTH207 - Path.glob takes hidden files (an editor's) too
    return sorted(path for path in map(Path, found) if path.is_file())


def _build(document: Document, environment: Mapping[str, str], dotenv: DotEnv, known: KnownNames) -> Loaded:
    variables = Variables(environment, dotenv.variables, dotenv_beside(document.file))
    interpolated = interpolate(document, variables)
    value = as_object(interpolated.value)
    if value is None:
        message = f"a configuration is an object, this is {kind_of(interpolated.value)}"
        return Loaded(None, (document.problem("error", message, 'Begin with { "Providers": [], "Router": {} }'),))
    schema = load_schema()
    canonical = canonicalise(value, document, schema, interpolated.unset, interpolated.changed)
    report = Report(document, canonical.origins, interpolated.unset)
    check_schema(canonical.value, schema, report, canonical.secret)
    schema_keys = frozenset(schema["properties"])
    config = adapt(
        canonical.value,
        report,
        path=document.file,
        file_exists=_is_file,
        schema_keys=schema_keys,
        variables=variables,
        known=known,
    )
    problems = (*interpolated.problems, *canonical.problems, *report.problems)
    return Loaded(config, problems, config, interpolated.value, canonical.origins, document=document)


def dotenv_beside(path: Path) -> Path:
    """Where the variables of the config at `path` may be."""
    return path.parent / ".env"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # A name that is too long, a folder that may not be searched.
        return False


def read_dotenv(path: Path) -> DotEnv:
    """The `.env` beside the config; one that cannot be read is a warning, as is every variable then missing."""
    if not os.path.lexists(path):
        return DotEnv({}, ())
    data, problem = read_file(path, ".env file")
    text, undecodable = decode(data, path)
    problem = problem or undecodable
    return DotEnv({}, (replace(problem, severity="warning"),)) if problem else parse_dotenv(text, path)


def read_file(path: Path, what: str) -> tuple[bytes, Problem | None]:
    """The bytes of a file, or why there are none."""

    def problem(message: str, fix: str) -> tuple[bytes, Problem]:
        return b"", Problem("error", message, fix, file=path)

    try:
        if path.is_dir():
            return problem(f"this is a folder, not a {what}", f"Name the file in it, such as {path / 'config.json'}")
        if path.exists() and not path.is_file():
            return problem(f"this is not an ordinary file, so it cannot be the {what}", "Name an ordinary file")
        if path.stat().st_size > MAX_BYTES:
            return problem(f"this file is too large for a {what}", f"The limit is {MAX_BYTES // 2**20} MB")
        return path.read_bytes(), None
    except FileNotFoundError:
        return problem(f"there is no {what} here", "`ccr start` writes a first one into ~/.claude-code-router")
    except PermissionError:
        return problem(f"the {what} may not be read", "Give yourself the right to read it (chmod u+r)")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return problem(f"the {what} cannot be read: {reason}", "Check the path")
