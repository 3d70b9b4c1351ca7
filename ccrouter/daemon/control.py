"""Asking the daemon over HTTP: is it there, how is it, end, reload. Never through a proxy."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlencode

import orjson

from ccrouter.daemon.plain_http import NotHttp, request
from ccrouter.daemon.state import DaemonState, read_state
from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen
from ccrouter.model.json import JsonObject, as_int, as_object, as_str
from ccrouter.startup import endpoint_of

SERVICE = "ccrouter"
OK, BAD_REQUEST = 200, 400
TOKEN_HEADER = "x-ccr-admin-token"  # noqa: S105 - a header's name
PROBE_SECONDS = 1.0
REQUEST_SECONDS = 5.0
MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""Outgoing bodies of several targets, told by `ccr explain`, may be large."""


@frozen
class Health:
    """A ccrouter answers there."""

    endpoint: str
    version: str
    instance: str


@frozen
class Silent:
    """Nothing listens there."""


@frozen
class Foreign:
    """Something listens there that is not ccrouter, or does not answer in time. `hint` says what it looks like."""

    hint: str = ""
    answered: bool = True


Address: TypeAlias = tuple[str, int]
"""Host and port."""

Probe: TypeAlias = Health | Silent | Foreign


class ControlError(CCRouterError):
    """The daemon did not answer an administrative request as it should."""


@frozen
class Daemon:
    """A daemon that answers. `state` is what it left on disk, where that is this very instance's."""

    health: Health
    state: DaemonState | None

    @property
    def endpoint(self) -> str:
        """The URL for clients on this machine."""
        return self.health.endpoint


def probe(endpoint: str, timeout: float = PROBE_SECONDS) -> Probe:
    """Who answers `GET /health` at `endpoint`? Never raises."""
    try:
        status, body = request("GET", f"{endpoint}/health", timeout=timeout, headers={}, most=MAX_ANSWER_BYTES)
    except ConnectionRefusedError:
        return Silent()
    except TimeoutError:
        return Foreign("it accepts connections but does not answer", answered=False)
    except (NotHttp, ConnectionError):
        return Foreign()
    except OSError:
        return Silent()
    try:
        answer = as_object(orjson.loads(body)) or {}
    except orjson.JSONDecodeError:
        return Foreign()
    if answer.get("service") == SERVICE:
        return Health(endpoint, as_str(answer.get("version")) or "", as_str(answer.get("instance")) or "")
    # The original answers {"status":"ok","timestamp":…} there (ccr-behaviour.md 3.1).
    original = status == OK and answer.get("status") == "ok" and "timestamp" in answer
    return Foreign("it answers like the original claude-code-router" if original else "")


def find_daemon(state_file: Path, configured: Callable[[], Address | None]) -> Daemon | None:
    """The daemon that answers, first at the address it left in `state_file`, then at the configured one.

    `configured` is called only where the first does not answer. Raises PermissionError where the state file is
    somebody else's.
    """
    state = read_state(state_file)
    if state is not None:
        answer = probe(state.endpoint)
        if isinstance(answer, Health):
            return Daemon(answer, state if answer.instance == state.instance else None)
    address = configured()
    if address is None or (state is not None and state.endpoint == endpoint_of(*address)):
        return None
    answer = probe(endpoint_of(*address))
    return Daemon(answer, None) if isinstance(answer, Health) else None


def read_status(state: DaemonState) -> JsonObject:
    """The answer of GET /admin/status. Raises ControlError."""
    return _administer(state, "GET", "/admin/status")


def request_stop(state: DaemonState) -> None:
    """Ask for a graceful end (POST /admin/stop); it is accepted, not done, when this returns. Raises ControlError."""
    _administer(state, "POST", "/admin/stop")


def request_reload(state: DaemonState) -> JsonObject:
    """Have the config read again (POST /admin/reload): {"applied": bool, "problems": […]}. Raises ControlError."""
    return _administer(state, "POST", "/admin/reload")


def read_keys(state: DaemonState) -> JsonObject:
    """The answer of GET /admin/keys: {"now", "providers": […]}, see `upstream/key_report.py`. Raises ControlError."""
    return _administer(state, "GET", "/admin/keys")


def clear_keys(state: DaemonState, provider: str | None, preset: str | None = None) -> int:
    """Let the keys of `provider`, of all of `preset`'s, or all, be tried again; how many rests that ended.

    Raises ControlError.
    """
    query = urlencode({key: value for key, value in (("provider", provider), ("preset", preset)) if value is not None})
    answer = _administer(state, "POST", f"/admin/keys/clear{'?' if query else ''}{query}")
    return as_int(answer.get("cleared")) or 0


def explain_body(state: DaemonState, body: bytes, headers: Mapping[str, str], wire: str) -> JsonObject:
    """Have a request explained (POST /admin/explain), see `gateway/explaining.py`. Raises ControlError."""
    told = {"x-ccr-client-headers": json.dumps(dict(headers))}  # all ASCII, as a header must be
    return _administer(state, "POST", f"/admin/explain?{urlencode({'wire': wire})}", body=body, headers=told)


def explain_logged(state: DaemonState, identity: str | None, wire: str) -> JsonObject:
    """Have the logged request `identity`, or the last, explained: {"record", "now"}. Raises ControlError."""
    query = {"wire": wire} if identity is None else {"wire": wire, "id": identity}
    return _administer(state, "GET", f"/admin/explain?{urlencode(query)}")


def open_requests(state: DaemonState) -> int | None:
    """How many requests the daemon has open; None where it does not say."""
    try:
        return as_int(read_status(state).get("open_requests"))
    except ControlError:
        return None


def wait_for(endpoint: str, seconds: float) -> Probe:
    """Probe until something answers or `seconds` are over; the last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe(endpoint)
        decided = isinstance(answer, Health) or (isinstance(answer, Foreign) and answer.answered)
        if decided or time.monotonic() >= deadline:
            return answer
        time.sleep(0.05)


def _administer(
    state: DaemonState,
    method: Literal["GET", "POST"],
    path: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> JsonObject:
    headers = {TOKEN_HEADER: state.admin_token, **(headers or {})}
    url = f"{state.endpoint}{path}"
    try:
        status, body = request(method, url, timeout=REQUEST_SECONDS, headers=headers, body=body, most=MAX_ANSWER_BYTES)
    except (OSError, NotHttp) as error:
        raise ControlError(f"The daemon at {state.endpoint} did not answer {method} {path}: {error}") from error
    if status >= BAD_REQUEST:
        raise ControlError(f"The daemon at {state.endpoint} answered {method} {path} with {status}")
    try:
        return as_object(orjson.loads(body or b"{}")) or {}
    except orjson.JSONDecodeError as error:
        raise ControlError(f"The daemon at {state.endpoint} answered {method} {path} with no JSON") from error
