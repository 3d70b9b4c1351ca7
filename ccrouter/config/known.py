"""What the layers above can do, told to the config as data: it is a low layer and may not import them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class KnownNames:
    """`transformers`: the JSON Schema of each transformer's options, by name. `protocols`: the wire protocols spoken.

    `unavailable`: names of CCR's transformers that this version cannot run, with the reason; their use is a warning.
    `user_files_loaded` says that the transformers of the user's own files are already among `transformers`. As long as
    they are not, a config that has such files is not blamed for names that nobody knows yet.
    """

    transformers: Mapping[str, Mapping[str, Any]]
    protocols: frozenset[str]
    unavailable: Mapping[str, str]
    user_files_loaded: bool = False
