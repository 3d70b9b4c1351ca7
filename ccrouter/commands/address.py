"""Where a config's daemon would listen, read as leniently as can be: also from a config that has other errors."""

from collections.abc import Mapping
from pathlib import Path

from ccrouter.config.types import DEFAULT_HOST, DEFAULT_PORT, MOST_WORKERS, Config, RouterConfig
from ccrouter.daemon.control import Address
from ccrouter.model.json import Json, as_int, as_object, as_str


def configured_address(path: Path, environment: Mapping[str, str]) -> Address | None:
    """Host and port that the config at `path` names; None where it is missing or cannot be parsed.

    A start, a reload and `ccr config check` go through the whole check of a config. This is only for asking whether
    a daemon answers there, which must be quick and work while the config is broken.
    """
    basics = read_basics(path, environment)
    return (basics.host, basics.port) if basics is not None else None


def read_basics(path: Path, environment: Mapping[str, str]) -> Config | None:
    """HOST, PORT, WORKERS and APIKEY of the config at `path`, nothing else; None where it is missing or not parsed."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    from ccrouter.config.source import read_source

    source = read_source(content, path)
    entries = as_object(source.document.value) if source.document is not None else None
    if entries is None:
        return None
    dotenv = source.dotenv.variables
    service_port = environment.get("SERVICE_PORT") or dotenv.get("SERVICE_PORT")
    port = _port(service_port or _lookup(entries, "PORT", environment, dotenv))
    host = as_str(_lookup(entries, "HOST", environment, dotenv)) or DEFAULT_HOST
    key = as_str(_lookup(entries, "APIKEY", environment, dotenv)) or None
    # Without a key the server binds to loopback only.
    host = host if key else DEFAULT_HOST
    workers = _whole(_lookup(entries, "WORKERS", environment, dotenv)) or 1
    return Config(
        (), RouterConfig(), path, host=host, port=port, workers=min(max(workers, 1), MOST_WORKERS), api_key=key
    )


def _lookup(entries: Mapping[str, Json], name: str, environment: Mapping[str, str], dotenv: Mapping[str, str]) -> Json:
    """The value of `name`, its lower-case spelling included, with variables put in."""
    from ccrouter.config.interpolate import interpolate_text

    value = entries.get(name, entries.get(name.lower()))
    return interpolate_text(value, environment, dotenv)[0] if isinstance(value, str) else value


def _port(value: Json) -> int:
    number = _whole(value)
    return DEFAULT_PORT if number is None else number


def _whole(value: Json) -> int | None:
    """The whole number that `value` is, or is the text of."""
    text = as_str(value)
    if text is not None and text.strip().isascii() and text.strip().isdigit():
        return int(text.strip())
    return as_int(value)
