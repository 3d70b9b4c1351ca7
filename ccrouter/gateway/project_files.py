"""Which files may lie over the configuration for a session: CCR's, by project and session, and a project's own."""

import re
import stat
from collections.abc import Mapping
from pathlib import Path

from ccrouter.config.locations import expand_user
from ccrouter.config.override import MAX_OVERRIDE_BYTES
from ccrouter.frozen import frozen

PROJECT_FILE = ".ccrouter.json"
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""Session ids come from the client; only those that are plain file names are looked up."""

Stamp = tuple[int, int, int]


@frozen
class Found:
    """A file that exists. `trusted`: it is the user's own, not a project's."""

    path: Path
    trusted: bool
    stamp: Stamp


@frozen
class Folders:
    """Where to look. `home` is the config's folder, `claude` Claude Code's own (`~/.claude`), `user` the user's."""

    home: Path
    claude: Path
    user: Path

    def look(self, session_id: str | None, directory: str | None) -> tuple[Found, ...]:
        """The files for a session in a working directory, the one that counts most last.

        A project's own file first: what the user wrote for the project, or for the session, goes over it.
        """
        session = session_id if session_id is not None and FILE_NAME.fullmatch(session_id) else None
        work = Path(directory) if directory is not None and Path(directory).is_absolute() else None
        found = [self._project_file(work)] if work is not None else []
        folder = self._project_folder(session, work)
        if folder is not None:
            found.append(_file(self.home / folder / "config.json", trusted=True))
            if session is not None and session != "config":
                found.append(_file(self.home / folder / f"{session}.json", trusted=True))
        return tuple(file for file in found if file is not None)

    def _project_folder(self, session: str | None, work: Path | None) -> str | None:
        """The name of Claude Code's folder for the project: where the session's file is, else what it will be."""
        named = folder_name(work) if work is not None else None
        if session is None:
            return named
        projects, file = self.claude / "projects", f"{session}.jsonl"
        if named is not None and _exists(projects / named / file):
            return named
        try:
            return next((folder.name for folder in projects.iterdir() if _exists(folder / file)), named)
        except OSError:
            return named

    def _project_file(self, work: Path) -> Found | None:
        """The nearest `.ccrouter.json` from the working directory up to its repository's root, else up to the user's
        folder; outside of both only in the directory itself: further up it might be anybody's."""
        upwards = [work, *work.parents]
        top = next((folder for folder in upwards if _exists(folder / ".git")), None)
        if top is None:
            top = self.user if self.user in upwards else work
        for folder in upwards[: upwards.index(top) + 1]:
            file = _file(folder / PROJECT_FILE, trusted=False)
            if file is not None:
                # A link that leads out of the project could make us read, and quote, any file.
                return file if file.path.resolve().is_relative_to(top.resolve()) else None
        return None


def project_folders(home: Path, environment: Mapping[str, str]) -> Folders:
    """The folders of the user whose environment it is. `home` is the config's folder."""
    user = expand_user(Path("~"))
    named = environment.get("CLAUDE_CONFIG_DIR")
    return Folders(home, expand_user(Path(named)) if named else user / ".claude", user)


def folder_name(work: Path) -> str:
    """Claude Code's name for a project's folder below `projects` (measured on 2.1.197 and 2.1.332)."""
    return re.sub(r"[^A-Za-z0-9]", "-", str(work))


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def _file(path: Path, *, trusted: bool) -> Found | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_OVERRIDE_BYTES:
        return None
    return Found(path, trusted, (status.st_mtime_ns, status.st_size, status.st_ino))
