"""A Responses request in neutral form."""

from dataclasses import field
from typing import Final

from ccrouter.client_apis.openai_content import conversation, output_format, thinking_of
from ccrouter.client_apis.openai_responses.items import decode_input
from ccrouter.client_apis.openai_responses.tools import Offer, decode_tools
from ccrouter.client_apis.reading import Fields
from ccrouter.errors import RequestError
from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Text
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.notes import Note, Notes
from ccrouter.model.request import Request

UNUSED: Final = "no upstream is told of it"
STORED: Final = {
    "previous_response_id": "send the whole conversation as 'input'",
    "conversation": "send the whole conversation as 'input'",
    "prompt": "send its text as 'instructions'",
}
"""What means something only to a server that keeps what it answered, and what to do instead."""


@frozen
class Asked:
    """A request, and what its answer must know of it."""

    request: Request
    offer: Offer
    echo: JsonObject = field(default_factory=dict[str, Json])
    """The request's settings as every response object repeats them."""
    notes: tuple[Note, ...] = ()


def decode_request(body: JsonObject) -> Asked:
    """The request, and what its answer must know of it.

    Raises:
        RequestError: 400, naming the field.
    """
    fields, notes = Fields(body), Notes()
    refuse_what_is_not_served(fields)
    if fields.flag("store"):
        notes.add("store", "/store", "the router stores no responses")
    instructions = fields.text("instructions")
    leading, messages, more_tools = decode_input(fields.take("input"), notes)
    system: tuple[Block, ...] = (*((Text(instructions),) if instructions else ()), *leading)
    offer = decode_tools(fields, more_tools, notes)
    reasoning = Fields(fields.object("reasoning") or {}, "reasoning")
    thinking, effort = thinking_of(reasoning.text("effort"), "reasoning.effort")
    request = Request(
        model=fields.text("model") or "",
        messages=messages,
        system=system or None,
        tools=offer.tools,
        tool_choice=offer.choice,
        max_tokens=fields.integer("max_output_tokens"),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        stream=fields.flag("stream"),
        thinking=thinking,
        extras=extras_of(fields, effort, notes),
    )
    for name in ("include", "stream_options", "metadata", "client_metadata", "truncation"):
        fields.take(name)  # asks for nothing that an answer of ours lacks, or nothing of the model
    return Asked(request, offer, echo_of(body), (*notes.entries, *fields.left(UNUSED)))


def refuse_what_is_not_served(fields: Fields) -> None:
    """Refuse what would be answered wrongly without a word.

    Raises:
        RequestError: 400.
    """
    for name, instead in STORED.items():
        if fields.take(name):
            raise RequestError(f"'{name}' is not served here, for ccrouter stores no responses: {instead}.")
    if fields.flag("background"):
        raise RequestError("'background' is not served here: ccrouter answers while the client waits.")


def extras_of(fields: Fields, effort: str | None, notes: Notes) -> dict[str, Json]:
    """The answer's form, how hard to think, and which conversation this is, where Anthropic's requests have them."""
    config: JsonObject = {} if effort is None else {"effort": effort}
    text = fields.object("text") or {}
    wanted = Fields(text, "text").object("format")
    if wanted is not None:
        inner = Fields(wanted, "text.format")
        form = output_format(inner.required_text("type"), inner.take("schema"), "text.format")
        if form is not None:
            config["format"] = form
    if text.get("verbosity") is not None:
        notes.add("verbosity", "/text/verbosity", UNUSED)
    extras: dict[str, Json] = {"output_config": config} if config else {}
    return {**extras, **conversation(fields.text("prompt_cache_key"))}


def echo_of(body: JsonObject) -> JsonObject:
    """What a response object repeats of its request, with OpenAI's defaults."""
    return {
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "metadata": body.get("metadata") or {},
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": None,
        "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
        "store": False,
        "temperature": body.get("temperature"),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p"),
        "truncation": body.get("truncation") or "disabled",
    }
