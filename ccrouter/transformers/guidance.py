"""Hints for models that were not made for Claude Code: a text about its tools at the end of the system prompt.

Not for `use`: the router adds it to a pipeline by the family of the model (`providers/families.py`), for requests that
want it (`gateway/guidance.py`). "Hints" in this code's names are Claude Code's routing headers; this is guidance.
"""

from functools import cached_property
from pathlib import Path

from ccrouter.config.types import HintFamily
from ccrouter.model.request import Request
from ccrouter.tokens import count_text
from ccrouter.transformers.base import Context, Transformer
from ccrouter.transformers.system_prompt import with_instruction


class Guidance(Transformer):
    """One family's text. `file` is where it is from; None: it is ours."""

    name = "guidance"

    def __init__(self, family: HintFamily, text: str, file: Path | None = None) -> None:
        super().__init__()
        self.family: HintFamily = family
        self.text = text
        self.file = file

    def __str__(self) -> str:
        """As the log and `ccr explain` name it."""
        return f"{self.family} ({self.file or 'built in'})"

    @cached_property
    def tokens(self) -> int:
        """What it adds to a prompt."""
        return count_text(self.text)

    def request(self, request: Request, context: Context) -> Request:
        """Add the text."""
        return with_instruction(request, self.text)
