"""Whether an attempt's web searches are the router's to answer, and with what."""

from ccrouter.config.types import SearchConfig
from ccrouter.dialects.web_search import helper_query, web_search_tool
from ccrouter.frozen import frozen
from ccrouter.gateway.types import Service
from ccrouter.model.request import Request, Tool
from ccrouter.pipeline.build import Pipeline
from ccrouter.pipeline.search_request import searches_itself
from ccrouter.pipeline.search_rounds import Answered


@frozen
class SearchPlan:
    """The request offers a web search, and the target's provider has none."""

    request: Request
    """As the client sent it, the server tool in it."""
    tool: Tool
    query: str | None
    """Of Claude Code's own search request, which is nothing but a search; None for every other."""
    config: SearchConfig | None
    """The backend; None where none is configured."""
    proxy: str | None
    known: dict[str, Answered]
    """What was found for this client request already, by query: an attempt at another target does not search again."""


def plan_search(
    service: Service,
    pipeline: Pipeline,
    request: Request,
    known: dict[str, Answered],
) -> SearchPlan | None:
    """The plan, or None for nearly every request: no web search on offer, or the provider runs it."""
    tool = web_search_tool(request)
    if tool is None or searches_itself(pipeline, beside_functions=len(request.tools or ()) > 1):
        return None
    return SearchPlan(request, tool, helper_query(request), service.config.search, service.search_proxy, known)
