"""What the router must know of an API that clients speak, whatever it is.

One reply path serves them all: a request is decoded to the neutral model, routed, sent and answered as events; only the
first and the last step are the API's own.
"""

from typing import Protocol

from ccrouter.dialects.anthropic.request import NOTHING_KNOWN, Known
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.errors import ErrorDetail, UpstreamError
from ccrouter.frozen import frozen
from ccrouter.model.events import Event, Usage
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Note
from ccrouter.model.request import Request
from ccrouter.model.runs import DeltaRun


class ReplyEncoder(Protocol):
    """Events of one reply to the bytes of a stream. Made fresh for each reply."""

    @property
    def usage(self) -> Usage:
        """What is known of the reply's tokens."""
        ...

    @property
    def finished(self) -> bool:
        """The reply has ended well."""
        ...

    def encode(self, events: list[Event]) -> bytes:
        """The bytes for `events`, in order."""
        ...

    def encode_run(self, run: DeltaRun) -> bytes:
        """The bytes for all deltas of `run`, each one by itself."""
        ...


class ReplyCollector(Protocol):
    """Events of one reply to one whole body. Made fresh for each reply."""

    @property
    def usage(self) -> Usage:
        """What is known of the reply's tokens."""
        ...

    @property
    def message(self) -> JsonObject | None:
        """The body, once the reply has ended well."""
        ...

    def collect(self, events: list[Event]) -> None:
        """Take the next events."""
        ...


class ReplyFormat(Protocol):
    """How one client wants its answer: its API, and what of the request decides about the answer's form."""

    @property
    def relays(self) -> bool:
        """True where an Anthropic upstream's bytes are the client's own language."""
        ...

    @property
    def ping(self) -> bytes:
        """What keeps a silent stream alive. The client makes nothing of it."""
        ...

    def encoder(self, defaults: ReplyDefaults) -> ReplyEncoder:
        """For a streamed reply."""
        ...

    def collector(self, defaults: ReplyDefaults) -> ReplyCollector:
        """For a whole reply."""
        ...

    def error_frame(self, error: UpstreamError) -> bytes:
        """The end of a stream that has not begun to answer and never will."""
        ...


@frozen
class ClientRequest:
    """A client's request in neutral form."""

    request: Request
    replies: ReplyFormat
    notes: tuple[Note, ...] = ()
    """What of it nobody here can carry out."""


class ClientApi(Protocol):
    """An API that clients speak."""

    @property
    def name(self) -> str:
        """For the log: `messages`, `chat`, `responses`."""
        ...

    @property
    def speaks_anthropic(self) -> bool:
        """True where a request's bytes and headers may go to an Anthropic upstream as they came."""
        ...

    @property
    def id_headers(self) -> tuple[str, ...]:
        """The answer's headers that hold the request's id."""
        ...

    def decode(self, body: JsonObject, known: Known = NOTHING_KNOWN) -> ClientRequest:
        """The request in a parsed body, and in what is `known` beside it (`dialects/anthropic/continued.py`).

        Raises:
            RequestError: it cannot be understood, or asks for what the router does not do; says which field.
        """
        ...

    def error(self, detail: ErrorDetail, request_id: str) -> tuple[int, JsonObject]:
        """Status and body of a failure that is answered before anything was streamed."""
        ...
