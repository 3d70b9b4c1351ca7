"""Anthropic's server-side web search for models that know nothing of it.

The model is offered a plain tool `web_search`. When it calls it, its answer is one round of several: the client sees
`server_tool_use` in place of the call and `web_search_tool_result` after it, the model gets the results as the tool's
answer, and what it says next goes on in the same message. This is the part without I/O: events of each round in, events
of the one message out, and what to search for and to send next.

A round in which the model calls other tools too ends the message after the search, as those are the client's to run:
search and results first, then the client's calls, `stop_reason: tool_use`. The model sees the results in the history of
the next request.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ccrouter.dialects.web_search import (
    ErrorCode,
    Found,
    result_events,
    results_text,
    search_id,
    usage_of_searches,
    use_events,
)
from ccrouter.frozen import frozen
from ccrouter.model.blocks import ToolResult
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Finish,
    ToolInputDelta,
    ToolUseBlock,
    UsageUpdate,
    merge_usage,
)
from ccrouter.model.json import as_object, as_str
from ccrouter.model.request import Message, Request
from ccrouter.pipeline.rounds import GOES_ON, Blocks, Rounds, later_choice, parsed

MOST_SEARCHES: Final = 5
"""Where the client sets no `max_uses`."""
LONGEST_QUERY: Final = 2_000
"""Characters: no engine takes more, and a model that writes more did not mean a query."""


@frozen
class Search:
    """A search that the model asked for. `error` is set where it is not to be run."""

    call_id: str
    """The call's id as the model knows it."""
    id: str
    """The id in the client's blocks."""
    query: str
    error: ErrorCode | None = None


@frozen
class Answered:
    """What a search gave. `words`: for the model where it failed."""

    found: Found
    words: str = ""


class SearchRounds(Rounds):
    """One message for the client, made of several answers of the model.

    Feed `take` the events of a round. Once it ended, `searches` says what to run; `answer` takes what was found and
    `request` is then what to send for the next round, unless the message is `over`.
    """

    def __init__(
        self, request: Request, tool_name: str, *, limit: int, seed: str, opening: Sequence[Event] = ()
    ) -> None:
        """`opening` are whole blocks that come first in the message: a search that was run beforehand. Their keys begin
        at 0. `seed` makes the ids of this message's searches its own.
        """
        super().__init__(request)
        self.searches: tuple[Search, ...] = ()
        self._tool_name = tool_name
        self._limit = limit
        self._seed = seed
        self._opening = list(opening)
        self._next_key = sum(isinstance(event, BlockStart) for event in opening)
        self._asked = 0
        self._run = 0
        self._rounds = 0
        self._begin_round()

    def _begin_round(self) -> None:
        self._blocks = Blocks()
        self._head: BlockStart | None = None
        self._input: list[str] | None = None
        self._found: list[Search] = []
        self._held: list[Event] = []
        self._other_calls = False
        self._finish: Finish | None = None

    def count_search(self) -> None:
        """One search was run (it counts in the usage, and towards the limit)."""
        self._run += 1

    def _content(self, event: Event, out: list[Event]) -> None:
        if self._opening:
            # Not before the model says something: until then another target may take over.
            out += self._opening
            self._opening = []
        if isinstance(event, BlockStart):
            self._head = event
            block = event.block
            if isinstance(block, ToolUseBlock) and block.name == self._tool_name:
                self._input = []
            else:
                self._other_calls = self._other_calls or isinstance(block, ToolUseBlock)
        self._blocks.see(event, self._head)
        if self._input is None:
            # What the model says after a call for a search waits for the results.
            self._held.append(event) if self._found else out.append(self._with_own_key(event))
        elif isinstance(event, ToolInputDelta):
            self._input.append(event.json)
        elif isinstance(event, BlockStop):
            self._searched_for("".join(self._input), out)

    def _searched_for(self, text: str, out: list[Event]) -> None:
        """The model has called for a search: all of its call is known now."""
        assert self._head is not None
        assert isinstance(self._head.block, ToolUseBlock)
        self._input = None
        call_id = self._head.block.id
        query = (as_str((as_object(parsed(text)) or {}).get("query")) or "").strip()
        error: ErrorCode | None = None
        if not query:
            error = "invalid_tool_input"
        elif len(query) > LONGEST_QUERY:
            error = "query_too_long"
        elif self._run + sum(search.error is None for search in self._found) >= self._limit:
            error = "max_uses_exceeded"
        identity = search_id(f"{self._seed}/{self._asked}/{call_id}")
        self._asked += 1
        out += use_events(self._take_key(), identity, query[:LONGEST_QUERY])
        self._found.append(Search(call_id, identity, query, error))

    def _end(self, finish: Finish, out: list[Event]) -> None:
        if self._found:
            self._finish = finish
            self.searches = tuple(self._found)
        else:
            self._close(finish, out)

    def _close(self, finish: Finish, out: list[Event]) -> None:
        self.over = True
        out += self._opening
        if self._run:
            out.append(UsageUpdate(merge_usage(self._total(), usage_of_searches(self._run))))
        out.append(finish)

    def answer(self, answered: Sequence[Answered]) -> list[Event]:
        """What the client gets once all `searches` were run; then `over`, or `request` for the next round."""
        finish = self._finish
        assert finish is not None, "the round has not ended"
        out: list[Event] = []
        for search, result in zip(self.searches, answered, strict=True):
            out += result_events(self._take_key(), search.id, result.found)
        out += [self._with_own_key(event) for event in self._held]
        goes_on = finish.stop_reason in GOES_ON and not self._other_calls
        # Two rounds beyond the limit are for a model that asks for more all the same and must be told.
        if goes_on and self._rounds < self._limit + 2:
            self._next_round(answered)
            return out
        if goes_on:
            finish = Finish("end_turn")
        self._close(finish, out)
        return out

    def _next_round(self, answered: Sequence[Answered]) -> None:
        results = [
            ToolResult(search.call_id, *_told(search, result))
            for search, result in zip(self.searches, answered, strict=True)
        ]
        messages = (
            *self.request.messages,
            Message("assistant", tuple(self._blocks.blocks)),
            Message("user", tuple(results)),
        )
        enough = self._run >= self._limit or any(result.found == "unavailable" for result in answered)
        choice = later_choice(self.request.tool_choice, enough=enough)
        self.request = replace(self.request, messages=messages, tool_choice=choice)
        self._next_usage()
        self._rounds += 1
        self.searches = ()
        self._begin_round()


def _told(search: Search, answered: Answered) -> tuple[str, bool | None]:
    """A search's result as the model reads it, and whether it is an error."""
    if not isinstance(answered.found, str):
        return results_text(search.query, answered.found), None
    return answered.words or WORDS.get(answered.found, "The web search failed."), True


WORDS: Final[dict[str, str]] = {
    "invalid_tool_input": 'The web search needs a query: call it with {"query": "…"}.',
    "query_too_long": f"The query is too long: {LONGEST_QUERY} characters at most.",
    "max_uses_exceeded": "No more web searches are allowed for this request. Answer from what you have.",
    "too_many_requests": "The web search is overloaded just now.",
}
