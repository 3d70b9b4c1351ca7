"""Content blocks as parts of input items."""

from typing import Final

from ccrouter.dialects.openai_chat.content import image_part
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.wording import document_text, missing_image_text
from ccrouter.model.blocks import Document, Image
from ccrouter.model.json import JsonObject, as_object, as_str
from ccrouter.model.notes import Notes

PDF: Final = "application/pdf"
PROTOCOL: Final = "the Responses API"
"""What notes call it."""


def input_text(text: str) -> JsonObject:
    """A text part of a user or developer message, or of a tool's answer."""
    return {"type": "input_text", "text": text}


def input_image(image: Image, quirks: Quirks, notes: Notes, where: str) -> JsonObject:
    """An image part; a line of text (with a note) when the image cannot go."""
    part = image_part(image, quirks, notes, where)
    link = as_object(part.get("image_url")) if part is not None else None
    if link is None:
        return input_text(missing_image_text(quirks))
    return {"type": "input_image", "image_url": link["url"], "detail": "auto"}


def input_document(document: Document, quirks: Quirks, notes: Notes, where: str) -> JsonObject:
    """A PDF as a file where the upstream takes files, any other document as text."""
    source = document.source
    if quirks.documents:
        name = as_str(document.extras.get("title")) or "document.pdf"
        if source.get("type") == "base64" and source.get("media_type") == PDF:
            data = as_str(source.get("data")) or ""
            return {"type": "input_file", "filename": name, "file_data": f"data:{PDF};base64,{data}"}
        if source.get("type") == "url" and as_str(source.get("url")):
            return {"type": "input_file", "file_url": source["url"]}
    return input_text(document_text(document, notes, where, upstream="this upstream"))
