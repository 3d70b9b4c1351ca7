"""`ccr completion SHELL`: the script that makes a shell complete `ccr`, made by click."""

import click
from click.shell_completion import get_completion_class

from ccrouter.errors import CCRouterError

VARIABLE = "_CCR_COMPLETE"
"""click looks for this variable when its program is called `ccr`."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes commands, options, and the config's models, providers and presets.

    \b
    bash   eval "$(ccr completion bash)"      in ~/.bashrc (bash 4.4 or newer)
    zsh    eval "$(ccr completion zsh)"       in ~/.zshrc, after compinit
    fish   ccr completion fish > ~/.config/fish/completions/ccr.fish
    """
    made = get_completion_class(shell)
    if made is None:
        raise CCRouterError(f"click knows no completion for {shell}.")
    # click's own bash script begins by running bash to learn its version; the text is what is wanted here.
    script = made(context.find_root().command, {}, "ccr", VARIABLE)
    click.echo(whole_targets(script.source_template % script.source_vars()))


def whole_targets(script: str) -> str:
    """Only the first comma separates in what the fish script is told: targets have one of their own."""
    return script.replace('string split ","', 'string split --max 1 ","')
