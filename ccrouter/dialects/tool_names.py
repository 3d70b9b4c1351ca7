"""Tool names and call ids as OpenAI-like upstreams accept them: shortened reversibly, the same on every replay."""

import hashlib
import re
import string
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal

LONGEST_NAME: Final = 64
"""OpenAI, DeepSeek and others refuse longer tool names; MCP names can be longer (mrexodia/ida-pro-mcp#129)."""
LONGEST_CALL_ID: Final = 40
"""OpenAI refuses longer tool call ids."""

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NINE = re.compile(r"[a-zA-Z0-9]{9}")
_LETTERS = string.ascii_letters + string.digits


@lru_cache(4096)
def wire_name(name: str) -> str:
    """`name` as upstreams accept it: their characters only, 64 at most, a hash keeping shortened names apart."""
    if _NAME.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[: LONGEST_NAME - 9] + "_" + digest


def client_names(names: Iterable[str]) -> dict[str, str]:
    """Wire name → client's name, for those of `names` that differ."""
    return {wire: name for name in names if (wire := wire_name(name)) != name}


def wire_call_id(id_: str, used: set[str], pattern: Literal["any", "mistral"] = "any") -> str:
    """A tool call's id as upstreams accept it, unlike all in `used` (to which it is added).

    `mistral`: exactly nine letters and digits (`Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9`).
    """
    wanted, attempt = id_, 0
    while pattern == "mistral" and (not _NINE.fullmatch(wanted) or wanted in used):
        wanted, attempt = _nine(f"{id_}/{attempt}"), attempt + 1
    while not wanted or len(wanted) > LONGEST_CALL_ID or wanted in used:
        digest = hashlib.sha256(f"{id_}/{attempt}".encode("utf-8", "replace")).hexdigest()[:24]
        wanted, attempt = f"call_{digest}", attempt + 1
    used.add(wanted)
    return wanted


def _nine(text: str) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")
    letters = ""
    for _ in range(9):
        number, letter = divmod(number, len(_LETTERS))
        letters += _LETTERS[letter]
    return letters
