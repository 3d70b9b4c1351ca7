"""Claude Code's own settings files, read only: what they set wins over the environment `ccr code` gives."""

from collections.abc import Mapping
from pathlib import Path

import orjson

from ccrouter.model.json import as_object, as_str

LEADING_AWAY = (
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
)

CUSTOM_HEADERS = "ANTHROPIC_CUSTOM_HEADERS"


def overriding_settings(files: list[Path], endpoint: str) -> list[str]:
    """A line for each setting that leads Claude Code past the daemon at `endpoint` although `ccr code` started it.

    Files that are missing or broken are Claude Code's business and give no line.
    """
    lines: list[str] = []
    for file in files:
        for name, value in _environment_of(file).items():
            if name == "ANTHROPIC_BASE_URL" and value.rstrip("/") == endpoint:
                continue
            if name == "ANTHROPIC_BASE_URL" or (name in LEADING_AWAY and value):
                lines.append(f"{file} sets {name}, which wins over `ccr code`: Claude Code will not use the router.")
    return lines


def overriding_headers(files: list[Path], header: str | None) -> list[str]:
    """A line for each settings file whose own headers take the place of `header` (`name: value`, or None)."""
    if header is None:
        return []
    return [
        f"{file} sets {CUSTOM_HEADERS}, which wins over `ccr code`: add the line '{header}' there, "
        'or use "hints" in the configuration, which needs no header.'
        for file in files
        if (value := _environment_of(file).get(CUSTOM_HEADERS)) is not None and header not in value.splitlines()
    ]


def settings_files(environment: Mapping[str, str], home: Path, project: Path) -> list[Path]:
    """The user's settings and those of the project folder."""
    own = Path(environment["CLAUDE_CONFIG_DIR"]) if environment.get("CLAUDE_CONFIG_DIR") else home / ".claude"
    return [own / "settings.json", project / ".claude" / "settings.json", project / ".claude" / "settings.local.json"]


def _environment_of(file: Path) -> dict[str, str]:
    try:
        content = as_object(orjson.loads(file.read_bytes())) or {}
    except (OSError, orjson.JSONDecodeError):
        return {}
    entries = as_object(content.get("env")) or {}
    return {name: value for name, entry in entries.items() if (value := as_str(entry)) is not None}
