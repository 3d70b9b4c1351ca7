"""One chaos run: three upstreams that fail at random, the real daemon, and many questions at once."""

import asyncio
import ipaddress
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import orjson

from tests.chaos.daemon import Child
from tests.chaos.load import Load, Told
from tests.chaos.world import UPSTREAMS, config
from tests.e2e.daemon import ROOT, free_port
from tests.upstreams.misbehaving import certificate_for

SAMPLE_SECONDS = 0.1


@dataclass
class Report:
    """What a run came to. Memory in MB, times in seconds."""

    seed: int
    requests: int
    told: Told
    seconds: float
    resident: list[tuple[int, float]]
    """Requests done, and the daemon's memory then."""
    endings: list[float]
    faults: Counter[str] = field(default_factory=Counter[str])
    answered: Counter[str] = field(default_factory=Counter[str])
    failures: list[str] = field(default_factory=list[str])
    """What the daemon's log calls an error."""

    @property
    def second_tenth(self) -> float:
        """Not the first: in the 3 seconds that it lasts, the tokenizer, 64 connections and all that is remembered of
        requests come (measured each 0.4 s: 62, 77, 91, 102, 104 MB, and 104 from then on).
        """
        return median([size for done, size in self.resident if 0.1 < done / self.requests <= 0.2] or [0.0])

    @property
    def last_tenth(self) -> float:
        return median([size for done, size in self.resident if done >= self.requests * 0.9] or [0.0])

    @property
    def asked_again(self) -> int:
        """Questions that were answered rightly more often than the client asked: answers that were thrown away."""
        return sum(count - 1 for count in self.answered.values() if count > 1)


async def chaos(
    folder: Path,
    *,
    seed: int,
    requests: int,
    in_flight: int = 64,
    restarts: int = 0,
    workers: int = 1,
    quiet: bool = True,
) -> Report:
    """Run it. With several `workers` they are replaced under load before each restart.

    Raises RuntimeError where a process does not start or end as it should.
    """
    child = Child(folder, workers)
    begun = time.time()
    async with upstreams(folder, seed, begun) as (endpoints, finished):
        child.write(config(endpoints, str(folder / "authority.pem"), child.port))
        await child.start()
        try:
            load = Load(f"{child.url}/v1/messages?beta=true", seed, child.away)
            resident: list[tuple[int, float]] = []
            watching = asyncio.ensure_future(watch(child, load, resident, quiet=quiet))
            restarting = asyncio.ensure_future(restart_amid(child, load, requests, restarts))
            started = time.monotonic()
            await load.run(requests, in_flight)
            seconds = time.monotonic() - started
            watching.cancel()
            await restarting
            await child.end()
        finally:
            child.kill()
        report = Report(seed, requests, load.told, seconds, resident, child.endings)
        report.failures = errors_in(child.log)
        for did in await finished():
            report.faults.update(did["faults"])
            report.answered.update(did["answered"])
    return report


def errors_in(log: str) -> list[str]:
    """What the log calls an error, each with its traceback."""
    errors: list[str] = []
    last = False
    for line in log.splitlines():
        if line.startswith(" "):  # goes on with the record before
            if last:
                errors[-1] += f"\n    {line}"
            continue
        last = " ERROR " in line
        if last:
            errors.append(line)
    return errors


async def watch(child: Child, load: Load, resident: list[tuple[int, float]], *, quiet: bool) -> None:
    """Write down the daemon's memory, and say how far things are."""
    said = time.monotonic()
    while True:
        if not child.away():
            resident.append((load.told.done, child.resident()))
        if not quiet and time.monotonic() - said > 10:
            said = time.monotonic()
            print(f"  {load.told.done} done, {load.told.problem_count} problems, {resident[-1][1]:.0f} MB", flush=True)
        await asyncio.sleep(SAMPLE_SECONDS)


async def restart_amid(child: Child, load: Load, requests: int, restarts: int) -> None:
    """Restart the daemon so many times, evenly spread over the requests; have its workers replaced halfway to each."""

    async def done(part: float) -> None:
        while load.told.done < requests * part / (restarts + 1):  # noqa: ASYNC110 - a test's measuring stick
            await asyncio.sleep(0.01)

    for number in range(1, restarts + 1):
        if child.workers > 1:
            await done(number - 0.5)
            await child.renew()
        await done(number)
        await child.restart()


@asynccontextmanager
async def upstreams(folder: Path, seed: int, begun: float) -> AsyncGenerator[tuple[list[str], "Finished"]]:
    """The three processes, the first one with TLS; their endpoints, and how to end them and hear what they did."""
    certificate, key = certificate_for(ipaddress.ip_address("127.0.0.1"))
    (folder / "authority.pem").write_bytes(certificate)
    (folder / "server.pem").write_bytes(certificate + key)
    processes: list[subprocess.Popen[bytes]] = []
    endpoints: list[str] = []
    try:
        for number in range(UPSTREAMS):
            port = free_port()
            secret = str(folder / "server.pem") if number == 0 else None
            given = {"seed": seed, "number": number, "begun": begun, "port": port, "certificate": secret}
            processes.append(
                subprocess.Popen(  # noqa: ASYNC220 - forks and returns
                    [sys.executable, "-m", "tests.chaos.upstream", orjson.dumps(given).decode()],
                    cwd=ROOT,
                    stdout=subprocess.PIPE,
                )
            )
            endpoints.append(f"{'https' if number == 0 else 'http'}://127.0.0.1:{port}/v1/chat/completions")
        for process in processes:
            assert process.stdout is not None
            line = await asyncio.to_thread(process.stdout.readline)
            if line != b"ready\n":
                raise RuntimeError(f"an upstream did not start: {line!r}")
        yield endpoints, Finished(processes)
    finally:
        for process in processes:
            process.kill()
            process.wait()


class Finished:
    """Ends the upstreams; what each did."""

    def __init__(self, processes: list[subprocess.Popen[bytes]]) -> None:
        self._processes = processes

    async def __call__(self) -> list[dict[str, dict[str, int]]]:
        for process in self._processes:
            process.terminate()
        outputs = await asyncio.gather(*[asyncio.to_thread(process.communicate) for process in self._processes])
        return [orjson.loads(output.splitlines()[-1]) for output, _ in outputs]
