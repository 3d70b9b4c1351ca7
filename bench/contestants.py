"""The contestants by the names of the command line, and starting them with their upstream."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.peers.base import ROOT, WORKSPACE, Contestant, NotAvailableError, Server, clean_environment, start
from bench.peers.ccr import CCR
from bench.peers.ccrouter import CCROUTER
from bench.peers.claude_code_proxy import CLAUDE_CODE_PROXY
from bench.peers.floor import FLOOR
from bench.peers.litellm import LITELLM

CONTESTANTS = {
    "floor": FLOOR,
    "ccrouter": CCROUTER,
    "ccr": CCR,
    "litellm": LITELLM,
    "claude-code-proxy": CLAUDE_CODE_PROXY,
}


@contextmanager
def upstream() -> Generator[int]:
    """The upstream in a process of its own; gives its port."""
    process = subprocess.Popen(
        (sys.executable, "-m", "bench.upstream"), cwd=ROOT, env=clean_environment(WORKSPACE), stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def empty_home() -> Generator[Path]:
    """A new folder for the homes of contestants, gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="ccrouter-bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def servers(chosen: Sequence[Contestant], upstream_port: int, absent: dict[str, str]) -> Generator[list[Server]]:
    """Every contestant that runs here, each with an empty HOME. Why one does not is written to `absent`."""
    running: list[Server] = []
    with empty_home() as home:
        try:
            for number, contestant in enumerate(chosen):
                own = home / str(number)
                own.mkdir()
                try:
                    running.append(start(contestant, contestant.prepare(upstream_port, own)))
                except NotAvailableError as why:
                    absent[contestant.name] = str(why)
            yield running
        finally:
            for server in running:
                server.stop()
