"""`python -m tests.chaos [--seed N] [--requests N] [--in-flight N] [--restarts N] [--workers N]`, see `run.py`.

Two runs: one in which the daemon's memory is watched, one in which it is restarted gracefully so many times. Exit code
1: something was wrong.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import Report, chaos

GROWTH = 1.15
"""What the daemon's memory in the last tenth of a run may be of that in the second."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    print(f"seed {given.seed} (repeat with --seed {given.seed})", flush=True)
    good = True
    for restarts in sorted({0, given.restarts}):
        print(f"{given.requests} requests, {given.in_flight} in flight, {restarts} restarts", flush=True)
        with tempfile.TemporaryDirectory(prefix="ccrouter-chaos-") as folder:
            report = asyncio.run(
                chaos(
                    Path(folder),
                    seed=given.seed,
                    requests=given.requests,
                    in_flight=given.in_flight,
                    restarts=restarts,
                    workers=given.workers,
                    quiet=False,
                )
            )
        good = tell(report, restarts) and good
    return 0 if good else 1


def tell(report: Report, restarts: int) -> bool:
    """Print the report; whether all is well."""
    told = report.told
    seconds = sorted(told.seconds)
    flat = restarts > 0 or report.last_tenth <= report.second_tenth * GROWTH
    rows = {
        "right answers": f"{told.right} of {report.requests}",
        "problems": str(told.problem_count + len(report.failures)),
        "client's retries": f"{sum(told.retries.values())}, after a stream broke amid its text: {dict(told.retries)}",
        "reconnects": f"{told.reconnects}, while the daemon was restarted",
        "graceful ends": ", ".join([f"{ending:.1f} s" for ending in report.endings]),
        "attempts": f"{told.attempts / max(1, told.right):.2f} an answer; {report.asked_again} answers thrown away",
        "time": f"{report.seconds:.0f} s, {report.requests / report.seconds:.0f} requests a second",
        "a request": "median {:.2f} s, 99 % within {:.2f} s, longest {:.1f} s".format(
            *[seconds[min(len(seconds) - 1, len(seconds) * part // 100)] for part in (50, 99, 100)]
        ),
        "daemon's memory": f"{report.second_tenth:.1f} MB in the second tenth, {report.last_tenth:.1f} MB in the last",
        "upstreams did": str(dict(sorted(report.faults.items()))),
    }
    for name, value in rows.items():
        print(f"  {name:17}{value}")
    for problem in (*told.problems, *report.failures[:20]):
        print(f"    {problem}")
    sys.stdout.flush()
    return told.problem_count == 0 and not report.failures and flat


if __name__ == "__main__":
    sys.exit(main())
