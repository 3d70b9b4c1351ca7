"""What a provider's refusal says about its limits, read from its words. Pure: text in, facts out.

Every pattern is a wording that a provider really used; the source stands beside it (field-notes 1.E, 2, or the thread).
"""

import re
from typing import Final, TypeAlias

from ccrouter.frozen import frozen

NUMBER: Final = r"(\d[\d,_]*)"


@frozen
class OutputTooLarge:
    """`max_tokens` asks for more than the model may give: at most `cap`."""

    cap: int


@frozen
class ContextTooSmall:
    """The conversation does not fit. Numbers are tokens; None where the provider did not tell."""

    limit: int | None = None
    prompt: int | None = None
    output: int | None = None
    """What `max_tokens` claimed, where the provider counts it against the window."""

    @property
    def room(self) -> int | None:
        """Tokens that an answer may have beside the prompt, or None when the prompt alone is too long (or unknown)."""
        if self.limit is None or self.prompt is None or self.output is None:
            return None
        room = self.limit - self.prompt
        return room if room > 0 else None


@frozen
class FieldRefused:
    """The body holds a field the provider does not take. `instead` names the one it wants, where it said so."""

    name: str
    instead: str | None = None


Refusal: TypeAlias = OutputTooLarge | ContextTooSmall | FieldRefused

OUTPUT: Final = [
    # DeepSeek: "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]" (CLIProxyAPI#599); DashScope:
    # "Range of max_tokens should be [1, 8192]".
    r"range of max_(?:completion_|output_)?tokens (?:is|should be) \[\d+,\s*" + NUMBER + r"\]",
    # OpenAI: "max_tokens is too large: 64000. This model supports at most 16384 completion tokens"
    r"max_(?:completion_|output_)?tokens.{0,60}supports at most " + NUMBER,
    # Groq: "max_tokens must be less than or equal to 16384"
    r"max_(?:completion_|output_)?tokens\W{0,3}.{0,20}must be (?:less than or equal to|at most|<=) `?" + NUMBER,
    # Volcengine: "… `max_tokens` … integer above maximum value, expected a value <= 32768, but got 64000"
    r"(?:max_\w*tokens.{0,120})?integer above maximum value.{0,20}expected a value <= " + NUMBER,
    # Anthropic: "max_tokens: 64000 > 32000, which is the maximum allowed number of output tokens for claude-…"
    r"max_tokens: \d+ > " + NUMBER + r", which is the maximum allowed number of output tokens",
]

EXCLUSIVE_OUTPUT: Final = [
    # Gemini: "… maxOutputTokens value of 128000 but the supported range is from 1 (inclusive) to 65537 (exclusive)"
    r"maxOutputTokens.{0,60}supported range is from \d+ \(inclusive\) to " + NUMBER + r" \(exclusive\)",
]

PROMPT, OUT, LIMIT = "prompt", "output", "limit"

CONTEXT: Final[list[tuple[str, tuple[str, ...]]]] = [
    # OpenAI and vLLM: "This model's maximum context length is 131072 tokens. However, you requested 131329 tokens
    # (123137 in the messages, 8192 in the completion)" (claude-code-router#895)
    (
        r"maximum context length is "
        + NUMBER
        + r" tokens.{0,40}requested (?:about )?"
        + NUMBER
        + r"(?: tokens)? \("
        + NUMBER
        + r"[^,)]* (?:in the messages|of text input|in the prompt)[^)]*?, "
        + NUMBER
        + r" (?:in the completion|in the output|for the completion)",
        (LIMIT, "", PROMPT, OUT),
    ),
    # vLLM, newer: "… your request has 123137 input tokens … `max_tokens`=8192 …"
    (
        r"maximum context length is "
        + NUMBER
        + r" tokens and your request has "
        + NUMBER
        + r" input tokens.{0,40}?"
        + NUMBER
        + r" > ",
        (LIMIT, PROMPT, ""),
    ),
    (
        r"maximum context length is "
        + NUMBER
        + r" tokens.{0,60}(?:resulted in|requested|contains?|has) (?:about )?"
        + NUMBER,
        (LIMIT, PROMPT),
    ),
    # Anthropic: "input length and `max_tokens` exceed context limit: 186433 + 20000 > 200000" (claude-code#476)
    (r"exceed context limit: " + NUMBER + r" \+ " + NUMBER + r" > " + NUMBER, (PROMPT, OUT, LIMIT)),
    # Anthropic: "prompt is too long: 219898 tokens > 200000 maximum" (earendil-works/pi#102)
    (r"prompt is too long: " + NUMBER + r" tokens > " + NUMBER, (PROMPT, LIMIT)),
    # Copilot: "prompt token count of 74490 exceeds the limit of 72000" (ericc-ch/copilot-api#210)
    (r"token count of " + NUMBER + r" exceeds the limit of " + NUMBER, (PROMPT, LIMIT)),
    # Gemini: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)"
    (
        r"input token count \(?" + NUMBER + r"\)? exceeds the maximum number of tokens allowed \(?" + NUMBER,
        (PROMPT, LIMIT),
    ),
    # xAI: "maximum prompt length is 131072 but the request contains 537812 tokens"
    (r"maximum prompt length is " + NUMBER + r" but the request contains " + NUMBER, (LIMIT, PROMPT)),
    # LM Studio, llama.cpp: "n_keep: 13055 >= n_ctx: 4096" (Gitlawb/openclaude#353)
    (r"n_keep: " + NUMBER + r" ?>= ?n_ctx: " + NUMBER, (PROMPT, LIMIT)),
    (r"request \(" + NUMBER + r" tokens\) exceeds the available context size \(" + NUMBER, (PROMPT, LIMIT)),
    (
        r"decoder prompt \(length " + NUMBER + r"\) is longer than the maximum model length of " + NUMBER,
        (PROMPT, LIMIT),
    ),
    # LM Studio: "… keep the first 13055 tokens … loaded with context length of only 4096 tokens"
    (r"keep the first " + NUMBER + r" tokens.{0,120}context length of only " + NUMBER, (PROMPT, LIMIT)),
    # Moonshot: "Your request exceeded model token limit: 131072"; DashScope: "Range of input length should be [1, N]"
    (r"exceeded model token limit: " + NUMBER, (LIMIT,)),
    (r"range of input length should be \[\d+,\s*" + NUMBER + r"\]", (LIMIT,)),
    (r"maximum context length is " + NUMBER, (LIMIT,)),
    (r"exceeds the context window of this model", ()),
    (r"input is too long for requested model", ()),
    (r"prompt exceeds max(?:imum)? length", ()),  # Z.ai, code 1261
    (r"reduce the length of the messages", ()),  # Groq
    (r"prompt is too long", ()),
    (r"context (?:window|length|size)[^.]{0,40}exceed", ()),
    (r"exceed[^.]{0,40}context (?:window|length|size|limit)", ()),
]

CONTEXT_CODES: Final = frozenset(
    {"context_length_exceeded", "exceed_context_size_error", "model_max_prompt_tokens_exceeded", "1261"}
)

FIELDS: Final = [
    # OpenAI: "Unsupported parameter: 'max_tokens' is not supported with this model. Use '…' instead."
    r"unsupported parameter:? ['\"`]([\w.\[\]]+)['\"`](?:.{0,60}use ['\"`]([\w.]+)['\"`] instead)?",
    # Groq: "property 'reasoning_content' is unsupported" (janhq/jan#8136)
    r"property ['\"`]([\w.]+)['\"`] is unsupported",
    # Gemini: 'Invalid JSON payload received. Unknown name "x" at …: Cannot find field.'
    r"unknown name ['\"`]([\w$]+)['\"`]",
    r"unknown parameter:? ['\"`]([\w.\[\]]+)['\"`]",
    r"unrecognized request arguments? supplied: ([\w.]+)",
    r"additional properties are not allowed \(['\"`]([\w.]+)['\"`] (?:was|were) unexpected",
    # xAI: "… does not support parameter reasoningEffort"
    r"does not support (?:the )?parameter ['\"`]?(\w+)",
    # OpenAI: "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value …"
    r"unsupported value: ['\"`]([\w.]+)['\"`] does not support",
    # Anthropic, Bedrock: "context_management: Extra inputs are not permitted"
    r"([\w.]+): extra inputs are not permitted",
]


def read_refusal(message: str, code: str | None = None) -> Refusal | None:
    """What a 400 or 413 says about a limit, or None where it is about something else."""
    return _output(message) or _context(message, code) or _field(message)


def _output(message: str) -> OutputTooLarge | None:
    for patterns, beyond in ((OUTPUT, 0), (EXCLUSIVE_OUTPUT, 1)):
        for pattern in patterns:
            if (match := re.search(pattern, message, re.IGNORECASE | re.DOTALL)) is not None:
                cap = number(match[1]) - beyond
                return OutputTooLarge(cap) if cap > 0 else None
    return None


def _context(message: str, code: str | None) -> ContextTooSmall | None:
    for pattern, names in CONTEXT:
        if (match := re.search(pattern, message, re.IGNORECASE | re.DOTALL)) is not None:
            found = {name: number(text) for name, text in zip(names, match.groups(), strict=False) if name}
            return ContextTooSmall(found.get(LIMIT), found.get(PROMPT), found.get(OUT))
    return ContextTooSmall() if code in CONTEXT_CODES else None


def _field(message: str) -> FieldRefused | None:
    for pattern in FIELDS:
        if (match := re.search(pattern, message, re.IGNORECASE | re.DOTALL)) is not None:
            instead = match[2] if (match.lastindex or 0) >= 2 else None
            return FieldRefused(match[1], instead)
    return None


def number(text: str) -> int:
    """A whole number with or without thousands separators."""
    return int(text.replace(",", "").replace("_", ""))


def too_long_wording(refusal: ContextTooSmall, counted: int | None) -> str:
    """The words that make Claude Code compact: `prompt is too long: N tokens > M maximum` (field-notes 0.2).

    `counted` is our own count of the prompt, for providers that do not tell theirs. Where the limit is unknown it is
    put just under the prompt: the client acts on the sentence, and shows the numbers.
    """
    prompt = refusal.prompt or counted or (refusal.limit + 1 if refusal.limit else None)
    if prompt is None:
        return "prompt is too long"
    limit = refusal.limit or prompt - 1
    return f"prompt is too long: {max(prompt, limit + 1)} tokens > {limit} maximum"
