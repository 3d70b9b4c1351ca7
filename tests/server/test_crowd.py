"""While a crowd of requests is under way, memory is taken in a way that lets it be given back."""

import os
import subprocess
import sys

import pytest

from ccrouter.server import crowd as crowds
from ccrouter.server import messages
from ccrouter.server.crowd import FEW, MANY, Allocators, Crowd
from ccrouter.server.state import STATE
from tests.server.conftest import Router
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import text

MEASURED = sys.platform.startswith("linux") and sys.version_info < (3, 14)


def ran(code: str, *options: str, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONMALLOC"}
    done = subprocess.run(
        [sys.executable, *options, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**clean, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not MEASURED, reason="only with glibc")
def test_what_a_crowd_took_is_given_back_though_some_of_it_stays() -> None:
    code = """
from pathlib import Path
from ccrouter.server.crowd import MANY, crowd
from ccrouter.server.c_heap import trimmer
from ccrouter.server.memory import clear_caches
trim = trimmer()
def resident():
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024
def peak():
    many = [{"number": [number]} for number in range(150_000)]
    return many[::5_000]
clear_caches(); trim()
before = resident()
crowd.see(MANY)
kept = peak()
crowd.see(0)
clear_caches(); trim()
print(resident() - before)
"""
    # Measured: 0.2 MB; without a crowd 35.
    assert float(ran(code)) < 10


@pytest.mark.skipif(not MEASURED, reason="only with glibc")
def test_what_was_made_before_a_crowd_grows_and_goes_in_it_and_the_other_way_round() -> None:
    code = """
from ccrouter.server.crowd import MANY, allocators, crowd
assert allocators() is not None
def changed(things):
    for number, thing in enumerate(things):
        thing["list"].extend(range(number % 70))
        thing["bytes"].extend(b"x" * (number % 900))
        thing.update({(number, key): str(key) for key in range(number % 40)})
    return things[::2]
things = []
for turn in range(20):
    crowd.see(MANY if turn % 2 else 0)
    things = changed(things + [{"list": [], "bytes": bytearray(), "turn": turn} for _ in range(1000)])
print(len(things), sum(len(thing) for thing in things), sum(map(len, (thing["bytes"] for thing in things))))
"""
    usual = ran(code.replace("crowd.see(MANY", "crowd.see(0"))
    assert ran(code) == usual


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        ((), {"PYTHONMALLOC": "malloc"}),
        ((), {"PYTHONMALLOC": "debug"}),
        (("-X", "dev"), {}),
        (("-X", "tracemalloc"), {}),
    ],
)
def test_allocators_of_others_are_left_alone(options: tuple[str, ...], environment: dict[str, str]) -> None:
    code = "from ccrouter.server.crowd import allocators, crowd; crowd.see(1000); print(allocators(), crowd.lasts)"
    assert ran(code, *options, **environment) == "None False"


def test_a_crowd_begins_once_and_ends_with_few(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []
    monkeypatch.setattr(crowds, "allocators", lambda: Allocators("usual", "crowded"))  # pyright: ignore[reportArgumentType]
    monkeypatch.setattr(crowds, "use", used.append)
    crowd = Crowd()
    for under_way in (0, FEW, MANY - 1):
        crowd.see(under_way)
    assert (used, crowd.lasts) == ([], False)
    for under_way in (MANY, MANY + 1, MANY - 1, FEW + 1, MANY):
        crowd.see(under_way)
        assert (used, crowd.lasts) == (["crowded"], True)
    for under_way in (FEW, 0, FEW + 1, MANY - 1):
        crowd.see(under_way)
        assert (used, crowd.lasts) == (["crowded", "usual"], False)
    crowd.see(MANY)
    assert used == ["crowded", "usual", "crowded"]


@pytest.mark.parametrize(("under_way", "lasts", "seen"), [(MANY - 1, False, []), (MANY, False, [MANY]), (7, True, [7])])
async def test_requests_tell_of_a_crowd(
    router: Router, monkeypatch: pytest.MonkeyPatch, under_way: int, lasts: bool, seen: list[int]
) -> None:
    calls: list[int] = []

    class Noted(Crowd):
        def see(self, under_way: int) -> None:
            calls.append(under_way)

    noted = Noted()
    noted.lasts = lasts
    monkeypatch.setattr(messages, "crowd", noted)
    body = {"model": "claude-x", "max_tokens": 100, "messages": [{"role": "user", "content": "Go on."}]}
    with OpenAIChatUpstream(lambda body: text("Yes.")) as upstream:
        async with router(upstream.endpoint) as client:
            assert client.app is not None
            client.app[STATE].gateway.open_requests = under_way
            reply = await client.post("/v1/messages", json=body)
            assert reply.status == 200
    assert calls == seen
