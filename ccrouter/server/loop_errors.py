"""What the event loop reports of its own accord, in the right loudness."""

import asyncio
import logging
from typing import Any

logger = logging.getLogger("ccrouter.server")


def handle_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A connection that broke while nobody was reading it is no error of the daemon's: whoever used it was told.

    uvloop reports each TLS connection that a provider resets as `Fatal error on SSL protocol`, with a traceback.
    """
    error = context.get("exception")
    if isinstance(error, OSError) and ("transport" in context or "protocol" in context):
        logger.debug("a connection broke: %s (%s)", error, context.get("message"))
        return
    loop.default_exception_handler(context)
