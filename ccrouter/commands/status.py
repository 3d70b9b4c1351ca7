"""`ccr status`: whether the daemon runs, and how it is. Exit code 0 when it runs, 3 when not (as init scripts do)."""

import os
from pathlib import Path

import click
import orjson

from ccrouter.commands.address import configured_address
from ccrouter.commands.locating import chosen_config, config_option, locate
from ccrouter.commands.terminal import fact, note, rows, title
from ccrouter.daemon.control import ControlError, Daemon, Foreign, probe, read_status
from ccrouter.daemon.files import DaemonFiles
from ccrouter.model.json import JsonObject, as_int, as_list, as_object, as_str
from ccrouter.startup import endpoint_of
from ccrouter.statusline.wording import dollars

RUNNING, NOT_RUNNING = 0, 3


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def status(context: click.Context, config: Path | None, as_json: bool) -> None:
    """Show whether the daemon runs, its routes and its problems.

    The exit code is 0 when it runs and 3 when it does not.
    """
    path = chosen_config(config)
    files, daemon = locate(path)
    report = describe(daemon, files)
    if as_json:
        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    elif daemon is None:
        _show_absence(path)
    else:
        _show(report, files)
    context.exit(NOT_RUNNING if daemon is None else RUNNING)


def describe(daemon: Daemon | None, files: DaemonFiles) -> JsonObject:
    """What `--json` prints: "running", and what /admin/status says where it can be asked."""
    if daemon is None:
        return {"running": False, "config": str(files.config), "log": str(files.log)}
    known: JsonObject = {"running": True, "version": daemon.health.version, "log": str(files.log)}
    if daemon.state is None:
        known["note"] = "started with another config folder or by another user: no details"
    else:
        known |= {"pid": daemon.state.pid, "config": daemon.state.config, "started_at": daemon.state.started_at}
        known["service"] = daemon.state.service or None
        try:
            known |= read_status(daemon.state)
        except ControlError as error:
            known["note"] = str(error)
    return known | {"endpoint": daemon.endpoint}


def duration(seconds: int) -> str:
    """The two largest units: "3 h 5 min"."""
    days, rest = divmod(max(seconds, 0), 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    units = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    first = next((place for place, (amount, _) in enumerate(units) if amount), 3)
    return " ".join(f"{amount} {unit}" for amount, unit in units[first : first + 2] if amount or first == 3)


def _show(report: JsonObject, files: DaemonFiles) -> None:
    title("📊", "Claude Code Router Status")
    fact("✅", "Status", "Running", "green")
    if (pid := as_int(report.get("pid"))) is not None:
        fact("🆔", "Process ID", pid)
    if text := workers_words(report):
        fact("👷", "Workers", text)
    fact("📡", "API Endpoint", as_str(report.get("endpoint")) or "", "cyan")
    if (uptime := report.get("uptime_seconds")) is not None and isinstance(uptime, int | float):
        fact("⏱ ", "Uptime", duration(int(uptime)))
    for emoji, name, key in (
        ("🏷 ", "Version", "version"),
        ("📄", "Config", "config"),
        ("🔄", "Reloaded", "reloaded_at"),
    ):
        if text := as_str(report.get(key)):
            fact(emoji, name, text)
    if service := as_str(report.get("service")):
        fact("🔁", "Service", f"{service} started it (`ccr service status`)")
    fact("📜", "Log", files.log)
    if (total := as_int(report.get("requests_total"))) is not None:
        fact("📈", "Requests", f"{as_int(report.get('open_requests')) or 0} open, {total} since the start")
    used = as_object(report.get("usage")) or {}
    if isinstance(cost := used.get("cost"), int | float) and cost:
        more = ", and what has no known price" if as_int(used.get("unpriced")) else ""
        fact("💰", "Cost", f"{dollars(cost)} since the start{more}")
    _show_table("Providers", provider_rows(report))
    _show_table("Routes", route_rows(report))
    _show_table("Presets", preset_rows(report))
    if text := as_str((as_object(report.get("rerouted")) or {}).get("summary")):
        note(f"Since the last reload {text}.")
    _show_problems(report)
    if text := as_str(report.get("note")):
        note(text)
    click.echo("\nReady to use:")
    rows([("ccr code", "start coding with Claude"), ("ccr stop", "stop the daemon")])


def workers_words(report: JsonObject) -> str:
    """How many worker processes serve, and which; "" where the daemon serves by itself."""
    workers = [as_object(entry) or {} for entry in as_list(report.get("workers")) or []]
    if not workers:
        return ""
    wanted = as_int(report.get("workers_wanted")) or len(workers)
    count = f"{len(workers)}" if len(workers) >= wanted else f"{len(workers)} of {wanted}"
    each = [f"pid {worker.get('pid')}: {as_int(worker.get('requests_total')) or 0} requests" for worker in workers]
    return f"{count} ({', '.join(each)})"


def provider_rows(report: JsonObject) -> list[tuple[str, ...]]:
    """Name, number of models and wire protocol of each provider."""
    table: list[tuple[str, ...]] = []
    for entry in as_list(report.get("providers")) or []:
        provider = as_object(entry) or {}
        count = as_int(provider.get("models")) or 0
        models = f"{count} model{'' if count == 1 else 's'}"
        table.append((as_str(provider.get("name")) or "?", models, as_str(provider.get("protocol")) or ""))
    return table


def route_rows(report: JsonObject) -> list[tuple[str, ...]]:
    """Scenario and `provider,model`."""
    routes = as_object(report.get("routes")) or {}
    return [(scenario, target) for scenario, entry in routes.items() if (target := as_str(entry))]


def preset_rows(report: JsonObject) -> list[tuple[str, ...]]:
    """Name, and how it is to be had."""
    presets = [as_object(entry) or {} for entry in as_list(report.get("presets")) or []]
    names = [(as_str(preset.get("name")) or "?", preset.get("usable") is True) for preset in presets]
    return [(name, f"ccr {name}" if usable else "cannot be used as it is") for name, usable in names]


def _show_table(name: str, table: list[tuple[str, ...]]) -> None:
    if table:
        click.echo()
        click.secho(name, bold=True)
        rows(table)


def _show_problems(report: JsonObject) -> None:
    problems = [as_object(entry) or {} for entry in as_list(report.get("problems")) or []]
    if not problems:
        return
    click.echo()
    click.secho("Problems", bold=True)
    if any(problem.get("severity") == "error" and not problem.get("elsewhere") for problem in problems):
        click.echo("   The config file cannot be used as it is; the last good one keeps serving.")
    for problem in problems:
        severity = as_str(problem.get("severity")) or "problem"
        color = "red" if severity == "error" else "yellow"
        click.echo(f"   {click.style(severity, fg=color)}  {as_str(problem.get('text')) or ''}")


def _show_absence(path: Path) -> None:
    title("📊", "Claude Code Router Status")
    fact("❌", "Status", "Not Running", "red")
    fact("📄", "Config", path if path.exists() else f"{path} (does not exist yet)")
    address = configured_address(path, os.environ)
    if address is not None and isinstance(answer := probe(endpoint_of(*address)), Foreign):
        what = f" ({answer.hint})" if answer.hint else ""
        note(f"Port {address[1]} is taken by another program{what}.")
    from ccrouter.daemon.service.finding import service_of

    if service_of(path, os.environ) is not None:
        fact("🔁", "Service", "installed; `ccr service status` says how it is")
    click.echo("\nTo start it:")
    rows([("ccr start", "")])
