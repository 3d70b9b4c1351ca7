"""What OpenAI's two APIs share in what clients send: images, files, formats of answers, efforts."""

import re
from typing import Final

import orjson

from ccrouter.dialects.lenient_json import compact_json
from ccrouter.errors import RequestError
from ccrouter.model.blocks import Document, Image, ToolResult
from ccrouter.model.json import Json, JsonObject, as_object, as_str
from ccrouter.model.request import Message, ThinkingConfig, Tool, ToolChoice

DATA_URL: Final = re.compile(r"data:([^;,]*)((?:;[^;,]*)*?)(;base64)?,(.*)", re.DOTALL)
EFFORTS: Final = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"})
FREEFORM_INPUT: Final = "input"
"""The one property of a custom tool's input, which has no schema but is any text."""
PDF: Final = "application/pdf"
ANY_OBJECT: Final[JsonObject] = {"type": "object", "properties": {}}
"""The input of a tool that has no schema."""


def image_of(url: str, where: str) -> Image:
    """An image from its URL, `https:` or `data:`."""
    if not url.startswith("data:"):
        return Image({"type": "url", "url": url})
    media_type, data = from_data_url(url, where)
    return Image({"type": "base64", "media_type": media_type or "image/png", "data": data})


def file_of(name: str | None, data: str, where: str) -> Document | Image:
    """A file from its `data:` URL or bare base64."""
    media_type, content = from_data_url(data, where) if data.startswith("data:") else ("", data)
    if media_type.startswith("image/"):
        return Image({"type": "base64", "media_type": media_type, "data": content})
    source: JsonObject = {"type": "base64", "media_type": media_type or PDF, "data": content}
    return Document(source, {"title": name} if name else {})


def from_data_url(url: str, where: str) -> tuple[str, str]:
    """Media type (perhaps empty) and base64 data.

    Raises:
        RequestError: it is none, or not in base64.
    """
    found = DATA_URL.fullmatch(url)
    if found is None or found[3] is None:
        raise RequestError(f"Invalid value for '{where}': expected a data URL in base64 (data:image/png;base64,…).")
    return found[1].lower(), found[4]


def output_format(kind: str, schema: Json, where: str) -> JsonObject | None:
    """`output_config.format` for OpenAI's format `kind`; None for text.

    Raises:
        RequestError: a kind that nobody knows, or a schema that is none.
    """
    match kind:
        case "text":
            return None
        case "json_object":
            return {"type": "json_schema", "schema": {"type": "object"}}
        case "json_schema":
            found = as_object(schema)
            if found is None:
                raise RequestError(f"Missing required parameter: '{where}.schema'.")
            return {"type": "json_schema", "schema": found}
        case _:
            raise RequestError(f"Invalid value for '{where}.type': {kind!r} is none of text, json_schema, json_object.")


def thinking_of(effort: str | None, where: str) -> tuple[ThinkingConfig | None, str | None]:
    """How to think and how hard, for OpenAI's effort. Nothing asked for, nothing said."""
    if effort is None:
        return None, None
    if effort not in EFFORTS:
        raise RequestError(f"Invalid value for '{where}': {effort!r} is none of {', '.join(sorted(EFFORTS))}.")
    if effort == "none":
        return ThinkingConfig("disabled"), None
    return ThinkingConfig("adaptive"), "low" if effort == "minimal" else effort


def freeform_schema() -> JsonObject:
    """The input schema of a tool that takes any text."""
    return {
        "type": "object",
        "properties": {FREEFORM_INPUT: {"type": "string", "description": "The tool's whole input, as plain text."}},
        "required": [FREEFORM_INPUT],
        "additionalProperties": False,
    }


def freeform_description(description: str | None, form: JsonObject | None) -> str | None:
    """A custom tool's description, with the grammar that its input must follow."""
    grammar = as_object(form.get("grammar")) or form if form is not None else None
    definition = as_str(grammar.get("definition")) if grammar is not None else None
    if grammar is None or definition is None:
        return description
    syntax = as_str(grammar.get("syntax")) or "given"
    words = f"The input must follow this {syntax} grammar, exactly:\n{definition}"
    return f"{description}\n\n{words}" if description else words


def add_result(messages: list[Message], result: ToolResult) -> None:
    """Put a tool's answer beside those that came directly before it."""
    last = messages[-1] if messages else None
    answers = last.content if last is not None and last.role == "user" and isinstance(last.content, tuple) else ()
    if answers and all(isinstance(block, ToolResult) for block in answers):
        messages[-1] = Message("user", (*answers, result))
    else:
        messages.append(Message("user", (result,)))


def arguments_of(text: str) -> Json:
    """A call's arguments. Upstreams insist on an object: what is none is kept under a name that no tool has."""
    try:
        found = as_object(orjson.loads(text)) if text.strip() else {}
    except orjson.JSONDecodeError:
        found = None
    return {"invalid_json": text} if found is None else found


def tool_mode(word: str) -> ToolChoice:
    """OpenAI's word as Anthropic's."""
    modes = {"none": "none", "auto": "auto", "required": "any"}
    if word not in modes:
        raise RequestError(f"Invalid value for 'tool_choice': {word!r} is none of none, auto, required.")
    return ToolChoice(modes[word])


def web_search(location: JsonObject | None, filters: JsonObject | None) -> Tool:
    """Anthropic's server tool, for a client that asks for the provider's own search."""
    extras: JsonObject = {}
    where = as_object(location.get("approximate")) or location if location is not None else None
    if where is not None:
        extras["user_location"] = {"type": "approximate", **where}
    if filters is not None and filters.get("allowed_domains"):
        extras["allowed_domains"] = filters["allowed_domains"]
    return Tool("web_search", type="web_search_20250305", extras=extras)


def conversation(session: str | None) -> dict[str, Json]:
    """`prompt_cache_key` where Claude Code tells its session: caches, the choice of keys and the log go by it."""
    return {"metadata": {"user_id": compact_json({"session_id": session})}} if session else {}


def web_citation(citation: Json, start: int, end: int) -> JsonObject | None:
    """An Anthropic web citation as OpenAI tells it: link, title, and the cited text's place in the answer."""
    found = as_object(citation)
    url = as_str(found.get("url")) if found is not None else None
    if found is None or url is None:
        return None
    return {"url": url, "title": as_str(found.get("title")) or url, "start_index": start, "end_index": end}


def freeform_input(text: str) -> str:
    """The text that a custom tool is called with, out of the model's JSON; the JSON itself where that is none."""
    given = as_object(json_of(text))
    found = as_str(given.get(FREEFORM_INPUT)) if given is not None else None
    return text if found is None else found


def json_of(text: str) -> Json:
    """JSON text as a value, None where it is none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
