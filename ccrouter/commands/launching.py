"""What a preset changes about the start of Claude Code: its settings, and (`noServer`) the way past the daemon."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path

import orjson

from ccrouter.commands.preset_files import existing, read_object
from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_object, as_str

OURS = ("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY")
"""What a preset cannot set: where Claude Code goes is the router's to say."""
HARMLESS = ("model", "outputStyle", "language", "includeCoAuthoredBy", "alwaysThinkingEnabled", "effortLevel")
"""Claude Code's settings that a preset may set. Others (hooks, permissions, helpers) run commands or allow them."""
HINTS = {"--hints": "on", "--no-hints": "off"}
"""The options, and what the header says for each."""
ENVIRONMENT_PREFIXES = ("ANTHROPIC_", "CLAUDE_CODE_", "MAX_", "DISABLE_", "ENABLE_", "API_TIMEOUT_MS", "BASH_")


@frozen
class Launch:
    """`environment` is set, `settings` given to Claude Code as `--settings`."""

    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    settings: JsonObject = field(default_factory=dict[str, Json])

    def applied(self, base: dict[str, str], arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """The environment and the arguments with the preset's changes. The user's own `--settings` are left alone."""
        asked = any(argument == "--settings" or argument.startswith("--settings=") for argument in arguments)
        given = [] if asked or not self.settings else ["--settings", orjson.dumps(self.settings).decode()]
        return {**base, **self.environment}, [*given, *arguments]


@frozen
class Split:
    """A command line taken apart: what is ours, and the `arguments` of Claude Code."""

    preset: str | None
    hints: str | None
    """on, off; None: as the config says."""
    arguments: list[str]


def split(arguments: Sequence[str]) -> Split:
    """Take off what is ours: `--preset NAME`, `--hints` and `--no-hints`, and only at the very beginning.

    Raises CCRouterError where the name is missing.
    """
    rest, preset, hints = list(arguments), None, None
    while rest:
        option, equals, value = rest[0].partition("=")
        if option == "--preset" and preset is None:
            if not equals and len(rest) < 2:
                raise CCRouterError("`--preset` wants the name of a preset; `ccr preset list` shows them.")
            preset = value if equals else rest.pop(1)
        elif rest[0] in HINTS and hints is None:
            hints = HINTS[rest[0]]
        else:
            break
        rest.pop(0)
    return Split(preset, hints, rest)


def launch_of(config: Path, name: str) -> Launch:
    """What the manifest of a preset says about the start. Raises CCRouterError where there is no such preset."""
    manifest = read_object(existing(config, name))
    if manifest.get("noServer") is True:
        raise CCRouterError(
            f"The preset '{name}' has noServer: it wants Claude Code to go to its provider without the router, which "
            "ccrouter does not do. Take noServer out of its manifest: the router speaks to the provider for it."
        )
    settings = as_object(manifest.get("claudeCodeSettings")) or {}
    environment = {
        key: text for key, value in (as_object(settings.get("env")) or {}).items() if (text := as_str(value))
    }
    return Launch(
        {key: text for key, text in environment.items() if key.startswith(ENVIRONMENT_PREFIXES) and key not in OURS},
        {key: value for key, value in settings.items() if key in HARMLESS},
    )
