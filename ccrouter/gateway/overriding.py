"""The configuration as it is for one session: project and session files laid over it, looked for once a second."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ccrouter.config.override import Override, overridden, read_override
from ccrouter.config.problems import Problem
from ccrouter.config.types import Config
from ccrouter.frozen import frozen
from ccrouter.gateway.notices import Notices
from ccrouter.gateway.project_files import Folders, Found
from ccrouter.gateway.types import Service
from ccrouter.model.json import Json, as_str
from ccrouter.router import Origins
from ccrouter.sharing.room import ALONE, Key, Room

FRESH_SECONDS = 1.0
"""How long a session's files count as unchanged; between two looks a request costs no disk access."""
REMEMBERED = 1000

Entry = TypeVar("Entry")


@frozen
class Overlay:
    """A service with a session's files laid over it, and which route is from which."""

    service: Service
    origins: Origins


@frozen
class _Known:
    base: Service
    found: tuple[Found, ...]
    overlay: Overlay | None
    looked_at: float


class ProjectOverrides:
    """Finds, reads and remembers. `clock` gives seconds that only go forward."""

    def __init__(self, folders: Folders, clock: Callable[[], float] = time.monotonic, room: Room = ALONE) -> None:
        self._folders = folders
        self._room = room
        self._clock = clock
        self._directories: OrderedDict[str, str] = OrderedDict()
        self._known: OrderedDict[tuple[str | None, str | None], _Known] = OrderedDict()
        self.notices = Notices()
        """What is wrong with the files."""
        room.follow("directory", self._told)

    async def over(self, service: Service, session_id: str | None, directory: str | None) -> Overlay | None:
        """What counts for the session; None where nothing lies over `service`.

        A request that does not tell its working directory (a title, a summary) has the one its session told last.
        """
        if session_id is not None:
            directory = self._directory_of(session_id, directory)
        if session_id is None and directory is None:
            return None
        now = self._clock()
        known = self._known.get((session_id, directory))
        if known is not None and known.base is service and now - known.looked_at < FRESH_SECONDS:
            return known.overlay
        found = await asyncio.to_thread(self._folders.look, session_id, directory)
        if known is not None and known.base is service and known.found == found:
            overlay = known.overlay
        else:
            overlay = await self._laid_over(service, found) if found else None
        self._known[session_id, directory] = _Known(service, found, overlay, now)
        _keep_newest(self._known, (session_id, directory))
        return overlay

    def _directory_of(self, session_id: str, told: str | None) -> str | None:
        if told is None:
            self._room.look()
            return self._directories.get(session_id)
        if self._directories.get(session_id) != told:
            self._room.put("directory", (session_id,), told)
        self._directories[session_id] = told
        forgotten = _keep_newest(self._directories, session_id)
        if forgotten is not None:
            self._room.put("directory", (forgotten,), None)
        return told

    def _told(self, key: Key, value: Json) -> None:
        """Another worker has heard, or forgotten, where a session is."""
        session_id, directory = as_str(key[0]) or "", as_str(value)
        if directory is None:
            self._directories.pop(session_id, None)
        else:
            self._directories[session_id] = directory

    async def _laid_over(self, service: Service, found: Sequence[Found]) -> Overlay:
        read = await asyncio.to_thread(lambda: [_read(file, service.config) for file in found])
        config = service.config
        for override in read:
            self.notices.tell(override.file, override.problems)
            config = overridden(config, override)
        files = {override.file: override.named for override in read if not override.refused}
        refused = tuple([problem for override in read for problem in override.problems if problem.severity == "error"])
        return Overlay(replace(service, config=config), Origins(files, refused))


def _read(file: Found, config: Config) -> Override:
    try:
        data = file.path.read_bytes()
    except OSError as error:
        why = f"the override cannot be read: {error.strerror or error}"
        return Override(file.path, problems=(Problem("error", why, "Make it readable", file=file.path),))
    return read_override(data, file.path, config, trusted=file.trusted)


def _keep_newest(entries: OrderedDict[Entry, Any], key: Entry) -> Entry | None:
    """`key` is the newest; the oldest, where it is forgotten for that."""
    entries.move_to_end(key)
    return entries.popitem(last=False)[0] if len(entries) > REMEMBERED else None
