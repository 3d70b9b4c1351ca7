"""The entry point of `ccr` and `ccrouter`: the status line at once, everything else through the command line."""

import sys


def main() -> None:
    """Run the command; exits with its code."""
    arguments = sys.argv[1:]
    # Claude Code runs `ccr statusline` again and again: click alone would take longer than the whole line.
    if arguments[:1] == ["statusline"] and not any(argument.startswith("-") for argument in arguments):
        from ccrouter.commands.loose_config import read_loosely
        from ccrouter.statusline.process import main as status_line

        sys.exit(status_line(arguments[1:], read_loosely))
    from ccrouter.cli import main as command_line

    command_line()
