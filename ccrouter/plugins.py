"""The user's own Python files: transformers (the config's `transformers`) and a router (`CUSTOM_ROUTER_PATH`)."""

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ccrouter.api import Transformer
from ccrouter.config.problems import Problem
from ccrouter.config.types import UserTransformer
from ccrouter.model.json import Json

JAVASCRIPT = frozenset({".js", ".cjs", ".mjs", ".ts"})
GUIDE = "docs/porting-transformers.md"


def load_transformers(entries: Sequence[UserTransformer]) -> tuple[dict[str, type[Transformer]], list[Problem]]:
    """The transformers that the files define, by name, and what went wrong. Nothing that a file does escapes.

    An entry's options are the defaults of its classes; those in a `use` list go over them, key by key. A class that is
    loaded later replaces an earlier or built-in one of its name (`registry.find`). A file is run anew on each call, so
    a reload of the config sees its changes.
    """
    found: dict[str, type[Transformer]] = {}
    problems: list[Problem] = []
    for position, entry in enumerate(entries):
        pointer = f"/transformers/{position}"
        classes = _load_file(entry.path, pointer, problems)
        for transformer in classes:
            if transformer.name in found:
                problems.append(
                    Problem(
                        "warning",
                        f"the transformer '{transformer.name}' is defined twice; the later one counts",
                        pointer=pointer,
                        file=entry.path,
                    )
                )
            found[transformer.name] = with_defaults(transformer, entry.options)
    return found, problems


def load_router(path: Path) -> tuple[Callable[..., object] | None, Problem | None]:
    """The `route` function of the file, or why there is none. Nothing that the file does escapes.

    It is a warning: without it the built-in rules decide, as in CCR.
    """
    try:
        module = _run(path)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - user code may raise anything; it becomes a problem
        text, line = load_failure(path, error)
        return None, _router_problem(path, f"the custom router cannot be loaded: {text}", None, line)
    route = getattr(module, "route", None)
    if not callable(route):
        fix = "Define `def route(request, config)`; docs/custom-router.md shows one"
        return None, _router_problem(path, "the custom router defines no function `route`", fix, None)
    try:
        inspect.signature(route).bind(None, None)
    except TypeError as error:
        fix = "It is called with two arguments: `def route(request, config)`"
        line = getattr(getattr(route, "__code__", None), "co_firstlineno", None)
        return None, _router_problem(path, f"the custom router's `route` cannot be called: {error}", fix, line)
    except ValueError:  # a callable without a signature to look at
        pass
    return route, None


def _router_problem(path: Path, message: str, fix: str | None, line: int | None) -> Problem:
    goes_on = "Until then the built-in rules decide"
    return Problem("warning", message, f"{fix}. {goes_on}" if fix else goes_on, "/CUSTOM_ROUTER_PATH", path, line)


def load_failure(path: Path, error: BaseException) -> tuple[str, int | None]:
    """What kept a file from loading, and its line."""
    if isinstance(error, SyntaxError):
        own = error.filename is None or Path(error.filename) == path
        place = "" if own else f" in {error.filename}"
        return f"the file is not valid Python: {error.msg}{place}", error.lineno if own else None
    return failed_at(path, error)


def failed_at(path: Path, error: BaseException) -> tuple[str, int | None]:
    """An error of the user's code in words, and the last line of the file that it came through."""
    return _text_of(error), _line_in(path, error)


def with_defaults(transformer: type[Transformer], defaults: Mapping[str, Json]) -> type[Transformer]:
    """A subclass whose options are `defaults` overlaid with what it is given. The class itself without defaults."""
    if not defaults:
        return transformer

    def initialise(self: Transformer, options: Mapping[str, Json] | None = None) -> None:
        transformer.__init__(self, {**defaults, **(options or {})})

    members: dict[str, Any] = {
        "__init__": initialise,
        "__module__": transformer.__module__,
        "__doc__": transformer.__doc__,
        "options_schema": _without_required(transformer.options_schema, defaults),
    }
    return type(transformer.__name__, (transformer,), members)


def _without_required(schema: Mapping[str, Any], defaults: Mapping[str, Json]) -> Mapping[str, Any]:
    """The schema of what a `use` list has to give: what the entry gave already is no longer required."""
    required = schema.get("required")
    if not isinstance(required, list):
        return schema
    return {**schema, "required": [name for name in required if name not in defaults]}  # pyright: ignore[reportUnknownVariableType]


def _load_file(path: Path, pointer: str, problems: list[Problem]) -> list[type[Transformer]]:
    """The transformer classes that a file defines, or none and a problem that says why."""

    def report(message: str, fix: str | None = None, line: int | None = None) -> list[type[Transformer]]:
        problems.append(Problem("error", message, fix, pointer, path, line))
        return []

    if path.suffix.casefold() in JAVASCRIPT:
        return report(
            "this transformer is written in JavaScript, and ccrouter runs Python",
            f"{GUIDE} shows each of CCR's hooks in Python; until then take the entry out of `transformers`",
        )
    if not path.is_file():
        what = "is a directory, not a file" if path.is_dir() else "there is no such file"
        return report(f"cannot load the transformer: {what}", "Correct the `path`.")
    try:
        module = _run(path)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - user code may raise anything; it becomes a problem
        text, line = load_failure(path, error)
        return report(
            text if isinstance(error, SyntaxError) else f"the file failed while it was loaded: {text}", line=line
        )
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Transformer) and value.__module__ == module.__name__
    ]
    named = [transformer for transformer in classes if isinstance(getattr(transformer, "name", None), str)]
    if not named:
        nameless = f" ({', '.join(transformer.__name__ for transformer in classes)} has no `name`)" if classes else ""
        return report(
            f"the file defines no transformer{nameless}",
            "Define a class that derives from ccrouter.api.Transformer and has a `name`.",
        )
    return named


def _run(path: Path) -> ModuleType:
    """Run the file as a module of its own. Its name is unique, so that two files called alike stay apart."""
    digest = hashlib.sha256(str(path.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    name = f"ccrouter_user_{digest}_{''.join(c if c.isalnum() else '_' for c in path.stem)}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_SourceLoader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    previous = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses and pickle look their module up by name
    try:
        spec.loader.exec_module(module)
    except BaseException:
        # What served so far goes on serving: its classes still belong to the previous module.
        if previous is None:
            del sys.modules[name]
        else:
            sys.modules[name] = previous
        raise
    return module


class _SourceLoader(SourceFileLoader):
    """Compiles the source each time: a .pyc is looked up by a time in seconds, too coarse for an edit and a reload."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception of the user's own class whose __str__ fails too
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line_in(path: Path, error: BaseException) -> int | None:
    """The last line of `path` that the error came through."""
    line: int | None = None
    trace = error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
