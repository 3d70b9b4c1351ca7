"""What the running server holds."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from ccrouter.config.problems import Problem
from ccrouter.gateway.gateway import Gateway
from ccrouter.gateway.types import Service


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
    started_at: float = field(default_factory=time.time)
    reloaded_at: float | None = None


STATE: web.AppKey[State] = web.AppKey("state", State)

REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
"""Under this the request holds the id that its answer, its error and its log line share."""
