"""`ccr explain`: where a request goes and why, and what became of a logged one."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click
import orjson

from ccrouter.commands.locating import chosen_config, config_option, configuration, locate
from ccrouter.commands.terminal import note
from ccrouter.config.locations import journal_file, router_state_file
from ccrouter.config.problems import ConfigError, has_errors
from ccrouter.daemon.control import Daemon, explain_body, explain_logged
from ccrouter.model.json import JsonObject, as_object

BODY_GONE = (
    "The body is no longer in memory (the daemon keeps those of its last requests only, and never on disk): "
    "this is what was written down when the request ended."
)

Wire = Literal["none", "first", "all"]


@dataclass(frozen=True)
class Asked:
    """A request to explain."""

    body: bytes
    headers: dict[str, str]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.argument("file", required=False)
@click.option("--last", is_flag=True, help="Explain the last request that the daemon served.")
@click.option("--id", "identity", metavar="ID", help="Explain this logged request (req_…).")
@click.option("--scenario", metavar="NAME", help="Explain a sample request: think, image, longContext …")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header that comes with FILE.")
@click.option("--wire", is_flag=True, help="Show what would be sent to the first target, secrets masked.")
@click.option("--wire-all", is_flag=True, help="Show what would be sent to every target.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def explain(
    context: click.Context,
    *,
    config: Path | None,
    file: str | None,
    last: bool,
    identity: str | None,
    scenario: str | None,
    headers: tuple[str, ...],
    wire: bool,
    wire_all: bool,
    as_json: bool,
) -> None:
    """Explain where a request goes and why. Nothing is sent to any provider.

    FILE holds the JSON body of a /v1/messages request ("-": standard input). A running daemon answers from its live
    state; without one the configuration is read here.
    """
    path = chosen_config(config)
    shown: Wire = "all" if wire_all else "first" if wire else "none"
    logged = last or identity is not None
    if sum((logged, file is not None, scenario is not None)) > 1 or (last and identity):
        raise click.UsageError("One of FILE, --last, --id and --scenario is enough.")
    told: JsonObject
    if logged:
        told = explain_recorded(path, identity, shown)
    else:
        told = {"record": None, "now": explain_asked(path, _asked(path, file, scenario, headers), shown)}
    if as_json:
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    else:
        from ccrouter.commands.explanation import show

        show(told)
        if logged and told["now"] is None:
            note(BODY_GONE)
    context.exit(1 if "error" in (as_object(told["now"]) or {}) else 0)


def explain_recorded(path: Path, identity: str | None, wire: Wire) -> JsonObject:
    """{"record", "now"} of a logged request, from the daemon or from what the last one left on disk.

    Raises:
        ClickException: nothing is known of it.
    """
    daemon = _reachable(path)
    if daemon is not None and daemon.state is not None:
        told = explain_logged(daemon.state, identity, wire)
    else:
        from ccrouter.gateway.journal import Journal

        journal = Journal(journal_file(path.parent))
        told: JsonObject = {"record": journal.last() if identity is None else journal.record(identity), "now": None}
    if told.get("record") is None:
        if identity is None:
            raise click.ClickException("No request is logged yet.")
        raise click.ClickException(
            f"Nothing is known of the request {identity}: it is still under way, never came here, or is too old "
            "(`ccr logs` may have its line)."
        )
    return told


def explain_asked(path: Path, asked: Asked, wire: Wire) -> JsonObject:
    """The explanation of a request, by the daemon or by the configuration alone.

    Raises:
        ConfigError: no daemon runs, and the configuration cannot be used.
        ControlError: the daemon did not answer.
    """
    daemon = _reachable(path)
    if daemon is not None and daemon.state is not None:
        return {"live": True, **explain_body(daemon.state, asked.body, asked.headers, wire)}
    return {"live": False, **asyncio.run(explain_here(path, asked, wire))}


async def explain_here(path: Path, asked: Asked, wire: Wire) -> JsonObject:
    """The explanation without a daemon: keys rest as the last one left them."""
    from ccrouter.gateway.explaining import explain_whole
    from ccrouter.gateway.gateway import Gateway
    from ccrouter.gateway.health import Health
    from ccrouter.gateway.overriding import ProjectOverrides
    from ccrouter.gateway.project_files import project_folders
    from ccrouter.gateway.types import Incoming
    from ccrouter.runtime import build
    from ccrouter.upstream.client import UpstreamClient

    built = build(path, os.environ)
    if built.service is None:
        raise ConfigError([problem for problem in built.problems if has_errors([problem])])
    client = UpstreamClient()
    try:
        overrides = ProjectOverrides(project_folders(path.parent, os.environ))
        gateway = Gateway(client, Health(router_state_file(path.parent)), overrides)
        return await explain_whole(gateway, built.service, Incoming(asked.body, asked.headers, "explain"), wire=wire)
    finally:
        await client.close()


def _reachable(path: Path) -> Daemon | None:
    _, daemon = locate(path)
    if daemon is not None and daemon.state is None:
        note(f"ccrouter answers at {daemon.endpoint}, but was started from elsewhere: it is not asked.")
        return None
    return daemon


def _asked(path: Path, file: str | None, scenario: str | None, headers: Sequence[str]) -> Asked:
    given = dict(_header(text) for text in headers)
    if scenario is not None:
        return Asked(_sample(path, scenario), given)
    if file is None and sys.stdin.isatty():
        raise click.UsageError("Nothing to explain: name a FILE (or - for standard input), --last, --id or --scenario.")
    try:
        body = sys.stdin.buffer.read() if file in {None, "-"} else Path(str(file)).read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}") from error
    if not body.strip():
        raise click.UsageError("Nothing to explain: standard input is empty.")
    return Asked(body, given)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise click.BadParameter(f"'{text}' is not 'name: value'", param_hint="--header")
    return name.strip().lower(), value.strip()


def _sample(path: Path, scenario: str) -> bytes:
    from ccrouter.config.report import nearest
    from ccrouter.router.outline import SAMPLES, outline_body, sample

    outline = sample(scenario, configuration(path))
    if outline is None:
        near = nearest(scenario, SAMPLES)
        hint = f"Did you mean {near}?" if near else f"There are {', '.join(SAMPLES)}."
        raise click.BadParameter(f"there is no scenario '{scenario}'. {hint}", param_hint="--scenario")
    return orjson.dumps(outline_body(outline))
