"""The journal: bounded in number and bytes, on disk without prompts, whole after a torn write."""

import asyncio
import os
import stat
import weakref
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from ccrouter.config.types import Config, RouterConfig, Target
from ccrouter.gateway import journal as journalling
from ccrouter.gateway.calibrations import Calibrations
from ccrouter.gateway.counting import TargetTokens
from ccrouter.gateway.journal import (
    KEPT_BODIES,
    KEPT_BODY_BYTES,
    KEPT_RECORDS,
    KEPT_SKETCHES,
    SKETCHED_AT_ONCE_BYTES,
    TAKEN_IN_TOGETHER,
    Journal,
)
from ccrouter.gateway.journal_file import append_lines, read_lines
from ccrouter.gateway.prompt import Prompt
from ccrouter.gateway.types import Incoming, Record, Routing
from ccrouter.model.events import Usage
from ccrouter.model.request import Message, Request
from ccrouter.router import Decision, Facts
from ccrouter.tokens import TokenCounter

PROMPT = "a secret of the person's"


def record(
    identity: str = "req_1", *, error: str | None = None, failures: tuple[str, ...] = ("a,b: too busy",)
) -> Record:
    request = Request("claude-opus", (Message("user", PROMPT),))
    decision = Decision(
        (Target("a", "b"), Target("group", "g")), "think", "thinking is enabled", request, 1234, (("explicit", "no"),)
    )
    return Record(
        identity,
        model="claude-opus",
        routing=Routing(request, Facts({}, lambda: 1234, 99), decision),
        session="s",
        scenario="think",
        reason="thinking is enabled",
        target="a,b",
        streamed=True,
        status=502 if error else 200,
        attempts=2,
        usage=Usage(input=5, output=7),
        cost=0.25,
        first_byte=0.1234,
        total=2.0,
        error=error,
        failures=list(failures),
        hints="gemini (built in)",
        notes=("max_tokens /max_tokens: more than it allows",),
    )


def incoming(identity: str = "req_1", size: int = 20) -> Incoming:
    body = orjson.dumps({"m": PROMPT}).ljust(size)
    return Incoming(body, {"x-api-key": "sk-1", "authorization": "Bearer t", "x-app": "cli"}, identity)


def test_what_is_kept_of_a_request() -> None:
    journal = Journal(clock=lambda: 1000.0)
    journal.add(record(), incoming(size=40))
    assert journal.record("req_1") == {
        "id": "req_1",
        "at": 998.0,
        "session": "s",
        "model": "claude-opus",
        "scenario": "think",
        "reason": "thinking is enabled",
        "considered": [["explicit", "no"]],
        "targets": ["a,b", "group,g"],
        "target": "a,b",
        "tokens": 1234,
        "body_bytes": 40,
        "streamed": True,
        "status": 200,
        "attempts": 2,
        "failures": ["a,b: too busy"],
        "error": None,
        "hints": "gemini (built in)",
        "rescued_by": [],
        "notes": ["max_tokens /max_tokens: more than it allows"],
        "usage": {"input": 5, "cache_read": None, "cache_write": None, "output": 7},
        "cost": 0.25,
        "first_byte": 0.123,
        "total": 2.0,
    }
    assert journal.last() == journal.record("req_1")
    assert journal.record("req_2") is None


def test_credentials_are_not_kept() -> None:
    journal = Journal()
    journal.add(record(), incoming())
    kept = journal.incoming("req_1")
    assert kept is not None
    assert kept.headers == {"x-app": "cli"}


def test_a_request_that_was_never_routed_is_kept_too() -> None:
    journal = Journal()
    journal.add(Record("req_9", status=400, error="no JSON"), incoming("req_9"))
    kept = journal.record("req_9") or {}
    assert (kept["targets"], kept["considered"], kept["tokens"], kept["error"]) == ([], [], None, "no JSON")


def test_records_are_bounded() -> None:
    journal = Journal()
    for number in range(KEPT_RECORDS + 7):
        journal.add(record(f"req_{number}"), incoming(f"req_{number}"))
    assert journal.record("req_6") is None
    assert journal.record("req_7") is not None
    assert len(list(journal.newest())) == KEPT_RECORDS
    assert (journal.last() or {})["id"] == f"req_{KEPT_RECORDS + 6}"


@pytest.mark.parametrize("failed", [True, False])
def test_long_stories_are_bounded(monkeypatch: pytest.MonkeyPatch, failed: bool) -> None:
    monkeypatch.setattr(journalling, "KEPT_RECORD_BYTES", 20_000)
    journal = Journal()
    for number in range(200):
        told = record(f"req_{number}", failures=())
        if failed:
            told.error, told.failures = "e" * 100_000, ["f" * 100_000] * 9
        told.notes = ("n" * 100_000,) * 500
        journal.add(told, incoming(f"req_{number}"))
    lines = [orjson.dumps(found) for found in journal.newest()]
    assert sum(map(len, lines)) <= 20_000
    assert 0 < max(map(len, lines)) < 20_000


def test_what_would_cost_memory_is_let_go_at_once() -> None:
    """A request's messages, that is. Those of small ones go when several are taken in together, or asked for."""
    journal = Journal()
    small = [record(f"req_{number}", failures=()) for number in range(TAKEN_IN_TOGETHER)]
    for told in small[:3]:
        journal.add(told, incoming(told.request_id))
    assert small[0].routing is not None
    large = record("large", failures=())
    journal.add(large, incoming("large", SKETCHED_AT_ONCE_BYTES))
    assert [told.routing for told in (*small[:3], large)] == [None] * 4
    for told in small:
        journal.add(told, incoming(told.request_id))
    assert [told.routing for told in small] == [None] * TAKEN_IN_TOGETHER


def test_in_a_lull_small_requests_are_let_go_too() -> None:
    journal = Journal()
    told = record(failures=())
    assert told.routing is not None
    gone = weakref.finalize(told.routing.facts.tokens, list)
    journal.add(told, incoming())
    del told
    assert gone.alive
    journal.settle()
    assert not gone.alive
    (sketch,) = journal.sketches
    assert (sketch.request_id, sketch.facts.tokens()) == ("req_1", 1234)


def test_sketches_outlive_lulls_and_the_oldest_go() -> None:
    journal = Journal()
    for number in range(KEPT_SKETCHES + 50):
        journal.add(record(f"req_{number}", failures=()), incoming(f"req_{number}"))
        if number % 40 == 0:
            journal.settle()
            journal.settle()
    expected = [f"req_{number}" for number in range(50, KEPT_SKETCHES + 50)]
    assert [sketch.request_id for sketch in journal.sketches] == expected
    journal.settle()
    assert [sketch.request_id for sketch in journal.sketches] == expected


def test_bodies_are_bounded_in_number_and_bytes() -> None:
    journal = Journal()
    for number in range(KEPT_BODIES + 1):
        journal.add(record(f"req_{number}"), incoming(f"req_{number}"))
    assert journal.incoming("req_0") is None
    assert journal.incoming("req_1") is not None
    journal.add(record("large"), incoming("large", KEPT_BODY_BYTES - 1))
    assert journal.incoming("large") is not None
    assert journal.incoming(f"req_{KEPT_BODIES}") is None
    journal.add(record("too large"), incoming("too large", KEPT_BODY_BYTES + 1))
    assert journal.incoming("too large") is None
    assert journal.incoming("large") is not None


async def test_it_outlives_the_daemon_without_a_prompt(tmp_path: Path) -> None:
    path = tmp_path / "home" / "requests.jsonl"
    journal = Journal(path)
    journal.add(record("req_1"), incoming("req_1"))
    journal.add(record("req_2", error="too busy"), incoming("req_2"))
    assert not path.exists()  # not on the request's way
    journal.save()
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PROMPT.encode() not in path.read_bytes()
    again = Journal(path)
    assert list(again.newest()) == list(journal.newest())
    assert again.incoming("req_2") is None


async def test_what_is_on_disk_is_still_known(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "requests.jsonl")
    for number in range(KEPT_RECORDS + 7):
        journal.add(record(f"req_{number}"), incoming(f"req_{number}"))
        if number % 100 == 0:
            journal.save()
    assert [(journal.record(name) or {}).get("id") for name in ("req_7", "req_400", "req_500", "req_506")] == [
        "req_7",
        "req_400",
        "req_500",
        "req_506",
    ]
    newest = [found["id"] for found in journal.newest()]
    assert newest == [f"req_{number}" for number in range(KEPT_RECORDS + 6, 6, -1)]
    assert (journal.last() or {})["id"] == f"req_{KEPT_RECORDS + 6}"
    journal.save()
    assert [found["id"] for found in journal.newest()] == newest
    assert journal.record("req_6") is None


async def test_it_is_written_by_itself_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journalling, "SAVE_SECONDS", 0.01)
    path = tmp_path / "requests.jsonl"
    journal = Journal(path)
    journal.add(record(), incoming())
    for _ in range(200):
        await asyncio.sleep(0.01)
        if path.exists() and read_lines(path):
            break
    assert [orjson.loads(line)["id"] for line in read_lines(path)] == ["req_1"]
    journal.save()
    assert len(read_lines(path)) == 1


def test_a_sketch_counts_for_each_target_as_the_request_did() -> None:
    request = Request("claude-opus", (Message("user", PROMPT),))
    prompt = Prompt(TokenCounter(), request, 99)
    tokens_at = TargetTokens(prompt, Config((), RouterConfig()), Calibrations(lambda: None))
    counted = tokens_at(Target("a", "b"))
    told, journal = record(), Journal()
    assert told.routing is not None
    facts = replace(told.routing.facts, tokens_at=tokens_at)
    journal.add(replace(told, routing=replace(told.routing, facts=facts)), incoming())
    (sketch,) = journal.sketches
    assert sketch.facts.tokens_at is not None
    assert sketch.facts.tokens_at(Target("a", "b")) == counted


def test_a_torn_line_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b'{"id":"req_1"}\n{"id":"req_2","at')
    assert append_lines(path, [b'{"id":"req_3"}'], 10)
    assert [found["id"] for found in Journal(path).newest()] == ["req_3", "req_1"]


def test_the_file_is_cut_back(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    for number in range(40):
        append_lines(path, [b'{"id":"req_%d"}' % number], 10)
        assert len(read_lines(path)) <= 20
    assert read_lines(path)[-1] == b'{"id":"req_39"}'
    assert [path.name for path in tmp_path.iterdir()] == ["requests.jsonl"]


def test_a_file_that_cannot_be_written_fails_no_request(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert not append_lines(tmp_path / "file" / "requests.jsonl", [b"{}"], 10)
