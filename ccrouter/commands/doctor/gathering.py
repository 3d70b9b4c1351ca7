"""The facts about this machine: config, files, daemon, Claude Code, proxies. Reads much, changes nothing."""

import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import orjson

from ccrouter import __version__
from ccrouter.commands.address import configured_address
from ccrouter.commands.claude_settings import settings_files
from ccrouter.commands.doctor.facts import (
    ClaudeFacts,
    ConfigFacts,
    DaemonFacts,
    DiskFacts,
    FileFacts,
    NetworkFacts,
    SettingsFacts,
    TlsFile,
    Whose,
)
from ccrouter.commands.doctor.judging_claude import PROXIES, RELEVANT
from ccrouter.commands.doctor.port_holder import port_holder
from ccrouter.config.types import Config
from ccrouter.daemon.control import ControlError, Foreign, Health, Probe, Silent, probe, read_status
from ccrouter.daemon.files import DaemonFiles, why_unwritable
from ccrouter.daemon.launch import ClaudeNotFound, claude_command, find_claude
from ccrouter.daemon.processes import process_exists
from ccrouter.daemon.state import DaemonState, read_state
from ccrouter.model.json import as_list, as_object, as_str
from ccrouter.startup import endpoint_of
from ccrouter.upstream.proxies import setting

VERSION_SECONDS: Final = 20.0
LARGEST_READ: Final = 4 * 1024 * 1024
SHORTEST_SECRET: Final = 8
CERTIFICATE_VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS")
MANAGED: Final = {
    "linux": "/etc/claude-code/managed-settings.json",
    "darwin": "/Library/Application Support/ClaudeCode/managed-settings.json",
    "win32": r"C:\Program Files\ClaudeCode\managed-settings.json",
}
"""Where Claude Code reads what an organisation prescribes (https://code.claude.com/docs/en/settings)."""
WHOSE: Final[tuple[Whose, ...]] = ("user", "project", "local")


def gather_files(config: ConfigFacts, files: DaemonFiles, secrets: Iterable[str]) -> tuple[FileFacts, ...]:
    """The folder of the config, the config with what belongs to it, and what the daemon left."""
    known = [key for key in secrets if len(key) >= SHORTEST_SECRET]
    sources = config.draft.sources if config.draft is not None else ()
    dotenv = config.path.with_name(".env")
    paths = dict.fromkeys([config.path.parent, config.path, *sources, dotenv, files.state])
    always = {dotenv, files.state}
    found = [_file(path, secret=path in always or _holds(path, known)) for path in paths if path.exists()]
    return tuple(found)


def _file(path: Path, *, secret: bool) -> FileFacts:
    status = path.stat()
    posix = os.name == "posix"
    mine = not posix or status.st_uid in {os.getuid(), 0}  # root's may be read by all or not: the mode tells
    return FileFacts(path, status.st_mode & 0o777 if posix else None, secret, mine, path.is_dir())


def _holds(path: Path, secrets: Iterable[str]) -> bool:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_READ:
            return False
        text = path.read_text("utf-8", errors="replace")
    except OSError:
        return False
    return any(secret in text for secret in secrets)


def gather_disk(files: DaemonFiles) -> DiskFacts:
    """Space and rights where the log and the state go."""
    folder = files.config.parent
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        free = None
    logs = [path for path in folder.glob(f"{files.log.name}*") if path.is_file()] if folder.is_dir() else []
    size = sum(path.stat().st_size for path in logs)
    return DiskFacts(there, os.access(there, os.W_OK | os.X_OK), free, files.log, size, why_unwritable(files.log))


def gather_daemon(files: DaemonFiles, environment: Mapping[str, str]) -> DaemonFacts:
    """Who answers at the address that the daemon left, else at the configured one."""
    forbidden, state = False, None
    try:
        state = read_state(files.state)
    except PermissionError:
        forbidden = True
    address = configured_address(files.config, environment)
    endpoint = endpoint_of(*address) if address is not None else None
    answer: Probe = Silent()
    for place in dict.fromkeys([state.endpoint if state is not None else None, endpoint]):
        if place is not None and not isinstance(answer, Health):
            answer = probe(place)
    ours = state if isinstance(answer, Health) and state is not None and state.instance == answer.instance else None
    foreign = isinstance(answer, Foreign) and address is not None
    return DaemonFacts(
        endpoint=answer.endpoint if isinstance(answer, Health) else endpoint,
        answer=answer,
        own_version=__version__,
        holder=port_holder(address[1]) if foreign and address is not None else None,
        left_pid=state.pid if state is not None and not isinstance(answer, Health) else None,
        left_alive=state is not None and not isinstance(answer, Health) and process_exists(state.pid),
        state_forbidden=forbidden,
        config=ours.config if ours is not None else "",
        service=ours.service if ours is not None else "",
        problems=_problems(ours),
    )


def _problems(state: DaemonState | None) -> tuple[tuple[str, str], ...]:
    if state is None:
        return ()
    try:
        entries = as_list(read_status(state).get("problems")) or []
    except ControlError:
        return ()
    problems = [as_object(entry) or {} for entry in entries]
    return tuple(
        (as_str(problem.get("severity")) or "warning", as_str(problem.get("text")) or "") for problem in problems
    )


def gather_claude(config: Config | None, environment: Mapping[str, str], home: Path, project: Path) -> ClaudeFacts:
    """Claude Code's executable and version, its settings, the shell's variables, and whether it is logged in."""
    executable, missing, version, problem = None, "", None, ""
    try:
        executable = find_claude(config, environment, shutil.which)
        version, problem = _version(claude_command(executable, ["--version"], shutil.which), environment)
    except ClaudeNotFound as error:
        missing = str(error).partition(". ")[0]
    return ClaudeFacts(
        executable,
        missing,
        version,
        problem,
        tuple(_settings(environment, home, project)),
        {name: environment[name] for name in RELEVANT if environment.get(name)},
        _logged_in(environment, home),
    )


def _version(command: list[str], environment: Mapping[str, str]) -> tuple[tuple[int, int, int] | None, str]:
    try:
        told = subprocess.run(  # noqa: S603 - the user's own Claude Code
            command,
            env={**environment, "DISABLE_AUTOUPDATER": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"nothing came within {VERSION_SECONDS:g} s"
    except OSError as error:
        return None, error.strerror or str(error)
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", told.stdout)
    if match is None:
        return None, (told.stderr.strip() or told.stdout.strip() or f"exit code {told.returncode}")[:200]
    return (int(match[1]), int(match[2]), int(match[3])), ""


def _settings(environment: Mapping[str, str], home: Path, project: Path) -> Iterator[SettingsFacts]:
    files: dict[Path, Whose] = {}
    for path, whose in zip(settings_files(environment, home, project), WHOSE, strict=True):
        files.setdefault(path, whose)
    managed = Path(MANAGED.get(sys.platform, MANAGED["linux"]))
    files.setdefault(managed, "managed")
    for path, whose in files.items():
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield SettingsFacts(path, whose, broken=error.strerror or str(error))
            continue
        try:
            fields = as_object(orjson.loads(content))
        except orjson.JSONDecodeError as error:
            yield SettingsFacts(path, whose, broken=f"it is no JSON ({error.msg}, line {error.lineno})")
            continue
        fields = fields or {}
        entries = as_object(fields.get("env")) or {}
        texts = {name: text for name, entry in entries.items() if (text := as_str(entry)) is not None}
        helper = bool(as_str(fields.get("apiKeyHelper")))
        yield SettingsFacts(path, whose, None, texts, as_str(fields.get("model")), helper)


def _logged_in(environment: Mapping[str, str], home: Path) -> bool:
    """On macOS the login is in the keychain; the account stands in ~/.claude.json everywhere."""
    own = Path(environment["CLAUDE_CONFIG_DIR"]) if environment.get("CLAUDE_CONFIG_DIR") else home / ".claude"
    if (own / ".credentials.json").is_file():
        return True
    try:
        account = as_object(orjson.loads((own.with_name(".claude.json")).read_bytes())) or {}
    except (OSError, orjson.JSONDecodeError):
        return False
    return as_object(account.get("oauthAccount")) is not None


def gather_network(config: Config | None, environment: Mapping[str, str]) -> NetworkFacts:
    """Proxies, NO_PROXY and files of certificates, of the environment and the config."""
    proxies = {name.upper(): url for name in PROXIES if (url := setting(environment, name))}
    if config is not None and config.proxy_url:
        proxies["PROXY_URL"] = config.proxy_url
    named = [(name, Path(environment[name])) for name in CERTIFICATE_VARIABLES if environment.get(name)]
    if config is not None:
        named += [
            (f"ca_bundle of {provider.name}", provider.ca_bundle)
            for provider in config.providers
            if provider.ca_bundle is not None
        ]
    return NetworkFacts(
        proxies,
        setting(environment, "no_proxy") or "",
        tuple(TlsFile(source, str(path), why_no_certificates(path)) for source, path in named),
        environment.get("NODE_TLS_REJECT_UNAUTHORIZED") == "0",
    )


def why_no_certificates(path: Path) -> str | None:
    """Why `path` gives no certificates; None where it does."""
    if not path.exists():
        return "it is not there"
    try:
        if path.is_dir():
            return None if any(path.iterdir()) else "the folder is empty"
        ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        return "there are no certificates in it (PEM is wanted)"
    except OSError as error:
        return error.strerror or str(error)
    return None
