"""Token counting on the neutral model, with a real tokenizer that ships in the package."""

from ccrouter.tokens.calibration import UNKNOWN, Calibration
from ccrouter.tokens.counter import PromptTokens, TokenCounter, ceiling, estimate
from ccrouter.tokens.encoding import count_text
from ccrouter.tokens.parts import count_parts

__all__ = ["UNKNOWN", "Calibration", "PromptTokens", "TokenCounter", "ceiling", "count_parts", "count_text", "estimate"]
