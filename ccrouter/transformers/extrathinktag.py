"""`extrathinktag`: the model writes its reasoning between <think> tags (local servers, R1 distills)."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.request import Request
from ccrouter.transformers.base import Context, Transformer
from ccrouter.transformers.tag_splitter import THINK_TAGS, with_tags


class ExtraThinkTag(Transformer):
    """Turns `<think>…</think>` in text into thinking, wherever in the answer it begins; at its very beginning it is
    recognised without this. CCR loses the whole answer where the tag never comes.

    On later turns it goes back the way it came: chat templates keep or cut it as the model was trained, and no upstream
    sees a reasoning field that it never sent.
    """

    name = "extrathinktag"

    def quirks(self, quirks: Quirks) -> Quirks:
        """Look for the tag everywhere."""
        return replace(quirks, think_tags="anywhere")

    def request(self, request: Request, context: Context) -> Request:
        """Write earlier thinking into the text again."""
        return with_tags(request, *THINK_TAGS[0], context.provider)
