"""Where a Responses request goes."""

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from ccrouter.dialects.openai_chat.endpoint import is_azure, is_dated

ENDPOINT: Final = "responses"


def url_of(base_url: str) -> str:
    """The Responses endpoint for a base URL or a full endpoint; a query (`?api-version=…`) is kept.

    `…/responses` is taken as it is; `…/chat/completions` becomes its neighbour; a base with a path gets `/responses`; a
    bare host gets `/v1/responses`. Azure has no Responses below a deployment: `/openai/deployments/NAME` becomes
    `/openai/responses` where a dated `api-version` is asked for, else `/openai/v1/responses`; the model is then the
    deployment.
    """
    parts = urlsplit(base_url.strip())
    path = parts.path.rstrip("/")
    if path.endswith(f"/{ENDPOINT}"):
        full = path
    elif is_azure(parts.hostname):
        base = path.removesuffix("/chat/completions").partition("/deployments")[0]
        if base in ("", "/openai"):
            base = "/openai" if is_dated(parts.query) else "/openai/v1"
        full = f"{base}/{ENDPOINT}"
    else:
        full = f"{path.removesuffix('/chat/completions') or '/v1'}/{ENDPOINT}"
    return urlunsplit((parts.scheme, parts.netloc, full, parts.query, ""))
