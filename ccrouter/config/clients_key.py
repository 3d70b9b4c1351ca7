"""The APIKEY as clients send it. A header's value is ASCII, and Claude Code refuses to send any other."""

from urllib.parse import quote

_KEPT = "".join(chr(code) for code in range(33, 127))


def header_form(api_key: str) -> str:
    """`api_key` with every character that no header can have percent-encoded, as UTF-8; any other key as it is."""
    return api_key if api_key.isascii() else quote(api_key, safe=_KEPT)
