"""A config file to a Config, or to everything that is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ccrouter.config.adapt import adapt
from ccrouter.config.canonical import canonicalise
from ccrouter.config.document import Document
from ccrouter.config.dotenv import DotEnv
from ccrouter.config.interpolate import Variables, interpolate
from ccrouter.config.known import KnownNames
from ccrouter.config.problems import Problem, has_errors
from ccrouter.config.report import Report, kind_of
from ccrouter.config.schema import load_schema
from ccrouter.config.source import Prepare, dotenv_beside, read_file, read_source
from ccrouter.config.types import Config
from ccrouter.config.validate import check_schema
from ccrouter.model.json import Json, as_object

__all__ = ["KnownNames", "Loaded", "load_config"]


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


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # A name that is too long, a folder that may not be searched.
        return False
