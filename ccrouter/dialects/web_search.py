"""Anthropic's web search blocks, for every dialect: found in requests, made for replies, told as text in histories.

A search in a reply is two blocks (recordings, anthropic/*web-search*): `server_tool_use` with the query as its input,
and `web_search_tool_result` with the links or an error. Claude Code's WebSearch shows the links and nothing else of
them; `encrypted_content` is opaque to every client, so ours holds the found text for the way back in a history.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import orjson

from ccrouter.frozen import frozen
from ccrouter.model.blocks import Text
from ccrouter.model.envelope import Envelope, is_sealed, seal, unseal
from ccrouter.model.events import (
    BlockKey,
    BlockStart,
    BlockStop,
    Event,
    OpaqueBlock,
    OpaqueDelta,
    ToolInputDelta,
    Usage,
)
from ccrouter.model.json import JsonObject, as_int, as_list, as_object, as_str
from ccrouter.model.request import Request, Tool

NAME: Final = "web_search"
"""The name that the tool has in Anthropic's blocks, whatever its version."""
TYPE_PREFIX: Final = "web_search"
"""`web_search_20250305`, `web_search_20260209`, …"""
HELPER_PROMPT: Final = "Perform a web search for the query:"
"""How the user text of the request begins that Claude Code's WebSearch makes (field-notes 6)."""
ORIGIN: Final = "web_search"
"""Marks what is sealed here: it belongs to no provider."""
MOST_CITED: Final = 150
"""Characters of `cited_text`: Anthropic cites no more."""

ErrorCode: TypeAlias = Literal[
    "unavailable", "max_uses_exceeded", "too_many_requests", "invalid_tool_input", "query_too_long"
]
"""Why there are no results, in Anthropic's words."""


@frozen
class SearchResult:
    """One link. `text` is what the search engine showed of the page; `page_age` its date in any words."""

    url: str
    title: str
    text: str = ""
    page_age: str | None = None


Found: TypeAlias = Sequence[SearchResult] | ErrorCode


def is_web_search(tool: Tool) -> bool:
    """True for Anthropic's server tool in any version; False for a client tool that happens to be called so."""
    return tool.type is not None and tool.type.startswith(TYPE_PREFIX)


def web_search_tool(request: Request) -> Tool | None:
    """The server tool that searches the web, where the request offers it."""
    for tool in request.tools or ():
        if tool.type is not None and is_web_search(tool):
            return tool
    return None


def helper_query(request: Request) -> str | None:
    """The query when `request` is the one that Claude Code's WebSearch makes, else None.

    It offers the server tool and nothing beside it, and its last user text says what to search for.
    """
    if request.tools is None or len(request.tools) != 1 or not is_web_search(request.tools[0]):
        return None
    for message in reversed(request.messages):
        if message.role == "user":
            for block in message.blocks:
                if isinstance(block, Text) and block.text.lstrip().startswith(HELPER_PROMPT):
                    return block.text.lstrip().removeprefix(HELPER_PROMPT).strip()
            return None
    return None


def search_query(request: Request) -> str | None:
    """For `ReplyContext.search_query`: None where no web search is on offer, else the query, empty when not known."""
    return None if web_search_tool(request) is None else helper_query(request) or ""


def max_uses(tool: Tool) -> int | None:
    """How many searches the client allows, where it says."""
    return as_int(tool.extras.get("max_uses"))


def domains(tool: Tool, name: Literal["allowed_domains", "blocked_domains"]) -> tuple[str, ...]:
    """The tool's list of domains."""
    return tuple([domain for entry in as_list(tool.extras.get(name)) or () if (domain := as_str(entry))])


def search_id(seed: str) -> str:
    """An id for a search, the same for the same seed."""
    return "srvtoolu_" + hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:24]


def use_events(key: BlockKey, identity: str, query: str) -> list[Event]:
    """The whole `server_tool_use` block: what is searched for, as Anthropic streams it."""
    head: JsonObject = {"type": "server_tool_use", "id": identity, "name": NAME, "input": {}}
    query_json = orjson.dumps({"query": query}).decode()
    return [BlockStart(key, OpaqueBlock(head)), ToolInputDelta(key, query_json), BlockStop(key)]


def result_events(key: BlockKey, identity: str, found: Found) -> list[Event]:
    """The whole `web_search_tool_result` block that answers the search `identity`."""
    return [BlockStart(key, OpaqueBlock(result_block(identity, found))), BlockStop(key)]


def search_events(key: BlockKey, identity: str, query: str, found: Found) -> list[Event]:
    """Both blocks of a search; they take the keys `key` and `key + 1`."""
    return [*use_events(key, identity, query), *result_events(key + 1, identity, found)]


def result_block(identity: str, found: Found) -> JsonObject:
    """`web_search_tool_result` with the links, or with the error that stands for them."""
    if isinstance(found, str):
        error: JsonObject = {"type": "web_search_tool_result_error", "error_code": found}
        return {"type": "web_search_tool_result", "tool_use_id": identity, "content": error}
    content = [_result_json(result) for result in found]
    return {"type": "web_search_tool_result", "tool_use_id": identity, "content": [*content]}


def _result_json(result: SearchResult) -> JsonObject:
    return {
        "type": "web_search_result",
        "title": result.title or result.url,
        "url": result.url,
        "encrypted_content": seal(Envelope(ORIGIN, "text", result.text)),
        "page_age": result.page_age,
    }


def citation_event(key: BlockKey, result: SearchResult) -> OpaqueDelta:
    """A citation of `result` on the open text block `key`."""
    citation: JsonObject = {
        "type": "web_search_result_location",
        "cited_text": result.text[:MOST_CITED],
        "url": result.url,
        "title": result.title or result.url,
        "encrypted_index": seal(Envelope(ORIGIN, "index", result.url)),
    }
    return OpaqueDelta(key, {"type": "citations_delta", "citation": citation})


def usage_of_searches(count: int) -> Usage:
    """What `count` searches add to a reply's usage."""
    return Usage(extras={"server_tool_use": {"web_search_requests": count}})


def results_text(query: str, results: Sequence[SearchResult]) -> str:
    """What a model reads of the results: as a tool's answer, or in a prompt."""
    if not results:
        return f"The web search for {query!r} found nothing."
    lines = [f"Web search results for {query!r}:"]
    for number, result in enumerate(results, 1):
        age = f" ({result.page_age})" if result.page_age else ""
        lines.append(f"\n{number}. {result.title or result.url}{age}\n   {result.url}")
        if result.text.strip():
            lines.append(f"   {' '.join(result.text.split())}")
    return "\n".join(lines)


def results_of(block: JsonObject) -> list[SearchResult] | None:
    """The results in a `web_search_tool_result` block, with their text where it was sealed here; None for an error."""
    entries = as_list(block.get("content"))
    if entries is None:
        return None
    results: list[SearchResult] = []
    for entry in entries:
        fields = as_object(entry) or {}
        url = as_str(fields.get("url")) or ""
        content = unseal(as_str(fields.get("encrypted_content")))
        text = as_str(content.data) if content is not None and content.origin == ORIGIN else None
        results.append(SearchResult(url, as_str(fields.get("title")) or "", text or "", as_str(fields.get("page_age"))))
    return results


def is_anthropics(block: JsonObject) -> bool:
    """False for a result block that another provider or this router made: Anthropic refuses what it did not encrypt."""
    contents = [
        as_str((as_object(entry) or {}).get("encrypted_content")) for entry in as_list(block.get("content")) or ()
    ]
    return all(content and not is_sealed(content) for content in contents)


def block_text(block: JsonObject) -> str | None:
    """A search block of an earlier turn in words, for an upstream that does not know such blocks.

    None for blocks that have nothing to do with web search. `server_tool_use` of other tools is told by its name.
    """
    match block.get("type"):
        case "server_tool_use":
            query = as_str((as_object(block.get("input")) or {}).get("query"))
            name = as_str(block.get("name")) or "a server tool"
            return f"[{name}: {query}]" if query else f"[{name} was used]"
        case "web_search_tool_result":
            results = results_of(block)
            if results is None:
                error = as_object(block.get("content")) or {}
                return f"[web search failed: {as_str(error.get('error_code')) or 'unknown reason'}]"
            return "\n".join(["[web search results]", *[_line(result) for result in results]])
        case _:
            return None


def _line(result: SearchResult) -> str:
    text = " ".join(result.text.split())
    return f"- {result.title}: {result.url}" + (f"\n  {text}" if text else "")
