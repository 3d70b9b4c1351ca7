"""Where the config is, and what it says of the status line when the daemon cannot be asked."""

from __future__ import annotations

import json
import os

from ccrouter.statusline.themes import status_line_of
from ccrouter.statusline.values import as_object, at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    ReadLoosely = Callable[[bytes, str], object]
    """Reads what is not plain JSON (comments, YAML) from a file's content; its path is for the kind. None: broken."""

HOME_NAME = ".claude-code-router"
CONFIG_NAMES = ("config.json", "config.yaml", "config.yml")


def config_path(environment: dict[str, str]) -> str:
    """As `config.locations.find_config` finds it."""
    named = environment.get("CCR_CONFIG")
    if named:
        return os.path.abspath(os.path.expanduser(named))
    home = os.path.join(os.path.expanduser("~"), HOME_NAME)
    candidates = [os.path.join(home, name) for name in CONFIG_NAMES]
    return next((path for path in candidates if os.path.exists(path)), candidates[0])


def read_config(path: str, read_loosely: ReadLoosely) -> dict[str, object]:
    """The config, unchecked; empty for one that is missing or broken."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return {}
    try:
        return as_object(json.loads(content))
    except (ValueError, RecursionError):
        return as_object(read_loosely(content, path))


def without_daemon(path: str, read_loosely: ReadLoosely) -> dict[str, object]:
    """What the config file alone answers of what the daemon is asked."""
    config = read_config(path, read_loosely)
    router = config.get("Router", config.get("router"))
    return {"status_line": status_line_of(config), "default": at(router, "default")}


def preset_status_line(folder: str, preset: str, read_loosely: ReadLoosely) -> dict[str, object]:
    """The `StatusLine` of an installed preset; empty where it has none."""
    if not preset or preset != os.path.basename(preset) or preset.startswith("."):
        return {}
    return status_line_of(read_config(os.path.join(folder, "presets", preset, "manifest.json"), read_loosely))
