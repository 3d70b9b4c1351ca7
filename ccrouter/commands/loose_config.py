"""A config as far as it can be read, for the status line while no daemon answers. Slow beside plain JSON."""


def read_loosely(content: bytes, path: str) -> object:
    """The value of a config with comments, or in YAML, unchecked; None where it cannot be parsed."""
    from pathlib import Path

    from ccrouter.config.read import read

    document = read(content, Path(path)).document
    return document.value if document is not None else None
