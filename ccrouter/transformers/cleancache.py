"""`cleancache`: no cache_control marks go out."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject
from ccrouter.transformers.base import Context, Transformer
from ccrouter.transformers.cache_control import without_cache_control


class CleanCache(Transformer):
    """For upstreams that refuse `cache_control`, whichever protocol they speak."""

    name = "cleancache"

    def quirks(self, quirks: Quirks) -> Quirks:
        """Tell the dialect not to write marks."""
        return replace(quirks, keep_cache_control=False)

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        """Take out the marks that the anthropic dialect keeps and that other transformers put in."""
        return without_cache_control(body)
