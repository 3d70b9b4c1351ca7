"""What a rule's `when` asks, as data: read and compiled with the configuration, weighed by the router.

All conditions of a `When` must hold; within one, any of the values that were listed.
"""

import fnmatch
import re
from collections.abc import Callable
from typing import Final, Literal, TypeAlias, get_args

from ccrouter.frozen import frozen

WordField: TypeAlias = Literal["model", "tier", "effort", "class", "session", "path", "tools"]
"""What a `Words` may look at."""
Tier: TypeAlias = Literal["opus", "sonnet", "haiku"]
TIERS: Final[tuple[Tier, ...]] = get_args(Tier)
"""Claude Code's classes of models, which its model names carry."""
Search: TypeAlias = Callable[[str], bool]


@frozen
class Wildcards:
    """A name with `*` (anything) and `?` (one character), in any case. Brackets mean themselves: `…[1m]`."""

    written: str
    pattern: re.Pattern[str]

    def fits(self, name: str) -> bool:
        """True when the whole of `name` is so."""
        return self.pattern.fullmatch(name) is not None


def wildcards(written: str) -> Wildcards:
    """The compiled form. What `fnmatch` makes of it never backtracks into an earlier `*`: linear for any name."""
    return Wildcards(written, re.compile(fnmatch.translate(written.replace("[", "[[]")), re.IGNORECASE))


@frozen
class Words:
    """One of the request's words for `field` (its tools, its model …) fits one of `patterns`."""

    field: WordField
    patterns: tuple[Wildcards, ...]


@frozen
class Headers:
    """Each of these headers (names in lower case) is there and fits one of its patterns."""

    wanted: tuple[tuple[str, tuple[Wildcards, ...]], ...]


@frozen
class Subagent:
    """The request is a subagent's; with `types`, one of an agent of such a type. `wanted` False: it is not."""

    wanted: bool
    types: tuple[Wildcards, ...] = ()


@frozen
class HasImage:
    """The current turn shows an image, or (`wanted` False) none."""

    wanted: bool


@frozen
class Tokens:
    """The whole request has at least `least` and at most `most` tokens."""

    least: int | None = None
    most: int | None = None


@frozen
class TextTest:
    """One text to look for. `search` is the compiled regular expression; None: `written` stands in the text, in any
    case."""

    written: str
    search: Search | None = None


@frozen
class Texts:
    """One of `tests` finds its text in what the user said last (`text`), or in the system prompt (`system`)."""

    field: Literal["text", "system"]
    tests: tuple[TextTest, ...]


@frozen
class Span:
    """A time of day in minutes since midnight, `begin` included, `end` not; over midnight where `end` is less."""

    written: str
    begin: int
    end: int

    def holds(self, minute: int) -> bool:
        """True when that minute of the day lies in it."""
        if self.begin <= self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


@frozen
class TimeOfDay:
    """The time on this machine lies in one of `spans`."""

    spans: tuple[Span, ...]


@frozen
class Not:
    """None of these holds."""

    alternatives: "tuple[When, ...]"


Condition: TypeAlias = Words | Headers | Subagent | HasImage | Tokens | Texts | TimeOfDay | Not
When: TypeAlias = tuple[Condition, ...]
"""In the order to ask them: cheap ones first, tokens last, whatever order the config has. Empty: everything."""
