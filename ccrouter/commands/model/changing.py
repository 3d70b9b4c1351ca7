"""The config as `ccr model` changes it, and what to tell of it."""

import os
from pathlib import Path

import click

from ccrouter import runtime
from ccrouter.commands.locating import locate
from ccrouter.commands.terminal import good, note
from ccrouter.config.edit.draft import Draft, Saved, open_draft
from ccrouter.config.problems import ConfigError
from ccrouter.gateway.types import Service
from ccrouter.runtime import known_names


def draft_of(path: Path) -> Draft:
    """The config at `path`, to be changed. Raises ConfigError when it cannot be read."""
    return open_draft(path, environment=os.environ, known=known_names({}, user_files_loaded=False))


def service_of(draft: Draft) -> Service:
    """What the changed config would serve. Raises ConfigError when it could not be used."""
    built = runtime.build(draft.path, draft.environment, draft.text.data())
    if built.service is None:
        raise ConfigError([problem for problem in built.problems if problem.severity == "error"])
    return built.service


def save(draft: Draft, what: str) -> None:
    """Write the changes and tell of it: what was done, new warnings, the backup, and who takes it over."""
    if not draft.changed:
        click.echo(f"{what}: it is so already, nothing was written.")
        return
    # By what they say: their lines have moved.
    before = {problem.message for problem in runtime.check(draft.path, draft.environment, draft.original)}
    saved = draft.save(runtime.check)
    good(f"{what}.")
    for problem in saved.problems:
        if problem.message not in before:
            note(str(problem))
    for line in told(draft.path, saved):
        click.echo(line)


def told(path: Path, saved: Saved) -> list[str]:
    """Where the old config is, and what has to be done for the new one to be in force."""
    _, daemon = locate(path)
    takes_over = (
        "The running daemon takes it over within a second or two."
        if daemon is not None
        else "The daemon is not running: ccr start"
    )
    return [f"Backup: {saved.backup}", takes_over] if saved.backup is not None else [takes_over]
