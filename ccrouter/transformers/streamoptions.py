"""`streamoptions`: ask for usage in streams."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.transformers.base import Transformer


class StreamOptions(Transformer):
    """Sends `stream_options: {include_usage: true}` with streams, also where a preset says not to."""

    name = "streamoptions"

    def quirks(self, quirks: Quirks) -> Quirks:
        """Switch the usage chunk on."""
        return replace(quirks, stream_usage=True)
