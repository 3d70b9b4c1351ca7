"""What the router is told, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from typing import Protocol

from ccrouter.config.groups import members_of
from ccrouter.config.types import GROUP, UNCHANGED, Config, Overrides, Target
from ccrouter.frozen import frozen
from ccrouter.model.request import Request
from ccrouter.router.custom import CustomAnswer


@frozen
class Facts:
    """What is known about a request beside its body."""

    headers: Mapping[str, str]
    """The client's headers, names in lower case."""
    tokens: Callable[[], int]
    """Counts the request's tokens; asked only where the answer decides, and once at most."""
    body_bytes: int
    last_input_tokens: int | None = None
    """The size of the whole prompt (cached part included) that this session's previous answer reported."""
    session_id: str | None = None
    search_in_passing: bool = False
    """The client offers its models a web search beside its own tools with every request, as Codex does."""
    now: datetime | None = None
    """The time on this machine, by its own clock; None: rules that ask for it do not hold."""
    tokens_at: Callable[[Target], int] | None = None
    """Counts them as the target (a model or a group) would, by what its answers have taught; None: as `tokens` does."""
    custom: CustomAnswer | None = None
    """What the custom router answered; None where none is configured."""


class ProviderFacts(Protocol):
    """What the router must know of the models it may choose."""

    def searches_web(self, target: Target) -> bool:
        """True when the target runs Anthropic's `web_search_*` server tool itself."""
        ...

    def context_window(self, target: Target) -> int | None:
        """Tokens the target's prompt may have, from the config or the provider's preset; None where not known."""
        ...


@frozen
class KnownTargets:
    """ProviderFacts as plain data. What is not listed cannot search and has an unknown window."""

    searching: frozenset[Target] = frozenset()
    windows: Mapping[Target, int] = field(default_factory=dict[Target, int])

    def searches_web(self, target: Target) -> bool:
        """See ProviderFacts."""
        return target in self.searching

    def context_window(self, target: Target) -> int | None:
        """See ProviderFacts."""
        return self.windows.get(target)


def searches_web(target: Target, config: Config, models: ProviderFacts) -> bool:
    """The same for a group too: it can what one of its members can, for the others are passed over then."""
    return any(models.searches_web(member) for member in members_of(target, config))


def context_window(target: Target, config: Config, models: ProviderFacts) -> int | None:
    """The same for a group too: the largest among its members, None where one of them is not known and may be larger
    still."""
    if target.provider != GROUP:
        return models.context_window(target)
    windows = [models.context_window(member) for member in members_of(target, config)]
    known = [window for window in windows if window is not None]
    return max(known) if known and len(known) == len(windows) else None


@frozen
class Decision:
    """Where a request goes, and why."""

    targets: tuple[Target, ...]
    """The first choice, then its fallbacks; never empty, no target twice. Groups are among them as `group,name`."""
    scenario: str
    """One of EVERY_SCENARIO."""
    reason: str
    """One line for the user, with the numbers and names that decided."""
    request: Request
    """The request to send: the very one that came in, unless a subagent tag had to be taken out of it, or the route
    overrides its effort or its token limit."""
    tokens: int | None = None
    """The request's tokens where they had to be counted."""
    considered: tuple[tuple[str, str], ...] = ()
    """The rules that were looked at before, in order, each with why it did not decide."""
    overrides: Overrides = UNCHANGED
    """What the route changes: effort and token limit are in `request` already, the transformers (`use`) are not. They
    hold for the fallbacks too."""
