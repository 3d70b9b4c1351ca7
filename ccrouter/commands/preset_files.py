"""The files of installed presets: `presets/NAME/manifest.json`, and beside it a `.env` with its secrets."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ccrouter.config.dotenv import parse_dotenv
from ccrouter.config.interpolate import interpolate_text
from ccrouter.config.locations import presets_folder
from ccrouter.config.manifest import MANIFEST, PRESET_NAME
from ccrouter.config.problems import ConfigError
from ccrouter.config.read import read
from ccrouter.errors import CCRouterError
from ccrouter.model.json import Json, JsonObject, as_object

BARE = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")


def folder_of(config: Path, name: str) -> Path:
    """Where the preset of the config's home is, or would be."""
    return presets_folder(config.parent) / name


def manifest_of(config: Path, name: str) -> Path:
    """Its manifest, whether or not it is there."""
    return folder_of(config, name) / MANIFEST


def installed(config: Path) -> dict[str, Path]:
    """The manifests of all installed presets by name."""
    folder = presets_folder(config.parent)
    names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    found = {name: folder / name / MANIFEST for name in names if PRESET_NAME.fullmatch(name)}
    return {name: manifest for name, manifest in found.items() if manifest.is_file()}


def existing(config: Path, name: str) -> Path:
    """The manifest of an installed preset. Raises CCRouterError where nothing of that name is installed."""
    manifest = manifest_of(config, name)
    if not PRESET_NAME.fullmatch(name) or not manifest.is_file():
        known = ", ".join(installed(config))
        told = f"Installed are: {known}." if known else "None is installed."
        raise CCRouterError(f"There is no preset '{name}'. {told}")
    return manifest


def read_object(path: Path) -> JsonObject:
    """The object in a JSON5 or YAML file, as it is written. Raises ConfigError, CCRouterError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CCRouterError(f"{path} cannot be read: {error.strerror or error}.") from error
    parsed = read(data, path)
    if parsed.document is None:
        raise ConfigError(parsed.problems)
    value = as_object(parsed.document.value)
    if value is None:
        raise CCRouterError(f"{path} holds no object.")
    return value


def remember(config: Path, names: Iterable[str]) -> dict[str, str]:
    """Those of the variables that have their value in the config's own `.env`, which a preset does not read."""
    known = _dotenv(config.parent / ".env")
    return {name: known[name] for name in names if name in known}


def missing_variables(config: Path, name: str, environment: Mapping[str, str]) -> list[str]:
    """The variables that the preset names and that have no value."""
    known = _dotenv(folder_of(config, name) / ".env")
    missing: dict[str, None] = {}
    _collect(read_object(manifest_of(config, name)), environment, known, missing)
    return list(missing)


def write_preset(folder: Path, manifest: bytes | None, secrets: Mapping[str, str], *, over: bool = False) -> None:
    """Write a preset for its owner alone. `over` adds to one that is there; `manifest` None leaves it as it is.

    Raises CCRouterError.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=over)
        if secrets:
            file = folder / ".env"
            values = {**_dotenv(file), **secrets}
            _write(file, "".join(f"{name}={_quoted(value)}\n" for name, value in values.items()).encode())
        if manifest is not None:
            _write(folder / MANIFEST, manifest)
    except OSError as error:
        raise CCRouterError(f"{error.filename or folder} cannot be written: {error.strerror or error}.") from error


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, for the owner only."""
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    beside.replace(path)


def _quoted(value: str) -> str:
    if BARE.fullmatch(value):
        return value
    escaped = (
        value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", "\\n").replace("\r", "\\r")
    )
    return f'"{escaped}"'


def _dotenv(path: Path) -> Mapping[str, str]:
    try:
        return parse_dotenv(path.read_text("utf-8"), path).variables
    except (OSError, UnicodeDecodeError):
        return {}


def _collect(value: Json, environment: Mapping[str, str], known: Mapping[str, str], missing: dict[str, None]) -> None:
    if isinstance(value, str):
        missing.update(dict.fromkeys(interpolate_text(value, environment, known)[1]))
    elif isinstance(value, list):
        for item in value:
            _collect(item, environment, known, missing)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, environment, known, missing)
