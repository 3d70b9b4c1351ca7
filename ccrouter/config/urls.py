"""What counts as a URL in a config."""

import re
from urllib.parse import urlsplit

_NOT_IN_URLS = re.compile(r"[\s\x00-\x1f\x7f]")


def is_http_url(url: str) -> bool:
    """Whether `url` is an http(s) URL with a host, a port that exists, and no blanks."""
    if _NOT_IN_URLS.search(url):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0
