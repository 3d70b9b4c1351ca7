"""The key of a provider to be: what stands in the config for it, and what must be kept in the `.env`."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import click

from ccrouter.commands.provider.wanted import Wanted
from ccrouter.config.edit.refusal import refusal


@dataclass(frozen=True)
class KeyChoice:
    """`text` is written as `api_key`; None: nothing is said of it. `kept` are variables for the `.env`."""

    text: str | None
    kept: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Known:
    """What is set already: in the environment, in the `.env` beside the config; `own` is the key that the config has
    for this provider, as it is written there."""

    environment: Mapping[str, str]
    dotenv: Mapping[str, str]
    own: str | None = None

    def value(self, variable: str) -> str | None:
        """The value that the config would see."""
        return self.environment.get(variable) or self.dotenv.get(variable)


def choose_key(
    wanted: Wanted, known: Known, *, given: str | None, variable: str | None, in_config: bool, ask: bool
) -> KeyChoice:
    """From `--key`, `--key-env` and what is known; with `ask`, from the user, where that says nothing.

    Raises:
        ConfigError: a key is needed and there is none.
    """
    if given == "-":
        given = sys.stdin.readline().strip()
    if given is not None and (named := variable_in(given)):
        if known.value(named) is None:
            raise refusal(f"the variable {named} is not set", f"export {named}=…, or give the key itself: --key -")
        return KeyChoice(given)
    usual = variable or (wanted.facts.key_variable if wanted.facts is not None else None) or _variable_for(wanted.name)
    if given:
        return KeyChoice(given) if in_config else kept_as(usual, given, known)
    if variable is not None and known.value(variable) is not None:
        return KeyChoice(f"${variable}")
    if variable is None and known.own:
        return KeyChoice(None)
    if variable is None and wanted.facts is not None and wanted.facts.key_variable and known.value(usual):
        return KeyChoice(f"${usual}")
    needed = variable is not None or (wanted.facts is not None and wanted.facts.key_required)
    if wanted.facts is not None and wanted.facts.key_variable is None and variable is None:
        return KeyChoice(None)
    if ask:
        return _asked(wanted, known, usual, needed=needed, in_config=in_config)
    if needed:
        hint = (
            f"; one is to be had {wanted.facts.key_hint}" if wanted.facts is not None and wanted.facts.key_hint else ""
        )
        fix = f"export {usual}=…, or --key - (it is read from stdin and kept in .env){hint}"
        raise refusal(f"{wanted.name} needs a key", fix)
    return KeyChoice(None)


def kept_as(wanted: str, key: str, known: Known) -> KeyChoice:
    """`key` under the variable `wanted` in the `.env`, or with a number where that means something else."""
    number, name = 1, wanted
    while not _free(name, key, known):
        number += 1
        name = f"{wanted}_{number}"
    return KeyChoice(f"${name}", {} if known.value(name) == key else {name: key})


def variable_in(text: str) -> str | None:
    """The name in `$NAME` or `${NAME}`; None for a key itself."""
    found = re.fullmatch(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", text.strip())
    return None if found is None else found[1] or found[2]


def _free(name: str, key: str, known: Known) -> bool:
    if name in known.environment and known.environment[name] not in ("", key):
        return False  # the environment's counts more than the file's
    return known.dotenv.get(name) in (None, "", key) or (known.own is not None and variable_in(known.own) == name)


def _asked(wanted: Wanted, known: Known, usual: str, *, needed: bool, in_config: bool) -> KeyChoice:
    hint = f" It is to be had {wanted.facts.key_hint}." if wanted.facts is not None and wanted.facts.key_hint else ""
    click.secho(
        f"Key of {wanted.name}: it is not shown while you type; $NAME takes it from a variable.{hint}", dim=True
    )
    while True:
        typed = str(
            click.prompt("Key" if needed else "Key (empty: none)", default="", hide_input=True, show_default=False)
        )
        typed = typed.strip()
        named = variable_in(typed)
        if named is not None and known.value(named) is None:
            click.secho(f"The variable {named} is not set.", fg="yellow")
        elif typed or not needed:
            break
    if not typed or named is not None:
        return KeyChoice(typed or None)
    choice = kept_as(usual, typed, known)
    if in_config or not click.confirm(f"Keep it as {choice.text} in the .env beside the config?", default=True):
        return KeyChoice(typed)
    return choice


def _variable_for(name: str) -> str:
    plain = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "PROVIDER"
    return f"CCR_{plain}_API_KEY" if plain[0].isdigit() else f"{plain}_API_KEY"
