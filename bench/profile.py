"""`python -m bench profile`: where the daemon's CPU time goes in first-turn, long-200k and paced-64.

py-spy looks at the daemon's stack while it serves; the pictures are flame graphs of what it saw. Native code (orjson,
uvloop, aiohttp's parser) counts for the Python function that calls it.
"""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import orjson
from rich.console import Console

from bench import load
from bench.contestants import empty_home, servers, upstream
from bench.costs import Share, Stack, shares
from bench.document import IMAGES, made_by, markdown_table, write_section
from bench.flames import read, svg
from bench.peers.base import WORKSPACE, NotAvailableError, Server
from bench.peers.ccrouter import CCROUTER
from bench.scenarios import Scenario, all_scenarios
from bench.virtual_environments import tools

SCENARIOS = ("first-turn", "long-200k", "paced-64")
SECONDS = 30.0
SAMPLES_PER_SECOND = 200
TOP = 5


def sample(server: Server, scenario: Scenario, seconds: float, spy: Path, folder: Path) -> dict[Stack, int]:
    """The daemon's stacks while it serves one scenario for so long. Raises NotAvailableError, load.WrongAnswerError."""
    port, spoken = server.launch.port, server.contestant.spoken
    load.run(port, spoken, scenario, scenario.requests)
    raw = folder / f"{scenario.name}.raw"
    rate, most = str(SAMPLES_PER_SECOND), str(int(seconds * 4 + 60))
    command = (str(spy), "record", "--pid", str(server.pid), "--format", "raw", "--rate", rate, "--duration", most)
    spying = subprocess.Popen((*command, "--output", str(raw)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline and spying.poll() is None:
            load.run(port, spoken, scenario, scenario.requests)
    finally:
        spying.send_signal(signal.SIGINT)
        _, errors = spying.communicate(timeout=60)
    if not raw.exists():
        tail = " | ".join(errors.decode(errors="replace").strip().splitlines()[-2:])
        raise NotAvailableError(f"py-spy wrote nothing: {tail}")
    return read(raw.read_text(encoding="utf-8"))


def rows(found: Sequence[Share]) -> list[list[str]]:
    """The dearest costs: share, where, why."""
    return [
        [share.cost.name, f"{share.part:.0%}", ", ".join(f"`{each}`" for each in share.functions), share.cost.why]
        for share in found[:TOP]
    ]


def main(argv: Sequence[str]) -> int:
    """Sample, print, draw. Exit code 1 when something fails."""
    parser = argparse.ArgumentParser(prog="python -m bench profile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of load a scenario (default {SECONDS:g})")
    parser.add_argument("--scenario", action="append", choices=all_scenarios(), help="another one; may be repeated")
    parser.add_argument("--write-docs", action="store_true", help="write docs/performance.md and its pictures")
    options = parser.parse_args(argv)
    console = Console()
    names: Sequence[str] = options.scenario or SCENARIOS
    if options.write_docs and tuple(names) != SCENARIOS:
        parser.error("--write-docs takes the three scenarios of the document")
    WORKSPACE.mkdir(exist_ok=True)
    pictures = IMAGES if options.write_docs else WORKSPACE
    lines = [f"{made_by('profile --write-docs')} Samples of py-spy, {SAMPLES_PER_SECOND} a second.", ""]
    told: dict[str, dict[str, float]] = {}
    absent: dict[str, str] = {}
    try:
        spy = tools() / ("py-spy.exe" if sys.platform == "win32" else "py-spy")
        with (
            console.status("") as status,
            empty_home() as folder,
            upstream() as port,
            servers((CCROUTER,), port, absent) as running,
        ):
            if not running:
                raise NotAvailableError(absent[CCROUTER.name])
            for name in names:
                status.update(f"{name}: {options.seconds:g} s")
                scenario = all_scenarios()[name]
                samples = sample(running[0], scenario, options.seconds, spy, folder)
                count = sum(samples.values())
                found = shares(samples)
                title = f"{name}: {scenario.about} ({count} samples)"
                (pictures / f"profile-{name}.svg").write_text(svg(samples, title), encoding="utf-8")
                told[name] = {share.cost.name: round(share.part, 4) for share in found}
                console.print(f"[bold]{name}[/] ({count} samples)")
                for share in found:
                    console.print(
                        f"  {share.part:6.1%}  {share.cost.name}  {', '.join(share.functions)}", highlight=False
                    )
                lines += [f"### {name}", "", f"![{title}](images/profile-{name}.svg)", ""]
                lines += [*markdown_table(("share", "mostly in", "why it is needed"), rows(found), texts=2), ""]
    except (NotAvailableError, load.WrongAnswerError) as why:
        console.print(f"FAILED {why}", style="bold red", highlight=False, markup=False)
        return 1
    (WORKSPACE / "profile.json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    if options.write_docs:
        write_section("profile", lines)
    return 0
