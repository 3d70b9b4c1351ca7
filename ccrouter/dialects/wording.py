"""What is told in words: blocks that an upstream has no form of its own for."""

import base64
import binascii
from typing import Final

from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.web_search import block_text
from ccrouter.model.blocks import Document, Opaque, Text
from ccrouter.model.json import Json, as_list, as_object, as_str
from ccrouter.model.notes import Notes

NO_CONTENT: Final = "(no content)"
"""Stands where a message must not be empty; Claude Code itself writes it so."""


BILLING_HEADER: Final = "x-anthropic-billing-header"


def join(texts: list[str]) -> str:
    """Texts of several blocks as one string, their bounds still to be seen. Blank ones are left out."""
    return "\n\n".join([text for text in texts if text and not text.isspace()])


def missing_image_text(quirks: Quirks) -> str:
    """What stands where an image could not go."""
    return "[image left out]" if quirks.images else "[image left out: this model takes no images]"


def document_text(document: Document, notes: Notes, where: str, *, upstream: str = "a chat upstream") -> str:
    """A document as text; where that is not possible (PDF), a line that says so."""
    source = document.source
    title = as_str(document.extras.get("title"))
    heading = f"[document: {title}]\n" if title else ""
    match source.get("type"):
        case "text":
            return heading + (as_str(source.get("data")) or "")
        case "content":
            return heading + _text_of(source.get("content"))
        case "base64":
            media_type = as_str(source.get("media_type")) or "unknown type"
            text = _decoded(as_str(source.get("data")) or "") if media_type.startswith("text/") else None
            if text is not None:
                return heading + text
            notes.add("document", where, f"{media_type} cannot be sent to {upstream}")
            return f"[document left out: {title or 'untitled'} ({media_type}) cannot be shown to this model]"
        case "url":
            notes.add("document", where, "only its address is sent")
            return f"[document: {title or ''} {as_str(source.get('url')) or ''}]".replace("  ", " ")
        case kind:
            notes.add("document", where, f"its source {kind!r} cannot be sent to this upstream")
            return f"[document left out: {title or 'untitled'}]"


def opaque_text(block: Opaque, notes: Notes, where: str, *, protocol: str = "the chat protocol") -> str:
    """What can be told in words of a block that has no counterpart; empty when nothing can."""
    raw = block.raw
    match block.type:
        case "server_tool_use":
            notes.add(block.type, where, "told as text")
            return block_text(raw) or ""
        case "web_search_tool_result":
            notes.add(block.type, where, "told as a list of links")
            return block_text(raw) or ""
        case "search_result":
            notes.add(block.type, where, "told as text")
            heading = f"[search result: {as_str(raw.get('title')) or ''} {as_str(raw.get('source')) or ''}]"
            return f"{heading}\n{_text_of(raw.get('content'))}"
        case "redacted_thinking":
            notes.add(block.type, where, "only the provider that made it can read it")
            return ""
        case kind:
            notes.add(kind or "block without a type", where, f"has no counterpart in {protocol}")
            return ""


def system_text(block: Text, notes: Notes) -> str:
    """A system block's text without Anthropic's billing line, which is a block of its own and nobody else's business.

    It changed with every request for a while, which cost local models their whole prompt cache
    (anthropics/claude-code#68900).
    """
    if not block.text.startswith(BILLING_HEADER):
        return block.text
    notes.add(BILLING_HEADER, "/system", "for Anthropic only")
    return block.text.partition("\n")[2].strip()


def reminder(text: str) -> str:
    """A mid-conversation system message as user text, in the tags that Claude Code's own reminders wear."""
    if text.lstrip().startswith("<system-reminder>"):
        return text
    return f"<system-reminder>\n{text}\n</system-reminder>"


def error_text(text: str) -> str:
    """A failed tool's output, so that its failure can be read; Claude Code's own error tags say it already."""
    start = text.lstrip()[:20].lower()
    return text if start.startswith(("error", "<tool_use_error>", "[error")) else f"Error: {text}"


def _decoded(data: str) -> str | None:
    try:
        return base64.b64decode(data).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def _text_of(content: Json) -> str:
    if isinstance(content, str):
        return content
    parts = [as_object(item) or {} for item in as_list(content) or ()]
    return join([as_str(part.get("text")) or "" for part in parts])
