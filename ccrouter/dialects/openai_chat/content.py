"""Content blocks as parts of chat messages."""

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.blocks import Image
from ccrouter.model.json import Json, JsonObject, as_str
from ccrouter.model.notes import Notes


def text_part(text: str, cache_control: Json = None) -> JsonObject:
    """A text part, with Anthropic's cache mark where the upstream honours it."""
    part: JsonObject = {"type": "text", "text": text}
    if cache_control is not None:
        part["cache_control"] = cache_control
    return part


def image_part(image: Image, quirks: Quirks, notes: Notes, where: str) -> JsonObject | None:
    """An `image_url` part, or None (with a note) when the image cannot go."""
    url = _image_url(image.source)
    if not quirks.images:
        notes.add("image", where, "the upstream takes no images")
    elif url is None:
        notes.add("image", where, f"its source {as_str(image.source.get('type'))!r} cannot be sent to this upstream")
    else:
        return {"type": "image_url", "image_url": {"url": url}}
    return None


def _image_url(source: JsonObject) -> str | None:
    match source.get("type"):
        case "base64":
            data = as_str(source.get("data")) or ""
            if data.startswith("data:"):
                return data
            return f"data:{as_str(source.get('media_type')) or 'image/png'};base64,{data}"
        case "url":
            return as_str(source.get("url"))
        case _:
            return None
