"""The bytes of a config file, and what stands beside it, as one document. The only place here that reads files.

It imports no more than that needs: the commands ask here where a daemon would listen.
"""

import glob
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from ccrouter.config.document import Document
from ccrouter.config.dotenv import DotEnv, parse_dotenv
from ccrouter.config.foreign.detect import is_env_file, translate
from ccrouter.config.foreign.translation import Translation
from ccrouter.config.include import Files, include
from ccrouter.config.problems import Problem
from ccrouter.config.read import Read, decode, read
from ccrouter.frozen import frozen

MAX_BYTES = 4 * 1024 * 1024

Prepare: TypeAlias = Callable[[Document], tuple[Document, list[Problem]]]
"""Makes a config's document of a file that is more than that."""


@frozen
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
        from ccrouter.config.foreign.env_file import translate_variables

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


def dotenv_beside(path: Path) -> Path:
    """Where the variables of the config at `path` may be."""
    return path.parent / ".env"


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
