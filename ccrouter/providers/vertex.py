"""Vertex AI: which of its APIs a model is reached through, and under which URL.

Vertex is not a dialect: Claude's models take Anthropic's bodies there, Google's take Gemini's, and what others made
goes through an OpenAI-compatible endpoint. What differs is the URL, with its project and location, and the sign-in.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from ccrouter.config.types import ProviderConfig
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, as_str

CLAUDE: Final = "vertex_claude"
GEMINI: Final = "vertex_gemini"
OPENAI: Final = "vertex_openai"

PROTOCOL_OF_TRANSFORMER: Final[Mapping[str, str]] = {
    "vertex-claude": CLAUDE,
    "vertex-gemini": GEMINI,
    "vertex-openai": OPENAI,
}
PROTOCOL_OF_PROTOCOL: Final[Mapping[str, str]] = {"anthropic": CLAUDE, "gemini": GEMINI, "openai_chat": OPENAI}
"""What a plain protocol's name means for a provider on one of Vertex's hosts."""
PATH_MARKS: Final = (
    ("/publishers/anthropic/", CLAUDE),
    ("/publishers/google/", GEMINI),
    ("/endpoints/openapi", OPENAI),
    ("/chat/completions", OPENAI),
)

PROJECT_VARIABLES: Final = ("GOOGLE_CLOUD_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID", "GCLOUD_PROJECT")
"""Google's own, Claude Code's for its Vertex mode, and Google's older one."""
LOCATION_VARIABLES: Final = ("GOOGLE_CLOUD_LOCATION", "CLOUD_ML_REGION")
DEFAULT_LOCATION: Final[Mapping[str, str]] = {CLAUDE: "us-east5", GEMINI: "us-central1", OPENAI: "us-central1"}
"""What CCR takes where nothing is said (ccr-behaviour 4.9)."""

GLOBAL_HOST: Final = "aiplatform.googleapis.com"
MULTI_REGIONS: Final = frozenset({"us", "eu"})
"""Locations that span regions have hosts of their own kind: `aiplatform.eu.rep.googleapis.com`."""
_REGIONAL: Final = re.compile(r"([a-z0-9-]+)-aiplatform\.googleapis\.com")
_MULTI_REGIONAL: Final = re.compile(r"aiplatform\.([a-z]+)\.rep\.googleapis\.com")
_PATH: Final = re.compile(
    r"(?P<prefix>.*?)/(?P<version>v\d\w*)(?:/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+))?(?:/|$)"
)


@frozen
class _Url:
    """What the config's URL says. `host` is None for Google's own hosts: theirs follows from the location."""

    host: str | None
    prefix: str = ""
    version: str = "v1"
    project: str | None = None
    location: str | None = None
    on_global_host: bool = False
    """The host of `global`, which presets and CCR's configs also name for want of another."""


def protocol_on_vertex(provider: ProviderConfig, model: str | None = None) -> str | None:
    """CLAUDE, GEMINI or OPENAI for a provider on Vertex; None for any other provider.

    A transformer decides, else the config's protocol or URL, else the model's name: one provider may have models of all
    three kinds. Without `model` such a provider counts as CLAUDE.
    """
    for use in (*provider.model_use.get(model or "", ()), *provider.use):
        if (protocol := PROTOCOL_OF_TRANSFORMER.get(use.name.casefold())) is not None:
            return _publisher(protocol, model)
    if not on_vertex_host(provider.api_base_url):
        return None
    if provider.protocol in PROTOCOL_OF_PROTOCOL:
        return PROTOCOL_OF_PROTOCOL[provider.protocol]
    path = _split(provider.api_base_url).path
    for mark, protocol in PATH_MARKS:
        if mark in path:
            return protocol
    if model is None or "claude" in model.casefold():
        return CLAUDE
    return OPENAI if "/" in model else GEMINI  # `meta/llama-4-…-maas`: the OpenAI endpoint wants the publisher


def _publisher(protocol: str, model: str | None) -> str:
    """`protocol`, but the publisher's own where the model's name tells that there is only one it can be."""
    name = (model or "").casefold()
    if protocol == GEMINI and name.startswith("claude"):
        return CLAUDE
    return GEMINI if protocol == CLAUDE and name.startswith("gemini") else protocol


def on_vertex_host(url: str) -> bool:
    """Whether `url` is on one of Google's hosts for Vertex AI."""
    host = _split(url).hostname or ""
    return host == GLOBAL_HOST or bool(_REGIONAL.fullmatch(host) or _MULTI_REGIONAL.fullmatch(host))


def vertex_options(provider: ProviderConfig, model: str | None = None) -> dict[str, Json]:
    """The options of the provider's `vertex-…` transformers, empty ones left out; those of the model's chain win."""
    options: dict[str, Json] = {}
    for use in (*provider.use, *provider.model_use.get(model or "", ())):
        if use.name.casefold() in PROTOCOL_OF_TRANSFORMER:
            options |= {name: value for name, value in use.options.items() if value not in ("", None)}
    return options


def project_of(provider: ProviderConfig, environment: Mapping[str, str]) -> str | None:
    """The project that config or environment name, or None."""
    named = as_str(vertex_options(provider).get("project_id")) or _read(provider.api_base_url).project
    return named or _first(PROJECT_VARIABLES, environment)


def base_url(
    provider: ProviderConfig, model: str, protocol: str, *, project: str, environment: Mapping[str, str]
) -> str:
    """The URL up to the location (for OPENAI up to `/endpoints/openapi`), which the dialects add the rest to.

    A host of the config's own (a private endpoint, a proxy) is kept; Google's public ones follow from the location.
    """
    url = _read(provider.api_base_url)
    location = (
        as_str(vertex_options(provider, model).get("location"))
        or url.location
        or _first(LOCATION_VARIABLES, environment)
        or ("global" if url.on_global_host else DEFAULT_LOCATION[protocol])
    )
    host = url.host or f"https://{host_of(location)}"
    place = f"{url.prefix}/{url.version}/projects/{quote(project, safe=':')}/locations/{quote(location, safe='')}"
    return f"{host}{place}/endpoints/openapi" if protocol == OPENAI else f"{host}{place}"


def host_of(location: str) -> str:
    """Google's host for `location`."""
    if location == "global":
        return GLOBAL_HOST
    return f"aiplatform.{location}.rep.googleapis.com" if location in MULTI_REGIONS else f"{location}-{GLOBAL_HOST}"


def _read(url: str) -> _Url:
    parts = _split(url)
    host = parts.hostname or ""
    regional = _REGIONAL.fullmatch(host) or _MULTI_REGIONAL.fullmatch(host)
    google = not host or regional is not None or host == GLOBAL_HOST
    origin = None if google else f"{parts.scheme}://{parts.netloc}"
    at_global = host == GLOBAL_HOST
    location = regional[1] if regional else None
    found = _PATH.match(parts.path)
    if found is None:
        return _Url(origin, "" if google else parts.path.rstrip("/"), location=location, on_global_host=at_global)
    location = found["location"] or location
    return _Url(origin, found["prefix"], found["version"], found["project"], location, at_global)


def _first(names: tuple[str, ...], environment: Mapping[str, str]) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # `http://[` and its like: a config problem, told elsewhere
        return SplitResult("", "", "", "", "")
