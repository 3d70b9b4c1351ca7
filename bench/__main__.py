"""`python -m bench [COMMAND] [OPTIONS]`: without a command, the comparison with the peers."""

import importlib
import signal
import sys
from collections.abc import Sequence

COMMANDS = ("comparison", "growth", "memory", "profile", "instructions", "everything", "scaling", "shared_state")
"""Each is a module here with a `main(arguments)` that gives the exit code."""


def chosen(argv: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The command that the arguments name, and its own arguments."""
    if argv and argv[0] in COMMANDS:
        return argv[0], argv[1:]
    return COMMANDS[0], argv


def end(number: int, _: object) -> None:
    """Have an end that was asked for (by `timeout`, say) stop the contestants too."""
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    command, arguments = chosen(sys.argv[1:])
    sys.exit(importlib.import_module(f"bench.{command}").main(arguments))
