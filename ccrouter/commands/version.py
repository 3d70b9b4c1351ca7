"""`ccr version` and `ccr help`."""

import click

from ccrouter import __version__


@click.command()
def version() -> None:
    """Show the version."""
    click.echo(f"ccrouter version: {__version__}")


@click.command("help")
@click.pass_context
def help_command(context: click.Context) -> None:
    """Show the help of `ccr`."""
    click.echo((context.parent or context).get_help())
