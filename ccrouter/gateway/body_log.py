"""Bodies in the log, for those who ask for them with LOG_LEVEL trace: what came, what went upstream, what came back.

Headers are never written, so no key is.
"""

import logging

from ccrouter.log_levels import TRACE

logger = logging.getLogger("ccrouter.bodies")

MOST = 200_000
"""Characters of one body: images make them large, and a log is for reading."""


def logs_bodies() -> bool:
    """Whether anybody asks for them."""
    return logger.isEnabledFor(TRACE)


def log_body(request_id: str, what: str, data: bytes) -> None:
    """Write `data` at level trace. Costs one comparison at every other level."""
    if logger.isEnabledFor(TRACE):
        text = data[:MOST].decode("utf-8", "replace")
        cut = f" … ({len(data)} bytes)" if len(data) > MOST else ""
        logger.log(TRACE, "id=%s %s: %s%s", request_id, what, text, cut)
