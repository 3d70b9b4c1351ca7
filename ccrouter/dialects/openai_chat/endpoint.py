"""Where a chat request goes and how it says who it is from."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

ENDPOINT: Final = "chat/completions"

AZURE_HOSTS: Final = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
"""Azure takes a key as `api-key`; as a bearer token it would have to be an Entra ID token."""

AZURE_ROOTS: Final = ("", "/openai", "/openai/deployments")
"""Paths of an Azure URL that name the resource only."""


def is_azure(hostname: str | None) -> bool:
    """True for Azure OpenAI's hosts."""
    return (hostname or "").endswith(AZURE_HOSTS)


def is_dated(query: str) -> bool:
    """True for the `api-version`s of Azure's older endpoints (`2024-10-21`); the newer have `v1` and `preview`."""
    return re.search(r"api-version=\d", query) is not None


@lru_cache(512)
def url_of(base_url: str, model: str) -> str:
    """The chat endpoint for a base URL or a full endpoint; a query (`?api-version=…`) is kept.

    `…/chat/completions` is taken as it is; a base with a path (`/v1`, `/api/paas/v4`, `/compatible-mode/v1`,
    `/openai/deployments/NAME`) gets `/chat/completions`; a bare host gets `/v1/chat/completions`. On Azure a bare
    resource means the deployment called `model` where an `api-version` is asked for, else `/openai/v1`.
    """
    parts = urlsplit(base_url.strip())
    path = parts.path.rstrip("/")
    if path.endswith("/completions"):
        full = path
    elif is_azure(parts.hostname) and path in AZURE_ROOTS:
        full = f"{_azure_base(parts.query, model)}/{ENDPOINT}"
    elif not path:
        full = f"/v1/{ENDPOINT}"
    elif path.endswith("/chat"):
        full = f"{path}/completions"
    else:
        full = f"{path}/{ENDPOINT}"
    return urlunsplit((parts.scheme, parts.netloc, full, parts.query, ""))


def _azure_base(query: str, model: str) -> str:
    """Deployments with a dated `api-version`, or the newer `/openai/v1`, where the model's name is the deployment."""
    if is_dated(query):
        return f"/openai/deployments/{quote(model, safe='')}"
    return "/openai/v1"


@lru_cache(512)
def _is_on_azure(url: str) -> bool:
    return is_azure(urlsplit(url).hostname)


def headers_of(api_key: str | None, url: str) -> dict[str, str]:
    """Bearer authentication where there is a key; local servers need none."""
    headers = {"content-type": "application/json"}
    if api_key and _is_on_azure(url):
        headers["api-key"] = api_key
    elif api_key:
        headers["authorization"] = f"Bearer {api_key}"
    return headers
