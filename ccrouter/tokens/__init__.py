"""Token counting on the neutral model, with a real tokenizer that ships in the package."""

from ccrouter.tokens.counter import TokenCounter, ceiling, estimate
from ccrouter.tokens.encoding import count_text

__all__ = ["TokenCounter", "ceiling", "count_text", "estimate"]
