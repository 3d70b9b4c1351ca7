"""What secrets are called, and what they look like: in a config, in its comments, in an address."""

import re
from typing import Final

from ccrouter.config.report import fold

_NAMES = re.compile(r"apikey|secret|password|passwd|privatekey|accesskey|authorization|cookie|credential|(token|auth)$")
KEY_SHAPE: Final = re.compile(r"(sk-|sk_|AIza|gsk_|xai-|ghp_)[A-Za-z0-9_-]{8,}|Bearer .+|eyJ[A-Za-z0-9_.-]{20,}")
"""What is a key by its looks, wherever it stands."""
LONG_WORD: Final = re.compile(KEY_SHAPE.pattern + "|[A-Za-z0-9_-]{30,}")
"""What may be one in a header."""
SECRET_IN_URL: Final = re.compile(
    r"(?<=://)[^/@\s]+(?=@)"
    r"|(?:(?<=[?&]key=)|(?<=[?&]apikey=)|(?<=[?&]api[-_]key=)|(?<=[?&]token=)|(?<=[?&]access_token=))[^&\s\"']+",
    re.IGNORECASE,
)


def names_secret(name: str) -> bool:
    """Whether a field or header called `name` holds what nobody may see: `api_key`, `x-goog-api-key`, `accessToken`."""
    return _NAMES.search(fold(name)) is not None
