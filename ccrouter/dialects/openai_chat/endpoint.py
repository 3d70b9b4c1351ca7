"""Where a chat request goes and how it says who it is from."""

from typing import Final
from urllib.parse import urlsplit, urlunsplit

ENDPOINT: Final = "chat/completions"

AZURE_HOSTS: Final = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
"""Azure takes a key as `api-key`; as a bearer token it would have to be an Entra ID token."""


def url_of(base_url: str) -> str:
    """The chat endpoint for a base URL or a full endpoint; a query (`?api-version=…`) is kept.

    `…/chat/completions` is taken as it is; a base with a path (`/v1`, `/api/paas/v4`, `/compatible-mode/v1`,
    `/openai/deployments/NAME`) gets `/chat/completions`; a bare host gets `/v1/chat/completions`.
    """
    parts = urlsplit(base_url.strip())
    path = parts.path.rstrip("/")
    if path.endswith("/completions"):
        full = path
    elif not path:
        full = f"/v1/{ENDPOINT}"
    elif path.endswith("/chat"):
        full = f"{path}/completions"
    else:
        full = f"{path}/{ENDPOINT}"
    return urlunsplit((parts.scheme, parts.netloc, full, parts.query, ""))


def headers_of(api_key: str | None, url: str) -> dict[str, str]:
    """Bearer authentication where there is a key; local servers need none."""
    headers = {"content-type": "application/json"}
    if api_key and (urlsplit(url).hostname or "").endswith(AZURE_HOSTS):
        headers["api-key"] = api_key
    elif api_key:
        headers["authorization"] = f"Bearer {api_key}"
    return headers
