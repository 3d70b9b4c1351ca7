"""What is printed must not fail for a character."""

import sys


def survive_narrow_consoles() -> None:
    """A Windows console in a legacy code page cannot show every character; a `?` is better than a traceback."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and getattr(stream, "errors", None) == "strict":
            reconfigure(errors="replace")
