"""What is kept of the last requests, for `ccr explain`: what was decided, and what came of it.

A record is kept as the JSON that is written and told, about a kilobyte each, without prompt or answer. It outlives the
daemon. The bodies of the very last requests are kept in memory alone.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import orjson

from ccrouter.gateway.counting import TargetTokens
from ccrouter.gateway.journal_file import append_lines, read_lines
from ccrouter.gateway.types import Incoming, Record, Routing
from ccrouter.model.events import Usage
from ccrouter.model.json import Json, JsonObject, as_object, as_str
from ccrouter.router.sketch import CREDENTIALS, Sketch, Sketcher
from ccrouter.tokens import estimate

KEPT_RECORDS: Final = 500
KEPT_RECORD_BYTES: Final = 1024 * 1024
KEPT_SKETCHES: Final = 100
KEPT_BODIES: Final = 20
KEPT_BODY_BYTES: Final = 4 * 1024 * 1024

SAVE_SECONDS: Final = 2.0
"""A record is on disk so long after its request: one write for many."""

LONGEST_WORDS: Final = 300
"""Of one reason, failure or note: providers tell long stories."""
MOST_NOTES: Final = 40


class Journal:
    """The last requests. `path` None keeps everything in memory; `clock` gives seconds since the epoch."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._records: OrderedDict[str, bytes] = OrderedDict()
        self._record_bytes = 0
        self._bodies: OrderedDict[str, Incoming] = OrderedDict()
        self._body_bytes = 0
        self._sketcher = Sketcher()
        self.sketches: deque[Sketch] = deque(maxlen=KEPT_SKETCHES)
        """The last routed requests, the newest last: what a new configuration is tried on."""
        self._unsaved: list[bytes] = []
        self._saving: asyncio.TimerHandle | None = None
        for line in read_lines(path) if path is not None else ():
            self._keep(line)

    def add(self, record: Record, incoming: Incoming) -> None:
        """Take in a request that is over, well or not."""
        line = orjson.dumps(record_json(record, len(incoming.body), self._clock()))
        self._keep(line, record.request_id)
        self._keep_body(incoming)
        if record.routing is not None:
            self.sketches.append(self._sketched(record, record.routing))
        if self._path is not None:
            self._unsaved.append(line)
            self._save_soon()

    def record(self, request_id: str) -> JsonObject | None:
        """What is known of the request, see `record_json`; None where nothing is."""
        line = self._records.get(request_id)
        return None if line is None else as_object(orjson.loads(line))

    def last(self) -> JsonObject | None:
        """The request that ended last."""
        return next(self.newest(), None)

    def newest(self) -> Iterator[JsonObject]:
        """All records, the last one first."""
        for line in reversed(self._records.values()):
            yield orjson.loads(line)

    def incoming(self, request_id: str) -> Incoming | None:
        """The request as it came, but for its credentials, where it is still in memory."""
        return self._bodies.get(request_id)

    def save(self) -> None:
        """Write what is not written yet, now."""
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None
        if self._path is not None and self._unsaved:
            lines, self._unsaved = self._unsaved, []
            append_lines(self._path, lines, KEPT_RECORDS)

    def _keep(self, line: bytes, request_id: str | None = None) -> None:
        name = request_id or _id_of(line)
        if name is None:
            return
        self._record_bytes += len(line) - len(self._records.pop(name, b""))
        self._records[name] = line
        while len(self._records) > KEPT_RECORDS or self._record_bytes > KEPT_RECORD_BYTES:
            self._record_bytes -= len(self._records.popitem(last=False)[1])

    def _keep_body(self, incoming: Incoming) -> None:
        if len(incoming.body) > KEPT_BODY_BYTES:
            return
        headers = {name: value for name, value in incoming.headers.items() if name not in CREDENTIALS}
        self._bodies[incoming.request_id] = replace(incoming, headers=headers)
        self._body_bytes += len(incoming.body)
        while len(self._bodies) > KEPT_BODIES or self._body_bytes > KEPT_BODY_BYTES:
            self._body_bytes -= len(self._bodies.popitem(last=False)[1].body)

    def _sketched(self, record: Record, routing: Routing) -> Sketch:
        usage = record.usage
        told = (usage.input or 0) + (usage.cache_read or 0) + (usage.cache_write or 0)
        tokens = routing.decision.tokens or told or estimate(routing.facts.body_bytes)
        at = routing.facts.tokens_at
        settled = at.settled() if isinstance(at, TargetTokens) else None
        return self._sketcher.sketch(record.request_id, routing.request, routing.facts, tokens, settled)

    def _save_soon(self) -> None:
        if self._saving is None:
            self._saving = asyncio.get_running_loop().call_later(SAVE_SECONDS, self._save_aside)

    def _save_aside(self) -> None:
        """Write in a thread: a slow disk must not hold up requests."""
        self._saving = None
        lines, self._unsaved = self._unsaved, []
        if self._path is not None and lines:
            write = partial(append_lines, self._path, lines, KEPT_RECORDS)
            asyncio.get_running_loop().run_in_executor(None, write)


def record_json(record: Record, body_bytes: int, ended: float) -> JsonObject:
    """A record as it is kept: times in seconds since the epoch, durations in seconds."""
    routing = record.routing
    considered: list[Json] = []
    targets: list[Json] = []
    if routing is not None:
        considered = [[rule, why[:LONGEST_WORDS]] for rule, why in routing.decision.considered]
        targets = [str(target) for target in routing.decision.targets]
    return {
        "id": record.request_id,
        "at": round(ended - (record.total or 0.0), 3),
        "session": record.session,
        "model": record.model[:LONGEST_WORDS],
        "scenario": record.scenario,
        "reason": record.reason[:LONGEST_WORDS],
        "considered": considered,
        "targets": targets,
        "target": record.target,
        "tokens": routing.decision.tokens if routing is not None else None,
        "body_bytes": body_bytes,
        "streamed": record.streamed,
        "status": record.status,
        "attempts": record.attempts,
        "failures": [failure[:LONGEST_WORDS] for failure in record.failures],
        "error": record.error[: 2 * LONGEST_WORDS] if record.error else None,
        "rescued_by": list[Json](record.rescued_by),
        "notes": [note[:LONGEST_WORDS] for note in record.notes[:MOST_NOTES]],
        "usage": usage_json(record.usage),
        "cost": record.cost,
        "first_byte": rounded(record.first_byte),
        "total": rounded(record.total),
    }


def usage_json(usage: Usage) -> JsonObject:
    """An answer's tokens; null where the upstream did not say."""
    return {
        "input": usage.input,
        "cache_read": usage.cache_read,
        "cache_write": usage.cache_write,
        "output": usage.output,
    }


def rounded(seconds: float | None) -> float | None:
    """Seconds to the millisecond."""
    return None if seconds is None else round(seconds, 3)


def _id_of(line: bytes) -> str | None:
    """The id of a record from disk; None for a line that is none (torn by a crash, edited by hand)."""
    try:
        found = as_object(orjson.loads(line))
    except orjson.JSONDecodeError:
        return None
    return as_str(found.get("id")) if found is not None else None
