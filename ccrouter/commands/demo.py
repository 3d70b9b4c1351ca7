"""`ccr demo`: the router on its built-in provider, one request of each scenario, and how to go on."""

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", type=click.IntRange(1, 65535), help="The daemon's port [default: 3456, or the next free one].")
@click.option("--once", is_flag=True, help="End after the table; the exit code says whether all went well.")
@click.pass_context
def demo(context: click.Context, port: int | None, once: bool) -> None:
    """Try every route on a built-in provider: no key, no network, no config file.

    Then it stays up for Claude Code, until Ctrl-C.
    """
    import asyncio

    from rich.console import Console

    from ccrouter.demo.run import run_demo

    try:
        code = asyncio.run(run_demo(Console(highlight=False), port=port, once=once))
    except KeyboardInterrupt:  # Windows, or before the loop has its handlers
        code = 130 if once else 0
    context.exit(code)
