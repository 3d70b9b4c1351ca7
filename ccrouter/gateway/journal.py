"""What is kept of the last requests, for `ccr explain`: what was decided, and what came of it.

A record is kept as the JSON that is written and told, about a kilobyte each, without prompt or answer. It outlives the
daemon. What is on disk is in memory too, but in one piece (`journal_lines.py`). The bodies of the very last requests
are kept in memory alone.

Nobody waits for the journal, and of a thousand requests in a second it forgets half: it takes in many at a time, which
costs each of them half; what is not asked for sooner becomes JSON when it is saved, and what is forgotten by then never
does. A sketch is made at once only where keeping the request itself until somebody asks would cost memory.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from ccrouter.config.types import Target
from ccrouter.gateway.counting import TargetTokens
from ccrouter.gateway.journal_file import append_lines, read_lines
from ccrouter.gateway.journal_lines import Lines, records_in
from ccrouter.gateway.packed_sketches import PackedSketches
from ccrouter.gateway.types import Incoming, Record, Routing
from ccrouter.model.events import Usage
from ccrouter.model.json import Json, JsonObject, as_object
from ccrouter.router.sketch import CREDENTIALS, Sketch, Sketcher
from ccrouter.sharing.room import ALONE, Room
from ccrouter.tokens import estimate

KEPT_RECORDS: Final = 500
KEPT_RECORD_BYTES: Final = 1024 * 1024
KEPT_SKETCHES: Final = 100
KEPT_BODIES: Final = 20
KEPT_BODY_BYTES: Final = 4 * 1024 * 1024

SKETCHED_AT_ONCE_BYTES: Final = 4 * 1024
"""Of the body. Of smaller requests a hundred are kept as they are until their sketches are wanted."""

TAKEN_IN_TOGETHER: Final = 50
"""Requests that are small and went well."""

SAVE_SECONDS: Final = 2.0
"""A record is on disk so long after its request: one write for many."""

LONGEST_WORDS: Final = 300
"""Of one reason, failure or note: providers tell long stories."""
MOST_NOTES: Final = 40
LONG_NOTES: Final = 2_000
"""Characters of all notes of a request. Longer ones are cut at once."""


class Decided(NamedTuple):
    """What is told of a decision."""

    considered: tuple[tuple[str, str], ...] = ()
    targets: tuple[Target, ...] = ()
    tokens: int | None = None


UNDECIDED: Final = Decided()


@dataclass(slots=True)
class _Entry:
    """A request that is over, as JSON once somebody wants it so."""

    record: Record | None
    """None: `line` is made."""
    decided: Decided
    body_bytes: int
    ended: float
    line: bytes = b""

    def told(self) -> bytes:
        """The JSON."""
        if self.record is not None:
            self.line = orjson.dumps(record_json(self.record, self.decided, self.body_bytes, self.ended))
            self.record, self.decided = None, UNDECIDED  # hundreds of small things, kept for nothing
        return self.line


class Journal:
    """The last requests. `path` None keeps everything in memory; `clock` gives seconds since the epoch.

    Several workers write one file and each keeps its own requests in memory: they ask each other (`server/peers.py`).
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time, room: Room = ALONE) -> None:
        self._path = path
        self._room = room
        self._clock = clock
        self._over: list[tuple[Record, Incoming, float]] = []
        """Requests that are still to be taken in, and when each ended."""
        self._records: OrderedDict[str, _Entry] = OrderedDict()
        """Those that are not on disk."""
        self._record_bytes = 0
        """Of those that are JSON."""
        self._bodies: OrderedDict[str, Incoming] = OrderedDict()
        self._body_bytes = 0
        self._sketcher = Sketcher()
        self._sketches: deque[Sketch | partial[Sketch]] = deque(maxlen=KEPT_SKETCHES)
        """The newest, the others are packed."""
        self._packed = PackedSketches()
        self._unsaved: deque[_Entry] = deque(maxlen=KEPT_RECORDS)
        self._saving: asyncio.TimerHandle | None = None
        self._saved = Lines(KEPT_RECORDS, KEPT_RECORD_BYTES)
        if path is not None:
            self._saved.add(records_in(read_lines(path)))

    def add(self, record: Record, incoming: Incoming) -> None:
        """Take in a request that is over, well or not. The record is the journal's from now on."""
        self._over.append((record, incoming, self._clock()))
        small = len(incoming.body) < SKETCHED_AT_ONCE_BYTES and not record.error and not record.failures
        if not small or len(self._over) >= TAKEN_IN_TOGETHER:
            self._take_in()
        if self._path is not None and self._saving is None:
            self._saving = asyncio.get_running_loop().call_later(SAVE_SECONDS, self._save_aside)

    def _take_in(self) -> None:
        """Take in what is over. Whoever looks for something does this first."""
        over, self._over = self._over, []
        for record, incoming, ended in over:
            self._take(record, len(incoming.body), ended)
        for incoming in [each for _, each, _ in over if len(each.body) <= KEPT_BODY_BYTES][-KEPT_BODIES:]:
            self._keep_body(incoming)

    def _take(self, record: Record, body_bytes: int, ended: float) -> None:
        routing, record.routing = record.routing, None
        decision = routing.decision if routing is not None else None
        decided = UNDECIDED if decision is None else Decided(decision.considered, decision.targets, decision.tokens)
        entry = _Entry(record, decided, body_bytes, ended)
        self._keep(record.request_id, entry)
        if record.error or record.failures or sum(map(len, record.notes)) > LONG_NOTES:
            self._told(entry)  # long stories are cut where they are told
        if routing is not None:
            sketch = partial(self._sketched, record.request_id, record.usage, routing)
            self._sketches.append(sketch if body_bytes < SKETCHED_AT_ONCE_BYTES else sketch())
        if self._path is not None:
            self._unsaved.append(entry)

    @property
    def sketches(self) -> tuple[Sketch, ...]:
        """The last routed requests, the newest last: what a new configuration is tried on."""
        self._take_in()
        made = [sketch() if isinstance(sketch, partial) else sketch for sketch in self._sketches]
        self._sketches = deque(made, maxlen=KEPT_SKETCHES)
        return (*self._packed.unpacked(), *made)[-KEPT_SKETCHES:]

    def settle(self) -> None:
        """Nobody asks for anything: of small requests too only their sketches are kept, all in one piece."""
        self._take_in()
        if self._sketches:
            self._packed = PackedSketches(self.sketches, self._sketcher.shared())
            self._sketches.clear()

    def record(self, request_id: str) -> JsonObject | None:
        """What is known of the request, see `record_json`; None where nothing is."""
        self._take_in()
        entry = self._records.get(request_id)
        line = self._saved.find(request_id) if entry is None else self._told(entry)
        return None if line is None else as_object(orjson.loads(line))

    def last(self) -> JsonObject | None:
        """The request that ended last."""
        return next(self.newest(), None)

    def newest(self) -> Iterator[JsonObject]:
        """All records, the last one first."""
        self._take_in()
        for entry in list(self._records.values()):
            self._told(entry)
        unsaved = [entry.line for entry in reversed(self._records.values())]
        for line in islice(chain(unsaved, self._saved.newest()), KEPT_RECORDS):
            yield orjson.loads(line)

    def incoming(self, request_id: str) -> Incoming | None:
        """The request as it came, but for its credentials, where it is still in memory."""
        self._take_in()
        return self._bodies.get(request_id)

    def save(self) -> None:
        """Write what is not written yet, now."""
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None
        if self._path is not None and (lines := self._lines_to_save()):
            append_lines(self._path, lines, KEPT_RECORDS, self._room)

    def _lines_to_save(self) -> list[bytes]:
        """The JSON of what came since it was last asked for, but for what is forgotten by now."""
        self._take_in()
        lines = [self._told(entry) for entry in self._unsaved]
        self._unsaved.clear()
        self._records.clear()
        self._record_bytes = 0
        self._saved.add(lines)
        return lines

    def _keep(self, name: str, entry: _Entry) -> None:
        known = self._records.pop(name, None)
        self._record_bytes += len(entry.line) - (0 if known is None else len(known.line))
        self._records[name] = entry
        self._forget()

    def _told(self, entry: _Entry) -> bytes:
        if entry.record is not None:
            kept = self._records.get(entry.record.request_id) is entry
            line = entry.told()
            if kept:
                self._record_bytes += len(line)
                self._forget()
        return entry.line

    def _forget(self) -> None:
        while len(self._records) > KEPT_RECORDS or self._record_bytes > KEPT_RECORD_BYTES:
            self._record_bytes -= len(self._records.popitem(last=False)[1].line)

    def _keep_body(self, incoming: Incoming) -> None:
        headers = {name: value for name, value in incoming.headers.items() if name not in CREDENTIALS}
        self._bodies[incoming.request_id] = Incoming(incoming.body, headers, incoming.request_id, incoming.api)
        self._body_bytes += len(incoming.body)
        while len(self._bodies) > KEPT_BODIES or self._body_bytes > KEPT_BODY_BYTES:
            self._body_bytes -= len(self._bodies.popitem(last=False)[1].body)

    def _sketched(self, request_id: str, usage: Usage, routing: Routing) -> Sketch:
        told = (usage.input or 0) + (usage.cache_read or 0) + (usage.cache_write or 0)
        tokens = routing.decision.tokens or told or estimate(routing.facts.body_bytes)
        at = routing.facts.tokens_at
        settled = at.settled() if isinstance(at, TargetTokens) else None
        return self._sketcher.sketch(request_id, routing.request, routing.facts, tokens, settled)

    def _save_aside(self) -> None:
        """Write in a thread: a slow disk must not hold up requests."""
        self._saving = None
        if self._path is not None and (lines := self._lines_to_save()):
            write = partial(append_lines, self._path, lines, KEPT_RECORDS, self._room)
            asyncio.get_running_loop().run_in_executor(None, write)


def record_json(record: Record, decided: Decided, body_bytes: int, ended: float) -> JsonObject:
    """A record as it is kept: times in seconds since the epoch, durations in seconds."""
    return {
        "id": record.request_id,
        "at": round(ended - (record.total or 0.0), 3),
        "session": record.session,
        "model": record.model[:LONGEST_WORDS],
        "scenario": record.scenario,
        "reason": record.reason[:LONGEST_WORDS],
        "considered": [[rule, why[:LONGEST_WORDS]] for rule, why in decided.considered],
        "targets": [str(target) for target in decided.targets],
        "target": record.target,
        "tokens": decided.tokens,
        "body_bytes": body_bytes,
        "streamed": record.streamed,
        "status": record.status,
        "attempts": record.attempts,
        "failures": [failure[:LONGEST_WORDS] for failure in record.failures],
        "error": record.error[: 2 * LONGEST_WORDS] if record.error else None,
        "hints": record.hints,
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
