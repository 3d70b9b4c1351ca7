"""Regular expressions of a configuration, kept from taking for ever.

Python's own `re` may need years for `(a|aa)+$` on an innocent prompt, and nothing can stop it. The module `regex`,
which tiktoken needs anyway, knows the same language and takes a time-out.
"""

from typing import Final, Protocol, cast

from ccrouter.config.conditions import Search

TIMEOUT_SECONDS: Final = 0.05
"""For one search in one text. An ordinary pattern needs microseconds."""
SEARCHED_CHARACTERS: Final = 200_000
"""Of a text: what is looked through; a longer one is looked through in this much of its beginning and of its end."""

_TRIALS: Final = ("a" * 20_000, "ab" * 10_000 + "!", " " * 20_000, "0" * 20_000 + "x", "word and word, " * 1_500)
"""Texts on which patterns that backtrack without measure mostly show it. What they do not find, the time-out ends."""


class RegexError(ValueError):
    """The pattern is not a regular expression, or one that cannot be used; the message says why."""


class _Pattern(Protocol):
    def search(self, string: str, *, timeout: float) -> object: ...


def compiled(written: str) -> Search:
    """A function that searches a text, case as the pattern says; one that takes too long has found nothing.

    Raises:
        RegexError: it does not compile, or takes too long already on short texts.
    """
    import regex  # 10 ms and 1.4 MB, and most configs have no pattern

    try:
        pattern = cast(_Pattern, regex.compile(written))  # pyright: ignore[reportUnknownMemberType]
    except regex.error as error:
        raise RegexError(str(error)) from None
    if any(_is_slow(pattern, trial) for trial in _TRIALS):
        raise RegexError("it takes too long on long texts")

    def search(text: str) -> bool:
        return any(_found(pattern, part) for part in _parts(text))

    return search


def _is_slow(pattern: _Pattern, text: str) -> bool:
    try:
        pattern.search(text, timeout=TIMEOUT_SECONDS)
    except TimeoutError:
        return True
    return False


def _found(pattern: _Pattern, text: str) -> bool:
    try:
        return pattern.search(text, timeout=TIMEOUT_SECONDS) is not None
    except TimeoutError:
        return False


def _parts(text: str) -> tuple[str, ...]:
    if len(text) <= 2 * SEARCHED_CHARACTERS:
        return (text,)
    return text[:SEARCHED_CHARACTERS], text[-SEARCHED_CHARACTERS:]
