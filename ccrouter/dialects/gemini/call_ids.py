"""Ids of function calls: the model's own where it gives them (from Gemini 3 on, mostly), else made here.

Only ids of the model's own go back to it: older models and Vertex refuse the field in a request ("Unknown name "id" at
'contents[3].parts[1].function_call'", musistudio/claude-code-router#1262), newer ones insist that both sides match
("functionResponse.id does not match functionCall.id", router-for-me/CLIProxyAPI#5199).
"""

import hashlib
import re
from typing import Final

PREFIX: Final = "toolu_gemini_"
_FIT = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def minted(*seed: object) -> str:
    """An id made of `seed`: the same reply gives the same ids on every replay."""
    text = "/".join(str(part) for part in seed)
    return PREFIX + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def is_minted(id_: str) -> bool:
    """True when the id was made by `minted`."""
    return id_.startswith(PREFIX)


def fits(id_: str) -> bool:
    """True when Anthropic's protocol takes the id as it is."""
    return _FIT.fullmatch(id_) is not None
