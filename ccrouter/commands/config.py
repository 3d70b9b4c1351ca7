"""`ccr config check` and `ccr config path`."""

import os
from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from ccrouter.commands.locating import chosen_config, config_option
from ccrouter.config.problems import ConfigError, Problem, has_errors


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def config() -> None:
    """Check the configuration, or say where it is."""


@config.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(context: click.Context, config: Path | None, as_json: bool) -> None:
    """Print everything that is wrong with the configuration.

    It runs exactly what start and reload run. The exit code is 0 when the configuration can be used, 1 when not.
    """
    from ccrouter import runtime

    path = None
    try:
        path = chosen_config(config)
        problems = runtime.check(path, os.environ)
    except ConfigError as error:
        problems = error.problems
    if as_json:
        click.echo(orjson.dumps(_as_json(path, problems), option=orjson.OPT_INDENT_2))
    else:
        for problem in problems:
            click.echo(_line(problem))
        click.echo(_summary(path, problems))
    context.exit(1 if has_errors(problems) else 0)


@config.command()
@config_option
def path(config: Path | None) -> None:
    """Print which config file is used, whether or not it is there."""
    click.echo(chosen_config(config))


def _line(problem: Problem) -> str:
    color = "red" if problem.severity == "error" else "yellow"
    return f"{click.style(problem.severity, fg=color, bold=True)} {problem}"


def _summary(path: Path | None, problems: Sequence[Problem]) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    counts = f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}"
    name = path or "The configuration"
    if errors:
        return click.style(f"{name} cannot be used: {counts}", fg="red", bold=True)
    if problems:
        return click.style(f"{name} can be used: {counts}", fg="yellow", bold=True)
    return click.style(f"{name} is good", fg="green", bold=True)


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _as_json(path: Path | None, problems: Sequence[Problem]) -> dict[str, object]:
    return {
        "config": str(path) if path else None,
        "usable": not has_errors(problems),
        "problems": [
            {
                "severity": problem.severity,
                "message": problem.message,
                "fix": problem.fix,
                "pointer": problem.pointer,
                "file": str(problem.file) if problem.file else None,
                "line": problem.line,
                "column": problem.column,
            }
            for problem in problems
        ],
    }
