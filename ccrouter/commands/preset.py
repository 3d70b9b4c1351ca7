"""`ccr preset`: configurations to keep beside the main one, to share and to switch to (`ccr <preset>`)."""

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click
import orjson

from ccrouter import __version__
from ccrouter.commands.completing import complete_preset, complete_source
from ccrouter.commands.locating import chosen_config, config_option, locate
from ccrouter.commands.preset_files import (
    existing,
    folder_of,
    installed,
    manifest_of,
    missing_variables,
    read_object,
    remember,
    write_preset,
)
from ccrouter.commands.terminal import fact, good, note, rows, title
from ccrouter.config.exporting import exported
from ccrouter.config.hiding import hidden
from ccrouter.config.interpolate import PLACEHOLDER
from ccrouter.config.locations import presets_folder
from ccrouter.config.manifest import ANSWER, MANIFEST, PRESET_NAME, Question, questions_of
from ccrouter.config.packages import read_package, write_package
from ccrouter.config.problems import Problem, has_errors
from ccrouter.errors import CCRouterError
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

COMMANDS_OF_CCR = ("ui", "install")
"""What CCR's users know as commands; a preset called so would only confuse."""


class Aliases(click.Group):
    """CCR's other names for `delete`."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """As click does it, `rm` and `remove` for `delete`."""
        return super().get_command(ctx, "delete" if cmd_name in ("rm", "remove") else cmd_name)


@click.group(cls=Aliases, context_settings={"help_option_names": ["-h", "--help"]})
def preset() -> None:
    """Keep whole configurations under a name, share them, and start Claude Code with one: `ccr NAME`."""


@preset.command()
@config_option
@click.argument("name")
@click.option("--description", help="What it is for.")
@click.option("--author", help="Whose it is.")
@click.option("--tags", help="Keywords, with commas between.")
@click.option("--output", type=click.Path(path_type=Path), help="Write it there instead: a .zip file or a new folder.")
def export(  # noqa: PLR0917 - click gives them by name
    config: Path | None, name: str, description: str | None, author: str | None, tags: str | None, output: Path | None
) -> None:
    """Make a preset of the configuration.

    Secrets become placeholders; what they stand for goes into a file .env beside the manifest, for you alone. With
    --output there is no such file: that is the one to give away.
    """
    check_name(name)
    path = chosen_config(config)
    described: JsonObject = {"name": name, "version": "1.0.0", "ccrVersion": __version__}
    described |= {key: text for key, text in (("description", description), ("author", author)) if text}
    if tags:
        described["keywords"] = [tag.strip() for tag in tags.split(",") if tag.strip()]
    made = exported(read_object(path), described)
    manifest = orjson.dumps(made.manifest, option=orjson.OPT_INDENT_2) + b"\n"
    if output is not None:
        write_package(output, name, manifest)
        good(f"The preset {name} is in {output}.")
    else:
        folder = folder_of(path, name)
        if folder.exists():
            raise CCRouterError(f"There is a preset '{name}' already; `ccr preset delete {name}` takes it away.")
        known = remember(path, made.used)
        write_preset(folder, manifest, {**known, **made.secrets})
        good(f"The preset {name} is in {folder}; `ccr {name}` starts Claude Code with it.")
    if made.secrets:
        where = (
            "their values are not in it"
            if output is not None
            else f"their values are in {folder_of(path, name) / '.env'}"
        )
        click.echo(f"Secrets became placeholders ({', '.join(made.secrets)}); {where}.")
    if made.left_out:
        click.echo(f"Left out, as they belong to this machine: {', '.join(made.left_out)}.")


@preset.command()
@config_option
@click.argument("source", shell_complete=complete_source)
@click.option("--name", help="What to call it [default: as its manifest says].")
@click.option(
    "--set",
    "answers",
    multiple=True,
    metavar="ID=VALUE",
    help="Answer one of its questions, or set one of its variables.",
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def install(config: Path | None, source: str, name: str | None, answers: Sequence[str], yes: bool) -> None:
    """Install the preset in SOURCE: a folder with a manifest.json, or a zip file with one.

    A preset says where your requests and keys go: what it connects to is shown first.
    """
    path = chosen_config(config)
    given = dict(split_answer(answer) for answer in answers)
    known = Path(source).expanduser()
    if "://" in source:
        raise CCRouterError("Presets are not fetched from the net: download it, look at it, then install the file.")
    again = not known.exists() and manifest_of(path, source).is_file()
    package = read_package(folder_of(path, source) if again else known)
    manifest = parsed(package.manifest, known)
    called = source if again else name or as_str(manifest.get("name")) or package.name
    check_name(called)
    folder = folder_of(path, called)
    if folder.exists() and not again:
        raise CCRouterError(f"There is a preset '{called}' already; `ccr preset delete {called}` takes it away.")
    asks = sys.stdin.isatty() and not yes
    values, secrets = answered(manifest, given, asks=asks)
    if values:
        manifest["userValues"] = {**(as_object(manifest.get("userValues")) or {}), **values}
    secrets |= {key: value for key, value in given.items() if key not in values and key not in secrets}
    show_connections(manifest)
    if asks and not click.confirm("Install it?", default=True):
        raise click.Abort
    # As it came where nothing was answered: comments stay, and mistakes have the lines that its author knows.
    content = orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n" if values else package.manifest
    write_preset(folder, content, secrets, over=again)
    problems = problems_of(path, called)
    if has_errors(problems):
        if again:
            tell(problems)
            raise CCRouterError(f"The preset '{called}' cannot be used as it is now.")
        shutil.rmtree(folder)
        tell([replace(problem, file=known / MANIFEST) for problem in problems])
        raise CCRouterError(f"The preset '{called}' cannot be used, so it was not installed.")
    if asks:
        fill_missing(path, called)
        problems = problems_of(path, called)
    tell(problems)
    good(f"The preset {called} is installed; `ccr {called}` starts Claude Code with it.")


@preset.command(name="list")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_presets(config: Path | None, as_json: bool) -> None:
    """Show which presets are installed."""
    path = chosen_config(config)
    found = [(name, read_object(manifest)) for name, manifest in installed(path).items()]
    if as_json:
        entries: list[JsonObject] = [{"preset": name, **described(manifest)} for name, manifest in found]
        click.echo(orjson.dumps({"presets": entries}, option=orjson.OPT_INDENT_2))
        return
    if not found:
        click.echo(f"No preset is installed in {presets_folder(path.parent)}.")
        return
    rows(
        [
            (name, as_str(manifest.get("version")) or "", as_str(manifest.get("description")) or "")
            for name, manifest in found
        ]
    )


@preset.command()
@config_option
@click.argument("name", shell_complete=complete_preset)
def info(config: Path | None, name: str) -> None:
    """Show what a preset is, connects to and still needs."""
    path = chosen_config(config)
    manifest = read_object(existing(path, name))
    title("📦", f"Preset {name}")
    for key, text in described(manifest).items():
        fact("", key, ", ".join(map(str, text)) if isinstance(text, list) else text)
    fact("", "folder", folder_of(path, name))
    _, daemon = locate(path)
    if daemon is not None:
        fact("", "endpoint", f"{daemon.endpoint}/preset/{name}")
    show_connections(manifest)
    tell(problems_of(path, name))


@preset.command()
@config_option
@click.argument("name", shell_complete=complete_preset)
def delete(config: Path | None, name: str) -> None:
    """Take a preset away, with its keys."""
    path = chosen_config(config)
    existing(path, name)
    shutil.rmtree(folder_of(path, name))
    good(f"The preset {name} is deleted.")


def check_name(name: str) -> None:
    """Refuse a name that is no folder's, or that a command has. Raises CCRouterError."""
    context = click.get_current_context()
    top = context.find_root().command
    commands = top.list_commands(context) if isinstance(top, click.Group) else []
    if not PRESET_NAME.fullmatch(name):
        raise CCRouterError(
            f"'{name}' cannot be a preset's name: letters, digits, '.', '-' and '_' can be in it, 64 at most."
        )
    if name in commands or name in COMMANDS_OF_CCR:
        raise CCRouterError(
            f"'{name}' is a command of ccr, so a preset cannot be called so; choose another with --name."
        )


def parsed(content: bytes, source: Path) -> JsonObject:
    """The manifest as an object. Raises CCRouterError with the line."""
    from ccrouter.config.read import read

    document = read(content, source / MANIFEST if source.is_dir() else source.with_suffix(".json"))
    if document.document is None:
        raise CCRouterError("\n".join(str(problem) for problem in document.problems))
    manifest = as_object(document.document.value)
    if manifest is None:
        raise CCRouterError(f"The {MANIFEST} of {source} holds no object.")
    return manifest


def split_answer(answer: str) -> tuple[str, str]:
    """`id=value` as a pair. Raises CCRouterError."""
    name, mark, value = answer.partition("=")
    if not mark or not name:
        raise CCRouterError(f"'{name}' is not ID=VALUE.")
    if not VARIABLE.fullmatch(name):
        raise CCRouterError(f"'{name}' can be neither a question's id nor a variable.")
    return name, value


def answered(manifest: JsonObject, given: Mapping[str, str], *, asks: bool) -> tuple[dict[str, Json], dict[str, str]]:
    """The answers to the manifest's questions, and the secrets among them by the variable that stands for each.

    Raises:
        CCRouterError: one that is required has no answer.
    """
    before = as_object(manifest.get("userValues")) or {}
    values: dict[str, Json] = {}
    secrets: dict[str, str] = {}
    for question in questions_of(manifest):
        answer = given.get(question.id)
        if answer is None and asks and question.id not in before:
            answer = ask(question)
        if answer is None:
            if question.required and question.default is None and question.id not in before:
                raise CCRouterError(
                    f"The preset wants to know '{question.id}' ({question.label}): --set {question.id}=…"
                )
            continue
        if question.secret:
            variable = question.id.upper().replace("-", "_")
            secrets[variable] = answer
            values[question.id] = f"${{{variable}}}"
        else:
            values[question.id] = answer
    return values, secrets


def ask(question: Question) -> str | None:
    """Ask on the terminal; None for no answer."""
    kind = click.Choice(question.options) if question.options else None
    default = "" if question.default is None else str(question.default)
    answer = click.prompt(
        question.label, default=default, type=kind, hide_input=question.secret, show_default=bool(default)
    )
    return str(answer) or None


def fill_missing(path: Path, name: str) -> None:
    """Ask for the variables that have no value, and keep them beside the manifest."""
    missing = missing_variables(path, name, os.environ)
    values = {
        variable: str(click.prompt(f"{variable} (Enter: later)", default="", hide_input=True, show_default=False))
        for variable in missing
    }
    write_preset(
        folder_of(path, name), None, {variable: value for variable, value in values.items() if value}, over=True
    )


def show_connections(manifest: JsonObject) -> None:
    """Where the preset's requests and keys go."""
    template = as_object(manifest.get("template")) or {}
    providers = (
        as_list(manifest.get("Providers"))
        or as_list(manifest.get("providers"))
        or as_list(template.get("Providers"))
        or []
    )
    table: list[tuple[str, ...]] = []
    for entry in providers:
        provider = as_object(entry) or {}
        key = provider.get("api_key")
        keys = [as_str(item) or "" for item in (key if isinstance(key, list) else [key])]
        shown = ", ".join(names_in(text) or "a key" for text in keys if text)
        address = as_str(provider.get("api_base_url"))
        url = hidden(address, {}).text if address else "the address that is known by its name"
        table.append(
            (
                as_str(provider.get("name")) or "?",
                url,
                f"is given {shown}" if shown else "is given its own key variable, if any",
            )
        )
    if table:
        click.secho("It connects to", bold=True)
        rows(table)


def names_in(key: str) -> str:
    """The variables and answers that a key is made of, without what else stands there (a default may be a key)."""
    variables = [(found["braced"] or found["bare"]).partition(":-")[0] for found in PLACEHOLDER.finditer(key)]
    return ", ".join([*(f"${name}" for name in variables), *(found[0] for found in ANSWER.finditer(key))])


def described(manifest: JsonObject) -> JsonObject:
    """What a manifest says about itself."""
    return {key: manifest[key] for key in ("name", "version", "description", "author", "keywords") if manifest.get(key)}


def problems_of(path: Path, name: str) -> Sequence[Problem]:
    """Everything that the daemon would say about a preset."""
    from ccrouter.runtime import build_preset

    return build_preset(manifest_of(path, name), os.environ).problems


def tell(problems: Sequence[Problem]) -> None:
    """A line each, on stderr."""
    for problem in problems:
        note(f"{problem.severity}: {problem}")
