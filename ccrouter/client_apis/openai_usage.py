"""Token counts as OpenAI tells them: the prompt with its cached part in it."""

from typing import NamedTuple

from ccrouter.model.events import Usage


class Counts(NamedTuple):
    """A reply's tokens in OpenAI's meaning."""

    prompt: int
    cached: int
    """Part of `prompt`."""
    output: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.prompt + self.output


def counts_of(usage: Usage) -> Counts:
    """`usage` in OpenAI's meaning; what nobody told counts as 0."""
    cached = usage.cache_read or 0
    return Counts((usage.input or 0) + cached + (usage.cache_write or 0), cached, usage.output or 0)
