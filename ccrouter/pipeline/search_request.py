"""A request that offers Anthropic's web search, for a target that has none."""

from dataclasses import replace
from typing import Final

from ccrouter.dialects.gemini.families import family_of
from ccrouter.dialects.web_search import SearchResult, block_text, is_web_search, results_text
from ccrouter.model.blocks import Block, Opaque, Text
from ccrouter.model.json import JsonObject
from ccrouter.model.request import Message, Request, Tool
from ccrouter.pipeline.build import Pipeline

DESCRIPTION: Final = (
    "Search the web. Returns titles, addresses and excerpts of the pages that fit the query best. Use it for anything "
    "current or that you are not sure of, and name the addresses of the pages you relied on."
)
SCHEMA: Final[JsonObject] = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What to search for"}},
    "required": ["query"],
}
ALREADY_RUN: Final = (
    "The search has been run already; its results follow. Answer from them alone, in a few sentences, and name the "
    "addresses of the pages you relied on."
)


def searches_itself(pipeline: Pipeline, *, beside_functions: bool = False) -> bool:
    """True when the target's provider runs web searches itself, in the dialect that is spoken with it.

    `beside_functions`: also for a request with other tools, which Gemini before 3 takes only without its own.
    """
    if pipeline.dialect.name == "gemini":
        family = family_of(pipeline.target.model)
        can = family.server_tools and (family.mixes_tools or not beside_functions)
        return pipeline.quirks.native_web_search and can
    if pipeline.dialect.name == "openai_chat":
        return pipeline.quirks.web_search_style != "none"
    return pipeline.quirks.native_web_search


def with_function_tool(request: Request) -> Request:
    """`request` with the server tool as a plain one of the same name, and earlier searches told as text."""
    tools = tuple([_plain_tool(tool) for tool in request.tools or ()])
    return replace(request, tools=tools, messages=with_searches_as_text(request.messages))


def _plain_tool(tool: Tool) -> Tool:
    if not is_web_search(tool):
        return tool
    mark = tool.extras.get("cache_control")
    return Tool(tool.name, DESCRIPTION, SCHEMA, extras={} if mark is None else {"cache_control": mark})


def with_results(request: Request, query: str, results: list[SearchResult]) -> Request:
    """Claude Code's search request with the search done: no tool is left, the results stand behind the question.

    That works with every model: those that have no tools, and those that would rather answer than call one.
    """
    messages = list(request.messages)
    for position in range(len(messages) - 1, -1, -1):
        message = messages[position]
        if message.role == "user":
            told = Text(f"{ALREADY_RUN}\n\n{results_text(query, results)}")
            messages[position] = replace(message, content=(*message.blocks, told))
            break
    return replace(request, messages=tuple(messages), tools=None, tool_choice=None)


def with_searches_as_text(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """`messages` with the search blocks of earlier turns in words."""
    return tuple([_told_in_words(message) for message in messages])


def _told_in_words(message: Message) -> Message:
    if isinstance(message.content, str) or not any(isinstance(block, Opaque) for block in message.content):
        return message
    return replace(message, content=tuple([_in_words(block) for block in message.content]))


def _in_words(block: Block) -> Block:
    text = block_text(block.raw) if isinstance(block, Opaque) else None
    return block if text is None else Text(text)
