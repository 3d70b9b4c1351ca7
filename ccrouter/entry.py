"""The entry point of `ccr` and `ccrouter`: status line and daemon at once, all else through the command line."""

import os
import sys


def main() -> None:
    """Run the command; exits with its code."""
    arguments = sys.argv[1:]
    # Claude Code runs `ccr statusline` again and again: click alone would take longer than the whole line.
    if arguments[:1] == ["statusline"] and not any(argument.startswith("-") for argument in arguments):
        from ccrouter.commands.loose_config import read_loosely
        from ccrouter.statusline.process import main as status_line

        sys.exit(status_line(arguments[1:], read_loosely))
    if len(arguments) == 4 and arguments[:3] == DAEMON and HANDSHAKE_VARIABLE in os.environ:
        sys.exit(serve(arguments[3]))
    from ccrouter.cli import main as command_line

    command_line()


HANDSHAKE_VARIABLE = "CCR_START_HANDSHAKE"
"""As `daemon/handshake.py` has it."""
DAEMON = ["start", "--foreground", "--config"]
"""What `ccr start` calls (`daemon/spawn.py`), without the file."""


def serve(config: str) -> int:
    """Be the daemon that `ccr start` waits for; the exit code. It needs nothing of the command line."""
    from pathlib import Path

    from ccrouter.commands.consoles import survive_narrow_consoles
    from ccrouter.commands.foreground import serve_in_foreground
    from ccrouter.daemon.files import files_of

    survive_narrow_consoles()
    return serve_in_foreground(files_of(Path(config)), os.environ)
