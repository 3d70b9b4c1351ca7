"""What every dialect offers: a wire protocol as a codec pair, without I/O."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import field
from typing import Protocol, TypeAlias

from ccrouter.dialects.quirks import Quirks
from ccrouter.errors import UpstreamError
from ccrouter.frozen import frozen
from ccrouter.model.events import Event
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request
from ccrouter.model.runs import DeltaRun
from ccrouter.sse import Frame

WireFilter: TypeAlias = Callable[[JsonObject], JsonObject | None]
"""Sees each wire chunk (or the one whole body) of a reply before it is decoded; None drops it. One per reply."""


@frozen
class ReplyContext:
    """What a decoder may know about the request it decodes the reply of."""

    origin: str
    """The provider's configured name: what `model.envelope` marks its state with."""
    model: str
    """The upstream model's name, used where the reply does not tell its own."""
    tool_names: frozenset[str] = frozenset()
    """Names of the tools on offer."""
    used_ids: Container[str] = frozenset[str]()
    """Ids of the calls in the conversation so far: a call of this reply must have another."""
    quirks: Quirks = field(default_factory=Quirks)
    search_query: str | None = None
    """Where the request offers a `web_search_*` server tool that this upstream serves: what is searched for as far as
    the request tells (`web_search.helper_query`), else empty. None: no search blocks may be in the reply."""
    wire_filters: Sequence[WireFilter] = ()
    tell_malformed: bool = False
    """The model has had its second try: an unreadable call is told in the answer now, not as a failure."""
    notes: Notes = field(default_factory=Notes)


class Decoder(Protocol):
    """Turns one reply into events. Made fresh for each reply; never raises on bad input but ends in `Failed`.

    Either `frame` for each frame of a stream and `end` when it is over, or `whole` once. After `Finish` or `Failed`
    was returned, every further call returns nothing.
    """

    @property
    def finishing(self) -> bool:
        """True when the answer is complete and only usage or the end of the stream is still awaited.

        Some upstreams never close (musistudio/claude-code-router#1271): the gateway bounds the wait.
        """
        ...

    def frame(self, frame: Frame) -> list[Event]:
        """The events that one stream frame brings."""
        ...

    def run(self, lines: bytes, start: int) -> tuple[DeltaRun, int] | None:
        """What the frames at `start` in `lines` (see `sse.FrameSplitter.lines`) bring, and where they end, as long as
        the decoder sees without parsing them that each says more of the open block and nothing else; None, and nothing
        is taken in, where the first is another.
        """
        ...

    def end(self) -> list[Event]:
        """The events that the end of the stream brings: a `Finish` that waited for it, or `Failed` for a cut stream."""
        ...

    def whole(self, body: bytes) -> list[Event]:
        """All events of a reply that came as one JSON body."""
        ...


class Dialect(Protocol):
    """A wire protocol."""

    @property
    def name(self) -> str:
        """`anthropic`, `openai_chat`, …"""
        ...

    def encode(self, request: Request, *, model: str, origin: str, quirks: Quirks, notes: Notes) -> JsonObject:
        """The wire body for `model`. Pure: the same request gives the same JSON, keys in the same order.

        Raises:
            RequestError: the request holds something that cannot be sent at all.
        """
        ...

    def decoder(self, context: ReplyContext) -> Decoder:
        """A fresh decoder for one reply."""
        ...

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        """The error in a non-2xx answer: the provider's own wording, unwrapped, and any wait it asks for."""
        ...

    def url(self, base_url: str, *, model: str, stream: bool) -> str:
        """The endpoint for a base URL or a full endpoint, however the config spelled it."""
        ...

    def headers(self, api_key: str | None, *, url: str) -> dict[str, str]:
        """Authentication and protocol headers for `url`, names in lower case. Nothing of the client's is in them."""
        ...
