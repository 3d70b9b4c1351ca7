"""`extrathinktag`: the model writes its reasoning between <think> tags (local servers, R1 distills)."""

from ccrouter.transformers.base import Context, EventFilter, Transformer
from ccrouter.transformers.tag_splitter import TagSplitter


class ExtraThinkTag(Transformer):
    """Turns `<think>…</think>` in text into thinking. CCR loses the whole answer where the tag never comes."""

    name = "extrathinktag"

    def events(self, context: Context) -> EventFilter:
        """Split the reply's text."""
        return TagSplitter("<think>", "</think>", context.provider)
