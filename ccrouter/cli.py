"""The `ccr` command line: a group whose commands load when they are called."""

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import click

from ccrouter import __version__
from ccrouter.commands.consoles import survive_narrow_consoles

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """Where a command is ("module:attribute") and what `ccr --help` says of it, so that help imports no command."""

    target: str
    summary: str


COMMANDS: dict[str, Entry] = {
    "init": Entry("ccrouter.commands.init.command:init", "Set everything up: look, ask, test, write a config, start"),
    "code": Entry("ccrouter.commands.code:code", "Run Claude Code through the router (every argument is passed on)"),
    "start": Entry("ccrouter.commands.start:start", "Start the daemon; returns when it answers"),
    "stop": Entry("ccrouter.commands.stop:stop", "Stop the daemon; open streams finish first"),
    "restart": Entry("ccrouter.commands.restart:restart", "Stop the daemon and start it again"),
    "status": Entry("ccrouter.commands.status:status", "Show whether the daemon runs, its routes and its problems"),
    "service": Entry("ccrouter.commands.service.command:service", "Start the daemon at login: install, remove, status"),
    "model": Entry("ccrouter.commands.model.command:model", "Choose which model serves what; add and test models"),
    "provider": Entry("ccrouter.commands.provider.command:provider", "Add, list, test and remove providers"),
    "add-gemini-balance": Entry(
        "ccrouter.commands.provider.gemini_balance:add_gemini_balance", "Add a Gemini Balance server, for long contexts"
    ),
    "doctor": Entry("ccrouter.commands.doctor.command:doctor", "Look at everything that may be wrong; say what to do"),
    "keys": Entry("ccrouter.commands.keys:keys", "Show which API keys rest, why and until when"),
    "explain": Entry(
        "ccrouter.commands.explain:explain", "Explain where a request goes and why; --id REQ for a logged one"
    ),
    "test": Entry("ccrouter.commands.test:test", "Run the routing tests of the configuration"),
    "logs": Entry("ccrouter.commands.logs:logs", "Show the log; -f follows it"),
    "import": Entry(
        "ccrouter.commands.importing:import_", "Take over the configuration of CCR, LiteLLM or a proxy's .env"
    ),
    "config": Entry("ccrouter.commands.config:config", "Check or show the configuration"),
    "preset": Entry("ccrouter.commands.preset:preset", "Keep configurations under a name; `ccr NAME` starts with one"),
    "activate": Entry("ccrouter.commands.activate:activate", 'Print the environment for eval "$(ccr activate)"'),
    "env": Entry("ccrouter.commands.activate:activate", "The same as activate"),
    "statusline": Entry("ccrouter.commands.statusline:statusline", "The line for Claude Code's prompt; reads its JSON"),
    "demo": Entry("ccrouter.commands.demo:demo", "Try every route on a built-in provider, without key or network"),
    "completion": Entry("ccrouter.commands.completion:completion", "Print the completion script for bash, zsh or fish"),
    "uninstall": Entry("ccrouter.commands.uninstall:uninstall", "Remove what ccrouter made; your config stays"),
    "version": Entry("ccrouter.commands.version:version", "Show the version"),
    "help": Entry("ccrouter.commands.version:help_command", "Show this help"),
}


NAME_COLUMNS = 10
"""A longer name has a line of its own in `ccr --help`."""
COMMANDS_OF_CCR = frozenset({"ui", "install"})


class LazyGroup(click.Group):
    """A group of the COMMANDS table; a command's module is imported when the command is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table: what one needs first comes first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        return cast(click.Command, getattr(importlib.import_module(module), attribute))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it; `ccr NAME` starts Claude Code with the preset NAME; a hint where nothing is called so."""
        if args and args[0] not in COMMANDS:
            if not is_preset(args[0]):
                ctx.fail(unknown_command(args[0]))
            args = ["code", "--preset", *args]
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Commands and presets, without importing any command; options as click does it."""
        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        from click.shell_completion import CompletionItem

        from ccrouter.commands.completing import preset_names

        items = [CompletionItem(name, help=entry.summary) for name, entry in COMMANDS.items()]
        items += [CompletionItem(name, help="Claude Code with this preset") for name in preset_names(ctx)]
        return [item for item in items if str(item.value).startswith(incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, without importing anything."""
        with formatter.section("Commands"):
            # One long name must not push everybody's summary over the edge of 80 columns.
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()], col_max=NAME_COLUMNS)


def is_preset(name: str) -> bool:
    """True when a preset of this name is installed beside the configuration in use."""
    if name.startswith("-") or "/" in name or "\\" in name:
        return False
    from ccrouter.config.locations import find_config, presets_folder
    from ccrouter.config.manifest import MANIFEST
    from ccrouter.config.problems import ConfigError

    try:
        return (presets_folder(find_config(None, os.environ).parent) / name / MANIFEST).is_file()
    except (ConfigError, OSError):
        return False


def unknown_command(name: str) -> str:
    """What to say of a command that does not exist."""
    from difflib import get_close_matches

    if name in COMMANDS_OF_CCR:
        return f"`ccr {name}` of the original claude-code-router is not in this version."
    near = get_close_matches(name, COMMANDS, n=1)
    return f"There is no command '{name}'." + (f" Did you mean `ccr {near[0]}`?" if near else "")


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The config file [default: $CCR_CONFIG, else ~/.claude-code-router/config.json].",
)
@click.version_option(__version__, "-v", "--version", message="ccrouter version: %(version)s")
@click.pass_context
def cli(context: click.Context, config: Path | None) -> None:
    """Claude Code, through the router, to the models you want to use."""
    if os.environ.get("NO_COLOR"):  # no-color.org
        context.color = False
    if config is not None:
        os.environ["CCR_CONFIG"] = str(config.absolute())  # for the command, and for what it starts
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        context.exit(1)  # as CCR does: nothing was asked for


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; its exit code. Errors that are no bug become one clear line on stderr.

    CCR_DEBUG=1 shows the traceback instead.
    """
    survive_narrow_consoles()
    try:
        outcome = cli.main(
            args=list(arguments) if arguments is not None else None, prog_name="ccr", standalone_mode=False
        )
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        _drop_standard_output()
        return 1
    except Exception as error:
        message = _explain(error)
        if message is None or os.environ.get("CCR_DEBUG") == "1":
            raise
        click.secho(message, err=True, fg="red")
        return 1
    return outcome if isinstance(outcome, int) else 0


def _explain(error: Exception) -> str | None:
    """The text for an error that is the user's or the system's doing; None for a bug, which keeps its traceback."""
    from ccrouter.errors import CCRouterError

    if isinstance(error, CCRouterError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror or error}"
    return None


def _drop_standard_output() -> None:
    """The reader has gone (`ccr logs | head`); the flush at exit must not fail once more."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
