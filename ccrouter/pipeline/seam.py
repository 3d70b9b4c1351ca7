"""Where the new text of a continuation begins: what repeats the text that is there already is left out, nothing else.

A model that is asked to go on begins in one of three ways, and nobody can tell them apart for sure: where "ha" is
followed by "ha", is it "ha" or "haha"? So it is told to begin with the last words of what is there (`last_words`), and
these are taken off by exact match. That also settles what stood between them and the rest: blanks, line breaks, the
second half of a word. Only models that do not do as told are left to judgement (`_overlap`), and where what comes is
neither a repetition nor new, nothing is joined at all (`Verdict.APART`).

A prefilled answer goes on by protocol exactly where it stopped: nothing but the blanks at the end, which no provider
takes, can come twice.
"""

import unicodedata
from enum import Enum
from typing import Final

from ccrouter.frozen import frozen

LEAST_LAST_WORDS: Final = 60
"""Characters that a model repeats without fail and that are seldom found twice; more are taken until they are not."""
MOST_LAST_WORDS: Final = 2000
LONG_WORD: Final = 80
"""A text without blanks for so long (Chinese, base64) is cut wherever."""
PLAIN_REPETITION: Final = 24
"""An overlap of so many characters, half of them letters or digits, is no accident."""
BEGUN_AGAIN: Final = 60
"""So many characters that stand in the text already, followed by others, are an answer begun anew."""
STRAYED: Final = 12
"""So many of the last words, followed by others than the last words, are an attempt to repeat them that went wrong."""


class Verdict(Enum):
    """What is not an answer yet, or never will be."""

    WAIT = "more must come before it can be told"
    APART = "this continues another text"


@frozen
class Seam:
    """The end of the text that is there."""

    sent: str
    last_words: str
    """What the continuation was told to begin with. Empty: the answer was prefilled, or nothing of it was shown."""


def prefilled(sent: str) -> Seam:
    """The seam of an answer that goes on exactly behind `sent.rstrip()`."""
    return Seam(sent, "")


def instructed(sent: str) -> Seam:
    """The seam of an answer that was asked to begin with the last words of `sent`."""
    return Seam(sent, last_words(sent))


def last_words(sent: str) -> str:
    """The end of `sent` without the blanks behind it: whole words, as many as make it stand there only once."""
    core = sent.rstrip()
    length = LEAST_LAST_WORDS
    while True:
        start = _word_start(core, len(core) - length)
        words = core[start:]
        if core.find(words) == start or length >= MOST_LAST_WORDS:
            return words
        length = min(2 * length, MOST_LAST_WORDS)


def _word_start(text: str, at: int) -> int:
    """The first letter of the word that `at` is in, or near it where that would be far away. Never a blank."""
    at = max(at, 0)
    start = at
    while start > max(0, at - LONG_WORD) and not _begins_word(text, start):
        start -= 1
    if start > 0 and not _begins_word(text, start):
        start = at
        while start > 0 and _belongs_to_the_one_before(text, start):
            start -= 1
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _begins_word(text: str, at: int) -> bool:
    return text[at - 1].isspace() and not text[at].isspace()


def _belongs_to_the_one_before(text: str, at: int) -> bool:
    """True inside of what is shown as one sign: marks, selectors, joined pictures."""
    before, here = unicodedata.category(text[at - 1]), unicodedata.category(text[at])
    return here.startswith("M") or "Cf" in (before, here)


def new_text(seam: Seam, held: str, *, complete: bool) -> int | Verdict:
    """How many characters at the beginning of `held`, which is all that has come of the continuation, are not new.

    `complete`: nothing will follow; the verdict is never WAIT then.
    """
    if seam.last_words:
        return _after_instruction(seam, held, complete)
    return _after_prefill(seam, held, complete)


def _after_prefill(seam: Seam, held: str, complete: bool) -> int | Verdict:
    begun, blanks, text = seam.sent.strip(), _blanks(seam.sent), held.lstrip()
    # A host that takes the prefill for a turn of its own begins again; so do, seldom, texts like tables of one line.
    # Nobody can tell, and whoever guesses loses text or doubles it.
    common = _common(begun, text)
    alike = common >= BEGUN_AGAIN or (common == len(text) and len(begun) >= BEGUN_AGAIN and not complete)
    if alike and not _periodic(begun):
        return Verdict.APART if common >= BEGUN_AGAIN else Verdict.WAIT
    return _with_blanks(held, 0, blanks, complete)


def _after_instruction(seam: Seam, held: str, complete: bool) -> int | Verdict:
    sent, words, blanks = seam.sent, seam.last_words, _blanks(seam.sent)
    text = held.lstrip()
    lead = len(held) - len(text)
    if text.startswith(words):
        return _with_blanks(held, lead + len(words), blanks, complete)
    if not complete and text in sent:
        return Verdict.WAIT
    core = sent.strip()
    overlap = _overlap(core, text)
    glued = lead == 0 and not blanks and _whole_words(core, overlap)
    if overlap and (overlap >= len(words) or _plain(core[-overlap:]) or glued):
        return _with_blanks(held, lead + overlap, blanks, complete)
    return Verdict.APART if _strayed(core, words, text) else 0


def _strayed(core: str, words: str, text: str) -> bool:
    """True where `text` begins as what is there does somewhere, but goes on otherwise."""
    if _common(words, text) >= max(STRAYED, len(words) // 2):
        return True
    near = core[-3 * len(words) :]
    return (len(text) >= PLAIN_REPETITION and text[:PLAIN_REPETITION] in near) or (
        len(text) >= BEGUN_AGAIN and text[:BEGUN_AGAIN] in core
    )


def _blanks(sent: str) -> str:
    return sent[len(sent.rstrip()) :]


def _with_blanks(held: str, after: int, blanks: str, complete: bool) -> int | Verdict:
    """`after` and what follows there of the blanks that were sent."""
    common = _common(blanks, held[after : after + len(blanks)])
    if not complete and common < len(blanks) and after + common == len(held):
        return Verdict.WAIT
    return after + common


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    length = min(len(one), len(other))
    return next((at for at in range(length) if one[at] != other[at]), length)


def _overlap(core: str, text: str) -> int:
    """The length of the longest end of `core` that `text` begins with."""
    if text.startswith(core):
        return len(core)
    pattern = text[: len(core)]
    borders = _borders(pattern)
    matched = 0
    for letter in core[len(core) - len(pattern) :]:
        while matched and (matched == len(pattern) or pattern[matched] != letter):
            matched = borders[matched - 1]
        if pattern and pattern[matched] == letter:
            matched += 1
    return matched


def _borders(pattern: str) -> list[int]:
    """For each beginning of `pattern` the length of its longest border (Knuth, Morris, Pratt)."""
    borders = [0] * len(pattern)
    matched = 0
    for at in range(1, len(pattern)):
        while matched and pattern[matched] != pattern[at]:
            matched = borders[matched - 1]
        if pattern[matched] == pattern[at]:
            matched += 1
        borders[at] = matched
    return borders


def _periodic(text: str) -> bool:
    """True where `text` is one thing at least twice over, the last perhaps cut."""
    return 2 * (len(text) - _borders(text)[-1]) <= len(text)


def _plain(overlap: str) -> bool:
    return len(overlap) >= PLAIN_REPETITION and 2 * sum(map(str.isalnum, overlap)) >= len(overlap)


def _whole_words(core: str, overlap: int) -> bool:
    """True where the overlap begins with a word and text would run into text: "the quick" + "quick brown"."""
    words = core[len(core) - overlap :]
    begins = overlap == len(core) or not core[len(core) - overlap - 1 : len(core) - overlap].isalnum()
    return overlap >= 3 and begins and words[0].isalnum() and words[-1].isalnum()
