"""Presets: configurations of their own, each under `/preset/<name>`, built and rebuilt as the main one is.

Nothing is shared with the main configuration or another preset but the HTTP client and the way out (PROXY_URL):
providers that are called alike do not mix, neither their keys' rests nor what was learned about them.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccrouter.config.locations import preset_state_file
from ccrouter.config.manifest import MANIFEST, PRESET_NAME
from ccrouter.config.problems import Problem
from ccrouter.errors import RequestError
from ccrouter.gateway.gateway import Gateway
from ccrouter.gateway.health import Health
from ccrouter.gateway.types import Service
from ccrouter.runtime import build_preset
from ccrouter.server.stamps import Stamp, stamps
from ccrouter.sharing.room import Room
from ccrouter.upstream.client import UpstreamClient

if TYPE_CHECKING:
    from ccrouter.sharing.board import Board

logger = logging.getLogger("ccrouter.server")

POLL_SECONDS = 1.0


@dataclass(slots=True)
class Preset:
    """One preset. `service` is None while its manifest has never been usable."""

    name: str
    manifest: Path
    gateway: Gateway
    service: Service | None = None
    problems: tuple[Problem, ...] = ()
    seen: tuple[str | None, dict[Path, Stamp]] | None = None
    """The main PROXY_URL and the files that it was built from."""

    def files(self) -> set[Path]:
        """The files whose change matters."""
        sources = self.service.config.sources if self.service is not None else ()
        return {self.manifest, self.manifest.parent / ".env", *sources}


class Presets:
    """Those in `folder`, one a subfolder with a manifest. `proxy_url` tells the main configuration's."""

    def __init__(
        self,
        folder: Path,
        client: UpstreamClient,
        environment: Mapping[str, str],
        proxy_url: Callable[[], str | None] = lambda: None,
        board: "Board | None" = None,
    ) -> None:
        self.folder = folder
        self._board = board
        self._client = client
        self._environment = environment
        self._proxy_url = proxy_url
        self._presets: dict[str, Preset] = {}

    def __iter__(self) -> Iterator[Preset]:
        return iter(self._presets.values())

    def serving(self, name: str) -> tuple[Service, Gateway]:
        """What serves under `/preset/<name>`.

        Raises:
            RequestError: 404, there is no such preset; 400, it cannot be used as it is.
        """
        preset = self._presets.get(name)
        if preset is None:
            known = f"Installed are: {', '.join(self._presets)}." if self._presets else "None is installed."
            raise RequestError(f"There is no preset '{name}'. {known}", status=404)
        if preset.service is None:
            why = next((problem for problem in preset.problems if problem.severity == "error"), None)
            raise RequestError(f"The preset '{name}' cannot be used: {why}")
        return preset.service, preset.gateway

    async def refresh(self) -> None:
        """Build what is new or has changed, forget what is gone."""
        found = await asyncio.to_thread(manifests, self.folder)
        for name in self._presets.keys() - found.keys():
            self._presets.pop(name)
            Room(self._board, f"preset {name}").leave()
            logger.info("preset %s is gone", name)
        for name, manifest in found.items():
            preset = self._presets.get(name)
            if preset is None:
                room = Room(self._board, f"preset {name}")
                health = Health(preset_state_file(self.folder, name), room=room)
                preset = self._presets[name] = Preset(name, manifest, Gateway(self._client, health, room=room))
            now = await asyncio.to_thread(stamps, preset.files())
            if (self._proxy_url(), now) != preset.seen:
                await self._rebuild(preset)

    async def _rebuild(self, preset: Preset) -> None:
        proxy_url = self._proxy_url()
        built = await asyncio.to_thread(build_preset, preset.manifest, self._environment, proxy_url)
        preset.problems = built.problems
        if built.service is not None:
            preset.service = built.service
            logger.info("preset %s is served under /preset/%s", preset.name, preset.name)
        else:
            if preset.service is not None:
                kept = "What it was before stays in force until this is mended"
                preset.problems = tuple(
                    replace(problem, fix=f"{problem.fix}. {kept}" if problem.fix else kept)
                    if problem.severity == "error"
                    else problem
                    for problem in built.problems
                )
            for problem in built.problems:
                logger.error("preset %s: %s", preset.name, problem)
        preset.seen = (proxy_url, stamps(preset.files()))

    async def watch(self) -> None:
        """Refresh for ever. Runs until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            await self.refresh()

    @property
    def open_requests(self) -> int:
        """Requests under way in all of them."""
        return sum(preset.gateway.open_requests for preset in self._presets.values())

    @property
    def requests_total(self) -> int:
        """Requests to any of them so far."""
        return sum(preset.gateway.requests_total for preset in self._presets.values())

    def let_go(self) -> bool:
        """Free what nobody has used for a while, in all of them. True: there was something."""
        found = [preset.gateway.let_go() for preset in self._presets.values()]
        return any(found)

    def save(self) -> None:
        """Write what outlives the daemon."""
        for preset in self._presets.values():
            preset.gateway.health.save()


def manifests(folder: Path) -> dict[str, Path]:
    """The manifest of each preset in `folder`, by name."""
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return {}
    found = {name: folder / name / MANIFEST for name in names if PRESET_NAME.fullmatch(name)}
    return {name: manifest for name, manifest in found.items() if manifest.is_file()}
