"""Golden cases of the request side: `tests/golden/openai_responses/NAME.json`.

Each holds what it is `about`, the client's `request`, the upstream's `quirks`, and what must come of it: the wire
`body` and the `notes`. A `signature` in a request may be written as `{"origin", "kind", "data"}`. When the encoder is
changed on purpose, body and notes are written anew (`write`) and read before they are kept.
"""

from typing import Any

from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from tests.dialects.golden_cases import ORIGIN, Ran, cases, folder, quirks_of, run_case, sealed, write

__all__ = ["GOLDEN", "MODEL", "ORIGIN", "quirks_of", "run", "sealed", "write"]

GOLDEN = folder(OPENAI_RESPONSES)
MODEL = "gpt-5.2"


def run(case: Any) -> Ran:
    return run_case(OPENAI_RESPONSES, case, MODEL)


if __name__ == "__main__":
    for found in cases(OPENAI_RESPONSES):
        write(found, run)
