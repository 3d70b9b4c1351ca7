"""What a custom router is shown of a request, and how the decision is told what it answered. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import field

from ccrouter.config.types import Target
from ccrouter.frozen import frozen
from ccrouter.model.request import Request
from ccrouter.router.hints import Hints
from ccrouter.router.reading import Reading


@frozen
class RouteRequest:
    """A request as `route(request, config)` sees it. Nothing in it can be changed; the answer is the only effect."""

    body: Request
    """The whole request: system prompt, messages, tools, thinking."""
    headers: Mapping[str, str]
    """The client's headers, names in lower case."""
    hints: Hints
    """What the client says about the request: its class, the agent that sent it."""
    session_id: str | None
    working_directory: str | None
    """The client's working directory where its system prompt tells it."""
    count: Callable[[], int] = field(repr=False)

    @property
    def model(self) -> str:
        """The model as the client asked for it: `claude-sonnet-4-5`, `provider,model`."""
        return self.body.model

    @property
    def tokens(self) -> int:
        """The tokens of the whole request, counted when first asked for and kept."""
        return self.count()

    @property
    def effort(self) -> str | None:
        """low, medium, high, xhigh, max; None where the client says none."""
        return self.body.effort

    @property
    def thinking(self) -> str | None:
        """enabled, adaptive, disabled; None where the client says none."""
        return None if self.body.thinking is None else self.body.thinking.type

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The tools on offer, in the request's order."""
        return tuple(tool.name for tool in self.body.tools or ())

    @property
    def system_text(self) -> str:
        """The system prompt's text, its blocks joined by newlines."""
        return Reading(self.body).system_text

    @property
    def last_user_text(self) -> str:
        """What the user wrote last, without the client's reminders; "" where no user message has text of its own."""
        return Reading(self.body).user_text


@frozen
class CustomAnswer:
    """What the custom router said: a target, or None and why not. `failed`: it should have said something better."""

    target: Target | None
    why: str
    failed: bool = False
