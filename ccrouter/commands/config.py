"""`ccr config check` and `ccr config path`."""

import os
from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from ccrouter.config.locations import find_config
from ccrouter.config.problems import ConfigError, Problem, has_errors

_CONFIG_OPTION = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The config file; else CCR_CONFIG, else the one in ~/.claude-code-router.",
)


@click.group()
def config() -> None:
    """Check the configuration, or say where it is."""


@config.command()
@_CONFIG_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(config_path: Path | None, as_json: bool) -> None:
    """Print everything that is wrong with the configuration.

    It runs exactly what start and reload run. The exit code is 0 when the configuration can be used, 1 when not.
    """
    from ccrouter import runtime

    try:
        path = find_config(config_path, os.environ)
        problems = tuple(runtime.check(path, os.environ))
    except ConfigError as error:
        path, problems = config_path, error.problems
    if as_json:
        click.echo(orjson.dumps(_as_json(path, problems), option=orjson.OPT_INDENT_2))
    else:
        for problem in problems:
            click.echo(_line(problem))
        click.echo(_summary(path, problems))
    raise SystemExit(1 if has_errors(problems) else 0)


@config.command()
@_CONFIG_OPTION
def path(config_path: Path | None) -> None:
    """Print which config file is used, whether or not it is there."""
    try:
        click.echo(find_config(config_path, os.environ))
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


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
