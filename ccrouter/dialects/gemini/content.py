"""Content blocks as parts: images and documents."""

import re
from typing import Final

from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.wording import document_text, missing_image_text
from ccrouter.model.blocks import Document, Image
from ccrouter.model.json import JsonObject, as_str
from ccrouter.model.notes import Notes

IMAGE_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"})
"""Gemini's list (ai.google.dev, image understanding). GIF is not on it."""
PDF: Final = "application/pdf"
TYPE_OF_ENDING: Final = {"png": "image/png", "webp": "image/webp", "heic": "image/heic", "heif": "image/heif"}

PROTOCOL: Final = "the Gemini protocol"
_DATA_URL = re.compile(r"data:([^;,]+)?;base64,")


def inline_data(mime_type: str, data: str) -> JsonObject:
    """Bytes (base64) as a part."""
    return {"inlineData": {"mimeType": mime_type, "data": data}}


def file_data(mime_type: str, uri: str) -> JsonObject:
    """A file that Google fetches, as a part."""
    return {"fileData": {"mimeType": mime_type, "fileUri": uri}}


def image_part(image: Image, quirks: Quirks, notes: Notes, where: str) -> JsonObject:
    """The image as a part; text in its place (with a note) when it cannot go."""
    source = image.source
    kind = as_str(source.get("type"))
    if not quirks.images:
        notes.add("image", where, "the upstream takes no images")
        return {"text": missing_image_text(quirks)}
    if kind == "url":
        url = as_str(source.get("url")) or ""
        ending = url.partition("?")[0].rpartition(".")[2].lower()
        return file_data(TYPE_OF_ENDING.get(ending, "image/jpeg"), url)
    if kind != "base64":
        notes.add("image", where, f"its source {kind!r} cannot be sent to this upstream")
        return {"text": missing_image_text(quirks)}
    data, media_type = as_str(source.get("data")) or "", as_str(source.get("media_type")) or "image/png"
    wrapped = _DATA_URL.match(data)
    if wrapped:
        data, media_type = data[wrapped.end() :], wrapped[1] or media_type
    if media_type == "image/jpg":
        media_type = "image/jpeg"
    if media_type not in IMAGE_TYPES:
        notes.add("image", where, f"Gemini takes no {media_type}")
        return {"text": f"[image left out: this model takes no {media_type}]"}
    return inline_data(media_type, data)


def document_part(document: Document, notes: Notes, where: str) -> JsonObject:
    """The document as a part: a PDF as it is, text as text."""
    source = document.source
    kind = as_str(source.get("type"))
    if kind == "base64" and source.get("media_type") == PDF:
        return inline_data(PDF, as_str(source.get("data")) or "")
    if kind == "url":
        return file_data(PDF, as_str(source.get("url")) or "")
    return {"text": document_text(document, notes, where, upstream="this upstream")}
