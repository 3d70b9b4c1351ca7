"""A provider's own list of its models: where it is asked for, and what the answer says. No I/O.

OpenAI's `GET /v1/models` (https://platform.openai.com/docs/api-reference/models/list) is what most have; Anthropic's
has the same shape (https://docs.anthropic.com/en/api/models-list), Gemini's is `GET /v1beta/models`
(https://ai.google.dev/api/models), Ollama's own is `GET /api/tags`.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ccrouter.config.types import ProviderConfig
from ccrouter.model.json import Json, as_list, as_object, as_str
from ccrouter.providers.resolve import preset_for

_OLLAMA: Final = ("ollama", "ollama-cloud")
_ENDPOINT: Final = re.compile(r"/(chat/completions|completions|responses|messages)$")
_GEMINI_MODEL: Final = re.compile(r"/models/[^/]+:\w+$")
_DEPLOYMENT: Final = re.compile(r"/deployments/[^/]+$")
_LARGEST_PAGE: Final = {"anthropic": {"limit": "1000"}, "gemini": {"pageSize": "1000"}}
"""Without it they give 20 or 50 models. More than a thousand nobody has."""
_NOT_KEPT: Final = ("alt", "key")


def model_list_url(provider: ProviderConfig, protocol: str, endpoint: str) -> str | None:
    """Where the list is: beside the endpoint that requests go to (`Dialect.url`). None: this protocol has none."""
    if protocol.startswith("vertex"):
        return None
    parts = urlsplit(endpoint)
    path = parts.path.rstrip("/")
    preset = preset_for(provider)
    if preset is not None and preset.name in _OLLAMA:
        return urlunsplit(
            (parts.scheme, parts.netloc, f"{path.partition('/v1')[0].removesuffix('/api')}/api/tags", "", "")
        )
    path = _GEMINI_MODEL.sub("", path) if protocol == "gemini" else _DEPLOYMENT.sub("", _ENDPOINT.sub("", path))
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in _NOT_KEPT]
    query += list(_LARGEST_PAGE.get(protocol, {}).items())
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/models", urlencode(query), ""))


def listed_models(answer: Json) -> tuple[str, ...] | None:
    """The models' names, as requests name them, in the provider's order; None when this is no list of models.

    Of Gemini's only those that write; elsewhere the list does not tell, and embeddings are among them.
    """
    fields = as_object(answer)
    found = as_list(answer)
    for name in ("data", "models"):
        if found is None and fields is not None:
            found = as_list(fields.get(name))
    if found is None:
        return None
    names = [name for entry in found if (name := _name(entry))]
    return tuple(dict.fromkeys(names))


def _name(entry: Json) -> str | None:
    if isinstance(entry, str):
        return entry
    fields = as_object(entry) or {}
    methods = as_list(fields.get("supportedGenerationMethods"))
    if methods is not None and "generateContent" not in methods:
        return None
    # Ollama: name and model; Gemini: name; the others: id. Some relays give Gemini's list both.
    name = as_str(fields.get("id")) or as_str(fields.get("model")) or as_str(fields.get("name")) or ""
    return name.removeprefix("models/").strip() or None
