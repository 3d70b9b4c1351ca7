"""The texts of the hints, read: ours from the package, the user's in their place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ccrouter.config.document import child
from ccrouter.config.problems import Problem
from ccrouter.config.types import HINT_FAMILIES, HintFamily
from ccrouter.frozen import frozen
from ccrouter.transformers.guidance import Guidance

MAX_BYTES: Final = 64 * 1024
"""It goes out with every request."""


@frozen
class GuidanceFiles:
    """What was read. A family without a text, or with an empty one, is not in `texts`."""

    texts: Mapping[HintFamily, Guidance]
    problems: tuple[Problem, ...] = ()
    sources: tuple[Path, ...] = ()
    """The user's files, and the folder where more may appear."""


def read_guidance(named: Mapping[HintFamily, Path], folder: Path | None) -> GuidanceFiles:
    """The text of each family: of the file that the config names, else of `<family>.md` in `folder`, else ours.

    A named file that cannot be read is an error; for one that only lies there a warning is enough, and ours counts.
    """
    problems = _strangers(folder) if folder is not None else []
    sources = [folder] if folder is not None else []
    texts: dict[HintFamily, Guidance] = {}
    for family in HINT_FAMILIES:
        found = named.get(family) or _in_folder(family, folder)
        text = None
        if found is not None:
            sources.append(found)
            text, why = _read(found)
            if why is not None:
                problems.append(_unreadable(found, why, family, named=family in named))
        if text is None:
            text, found = _built_in(family), None
        if text.strip():
            texts[family] = Guidance(family, text.strip(), found)
    return GuidanceFiles(texts, tuple(problems), tuple(sources))


def _in_folder(family: HintFamily, folder: Path | None) -> Path | None:
    path = folder / f"{family}.md" if folder is not None else None
    return path if path is not None and path.exists() else None


def _read(path: Path) -> tuple[str | None, str | None]:
    """The text, or why there is none."""
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        return None, f"cannot be read ({error.strerror or error})"
    if data is None:
        return None, f"is larger than {MAX_BYTES // 1024} KB, which every request would carry"
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        return None, "is not UTF-8 text"


def _unreadable(path: Path, why: str, family: HintFamily, *, named: bool) -> Problem:
    if named:
        return Problem("error", f"{path} {why}", "Correct the file or the path", child("/hints/files", family))
    return Problem("warning", f"it {why}; the hints for {family} are our own", "Correct it, or delete it", file=path)


def _strangers(folder: Path) -> list[Problem]:
    """A warning for each file in the folder that is for no family."""
    try:
        names = sorted(path.name for path in folder.glob("*.md"))
    except OSError:
        return []
    known = [f"{family}.md" for family in HINT_FAMILIES]
    return [
        Problem("warning", "no model gets these hints", f"Call the file one of {', '.join(known)}", file=folder / name)
        for name in names
        if name not in known
    ]


def _built_in(family: HintFamily) -> str:
    # Not by importlib.resources: it loads zipfile, which the start of the daemon would have to wait for.
    path = Path(__file__).parent / "data" / "hints" / f"{family}.md"
    return path.read_text("utf-8") if path.is_file() else ""
