"""Where a Gemini request goes and how it says who it is from."""

import re
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

VERSION: Final = re.compile(r"/v\d[a-z0-9]*$")
OAUTH_TOKEN: Final = "ya29."  # noqa: S105 - how Google's access tokens begin
OWN_QUERY: Final = frozenset({"alt", "key"})
"""Query fields of a configured URL that are not kept: `alt` is ours to set, and a key does not belong in a URL."""


def url_of(base_url: str, model: str, *, stream: bool) -> str:
    """The endpoint of `model` for a base URL or a full endpoint; any other query is kept.

    `…/v1beta/models/` (CCR's spelling), `…/v1beta`, a bare host and `…/models/NAME:generateContent` all lead to
    `…/v1beta/models/<model>:streamGenerateContent?alt=sse` or `…:generateContent`.
    """
    parts = urlsplit(base_url.strip())
    path = parts.path.rstrip("/")
    collection = re.match(r"(.*/models)/[^/]+:\w+$", path)
    if collection:
        path = collection[1]
    elif VERSION.search(path) or path.endswith("/publishers/google"):
        path = f"{path}/models"
    elif not path.endswith("/models"):
        path = f"{path}/v1beta/models"
    action = "streamGenerateContent" if stream else "generateContent"
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in OWN_QUERY]
    if stream:
        query.append(("alt", "sse"))
    name = quote(model.removeprefix("models/"), safe="-._~")
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/{name}:{action}", urlencode(query), ""))


def headers_of(api_key: str | None) -> dict[str, str]:
    """The key as `x-goog-api-key`; an OAuth access token as a bearer token."""
    headers = {"content-type": "application/json"}
    if api_key and api_key.startswith(OAUTH_TOKEN):
        headers["authorization"] = f"Bearer {api_key}"
    elif api_key:
        headers["x-goog-api-key"] = api_key
    return headers
