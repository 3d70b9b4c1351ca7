"""The command line of `ccr doctor`."""

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click
import orjson

from ccrouter import __version__
from ccrouter.commands.doctor.facts import ConfigFacts, Facts
from ccrouter.commands.doctor.findings import Finding, report, to_do, without_secrets
from ccrouter.commands.doctor.gathering import (
    gather_claude,
    gather_daemon,
    gather_disk,
    gather_files,
    gather_network,
)
from ccrouter.commands.doctor.judging_claude import judge_claude, judge_settings
from ccrouter.commands.doctor.judging_machine import (
    judge_config,
    judge_daemon,
    judge_disk,
    judge_files,
    judge_python,
)
from ccrouter.commands.doctor.judging_network import judge_clock, judge_network, judge_providers
from ccrouter.commands.doctor.providers import gather_providers
from ccrouter.commands.doctor.secrets import secrets_of
from ccrouter.commands.locating import chosen_config, config_option
from ccrouter.commands.service.gathering import gather_service
from ccrouter.commands.service.judging import judge_service
from ccrouter.config.load import load_config
from ccrouter.config.locations import user_directory
from ccrouter.config.problems import ConfigError
from ccrouter.config.source import read_source
from ccrouter.config.types import DEFAULT_HOST, DEFAULT_PORT
from ccrouter.daemon.control import Health
from ccrouter.daemon.files import files_of
from ccrouter.runtime import build, known_names
from ccrouter.startup import endpoint_of


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--deep", is_flag=True, help="Send each provider one tiny request, too. It costs a few tokens.")
@click.pass_context
def doctor(context: click.Context, config: Path | None, as_json: bool, deep: bool) -> None:
    """Look at everything that may be wrong, and say what to do about it, in order.

    Config, files, daemon, Claude Code and its settings, network, providers, clock. Nothing is changed, and without
    --deep nothing is spent. The exit code is 0 when all is well, 1 when there is something to do.
    """
    try:
        path = chosen_config(config)
        findings = examine(path, deep=deep)
    except ConfigError as error:  # no home folder: nothing else can be said
        path = None
        findings = [Finding("config", "error", problem.message, problem.fix or "") for problem in error.problems]
    if as_json:
        text = orjson.dumps(report(findings, __version__, str(path or "")), option=orjson.OPT_INDENT_2)
        click.echo(text)
    else:
        from ccrouter.commands.doctor.showing import show

        show(findings)
    context.exit(1 if to_do(findings) else 0)


def examine(path: Path, *, deep: bool) -> list[Finding]:
    """Everything that is found, with no secret in it."""
    facts, secrets = gather(path, deep=deep)
    return without_secrets(judge(facts), secrets)


def gather(path: Path, *, deep: bool) -> tuple[Facts, Sequence[str]]:
    """The facts, and the secrets that none of them may be told with. Raises ConfigError where there is no home."""
    environment = dict(os.environ)
    known = known_names({}, user_files_loaded=False)
    loaded = load_config(path, environment=environment, known=known)
    built = build(path, environment) if path.exists() else None
    draft = built.service.config if built is not None and built.service is not None else loaded.draft
    config = ConfigFacts(path, path.exists(), built.problems if built is not None else loaded.problems, draft)
    files = files_of(path)
    claude = gather_claude(draft, environment, user_directory(), Path.cwd())
    environments = [environment, *[file.environment for file in claude.settings]]
    secrets = secrets_of(draft, loaded.value, dotenv_of(path), environments)
    service = built.service if built is not None else None
    providers = () if draft is None else asyncio.run(gather_providers(draft, service, environment, deep=deep))
    facts = Facts(
        config=config,
        files=gather_files(config, files, secrets),
        disk=gather_disk(files),
        daemon=gather_daemon(files, environment),
        service=gather_service(path, environment),
        python=(sys.version_info.major, sys.version_info.minor, sys.version_info.micro),
        claude=claude,
        network=gather_network(draft, environment),
        providers=providers,
    )
    return facts, secrets


def dotenv_of(path: Path) -> dict[str, str]:
    """The variables beside the config, or in it; none where it cannot be read."""
    try:
        return dict(read_source(path.read_bytes(), path).dotenv.variables)
    except OSError:
        return {}


def judge(facts: Facts) -> Iterator[Finding]:
    """All findings, in the order they are shown. Pure."""
    draft = facts.config.draft
    running = isinstance(facts.daemon.answer, Health)
    endpoint = facts.daemon.endpoint or endpoint_of(DEFAULT_HOST, DEFAULT_PORT)
    told = {str(problem) for problem in facts.config.problems}
    unset = [f"the variable {name} is not set" for entry in facts.providers for name in entry.unset_keys]
    for found in judge_config(facts.config):
        # Of a provider's key it is said with the provider, by how much it is needed.
        yield replace(found, level="note", advice="") if found.text.endswith(tuple(unset)) else found
    yield from judge_files(facts.files)
    yield from judge_disk(facts.disk)
    for found in judge_daemon(facts.daemon, str(facts.config.path)):
        # What the config's own check says is not said a second time by the daemon that reads it.
        if not any(text in found.text for text in told):
            yield found
    yield from judge_service(facts.service)
    yield from judge_python(facts.python)
    yield from judge_claude(facts.claude)
    yield from judge_settings(facts.claude, endpoint, draft.api_key if draft is not None else None, running=running)
    yield from judge_network(facts.network)
    yield from judge_providers(facts.providers, facts.network)
    if facts.providers:
        yield from judge_clock(facts.providers)
