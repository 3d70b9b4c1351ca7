"""What was put together is written: the keys into the `.env`, then the config; both, or none."""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ccrouter import runtime
from ccrouter.commands.model.changing import draft_of
from ccrouter.config.dotenv import parse_dotenv
from ccrouter.config.edit.draft import Draft, Saved
from ccrouter.config.edit.text import config_text
from ccrouter.config.first_run import STARTER, STARTER_YAML, create_config
from ccrouter.config.read import is_yaml
from ccrouter.config.taking.dotenv_text import with_variables
from ccrouter.config.taking.put import write_private


def draft_or_first(path: Path) -> Draft:
    """The config at `path`; where there is none, the commented one that a first run would write there."""
    if path.exists() or path.is_symlink():
        return draft_of(path)
    data = (STARTER_YAML if is_yaml(path) else STARTER).encode()
    known = runtime.known_names({}, user_files_loaded=False)
    return Draft(path, data, config_text(data, path), os.environ, known)


def dotenv_of(path: Path) -> tuple[Path, str, Mapping[str, str]]:
    """The `.env` beside the config at `path`, its text (empty where there is none) and its variables."""
    file = path.with_name(".env")
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    return file, text, parse_dotenv(text, file).variables


def save(draft: Draft, kept: Mapping[str, str]) -> Saved:
    """Write the config and, before it, the variables that it needs.

    Raises:
        ConfigError: the config could not be used, or has changed meanwhile. Nothing is written then.
        OSError: something cannot be written. Nothing is written then.
    """
    file, text, _ = dotenv_of(draft.path)
    new = with_variables(text, kept)
    existed = file.exists()
    first = not draft.path.exists()
    draft = replace(draft, environment={**kept, **draft.environment})
    if new != text or first:
        draft.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if new != text:
        write_private(file, new.encode())
    try:
        if first:
            create_config(draft.path, draft.original)
        saved = draft.save(runtime.check)
        if first and saved.backup is not None:
            # Of a file that the user never saw.
            saved.backup.unlink()
            saved = replace(saved, backup=None)
        return saved
    except BaseException:
        with contextlib.suppress(OSError):
            if new != text:
                write_private(file, text.encode()) if existed else file.unlink()
            if first and draft.path.read_bytes() == draft.original:
                draft.path.unlink()
        raise
