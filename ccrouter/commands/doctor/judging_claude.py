"""Claude Code, its settings and the shell's variables judged. Pure. Facts: field-notes 4.6, 4.7."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from ccrouter.commands.claude_settings import LEADING_AWAY
from ccrouter.commands.doctor.facts import ClaudeFacts, SettingsFacts
from ccrouter.commands.doctor.findings import Finding
from ccrouter.config.clients_key import header_form
from ccrouter.upstream.proxies import is_exempt, setting

CLAUDE, SETTINGS = "claude code", "settings"

OLDEST_TRIED: Final = (2, 1, 197)
NEWEST_TRIED: Final = (2, 1, 332)
LEAKS_LOGIN_BEFORE: Final = (2, 1, 153)
"""Before it a gateway could receive the user's Anthropic login (anthropics/claude-code's changelog)."""
UPDATE: Final = "Update Claude Code: claude update (or npm install -g @anthropic-ai/claude-code@latest)"

MODEL_NAMES: Final = (
    "ANTHROPIC_MODEL",
    "ANTHROPIC_SMALL_FAST_MODEL",
    "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "ANTHROPIC_DEFAULT_FABLE_MODEL",
    "CLAUDE_CODE_SUBAGENT_MODEL",
)
PROXIES: Final = ("https_proxy", "http_proxy", "all_proxy")
RELEVANT: Final = (
    *MODEL_NAMES,
    *LEADING_AWAY,
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_API_KEY",
)
"""The shell's variables that are looked at."""


def judge_claude(claude: ClaudeFacts) -> Iterator[Finding]:
    """Is it there, and which version?"""
    if claude.executable is None:
        advice = "Install it: npm install -g @anthropic-ai/claude-code, or name it in CLAUDE_PATH"
        yield Finding(CLAUDE, "error", claude.missing or "Claude Code was not found", advice)
        return
    if claude.version is None:
        text = f"{claude.executable} did not tell its version: {claude.version_problem}"
        yield Finding(CLAUDE, "warning", text, f"Try it yourself: {claude.executable} --version")
        return
    shown = ".".join(str(part) for part in claude.version)
    if claude.version < LEAKS_LOGIN_BEFORE and claude.logged_in:
        text = f"Claude Code {shown} may send your Anthropic login to the router"
        yield Finding(CLAUDE, "error", text, UPDATE)
    elif claude.version < OLDEST_TRIED:
        text = f"Claude Code {shown} is older than what ccrouter is tried with ({dotted(OLDEST_TRIED)})"
        yield Finding(CLAUDE, "warning", text, UPDATE)
    elif claude.version > NEWEST_TRIED:
        text = f"Claude Code {shown} ({claude.executable}); newer than the last one tried, {dotted(NEWEST_TRIED)}"
        yield Finding(CLAUDE, "note", text)
    else:
        yield Finding(CLAUDE, "ok", f"Claude Code {shown} ({claude.executable})")


def dotted(version: tuple[int, int, int]) -> str:
    """`2.1.197`."""
    return ".".join(str(part) for part in version)


def judge_settings(claude: ClaudeFacts, endpoint: str, api_key: str | None, *, running: bool) -> Iterator[Finding]:
    """What of Claude Code's settings and of the shell leads past the router, or changes which model is asked for."""
    found = [finding for file in claude.settings for finding in _file(file, endpoint, api_key)]
    found += _shell(claude.shell, endpoint, running=running)
    yield from found
    if not any(finding.level in {"error", "warning"} for finding in found):
        yield Finding(SETTINGS, "ok", "nothing leads Claude Code past the router")


def _file(file: SettingsFacts, endpoint: str, api_key: str | None) -> Iterator[Finding]:
    where = f"{file.path} ({file.whose})"
    if file.broken is not None:
        yield Finding(SETTINGS, "warning", f"{where} cannot be read: {file.broken}", f"Mend {file.path}")
        return
    remove = "Ask who manages this machine to take it out of" if file.whose == "managed" else "Take it out of"
    for name, value in file.environment.items():
        out = f"{remove} env in {file.path}: {name}"
        if name == "ANTHROPIC_BASE_URL" and not same_address(value, endpoint):
            text = f"{where} sets {name}, which wins over `ccr code`: Claude Code does not use the router"
            yield Finding(SETTINGS, "error", text, out)
        elif name in LEADING_AWAY and value and value.lower() not in {"0", "false"}:
            yield Finding(SETTINGS, "error", f"{where} sets {name}: Claude Code does not use the router", out)
        elif name == "ANTHROPIC_AUTH_TOKEN" and api_key and value not in {api_key, header_form(api_key)}:
            text = f"{where} sets {name} to another key than the config's APIKEY: the router refuses it"
            yield Finding(SETTINGS, "error", text, out)
        elif name == "ANTHROPIC_API_KEY":
            text = (
                f"{where} sets {name} beside the router's token: Claude Code warns of two keys, and may ask for a login"
            )
            yield Finding(SETTINGS, "warning", text, out)
        elif name in MODEL_NAMES:
            yield _model(f"{where} sets {name}", value, out)
    if file.model:
        yield _model(f'{where} sets "model"', file.model, f'{remove} {file.path}: "model"')
    if file.key_helper:
        yield Finding(SETTINGS, "note", f"{where} has an apiKeyHelper; `ccr code` gives a token, which goes before it")
    yield from _proxy(file, where, endpoint)


def _model(source: str, value: str, advice: str) -> Finding:
    if "," in value:
        text = f"{source} to {value}: every request goes there, whatever the routes say"
        return Finding(SETTINGS, "warning", text, advice)
    return Finding(SETTINGS, "note", f"{source} to {value}: that is what requests ask for; the routes still decide")


def _proxy(file: SettingsFacts, where: str, endpoint: str) -> Iterator[Finding]:
    proxy = any(setting(file.environment, name) for name in PROXIES)
    listed = setting(file.environment, "no_proxy")
    host = urlsplit(endpoint).hostname or "127.0.0.1"
    if proxy and listed is not None and not is_exempt(host, listed):
        text = f"{where} sets a proxy and a NO_PROXY without {host}: requests to the router go through the proxy"
        yield Finding(SETTINGS, "error", text, f"Add {host} to NO_PROXY in env of {file.path}")


def _shell(shell: Mapping[str, str], endpoint: str, *, running: bool) -> Iterator[Finding]:
    """`ccr code` sets or removes most of these for its own process; a plain `claude` takes them as they are."""
    base = shell.get("ANTHROPIC_BASE_URL")
    if base and not same_address(base, endpoint):
        text = "the shell sets ANTHROPIC_BASE_URL elsewhere: a plain `claude` goes there; `ccr code` uses the router"
        yield Finding(SETTINGS, "note", text)
    elif base and not running:
        text = "the shell leads a plain `claude` to the router, which does not run"
        yield Finding(SETTINGS, "warning", text, "Start the daemon: ccr start")
    for name in ("ANTHROPIC_API_KEY", *LEADING_AWAY):
        if shell.get(name):
            yield Finding(
                SETTINGS, "note", f"the shell sets {name}; `ccr code` leaves it out, a plain `claude` does not"
            )
    for name in MODEL_NAMES:
        if value := shell.get(name):
            yield _model(f"the shell sets {name}", value, f"Take it out of the shell: unset {name}")


def same_address(url: str, endpoint: str) -> bool:
    """Whether both name the same server; localhost is 127.0.0.1."""
    try:
        here, there = urlsplit(url.strip()), urlsplit(endpoint)
        ports = here.port, there.port
    except ValueError:
        return False
    names = {name.replace("localhost", "127.0.0.1") for name in (here.hostname or "", there.hostname or "")}
    return len(names) == 1 and ports[0] == ports[1] and here.scheme == there.scheme
