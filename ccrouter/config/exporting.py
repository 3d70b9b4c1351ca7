"""A configuration as a preset's manifest: what belongs to the machine left out, secrets replaced by placeholders. Pure.

CCR writes `${CONFIG_API_KEY}` for every key, so that all providers share one; here each secret has a name of its own,
and none that an environment is likely to have: what the environment says would win.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ccrouter.config.interpolate import interpolate_text
from ccrouter.config.manifest import CONFIGURED
from ccrouter.config.report import fold
from ccrouter.config.secret_words import KEY_SHAPE, LONG_WORD, SECRET_IN_URL, names_secret
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_str

HEADERS = "headers"
PLACEHOLDER = re.compile(r"\$\{[^}:]+\}|\$[A-Z_][A-Z0-9_]*")
DEFAULTED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*):-([^}]+)\}")


@frozen
class Exported:
    """`secrets` are the values behind the placeholders, by variable; `used` further variables that the config names."""

    manifest: JsonObject
    secrets: Mapping[str, str]
    used: tuple[str, ...]
    left_out: tuple[str, ...]


def exported(config: JsonObject, description: JsonObject) -> Exported:
    """The manifest of the config as it is written (variables not put in), with `description` before it."""
    wanted = {fold(name) for name in CONFIGURED} - {"$schema"}
    walk = _Walk()
    kept: JsonObject = {}
    for name, value in config.items():
        if fold(name) in wanted | {"modelproviders", "fallbacks"}:
            kept[name] = walk.value(value, name, (name,))
    left_out = tuple(name for name in config if name not in kept and fold(name) != "$schema")
    return Exported({**description, **kept}, walk.secrets, tuple(walk.used), left_out)


@dataclass(slots=True)
class _Walk:
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    used: dict[str, None] = field(default_factory=dict[str, None])

    def value(self, value: Json, name: str, way: tuple[str, ...], owner: str = "") -> Json:
        """`name` is the nearest key, `owner` the provider's name above it."""
        if isinstance(value, dict):
            owner = as_str(value.get("name")) or owner
            return {key: self.value(item, key, (*way, key), owner) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, name, (*way, str(index)), owner) for index, item in enumerate(value)]
        return self._text(value, name, way, owner) if isinstance(value, str) else value

    def _text(self, text: str, name: str, way: tuple[str, ...], owner: str) -> str:
        self.used |= dict.fromkeys(interpolate_text(text, {}, {})[1])
        if not PLACEHOLDER.sub("", text).replace("Bearer", "").strip():
            return text  # nothing but a variable
        in_headers = HEADERS in [fold(step) for step in way[:-1]]
        if names_secret(name) or (LONG_WORD if in_headers else KEY_SHAPE).fullmatch(text.strip()):
            defaulted = DEFAULTED.fullmatch(text.strip())
            if defaulted is not None:  # the default is the secret
                self.secrets[defaulted[1]] = defaulted[2]
                return f"${{{defaulted[1]}}}"
            return self._placeholder(text, name, owner)
        if "://" in text:
            return SECRET_IN_URL.sub(lambda found: self._placeholder(found[0], name, owner), text)
        return text

    def _placeholder(self, secret: str, name: str, owner: str) -> str:
        if (found := next((known for known, value in self.secrets.items() if value == secret), None)) is not None:
            return f"${{{found}}}"
        base = re.sub(r"[^A-Z0-9]+", "_", f"CCR_{owner}_{name}".upper()).strip("_")
        variable, number = base, 1
        while variable in self.secrets:
            number += 1
            variable = f"{base}_{number}"
        self.secrets[variable] = secret
        return f"${{{variable}}}"
