"""Small facts that outlive the daemon, as JSON in one file: written whole or not at all, for its owner only."""

import contextlib
import logging
import os
import tempfile
from pathlib import Path

import orjson

from ccrouter.model.json import JsonObject, as_object

logger = logging.getLogger("ccrouter.state")

TOO_LARGE = 16 * 1024 * 1024


def read_state(path: Path) -> JsonObject:
    """What the file holds; empty where there is none, and (with a line in the log) where it cannot be used."""
    try:
        if path.stat().st_size > TOO_LARGE:
            raise ValueError("it is too large")
        found = as_object(orjson.loads(path.read_bytes()))
        if found is None:
            raise ValueError("it holds no object")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        logger.warning("%s is not used: %s", path.name, error)
        return {}
    return found


def write_state(path: Path, state: JsonObject) -> bool:
    """Write the file; False (and a line in the log) where that is not possible, a full disk for instance.

    The new content is complete beside the old one before it takes its place, so that no reader sees half of it.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(state, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        Path(temporary).replace(path)
    except OSError as error:
        logger.warning("%s is not saved: %s", path.name, error.strerror or error)
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        return False
    return True
