"""What a scripted upstream answers: written once in neutral terms, rendered as a stream or as a whole body."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ccrouter.model.json import Json


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call. Streamed, its arguments come in fragments of `fragment` characters."""

    name: str
    arguments: Mapping[str, Json]
    id: str = "call_1"
    fragment: int = 9


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens as the upstream reports them: `prompt` includes `cached`, `completion` includes `reasoning`."""

    prompt: int = 1_234
    completion: int = 56
    cached: int = 1_000
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Search:
    """A web search that the upstream runs itself before it answers. `links` are (url, title); all are cited."""

    query: str
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """One successful answer: reasoning, then text, then tool calls, each text in the pieces given."""

    text: tuple[str, ...] = ()
    reasoning: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    search: Search | None = None
    """Only upstreams with a search of their own run it."""
    spent: Spent = field(default_factory=Spent)
    interleaved: bool = False
    """Fragments of the calls take turns: index 0, 1, 0, 1, …"""
    honour_stop: bool = True
    """False: goes on past the request's stop sequences, as many servers do."""
    finish: str | None = None
    """The finish reason in the upstream's own words; None: the one that fits."""
    pause: float = 0.0
    """Seconds before every streamed piece."""
    cut_after: int | None = None
    """The stream ends after so many pieces, without a finish."""
    cut: Literal["eof", "abort"] = "eof"
    """How it ends then: a proper end of the body, or a connection that is torn down."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Failure:
    """An error answer, in the upstream's own error shape unless `body` is given."""

    status: int
    message: str
    kind: str = "server_error"
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None


def text(*pieces: str) -> Reply:
    """A plain text answer, streamed in exactly these pieces."""
    return Reply(text=pieces)


def call(name: str, arguments: Mapping[str, Json], identity: str = "call_1") -> Reply:
    """An answer that is one tool call."""
    return Reply(calls=(Call(name, arguments, identity),))


def stopped(pieces: tuple[str, ...], stops: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """`pieces` cut before the first of `stops`, and which one that was."""
    whole = "".join(pieces)
    found = min(((whole.find(stop), stop) for stop in stops if stop in whole), default=None)
    if found is None:
        return pieces, None
    end, stop = found
    kept: list[str] = []
    for piece in pieces:
        if end <= 0:
            break
        kept.append(piece[:end])
        end -= len(piece)
    return tuple(kept), stop
