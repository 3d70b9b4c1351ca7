"""`extrathinktag`: the model writes its reasoning between <think> tags (local servers, R1 distills)."""

from ccrouter.model.request import Request
from ccrouter.transformers.base import Context, EventFilter, Transformer
from ccrouter.transformers.tag_splitter import TagSplitter, with_tags

OPENING, CLOSING = "<think>", "</think>"


class ExtraThinkTag(Transformer):
    """Turns `<think>…</think>` in text into thinking. CCR loses the whole answer where the tag never comes.

    On later turns it goes back the way it came: chat templates keep or cut it as the model was trained, and no upstream
    sees a reasoning field that it never sent.
    """

    name = "extrathinktag"

    def request(self, request: Request, context: Context) -> Request:
        """Write earlier thinking into the text again."""
        return with_tags(request, OPENING, CLOSING, context.provider)

    def events(self, context: Context) -> EventFilter:
        """Split the reply's text."""
        return TagSplitter(OPENING, CLOSING, context.provider)
