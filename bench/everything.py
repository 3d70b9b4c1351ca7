"""`python -m bench everything`: all that docs/performance.md tells, measured anew and written into it.

Takes 40 minutes or more, and a machine that does nothing else. Where valgrind is missing, its part fails by itself.
"""

import argparse
from collections.abc import Callable, Sequence

from bench import comparison, growth, instructions, memory, profile

PARTS: tuple[Callable[[Sequence[str]], int], ...] = (
    comparison.main,
    growth.main,
    profile.main,
    memory.main,
    instructions.main,
)


def main(argv: Sequence[str]) -> int:
    """Run every part, whatever came of the ones before. Exit code 1 when one of them has failed."""
    argparse.ArgumentParser(prog="python -m bench everything", description=__doc__).parse_args(argv)
    return max([part(["--write-docs"]) for part in PARTS])
