"""`ccr import FILE`: another program's configuration as ours, shown or put in place."""

import os
import sys
from pathlib import Path

import click

from ccrouter.commands.locating import chosen_config, config_option
from ccrouter.commands.terminal import good, note
from ccrouter.config.problems import Problem, has_errors
from ccrouter.config.taking.take import Taken, take


@click.command("import", context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.option("--write", is_flag=True, help="Put it in place: a config that is there is kept as a backup.")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def import_(context: click.Context, config: Path | None, write: bool, file: Path) -> None:
    """Take over a configuration: of claude-code-router, of LiteLLM, or the .env of a proxy for Claude Code.

    Prints the config that comes of it, and beside it (on stderr) what has no equivalent. Keys are never printed: they
    go into the .env beside the config, and the config names them as $NAME. The same files also work in place:
    ccr start --config litellm.yaml, ccr start --env-file .env
    """
    target, file = chosen_config(config), file.expanduser().absolute()
    if file.exists() and target.exists() and file.samefile(target):
        note(f"{target} is the config that is used already. ccr config check tells what is wrong with it.")
        context.exit(1)
    taken = take(file, target, os.environ)
    found = _check(taken)
    if not write:
        click.echo(taken.text, nl=not taken.text.endswith("\n"))
        sys.stdout.flush()
    _tell(taken, found)
    if has_errors(found):
        note("It cannot be used like this, so nothing was written.")
        context.exit(1)
    if not write:
        note(f"Nothing was written. To put it into {target}: ccr import {file} --write")
        return
    _put(taken)


def _check(taken: Taken) -> tuple[Problem, ...]:
    """What `ccr config check` would say of it in its place."""
    from ccrouter.runtime import check

    return check(taken.target, {**taken.variables, **os.environ}, taken.data())


def _tell(taken: Taken, found: tuple[Problem, ...]) -> None:
    note(f"{taken.file} is read as {taken.source}.")
    for problem in taken.problems:
        note(f"  {problem}")
    told = {problem.message for problem in taken.problems}
    for problem in found:
        if problem.message not in told:
            note(f"  {problem}")
    if taken.variables:
        names = ", ".join(taken.variables)
        note(f"For the .env beside the config: {names}")


def _put(taken: Taken) -> None:
    from ccrouter.commands.locating import locate
    from ccrouter.config.taking.put import put

    done = put(taken)
    good(f"{taken.target} is written.")
    if done.backup is not None:
        click.echo(f"Backup: {done.backup}")
    if done.dotenv is not None:
        click.echo(f"Keys: {done.dotenv} (only you can read it)")
    _, daemon = locate(taken.target)
    click.echo("The running daemon takes it over within a second or two." if daemon is not None else "Next: ccr code")
