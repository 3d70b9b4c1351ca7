"""Which preset a provider of the config is: the one it names, else the one of its URL, else the one of its name."""

from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from ccrouter.config.known import PresetFacts

NO_PRESET = "none"
"""Written as `preset`: what is known of a provider of this name or host does not hold here."""

Facts = TypeVar("Facts", bound=PresetFacts)


def preset_named(presets: Iterable[Facts], name: str) -> Facts | None:
    """The preset called `name`, by its own or another name. Case, `_` and blanks do not count."""
    wanted = _folded(name)
    found: Facts | None = None
    for preset in presets:
        if wanted == _folded(preset.name):
            return preset
        if found is None and any(wanted == _folded(other) for other in preset.names):
            found = preset
    return found


def preset_of_url(presets: Iterable[Facts], url: str) -> Facts | None:
    """The preset whose host `url` is on; the longest of its hosts that fit decides."""
    parts = split_url(url)
    host = (parts.hostname or "").casefold()
    try:
        with_port = f"{host}:{parts.port}"
    except ValueError:  # a port out of range is a config problem, told elsewhere
        with_port = host
    path = f"{parts.path.casefold().rstrip('/')}/"
    found: tuple[int, Facts] | None = None
    for preset in presets:
        for known in preset.hosts:
            place, _, folder = known.partition("/")
            if (
                _is_on(place, host, with_port)
                and (not folder or path.startswith(f"/{folder}/"))
                and (found is None or len(known) > found[0])
            ):
                found = len(known), preset
    return found[1] if found is not None else None


def _is_on(place: str, host: str, with_port: str) -> bool:
    if ":" in place:
        return place == with_port
    return host.endswith(place) if place.startswith("-") else host == place or host.endswith(f".{place}")


def split_url(url: str) -> SplitResult:
    """`url` in its parts; without a scheme it begins with the host. One that cannot be split has empty parts."""
    try:
        return urlsplit(url if "//" in url else f"//{url}")
    except ValueError:  # `http://[` and its like: a config problem, told elsewhere
        return SplitResult("", "", "", "", "")


def _folded(name: str) -> str:
    return name.strip().casefold().replace("_", "-").replace(" ", "-")
