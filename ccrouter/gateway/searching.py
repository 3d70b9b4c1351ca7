"""An attempt at a target without web search, for a request that offers one: the router runs the searches.

Claude Code's own search request is searched for before the model is asked, so that there are links whatever the model
makes of them. In every other request the model decides, round after round (`pipeline/search_rounds.py`).
"""

import asyncio
import logging
from collections.abc import Sequence

from ccrouter.dialects.web_search import Found, domains, max_uses, search_events, search_id, usage_of_searches
from ccrouter.errors import UpstreamError
from ccrouter.gateway.attempts import Attempt
from ccrouter.gateway.client_message import ClientMessage
from ccrouter.gateway.one_answer import Ask
from ccrouter.gateway.search_plan import SearchPlan
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Finish,
    Start,
    TextBlock,
    TextDelta,
    Usage,
    UsageUpdate,
    merge_usage,
)
from ccrouter.pipeline.search_request import with_function_tool, with_results
from ccrouter.pipeline.search_rounds import MOST_SEARCHES, Answered, SearchRounds
from ccrouter.upstream.client import UpstreamClient
from ccrouter.upstream.search import SearchError, make_backend

logger = logging.getLogger("ccrouter.search")

NOT_CONFIGURED = (
    "Web search is not available: the provider of this model has no web search of its own, and ccrouter has no search "
    'backend. To have one, configure "search" (SearXNG, Tavily or Brave) or Router.webSearch (a model whose provider '
    "searches) in ccrouter's config. A model that searches unasked is told as such by its provider's quirks: "
    '{"web_search_style": "always"}.'
)
NOTHING_INVENTED = "No search was run, and there are no results. Tell the user so; do not make any up."


class Searcher:
    """Runs the searches of one attempt."""

    def __init__(self, client: UpstreamClient, plan: SearchPlan, request_id: str) -> None:
        self._plan = plan
        self._request_id = request_id
        self._backend = None if plan.config is None else make_backend(plan.config, client, plan.proxy)

    async def search(self, query: str) -> Answered:
        """What the backend finds, or why it does not."""
        config, tool, known = self._plan.config, self._plan.tool, self._plan.known
        if self._backend is None or config is None:
            logger.warning("id=%s web search asked for, but nothing that searches is configured", self._request_id)
            return Answered("unavailable", NOT_CONFIGURED)
        if query in known:
            return known[query]
        try:
            results = await self._backend.search(
                query,
                max_results=config.max_results,
                allowed=domains(tool, "allowed_domains"),
                blocked=domains(tool, "blocked_domains"),
            )
        except SearchError as error:
            logger.warning("id=%s web search failed: %s", self._request_id, error)
            return Answered(error.code, f"The web search failed: {error}.")
        known[query] = Answered(results)
        return known[query]


async def answer_with_searches(
    client: UpstreamClient, attempt: Attempt, plan: SearchPlan, message: ClientMessage, ask: Ask
) -> UpstreamError | None:
    """Serve `attempt`, whose searches are the router's to run. Returns the failure that ended a committed message.

    Raises:
        CCRouterError: it failed; whether anything was committed says `message`.
    """
    searcher = Searcher(client, plan, attempt.request_id)
    failure: UpstreamError | None = None
    rounds = await begin(plan, searcher, message, attempt.defaults.message_id)
    while rounds is not None and not rounds.over:
        current = rounds

        async def pass_on(events: list[Event], rounds: SearchRounds = current) -> None:
            await message.send(rounds.take(events))

        failure = await ask(rounds.request, pass_on) or failure
        if rounds.searches:
            await message.send(rounds.answer(await answers(rounds, searcher)))
    return failure


async def begin(plan: SearchPlan, searcher: Searcher, message: ClientMessage, message_id: str) -> SearchRounds | None:
    """The rounds to come; None where there is nothing to ask a model about, and all has been said."""
    limit = max_uses(plan.tool)
    limit = MOST_SEARCHES if limit is None else limit
    if plan.query is None:
        request = with_function_tool(plan.request)
        return SearchRounds(request, plan.tool.name, limit=limit, seed=message_id)
    answered = await searcher.search(plan.query) if plan.query else Answered("invalid_tool_input")
    opening = search_events(0, search_id(message_id), plan.query, answered.found)
    if isinstance(answered.found, str) or not answered.found:
        # Asked all the same, a model would write what looks like results.
        await message.send(told_without_model(opening, words_for(plan.query, answered), answered.found))
        return None
    request = with_results(plan.request, plan.query, list(answered.found))
    rounds = SearchRounds(request, plan.tool.name, limit=limit, seed=message_id, opening=opening)
    rounds.count_search()
    return rounds


def words_for(query: str, answered: Answered) -> str:
    """What the client is told where there are no links."""
    if not isinstance(answered.found, str):
        return f"The web search for {query!r} found nothing."
    return f"{answered.words or 'The web search has no query.'} {NOTHING_INVENTED}"


def told_without_model(opening: Sequence[Event], words: str, found: Found) -> list[Event]:
    """A whole message of the router's own."""
    key = sum(isinstance(event, BlockStart) for event in opening)
    spent = Usage(input=0, output=0)
    if not isinstance(found, str):
        spent = merge_usage(spent, usage_of_searches(1))
    return [
        Start(None, None, Usage(input=0, output=0)),
        *opening,
        BlockStart(key, TextBlock()),
        TextDelta(key, words),
        BlockStop(key),
        UsageUpdate(spent),
        Finish("end_turn"),
    ]


async def answers(rounds: SearchRounds, searcher: Searcher) -> list[Answered]:
    """The results of all searches that the round asked for, in their order. They run at the same time."""

    async def one(query: str) -> Answered:
        answered = await searcher.search(query)
        if not isinstance(answered.found, str):
            rounds.count_search()
        return answered

    async def refused(found: Found) -> Answered:
        return Answered(found)

    return await asyncio.gather(
        *[one(search.query) if search.error is None else refused(search.error) for search in rounds.searches]
    )
