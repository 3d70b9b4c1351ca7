"""The first run: a small commented config, and the way on."""

import contextlib
import os
from pathlib import Path

from ccrouter.config.problems import ConfigError, Problem

STARTER = """\
// The configuration of ccrouter. JSON5: comments, trailing commas and single quotes are fine.
// $NAME and ${NAME:-default} are taken from the environment, or from a file .env beside this one.
// After a change: ccr config check. A running daemon takes it over by itself.
{
  "PORT": 3456,

  // Take away the // in front of one provider (or write your own), and of "default" below. Providers that are known by
  // name (openai, anthropic, groq, mistral, moonshot, zai, ...: docs/providers.md) need no more than a key; any other
  // has an "api_base_url" besides, and its "models".
  "Providers": [
    // {
    //   "name": "openrouter",
    //   "api_key": "$OPENROUTER_API_KEY",
    //   "models": ["anthropic/claude-sonnet-4", "google/gemini-2.5-pro"],
    // },
    // {
    //   "name": "deepseek",
    //   "api_key": "$DEEPSEEK_API_KEY",
    // },
    // {
    //   "name": "ollama",
    //   "models": ["qwen2.5-coder:latest"],
    // },
  ],

  // Which provider,model serves what. Only "default" must be there.
  "Router": {
    // "default": "openrouter,anthropic/claude-sonnet-4",
    // "background": "ollama,qwen2.5-coder:latest",
    // "think": "deepseek,deepseek-reasoner",
    // "longContext": "openrouter,google/gemini-2.5-pro",
  },
}
"""

STARTER_YAML = """\
# The configuration of ccrouter.
# $NAME and ${NAME:-default} are taken from the environment, or from a file .env beside this one.
# After a change: ccr config check. A running daemon takes it over by itself.
PORT: 3456

# Take away the # in front of the provider (or write your own), and of "default" below. Providers that are known by
# name (docs/providers.md) need no more than a key; any other has an api_base_url besides, and its models.
Providers: []
#  - name: openrouter
#    api_key: $OPENROUTER_API_KEY
#    models: [anthropic/claude-sonnet-4, google/gemini-2.5-pro]

# Which provider,model serves what. Only "default" must be there.
Router: {}
#  default: openrouter,anthropic/claude-sonnet-4
"""


def write_first_config(path: Path) -> None:
    """Write a commented starter config to `path`, readable by its owner only. An existing file is left as it is.

    Raises ConfigError when it cannot be written.
    """
    create_config(path, (STARTER_YAML if path.suffix.lower() in (".yaml", ".yml") else STARTER).encode())


def create_config(path: Path, data: bytes) -> bool:
    """Write the first config at `path`, readable by its owner only. False: there is one, and it is left as it is.

    Raises ConfigError when it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # O_EXCL: of two first runs at once only one writes, and no link that lies there is followed.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if path.exists():
            return False
        raise _cannot_write(path, "something else is in its place") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _cannot_write(path, reason) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        # Half a config would be taken for the user's own at the next start.
        with contextlib.suppress(OSError):
            path.unlink()
        raise _cannot_write(path, error.strerror or str(error)) from error
    return True


def _cannot_write(path: Path, reason: str) -> ConfigError:
    fix = "Make the folder writable, or name another file with --config"
    return ConfigError([Problem("error", f"a first config cannot be written here: {reason}", fix, file=path)])


def first_run_message(path: Path) -> str:
    """What to print after a first run: the steps from here to Claude Code."""
    return f"""\
This is the first run. A commented config has been written to
  {path}

The way on:
  1. Open it, take the // away from a provider and from Router.default, and export the provider's key
     (or put it into {path.parent / ".env"}).
  2. ccr config check    tells what is still wrong, with line and fix
  3. ccr start           starts the router
  4. ccr code            runs Claude Code through it

No key yet? ccr demo shows everything without one.
"""
