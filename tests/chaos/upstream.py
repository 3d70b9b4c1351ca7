"""One of the three upstreams, a process of its own: `python -m tests.chaos.upstream '{"seed": 1, …}'`.

Prints `ready` once it serves; ends on SIGTERM and prints what it did as JSON: {"faults": {name: count}, "answered":
{question: count}}.
"""

import asyncio
import contextlib
import signal
import ssl
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import orjson

from tests.chaos.world import Mood, fault_of, manner_of, mood_of, question_in
from tests.upstreams.misbehaving import Asked, Manner, Misbehaving, untrusted


class Upstream:
    """Keeps its moods: `begun` is time.time() at the beginning, the same for all three."""

    def __init__(self, seed: int, number: int, begun: float, port: int, certificate: str | None) -> None:
        self._seed, self._number, self._begun, self._port = seed, number, begun, port
        self._dice = Random(f"{seed}/upstream/{number}")
        self._trusted = None if certificate is None else context_of(certificate)
        self._untrusted = None if certificate is None else untrusted(Path(certificate).parent)
        self._server = Misbehaving(self._answer, keep_asked=False)
        self.faults: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()

    @property
    def mood(self) -> Mood:
        mood = mood_of(self._seed, self._number, time.time() - self._begun)
        return "down" if mood == "untrusted" and self._untrusted is None else mood

    def _answer(self, asked: Asked) -> Manner:
        fault = fault_of(self.mood, asked, self._dice)
        if fault is None:
            self.answered[question_in(asked.body)] += 1
        self.faults[fault or "none"] += 1
        return manner_of(fault, asked, self._dice)

    async def serve(self) -> None:
        """Until cancelled."""
        listening: Mood | None = None
        while True:
            mood = self.mood
            wanted: Mood = mood if mood in {"down", "untrusted"} else "well"
            if wanted != listening:
                if listening not in {None, "down"}:
                    self._server.stop_listening()
                if wanted != "down":
                    self._server.tls = self._untrusted if wanted == "untrusted" else self._trusted
                    await self._server.start(self._port)
                else:
                    self.faults["refused"] += 1
                self.faults["untrusted"] += wanted == "untrusted"
                if listening is None:
                    print("ready", flush=True)
                listening = wanted
            await asyncio.sleep(0.01)


def context_of(certificate: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


async def main() -> None:
    upstream = Upstream(**orjson.loads(sys.argv[1]))
    serving = asyncio.ensure_future(upstream.serve())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    print(orjson.dumps({"faults": upstream.faults, "answered": upstream.answered}).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
