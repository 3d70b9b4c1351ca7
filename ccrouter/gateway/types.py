"""What the gateway takes in, gives out and works with."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from ccrouter.client_apis.anthropic import MESSAGES_API
from ccrouter.client_apis.base import ClientApi
from ccrouter.config.types import Config, Target, TransformerUse
from ccrouter.errors import ErrorDetail, RequestError
from ccrouter.frozen import frozen
from ccrouter.gateway.custom_router import CustomRouter
from ccrouter.gateway.provider_access import ProviderAccess, provider_accesses
from ccrouter.model.events import NO_USAGE, Usage
from ccrouter.model.request import Request
from ccrouter.pipeline.build import Pipeline
from ccrouter.pipeline.search_request import searches_itself
from ccrouter.router import Decision, Facts
from ccrouter.upstream.auth import TokenSource


@frozen
class Incoming:
    """A client's request as the server read it. `headers` have lower-case names."""

    body: bytes
    headers: Mapping[str, str]
    request_id: str
    api: ClientApi = MESSAGES_API
    """What its body is written in, and its answer."""


@frozen
class Answer:
    """A whole answer: a message, or an error before anything was streamed."""

    status: int
    body: bytes
    headers: Mapping[str, str]


Write: TypeAlias = Callable[[bytes], Coroutine[Any, Any, None]]


class ClientStream(Protocol):
    """The client's side of a streamed answer."""

    async def start(self, headers: Mapping[str, str]) -> Write:
        """Send status 200 and the headers: from here on the answer can only go on or end in an `error` event.

        Returns what sends bytes, all in one go.
        """
        ...

    async def finish(self) -> None:
        """The answer is complete."""
        ...


class PipelineOf(Protocol):
    """Gives the pipeline of a target, with a route's own transformers at the end of its chain, and with the hints for
    its model where it is to be `guided`."""

    def __call__(self, target: Target, use: tuple[TransformerUse, ...] = (), *, guided: bool = False) -> Pipeline:
        """Raises RequestError, TransformerError."""
        ...


@frozen
class Service:
    """One built configuration. A reload makes a new one; requests under way keep theirs.

    What the router asks about targets (`ProviderFacts`) it answers from the built pipelines.
    """

    config: Config
    pipeline: PipelineOf
    """The pipeline of a target; raises RequestError for one that cannot be used, saying why."""
    proxies: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    """The HTTP proxy of each provider, by name."""
    tokens: Mapping[str, TokenSource] = field(default_factory=dict[str, TokenSource])
    """Where the credentials of a provider come from, by its name, where they are not the config's keys."""
    search_proxy: str | None = None
    """The HTTP proxy of the search backend."""
    system_prompt: str | None = None
    """The content of REWRITE_SYSTEM_PROMPT's file, where one is configured."""
    custom_router: CustomRouter | None = None
    """The user's own router, where one is configured and could be loaded."""
    accesses: Mapping[str, ProviderAccess] = field(init=False, repr=False, compare=False)
    """How each provider is reached, by its name: worked out once, for every attempt asks."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "accesses", provider_accesses(self.config, self.proxies, self.tokens))

    def searches_web(self, target: Target) -> bool:
        """True when the target's provider searches the web itself."""
        try:
            pipeline = self.pipeline(target)
        except RequestError:
            return False
        return searches_itself(pipeline)

    def context_window(self, target: Target) -> int | None:
        """The target's context window in tokens, where known."""
        try:
            return self.pipeline(target).quirks.context_window
        except RequestError:
            return None


@frozen
class Routing:
    """What the router was asked, and what it said."""

    request: Request
    """As the client sent it."""
    facts: Facts
    decision: Decision


@dataclass(slots=True)
class Record:
    """What happened to one request: for the log line and the journal."""

    request_id: str
    model: str = ""
    """As the client named it."""
    routing: Routing | None = None
    """None: the request was not understood, or there is no route for it."""
    session: str | None = None
    scenario: str = "-"
    reason: str = ""
    target: str = "-"
    streamed: bool = False
    status: int = 0
    attempts: int = 0
    usage: Usage = NO_USAGE
    """The tokens of all requests that the answer took."""
    told: Usage = NO_USAGE
    """What the client was told of them: the prompt is the last request's."""
    first_byte: float | None = None
    """Seconds until the first byte of the answer went out."""
    total: float | None = None
    error: str | None = None
    failures: list[str] = field(default_factory=list[str])
    """One line for each attempt that failed."""
    refusal: ErrorDetail | None = None
    """What an upstream said that the client was told of, before it was put into words for the client."""
    rescued_by: tuple[str, ...] = ()
    """The targets that continued the answer after its stream was torn, in turn."""
    hints: str | None = None
    """Which hints the model was given, and from where."""
    looks: int = 0
    """How often the image model was asked for a model that sees no images."""
    notes: tuple[str, ...] = ()
    conversation: bool = False
    """The answer is part of the conversation that the user sees: no subagent's, no title, no probe."""
    cost: float | None = None
    """US dollars, where a price is known."""
