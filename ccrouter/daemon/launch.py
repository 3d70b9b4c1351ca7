"""What Claude Code needs in its environment to talk to the daemon, and where it is. No user file is touched.

Facts: field-notes.md 4.6 and 7, ccr-behaviour.md 5.2.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ccrouter.config.clients_key import header_form
from ccrouter.config.groups import members_of
from ccrouter.config.types import DEFAULT_TIMEOUT_MS, Config, ProviderConfig, Target
from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen

NO_KEY_TOKEN = "ccrouter"  # noqa: S105 - Claude Code needs some token; without APIKEY the daemon asks for none
LOOPBACK = ("127.0.0.1", "localhost")

UNSET = ("ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY")
"""Each of these makes Claude Code go, or ask to go, past the daemon."""

SUGGESTED = {
    "DISABLE_TELEMETRY": "true",
    "DISABLE_COST_WARNINGS": "true",
    "CLAUDE_CODE_GATEWAY_HINT_HEADERS": "1",
    "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1",
}
"""Set unless the user has set the variable, to whatever value."""

NON_INTERACTIVE = {"CI": "true", "FORCE_COLOR": "0", "NODE_NO_READLINE": "1", "TERM": "dumb"}
"""What CCR's NON_INTERACTIVE_MODE adds."""

INSTALL_HINT = (
    "Claude Code was not found. Install it with `npm install -g @anthropic-ai/claude-code`, "
    "or name its executable in CLAUDE_PATH (in the config or the environment)."
)
CMD_SPECIAL = frozenset('"%!^&|<>\r\n')
"""What cmd.exe, which runs .cmd files, reads even inside quotes or cannot be given at all."""


class ClaudeNotFound(CCRouterError):  # noqa: N818 - it says what happened
    """There is no Claude Code to run, or none that can be run as asked."""


@frozen
class LaunchEnvironment:
    """The changes to an environment: variables to set, in this order, and variables to remove."""

    set: Mapping[str, str]
    unset: tuple[str, ...]

    def applied_to(self, base: Mapping[str, str]) -> dict[str, str]:
        """`base` with the changes."""
        return {name: value for name, value in base.items() if name not in self.unset} | dict(self.set)


def launch_environment(
    config: Config, endpoint: str, base: Mapping[str, str], *, for_shell: bool = False
) -> LaunchEnvironment:
    """What to change in the environment `base` so that Claude Code talks to the daemon at `endpoint`.

    `for_shell` leaves out NON_INTERACTIVE, which is for one process: TERM=dumb would spoil the user's own shell.

    The address, the token and what would lead past the daemon are always ours. What the user has set himself wins
    for the names in SUGGESTED, for CLAUDE_CODE_AUTO_MODE_SERVER, and for API_TIMEOUT_MS while the config leaves it at
    its default. NO_PROXY is added to.
    """
    host = urlsplit(endpoint).hostname or LOOPBACK[0]
    changes: dict[str, str] = {
        "ANTHROPIC_BASE_URL": endpoint,
        "ANTHROPIC_AUTH_TOKEN": header_form(config.api_key or NO_KEY_TOKEN),
        "API_TIMEOUT_MS": _timeout(config, base),
        "NO_PROXY": without_proxy(base.get("NO_PROXY") or base.get("no_proxy", ""), host),
    }
    if "no_proxy" in base:  # where both are set, most clients read the lower-case one
        changes["no_proxy"] = without_proxy(base["no_proxy"], host)
    changes |= {name: value for name, value in SUGGESTED.items() if name not in base}
    if leaves_anthropic(config) and "CLAUDE_CODE_AUTO_MODE_SERVER" not in base:
        # Without it Claude Code asks the server to review tool calls in auto mode, which only Anthropic's does.
        changes["CLAUDE_CODE_AUTO_MODE_SERVER"] = "0"
    if config.non_interactive_mode and not for_shell:
        changes |= NON_INTERACTIVE
    return LaunchEnvironment(changes, UNSET)


def _timeout(config: Config, base: Mapping[str, str]) -> str:
    if config.api_timeout_ms != DEFAULT_TIMEOUT_MS:
        return str(config.api_timeout_ms)
    return base.get("API_TIMEOUT_MS") or str(DEFAULT_TIMEOUT_MS)


def leaves_anthropic(config: Config) -> bool:
    """True when a route, or a fallback of one, leads to anything but Anthropic's own Messages API."""
    router = config.router
    routes = (
        router.default, router.background, router.think, router.long_context, router.web_search, router.image,
        router.classifier, router.compaction,
    )  # fmt: skip
    targets: list[Target] = [route for route in routes if route is not None]
    further = (*router.subagent.values(), *config.tiers.values(), *(rule.use for rule in router.rules))
    targets += [route.target for route in further]
    targets += [target for fallbacks in config.fallback.values() for target in fallbacks]
    models = [member for target in targets for member in members_of(target, config)]
    providers = {model.provider: config.provider(model.provider) for model in models}
    return not targets or any(provider is None or not is_anthropic(provider) for provider in providers.values())


def is_anthropic(provider: ProviderConfig) -> bool:
    """True for Anthropic's Messages API itself; its OpenAI-compatible endpoint reviews no tool calls."""
    address = urlsplit(provider.api_base_url)
    if address.hostname != "api.anthropic.com" or address.path.rstrip("/").endswith("/chat/completions"):
        return False
    return provider.protocol in (None, "anthropic")


def with_header(existing: str, header: str) -> str:
    """ANTHROPIC_CUSTOM_HEADERS (`name: value`, one a line) with one header set; the user's others stay as they are.

    Claude Code 2.1.197 and 2.1.332 send each of its lines with every request, and pass over those that are no header
    (measured).
    """
    kept = [line for line in existing.splitlines() if _name_in(line) != _name_in(header)]
    return "\n".join([*kept, header])


def _name_in(header: str) -> str:
    return header.partition(":")[0].strip().lower()


def without_proxy(existing: str, host: str) -> str:
    """The NO_PROXY list with the loopback names and `host` in it, what was there first."""
    names = [name.strip() for name in existing.split(",") if name.strip()]
    names += [name for name in (*LOOPBACK, host) if name not in names]
    return ",".join(dict.fromkeys(names))


def find_claude(config: Config | None, base: Mapping[str, str], which: Callable[[str], str | None]) -> str:
    """The path of Claude Code's executable: CLAUDE_PATH of the config, then of the environment, then PATH, then where
    its own installers put it. `which` is shutil.which or the like. Raises ClaudeNotFound.
    """
    for source, named in (
        ("CLAUDE_PATH in the config", config.claude_path if config is not None else None),
        ("the environment variable CLAUDE_PATH", base.get("CLAUDE_PATH")),
    ):
        if named:
            if found := which(str(Path(named).expanduser())):
                return found
            raise ClaudeNotFound(f"{source} names {named}, which is not there or cannot be run.")
    own = [Path("~/.local/bin/claude"), Path("~/.claude/local/claude")]
    for candidate in ("claude", *(str(path.expanduser()) for path in own)):
        if found := which(candidate):
            return found
    raise ClaudeNotFound(INSTALL_HINT)


def claude_command(executable: str, arguments: Sequence[str], which: Callable[[str], str | None]) -> list[str]:
    """The whole command line.

    npm's `claude.cmd` on Windows is run by cmd.exe, which reads some characters of arguments as its own. So the
    program behind it is called where it can be found, and arguments that would arrive changed are refused.
    Raises ClaudeNotFound.
    """
    path = Path(executable)
    if path.suffix.lower() not in (".cmd", ".bat"):
        return [executable, *arguments]
    package = path.parent / "node_modules" / "@anthropic-ai" / "claude-code"
    native, script = package / "bin" / "claude.exe", package / "cli.js"
    if native.is_file():
        return [str(native), *arguments]
    if script.is_file() and (node := which("node")) is not None:
        return [node, str(script), *arguments]
    for argument in arguments:
        if not CMD_SPECIAL.isdisjoint(argument):
            raise ClaudeNotFound(
                f"{executable} cannot be given this argument unchanged: {argument!r}. "
                "Name the real program (claude.exe) in CLAUDE_PATH."
            )
    return [executable, *arguments]
