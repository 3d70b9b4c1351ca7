"""The request for the rest of an answer that was cut off."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ccrouter.dialects.quirks import Quirks
from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Text, Thinking
from ccrouter.model.request import Message, Request
from ccrouter.pipeline.joining import Said
from ccrouter.pipeline.seam import Seam, instructed, prefilled
from ccrouter.pipeline.stop_sequences import longest_beginning

LEAST_TOKENS: Final = 256
"""What a continuation may always write, last words and all."""

INSTRUCTION: Final = (
    "<system-reminder>\nThe connection broke while you were writing your last answer, and it was cut off. The user has "
    "all of it that stands above, and will see what you write now as its continuation, without a gap. Go on with that "
    "same answer. Begin with its last words, which are these, exactly as they are:\n<last-words>{words}</last-words>\n"
    "Then go on from there as if nothing had happened: finish the word, the sentence, the code or the list that was "
    "cut off, in the same language and form, then do what else you were about to do. Write nothing before the last "
    "words, do not begin the answer again, and do not mention this message.\n</system-reminder>"
)
"""It asks for the last words since that makes the joint exact (`pipeline/seam.py`)."""


@frozen
class Continuation:
    """What to ask for, and how what comes is joined to what is there."""

    request: Request
    seam: Seam


def may_be_continued(request: Request) -> bool:
    """Whether a torn answer to `request` could be continued at all.

    An answer in a given JSON form cannot begin with its last words, and one that continues a prefill of the client's
    own would be continued twice over.
    """
    config = request.extras.get("output_config")
    formed = isinstance(config, dict) and config.get("format") is not None
    return not formed and bool(request.messages) and request.messages[-1].role != "assistant"


def stops_amid(request: Request, said: Said) -> bool:
    """True where the text may end in the beginning of a stop sequence, which nobody would then see whole."""
    sequences = tuple([sequence for sequence in request.stop_sequences or () if sequence])
    return longest_beginning(said.text, sequences) > 0


def takes_prefill(request: Request, quirks: Quirks) -> bool:
    """True when the upstream continues a trailing assistant message. No model thinks and continues at once."""
    thinking = request.thinking.type if request.thinking is not None else None
    thinks = thinking not in {None, "disabled"} or (thinking is None and request.effort is not None)
    return quirks.prefill != "none" and not thinks


def continuation(request: Request, said: Said, *, prefill: bool) -> Continuation:
    """The request for what follows `said` in the answer to `request`. Its history is the same: prompt caches hold."""
    request = replace(request, max_tokens=_tokens_left(request, said))
    text = said.text.rstrip()
    if not text:
        return Continuation(request, prefilled(said.text))
    if prefill:
        blocks = [block for block in said.blocks if isinstance(block, Text)]
        return Continuation(_with(request, _assistant([*blocks, Text(text)])), prefilled(said.text))
    seam = instructed(said.text)
    instruction = Message("user", (Text(INSTRUCTION.format(words=seam.last_words)),))
    return Continuation(_with(request, _assistant([*said.blocks, Text(text)]), instruction), seam)


def _with(request: Request, *messages: Message) -> Request:
    return replace(request, messages=(*request.messages, *messages))


def _assistant(blocks: Iterable[Block]) -> Message:
    return Message("assistant", tuple([block for block in blocks if not isinstance(block, Text) or block.text.strip()]))


def _tokens_left(request: Request, said: Said) -> int | None:
    """The client's bound without what it has already, by letters."""
    if request.max_tokens is None:
        return None
    letters = len(said.text) + sum([_letters(block) for block in said.blocks])
    least = LEAST_TOKENS
    if request.thinking is not None and request.thinking.budget_tokens is not None:
        least += request.thinking.budget_tokens  # Anthropic: must be less than max_tokens
    return min(request.max_tokens, max(least, request.max_tokens - letters // 4))


def _letters(block: Block) -> int:
    return len(block.text) if isinstance(block, Text | Thinking) else 0
