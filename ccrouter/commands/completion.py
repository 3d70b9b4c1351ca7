"""`ccr completion SHELL`: the script that makes a shell complete `ccr`, made by click."""

import os

import click
from click.shell_completion import get_completion_class

from ccrouter.commands.completion_files import SHELLS, Shell, completion_file, users_shell
from ccrouter.commands.terminal import good
from ccrouter.config.locations import user_directory
from ccrouter.errors import CCRouterError

VARIABLE = "_CCR_COMPLETE"
"""click looks for this variable when its program is called `ccr`."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--install", is_flag=True, help="Set it up: a line in ~/.bashrc or ~/.zshrc, or fish's file.")
@click.option("--remove", is_flag=True, help="Take away what --install set up.")
@click.argument("shell", type=click.Choice(SHELLS), required=False)
@click.pass_context
def completion(context: click.Context, install: bool, remove: bool, shell: Shell | None) -> None:
    """Print the script that completes commands, options, and the config's models, providers and presets.

    \b
    bash   eval "$(ccr completion bash)"      in ~/.bashrc (bash 4.4 or newer)
    zsh    eval "$(ccr completion zsh)"       in ~/.zshrc, after compinit
    fish   ccr completion fish > ~/.config/fish/completions/ccr.fish

    --install does that: ccr completion --install is for the shell that you use.
    """
    if install and remove:
        raise click.UsageError("--install and --remove: give one of them.")
    shell = shell or (users_shell(os.environ) if install or remove else None)
    if shell is None:
        raise click.UsageError(f"Which shell? Name one of {', '.join(SHELLS)}.")
    place = completion_file(shell, user_directory(), os.environ)
    if remove:
        done = place.remove()
        click.echo(f"{place.file}: {'completion is taken away.' if done else 'there was nothing of ccr completion.'}")
        return
    script = script_of(context.find_root().command, shell)
    if not install:
        click.echo(script)
    elif place.install(script):
        good(f"{place.file}: completion is set up, for every {shell} that starts from now on.")
    else:
        click.echo(f"{place.file}: it is so already, nothing was written.")


def script_of(program: click.Command, shell: Shell) -> str:
    """click's script for the shell, mended. Raises CCRouterError where it knows none."""
    made = get_completion_class(shell)
    if made is None:
        raise CCRouterError(f"click knows no completion for {shell}.")
    # click's own bash script begins by running bash to learn its version; the text is what is wanted here.
    script = made(program, {}, "ccr", VARIABLE)
    return whole_targets(script.source_template % script.source_vars())


def whole_targets(script: str) -> str:
    """Only the first comma separates in what the fish script is told: targets have one of their own."""
    return script.replace('string split ","', 'string split --max 1 ","')
