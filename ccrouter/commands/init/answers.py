"""From what was found, the flags and the answers to what is going to be written."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import click

from ccrouter import runtime
from ccrouter.commands.init.composing import Choice, compose, small_model, usable_models
from ccrouter.commands.init.finding import ForeignFile, Found, Server, find
from ccrouter.commands.terminal import note
from ccrouter.config.interpolate import PLACEHOLDER
from ccrouter.config.known import PresetFacts
from ccrouter.config.load import load_config
from ccrouter.config.presets import preset_named
from ccrouter.config.problems import ConfigError, has_errors
from ccrouter.config.report import did_you_mean
from ccrouter.config.source import dotenv_beside, read_dotenv
from ccrouter.config.taking.secrets import separate
from ccrouter.config.taking.take import Taken, take
from ccrouter.config.taking.text import config_as_text
from ccrouter.config.types import Config, RouterConfig
from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen
from ccrouter.gateway.types import Service
from ccrouter.model.json import JsonObject
from ccrouter.probing.listing import fetch_models
from ccrouter.providers.presets import PRESETS

Option = TypeVar("Option")

MOST_SHOWN = 12
NOTHING = (
    "Nothing was found to begin with: no config, no key in the environment, no ollama or LM Studio on this machine."
    " Export a key, such as OPENROUTER_API_KEY, or name a provider: ccr init --provider deepseek --key '$KEY' --yes"
)


@frozen
class Answers:
    """The flags; None where the user leaves it to us. `asking`: there is a terminal to ask the rest in."""

    source: Path | None = None
    provider: str | None = None
    url: str | None = None
    key: str | None = None
    model: str | None = None
    background: str | None = None
    replace: bool = False
    asking: bool = False


@frozen
class Plan:
    """`taken` is None where the config that is there stays. `service` is what it serves."""

    target: Path
    service: Service
    taken: Taken | None


def plan_for(target: Path, given: Answers, environment: Mapping[str, str]) -> Plan:
    """What is going to be written.

    Raises:
        CCRouterError: something is missing that cannot be asked for, or a config is in the way.
        ConfigError: what comes of it could not be used.
    """
    if given.source is not None:
        _mind_the_old(target, given, environment)
        return _planned(take(given.source.expanduser().absolute(), target, environment), environment)
    if target.exists() and given.provider is None and not given.replace:
        kept = _kept(target, given, environment)
        if kept is not None:
            return kept
    elif target.exists():
        _mind_the_old(target, given, environment)
    variables = {**read_dotenv(dotenv_beside(target)).variables, **environment}
    found = Found() if given.provider is not None else find(Path.cwd(), variables, PRESETS)
    _tell(found)
    if found.files and (file := _chosen_file(found, given)) is not None:
        return _planned(take(file.path, target, environment), environment)
    return _planned(_composed(target, _choices(found, given), given, variables), environment)


def _kept(target: Path, given: Answers, environment: Mapping[str, str]) -> Plan | None:
    """The config that is there, where it can be used; None where it names no provider yet, or may be replaced."""
    built = runtime.build(target, environment)
    if built.service is not None:
        click.echo(f"There is a config: {target}. It can be used as it is.")
        for problem in built.problems:
            note(f"  {problem}")
        return Plan(target, built.service, None)
    if _is_empty(target, environment):
        click.echo(f"There is a config without a provider: {target}. Its place is taken; a backup is kept.")
        return None
    for problem in built.problems:
        note(f"  {problem}")
    question = f"The config {target} cannot be used as it is. Replace it? A backup is kept."
    if given.asking and click.confirm(question, default=False):
        return None
    raise CCRouterError(f"The config {target} cannot be used as it is. Mend it (ccr config check), or add --replace.")


def _is_empty(target: Path, environment: Mapping[str, str]) -> bool:
    known = runtime.known_names({}, user_files_loaded=False)
    draft = load_config(target, environment=environment, known=known).draft
    return draft is not None and not draft.providers


def _mind_the_old(target: Path, given: Answers, environment: Mapping[str, str]) -> None:
    """Nobody's config is replaced without a word."""
    if not target.exists() or given.replace or _is_empty(target, environment):
        return
    if given.asking and click.confirm(f"There is a config: {target}. Replace it? A backup is kept.", default=False):
        return
    raise CCRouterError(f"There is a config: {target}. Add --replace to put another in its place; a backup is kept.")


def _planned(taken: Taken, environment: Mapping[str, str]) -> Plan:
    for problem in taken.problems:
        note(f"  {problem}")
    built = runtime.build(taken.target, {**taken.variables, **environment}, taken.data())
    if built.service is None or has_errors(built.problems):
        raise ConfigError([problem for problem in built.problems if problem.severity == "error"])
    return Plan(taken.target, built.service, taken)


def _tell(found: Found) -> None:
    for file in found.files:
        click.echo(f"Found: {file.path} ({file.what})")
    for preset in found.keys:
        click.echo(f"Found: {preset.key_variable}, a key for {preset.name}")
    for server in found.servers:
        count = len(server.models)
        click.echo(f"Found: {server.preset} on this machine, with {count} model{'' if count == 1 else 's'}")


def _chosen_file(found: Found, given: Answers) -> ForeignFile | None:
    """The file to take over; None where something else shall be the beginning."""
    if not given.asking:
        return found.files[0]
    others: list[ForeignFile | None] = [*found.files, None]
    return _ask("What shall the config be made from?", others, lambda one: str(one.path) if one else "none of these")


def _choices(found: Found, given: Answers) -> list[Choice]:
    """The providers, the one that serves first."""
    if given.provider is not None:
        return [_named(given)]
    choices = [_of_key(preset) for preset in found.keys]
    choices += [_of_server(server) for server in found.servers if usable_models(server.models)]
    if given.url is not None:
        return [_named(given)]
    if not choices:
        if not given.asking:
            raise CCRouterError(NOTHING)
        return [_asked_for(given)]
    if given.asking and len(choices) > 1:
        first = _ask("Who shall serve by default?", choices, lambda choice: choice.name)
        choices = [first, *(choice for choice in choices if choice is not first)]
    elif len(choices) > 1:
        others = ", ".join(choice.name for choice in choices[1:])
        click.echo(f"{choices[0].name} serves; {others} can be chosen with /model (--provider NAME for another).")
    return [choice for number, choice in enumerate(choices) if choice.all_models or not number]


def _of_key(preset: PresetFacts) -> Choice:
    return Choice(preset.name, preset, f"${preset.key_variable}")


def _of_server(server: Server) -> Choice:
    preset = preset_named(PRESETS, server.preset)
    return Choice(server.preset, preset, url=server.url, models=usable_models(server.models))


def _named(given: Answers) -> Choice:
    """The provider of the flags."""
    name = (given.provider or "provider").strip()
    preset = preset_named(PRESETS, name)
    if preset is None and given.url is None:
        fix = did_you_mean(name, [one.name for one in PRESETS])
        raise CCRouterError(f"The provider '{name}' is not known without its address. {fix} Else give its --url.")
    key = given.key or (f"${preset.key_variable}" if preset is not None and preset.key_variable else "")
    if not given.key and preset is not None and not preset.key_required:
        key = ""
    return Choice(name, preset, key, given.url, (given.model,) if given.model and preset is None else ())


def _asked_for(given: Answers) -> Choice:
    """A provider that the user names in the terminal."""
    names = ", ".join(preset.name for preset in PRESETS[:MOST_SHOWN])
    click.echo(f"Known providers are {names}, … (docs/providers.md)")
    name = click.prompt("Which provider shall serve?", type=str).strip()
    preset = preset_named(PRESETS, name)
    url = given.url
    if url is None and (preset is None or not preset.base_url):
        url = click.prompt("Its address (https://host/v1)", type=str).strip()
    suggested = f"${preset.key_variable}" if preset is not None and preset.key_variable else ""
    hint = f" (you get one {preset.key_hint})" if preset is not None and preset.key_hint else ""
    key = given.key
    if key is None and (preset is None or preset.key_required):
        key = click.prompt(f"Its key, or $VARIABLE{hint}", default=suggested, hide_input=True, show_default=False)
    return Choice(name, preset, key or "", url)


def _composed(target: Path, choices: list[Choice], given: Answers, variables: Mapping[str, str]) -> Taken:
    first = choices[0]
    for missing in PLACEHOLDER.finditer(first.key):
        name = missing.group("braced") or missing.group("bare")
        if not (variables.get(name) or "").strip():
            raise CCRouterError(f"The variable {name} is not set. Export it, or give the key itself with --key.")
    models = first.all_models or _listed(target, first, variables)
    model = given.model
    if model is None and not models:
        raise CCRouterError(f"Which model of {first.name}? It lists none; name one with --model.")
    if model is None:
        model = models[0] if not given.asking else _ask("Which model shall serve?", models[:MOST_SHOWN], str)
    background = given.background or small_model(models, model)
    value = compose(choices, model=model, background=background)
    separated = separate(value, {}, variables)
    text = config_as_text(separated.value, _heading(target))
    return Taken(target, target, "what was found", text, separated.variables, ())


def _heading(target: Path) -> list[str]:
    return [
        "The configuration of ccrouter, written by `ccr init`. JSON5: comments and trailing commas are fine.",
        f"$NAME is taken from the environment, or from {dotenv_beside(target).name} beside this file.",
        "A running daemon takes a change over by itself; `ccr config check` tells what is wrong with it.",
        "More routes (think, longContext, webSearch, image): `ccr model`.",
    ]


def _listed(target: Path, choice: Choice, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The models that the provider itself lists, for one that nobody knows them of."""
    entry: JsonObject = {**choice.entry(), "models": ["x"]}
    text = config_as_text({"Providers": [entry], "Router": {"default": f"{choice.name},x"}}, [])
    known = runtime.known_names({}, user_files_loaded=False)
    draft = load_config(target, environment=variables, known=known, content=text.encode()).draft
    provider = draft.provider(choice.name) if draft is not None else None
    if provider is None:
        return ()
    try:
        return usable_models(asyncio.run(fetch_models(provider, Config((provider,), RouterConfig()), variables)))
    except CCRouterError:
        return ()  # the test that follows says why


def _ask(question: str, options: Sequence[Option], words: Callable[[Option], str]) -> Option:
    """One of the options, by its number."""
    click.echo(question)
    for number, option in enumerate(options, 1):
        click.echo(f"  {number}  {words(option)}")
    number = click.prompt("Number", type=click.IntRange(1, len(options)), default=1)
    return options[number - 1]
