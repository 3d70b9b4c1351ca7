"""`ccr keys`: which API keys rest, why and until when; `ccr keys clear`: let them be tried again at once."""

import math
import os
import time
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

import click
import orjson

from ccrouter.commands.completing import complete_preset, complete_provider
from ccrouter.commands.locating import chosen_config, config_option, configuration, locate
from ccrouter.commands.preset_files import installed
from ccrouter.commands.status import duration
from ccrouter.commands.terminal import good, note, rows
from ccrouter.config.locations import preset_state_file, presets_folder, router_state_file
from ccrouter.config.types import Config
from ccrouter.daemon.control import ControlError, Daemon, clear_keys, read_keys
from ccrouter.daemon.files import DaemonFiles
from ccrouter.daemon.state import DaemonState
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def keys(context: click.Context, config: Path | None, as_json: bool) -> None:
    """Show each provider's API keys (masked) and how they are.

    A key rests after a limit (for one model) or after it was refused (altogether). When its time is over one request
    goes first ("probing"); the others follow its success.
    """
    if context.invoked_subcommand is not None:
        return
    path = chosen_config(config)
    files, daemon = locate(path)
    report = key_states(path, files, daemon)
    if as_json:
        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    else:
        _show(report)


@keys.command()
@config_option
@click.option("--preset", shell_complete=complete_preset, help="Those of this preset.")
@click.argument("provider", required=False, shell_complete=complete_provider)
@click.pass_context
def clear(context: click.Context, config: Path | None, preset: str | None, provider: str | None) -> None:
    """Let the keys of PROVIDER, or all (those of presets, too), be tried again at once."""
    above = context.parent.params.get("config") if context.parent is not None else None
    path = chosen_config(config or above)
    files, daemon = locate(path)
    if provider is not None or preset is not None:
        _check_name(provider, preset, key_states(path, files, daemon))
    if daemon is None:
        count = sum(_clear_file(file, provider) for file in _state_files(path, provider, preset))
    else:
        count = clear_keys(_reachable(daemon, files), provider, preset)
    whose = f" of '{provider}'" if provider is not None else ""
    whose += f" in the preset '{preset}'" if preset is not None else ""
    if count:
        good(f"{count} rest{'' if count == 1 else 's'}{whose} ended.")
    else:
        click.echo(f"No key{whose} was resting.")


def key_states(path: Path, files: DaemonFiles, daemon: Daemon | None) -> JsonObject:
    """What `--json` prints: {"running", "now", "providers", "presets"}. `providers` is as `upstream/key_report.py` has
    it, `presets` has such lists by name.

    Raises:
        ConfigError: no daemon runs, and the configuration cannot be read.
        ControlError: the daemon cannot be asked.
    """
    if daemon is not None:
        return {"running": True, **read_keys(_reachable(daemon, files))}
    from ccrouter.runtime import build_preset

    now = time.time()
    providers = _left(router_state_file(path.parent), configuration(path), now)
    presets: JsonObject = {}
    for name, manifest in installed(path).items():
        service = build_preset(manifest, os.environ).service
        if service is not None:
            presets[name] = _left(preset_state_file(presets_folder(path.parent), name), service.config, now)
    return {"running": False, "now": now, "providers": providers, "presets": presets}


def _left(file: Path, config: Config, now: float) -> list[Json]:
    """The report of what the last daemon left in `file`."""
    from ccrouter.upstream.cooldown_json import from_json
    from ccrouter.upstream.key_report import key_report
    from ccrouter.upstream.state_file import read_state

    return key_report(config.providers, from_json(read_state(file).get("keys")), now)


def _reachable(daemon: Daemon, files: DaemonFiles) -> DaemonState:
    if daemon.state is None:
        raise ControlError(
            f"ccrouter answers at {daemon.endpoint}, but {files.state} does not describe it: it was started with "
            "another config folder or by another user. Ask it from there (`ccr --config FILE keys`)."
        )
    return daemon.state


def _state_files(path: Path, provider: str | None, preset: str | None) -> list[Path]:
    """What the last daemon left of those that are meant; a provider without a preset is the main configuration's."""
    folder = presets_folder(path.parent)
    if preset is not None:
        return [preset_state_file(folder, preset)]
    own = router_state_file(path.parent)
    return [own] if provider is not None else [own, *(preset_state_file(folder, name) for name in installed(path))]


def _clear_file(file: Path, provider: str | None) -> int:
    """End rests in what the last daemon left."""
    from ccrouter.upstream.cooldown import cleared
    from ccrouter.upstream.cooldown_json import from_json, to_json
    from ccrouter.upstream.state_file import read_state, write_state

    state = read_state(file)
    before = from_json(state.get("keys"))
    after = cleared(before, provider)
    count = len(before.rests) - len(after.rests)
    if count and not write_state(file, {**state, "keys": to_json(after)}):
        raise ControlError(f"{file} cannot be written, so nothing was cleared.")
    return count


def _check_name(provider: str | None, preset: str | None, report: JsonObject) -> None:
    presets = as_object(report.get("presets")) or {}
    if preset is not None and preset not in presets:
        hint = _instead(preset, list(presets), "Installed are")
        raise click.BadParameter(f"there is no preset '{preset}'. {hint}", param_hint="--preset")
    found = _objects(report, "providers") if preset is None else _objects(presets, preset)
    names = [as_str(entry.get("name")) or "" for entry in found]
    if provider is not None and provider not in names:
        where = "the config" if preset is None else f"the preset '{preset}'"
        hint = _instead(provider, names, "The config has" if preset is None else "It has")
        raise click.BadParameter(f"there is no provider '{provider}' in {where}. {hint}", param_hint="PROVIDER")


def _instead(name: str, names: list[str], introduction: str) -> str:
    near = get_close_matches(name, names, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"{introduction}: {', '.join(names) or 'none'}."


def _show(report: JsonObject) -> None:
    if report.get("running") is False:
        note("The daemon does not run; this is how the last one left the keys.")
    now = _seconds(report, "now")
    presets = as_object(report.get("presets")) or {}
    found = [("", provider) for provider in _objects(report, "providers")]
    found += [(name, provider) for name in presets for provider in _objects(presets, name)]
    resting = False
    for preset, provider in found:
        click.secho(f"{as_str(provider.get('name')) or '?'}{f' (preset {preset})' if preset else ''}", bold=True)
        keys = _objects(provider, "keys")
        rows(key_rows(keys, now) or [("no key",)])
        resting = resting or any(key.get("state") != "ready" for key in keys)
    if resting:
        click.echo("\nTo have them tried again at once:")
        rows([("ccr keys clear [--preset NAME] [provider]" if presets else "ccr keys clear [provider]", "")])


def key_rows(found: list[JsonObject], now: float) -> list[tuple[str, ...]]:
    """Number, key, state and words, one row for each rest and for each key that has none."""
    table: list[tuple[str, ...]] = []
    for number, key in enumerate(found, 1):
        name = (str(number), as_str(key.get("key")) or "?")
        rests = _objects(key, "rests")
        if not rests:
            table.append((*name, "ready", ""))
        for rest in rests:
            table.append((*name, as_str(rest.get("state")) or "?", rest_words(rest, now)))
            name = ("", "")
    return table


def rest_words(rest: JsonObject, now: float) -> str:
    """For what, until when and why: "model m-text: until 14:03:10 (in 42 s): 429 slow down"."""
    model = as_str(rest.get("model"))
    until, probe = _seconds(rest, "until"), rest.get("probe")
    if until > now:
        when = f"until {local_time(until, now)} (in {duration(math.ceil(until - now))})"
    elif probe is not None:
        when = f"a request has been trying it since {local_time(_seconds(rest, 'probe'), now)}"
    else:
        when = f"rested until {local_time(until, now)}, the next request tries it"
    what = "every model" if model is None else f"model {model}"
    # What a provider says is not to move the cursor.
    reason = "".join([letter if letter.isprintable() else " " for letter in as_str(rest.get("reason")) or ""])
    return f"{what}: {when}: {as_int(rest.get('status')) or ''} {reason}".rstrip()


def local_time(moment: float, now: float) -> str:
    """A time of day here, with its date where that is not today's."""
    there, here = datetime.fromtimestamp(moment).astimezone(), datetime.fromtimestamp(now).astimezone()
    return there.strftime("%H:%M:%S" if there.date() == here.date() else "%Y-%m-%d %H:%M:%S")


def _objects(value: JsonObject, name: str) -> list[JsonObject]:
    return [found for item in as_list(value.get(name)) or [] if (found := as_object(item)) is not None]


def _seconds(value: JsonObject, name: str) -> float:
    found = value.get(name)
    return float(found) if isinstance(found, int | float) else 0.0
