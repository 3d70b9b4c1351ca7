"""Web searches in a history that Anthropic did not run: it refuses results that it did not encrypt itself."""

from dataclasses import replace

from ccrouter.dialects.web_search import block_text, is_anthropics
from ccrouter.model.blocks import Block, Opaque, Text
from ccrouter.model.envelope import is_sealed
from ccrouter.model.json import as_list, as_object, as_str
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message


def with_own_searches_only(messages: tuple[Message, ...], notes: Notes) -> tuple[Message, ...]:
    """`messages` with the searches of others told as text, and citations of their results left out."""
    return tuple([_own_searches_only(message, position, notes) for position, message in enumerate(messages)])


def _own_searches_only(message: Message, position: int, notes: Notes) -> Message:
    if message.role != "assistant" or isinstance(message.content, str):
        return message
    foreign = {
        as_str(block.raw.get("tool_use_id"))
        for block in message.content
        if isinstance(block, Opaque) and block.type == "web_search_tool_result" and not is_anthropics(block.raw)
    }
    if not foreign:
        return message
    notes.add("web_search_tool_result", f"/messages/{position}", "told as text: Anthropic did not make it")
    return replace(message, content=tuple([_as_text(block, foreign) for block in message.content]))


def _as_text(block: Block, foreign: set[str | None]) -> Block:
    if isinstance(block, Text):
        return _without_foreign_citations(block)
    if not isinstance(block, Opaque):
        return block
    identity = as_str(block.raw.get("tool_use_id")) or as_str(block.raw.get("id"))
    if identity not in foreign:
        return block
    text = block_text(block.raw)
    return block if text is None else Text(text)


def _without_foreign_citations(block: Text) -> Text:
    citations = as_list(block.extras.get("citations"))
    if not citations:
        return block
    own = [citation for citation in citations if _is_own(as_str((as_object(citation) or {}).get("encrypted_index")))]
    if len(own) == len(citations):
        return block
    extras = {name: value for name, value in block.extras.items() if name != "citations"}
    return replace(block, extras={**extras, "citations": own} if own else extras)


def _is_own(index: str | None) -> bool:
    """True for what Anthropic encrypted, and for citations that are not of a web search."""
    return index is None or (index != "" and not is_sealed(index))
