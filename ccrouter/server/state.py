"""What the running server holds."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from ccrouter.config.problems import Problem
from ccrouter.errors import RequestError
from ccrouter.gateway.gateway import Gateway
from ccrouter.gateway.types import Service
from ccrouter.model.json import JsonObject
from ccrouter.server.presets import Presets
from ccrouter.server.workers import Workers
from ccrouter.tokens.encoding import encoding


@dataclass(slots=True)
class State:
    """Mutable on purpose: a reload swaps `service`; requests under way keep the one they began with."""

    service: Service
    gateway: Gateway
    config_path: Path
    environment: Mapping[str, str]
    instance: str
    admin_token: str
    host: str = ""
    port: int = 0
    problems: tuple[Problem, ...] = ()
    sources: tuple[Path, ...] = ()
    """What the last reload read, also where nothing came of it: what is mended there must be seen."""
    started_at: float = field(default_factory=time.time)
    reloaded_at: float | None = None
    rerouted: JsonObject | None = None
    """What the last reload did to the last requests, see `gateway/rerouting.py`."""
    presets: Presets | None = None
    workers: Workers | None = None
    """Set where this process is one of several."""

    @property
    def open_requests(self) -> int:
        """Requests under way, those of presets included."""
        return self.gateway.open_requests + (self.presets.open_requests if self.presets is not None else 0)

    @property
    def requests_total(self) -> int:
        """Requests so far, those to presets among them."""
        return self.gateway.requests_total + (self.presets.requests_total if self.presets is not None else 0)

    def let_go(self) -> bool:
        """Free what nobody has used for a while: the tokenizer, conversations. True: there was something."""
        found = [encoding.let_go(), self.gateway.let_go(), self.presets is not None and self.presets.let_go()]
        return any(found)


STATE: web.AppKey[State] = web.AppKey("state", State)

REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
"""Under this the request holds the id that its answer, its error and its log line share."""


def serving(request: web.Request) -> tuple[Service, Gateway]:
    """What serves the request: the preset that its path names, else the main configuration.

    Raises:
        RequestError: there is no such preset, or it cannot be used.
    """
    return served_by(request.app[STATE], request.match_info.get("preset"))


def served_by(state: State, name: str | None) -> tuple[Service, Gateway]:
    """What serves requests to the preset of that name; None: to none. Raises RequestError as `serving` does."""
    if name is None:
        return state.service, state.gateway
    if state.presets is None:
        raise RequestError(f"There is no preset '{name}'.", status=404)
    return state.presets.serving(name)
