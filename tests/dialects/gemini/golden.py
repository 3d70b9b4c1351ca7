"""Golden cases of the request side: `tests/golden/gemini/NAME.json`.

Each holds what it is `about`, the `model`, the client's `request`, the upstream's `quirks`, and what must come of it:
the wire `body` and the `notes`. When the encoder is changed on purpose, the two are written anew and read before they
are kept.
"""

from typing import Any

from ccrouter.dialects.gemini import GEMINI
from tests.dialects.golden_cases import ORIGIN, Ran, run_case

__all__ = ["ORIGIN", "run"]


def run(case: Any) -> Ran:
    return run_case(GEMINI, case, case["model"])
