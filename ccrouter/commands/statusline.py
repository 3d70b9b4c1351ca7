"""`ccr statusline` where it has options; without any, `ccrouter/entry.py` goes straight to the line."""

import click

from ccrouter.commands.loose_config import read_loosely
from ccrouter.statusline.process import main


@click.command()
@click.argument("preset", required=False, default="")
@click.pass_context
def statusline(context: click.Context, preset: str) -> None:
    """Print the status line for what Claude Code gives as JSON on standard input; see docs/statusline.md."""
    context.exit(main([preset] if preset else [], read_loosely))
