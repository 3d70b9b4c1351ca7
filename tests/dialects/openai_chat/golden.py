"""Golden cases of the request side: `tests/golden/openai_chat/NAME.json`.

Each holds what it is `about`, the client's `request`, the upstream's `quirks`, and what must come of it: the wire
`body` and the `notes`. When the encoder is changed on purpose, the two are written anew and read before they are kept.
"""

from typing import Any

from ccrouter.dialects.openai_chat import OPENAI_CHAT
from tests.dialects.golden_cases import ORIGIN, Ran, quirks_of, run_case

__all__ = ["ORIGIN", "quirks_of", "run"]


def run(case: Any) -> Ran:
    return run_case(OPENAI_CHAT, case, "m-1")
