"""The transformers of a config: `use` lists, and the user's own files."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ccrouter.config.document import child
from ccrouter.config.known import KnownNames
from ccrouter.config.locations import expand_user
from ccrouter.config.report import Report, did_you_mean, nearest
from ccrouter.config.routes import match_name
from ccrouter.config.types import TransformerUse, UserTransformer
from ccrouter.config.validate import check_options
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

JAVASCRIPT_SUFFIXES = frozenset({".js", ".cjs", ".mjs", ".ts", ""})
"""Without a suffix Node would look for `.js`."""

PORTING = "Port it to Python: docs/porting-transformers.md"


@frozen
class TransformerNames:
    """What a `use` list may name. `javascript` are the user's files that cannot run here, by file name."""

    known: KnownNames
    python_files: bool = False
    javascript: tuple[str, ...] = ()


@frozen
class Uses:
    """A provider's `transformer` object. `unavailable`: the names in it that cannot run here, with the reason."""

    use: tuple[TransformerUse, ...] = ()
    model_use: Mapping[str, tuple[TransformerUse, ...]] | None = None
    unavailable: Mapping[str, str] | None = None


@frozen
class Files:
    """Resolves the paths of a config. `folder` is the config's own; `exists` asks whether a file is there."""

    folder: Path
    exists: Callable[[Path], bool]
    report: Report

    def resolve(self, text: str, pointer: str) -> Path | None:
        """`text` as an absolute path; relative ones start at the folder, `~` is the user's. None: reported."""
        if not text.strip() or "\0" in text:
            self.report.error("this is not a path", pointer=pointer)
            return None
        return (self.folder / expand_user(Path(text.strip()))).absolute()

    def check(self, path: Path, pointer: str) -> None:
        """Report a file that is not there."""
        if not self.exists(path):
            fix = "Write the right path, or take the entry away"
            self.report.error(f"there is no file {path}", fix, pointer=pointer)


def read_user_files(value: Json, paths: Files) -> tuple[tuple[UserTransformer, ...], tuple[str, ...]]:
    """The top-level `transformers`: the Python files, and the names of the JavaScript files (warned about)."""
    report = paths.report
    files: list[UserTransformer] = []
    javascript: list[str] = []
    for index, entry in enumerate(as_list(value) or ()):
        fields = as_object(entry) or {}
        pointer = f"/transformers/{index}/path"
        text = as_str(fields.get("path"))
        path = paths.resolve(text, pointer) if text is not None else None
        if path is None:
            continue
        if path.suffix.lower() in JAVASCRIPT_SUFFIXES:
            javascript.append(path.name)
            message = f"{path.name} is JavaScript and cannot run here; what it defines is left out"
            report.warning(message, PORTING, pointer=pointer)
        elif path.suffix.lower() != ".py":
            report.error("a file of transformers must be Python (.py)", pointer=pointer)
        else:
            paths.check(path, pointer)
            files.append(UserTransformer(path, as_object(fields.get("options")) or {}))
    return tuple(files), tuple(javascript)


def read_transformers(
    value: Json, pointer: str, models: Sequence[str], names: TransformerNames, report: Report
) -> Uses:
    """The `transformer` object of one provider; names and models are given their known spelling."""
    reader = _Reader(names, report)
    use: tuple[TransformerUse, ...] = ()
    model_use: dict[str, tuple[TransformerUse, ...]] = {}
    for key, entry in (as_object(value) or {}).items():
        place = child(pointer, key)
        if key == "use":
            use = reader.use_list(entry, place)
            continue
        model = match_name(models, key)
        if model is None and models:
            near = nearest(key, models)
            fix = f'Did you mean "{near}"?' if near else "Add it to the models of this provider"
            report.warning(f'"{key}" is not a model of this provider', fix, pointer=place, key=True)
        model_use[model or key] = reader.use_list((as_object(entry) or {}).get("use"), child(place, "use"))
    return Uses(use, model_use, reader.unavailable)


def read_use_list(value: Json, pointer: str, names: TransformerNames, report: Report) -> tuple[TransformerUse, ...]:
    """A `use` list that stands by itself; one that names what cannot run here is an error."""
    reader = _Reader(names, report)
    uses = reader.use_list(value, pointer)
    for name, reason in reader.unavailable.items():
        report.error(f'transformer "{name}" cannot run here', reason, pointer=pointer)
    return uses


class _Reader:
    def __init__(self, names: TransformerNames, report: Report) -> None:
        self._names = names
        self._report = report
        self.unavailable: dict[str, str] = {}

    def use_list(self, value: Json, pointer: str) -> tuple[TransformerUse, ...]:
        uses = (self._entry(entry, child(pointer, index)) for index, entry in enumerate(as_list(value) or ()))
        return tuple(use for use in uses if use is not None)

    def _entry(self, entry: Json, pointer: str) -> TransformerUse | None:
        options: JsonObject = {}
        name_pointer, options_pointer = pointer, pointer
        parts = as_list(entry)
        if parts is not None:
            name_pointer, options_pointer = child(pointer, 0), child(pointer, 1)
            options = (as_object(parts[1]) if len(parts) > 1 else None) or {}
            entry = parts[0] if parts else None
        written = as_str(entry)
        if written is None:
            return None  # The schema check says so.
        name = self._known_name(written, name_pointer)
        schema = self._names.known.transformers.get(name)
        if schema is not None:
            check_options(name, options, schema, self._report, options_pointer)
        return TransformerUse(name, options)

    def _known_name(self, written: str, pointer: str) -> str:
        known = self._names.known
        name = match_name(list(known.transformers), written)
        if name is not None:
            return name
        name = match_name(list(known.unavailable), written)
        if name is not None:
            reason = known.unavailable[name]
            self.unavailable[name] = reason
            self._report.warning(f'transformer "{name}" cannot run here', reason, pointer=pointer)
            return name
        if self._names.javascript:
            files = ", ".join(self._names.javascript)
            reason = f"it is not known here, and {files} cannot run here"
            self.unavailable[written] = reason
            near = nearest(written, known.transformers, cutoff=0.75)
            fix = f'Did you mean "{near}"?' if near else PORTING
            self._report.warning(f'transformer "{written}" cannot run: {reason}', fix, pointer=pointer)
        elif not self._names.python_files or known.user_files_loaded:
            fix = did_you_mean(written, known.transformers)
            self._report.error(f'there is no transformer called "{written}"', fix, pointer=pointer)
        return written
