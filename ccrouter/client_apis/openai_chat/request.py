"""A chat completion request in neutral form."""

from typing import Final

from ccrouter.client_apis.openai_chat.messages import decode_messages
from ccrouter.client_apis.openai_chat.tools import decode_tools
from ccrouter.client_apis.openai_content import conversation, output_format, thinking_of
from ccrouter.client_apis.reading import Fields, missing, wrong_type
from ccrouter.errors import RequestError
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.notes import Note, Notes
from ccrouter.model.request import Request

REPLACED: Final = {"functions": "tools", "function_call": "tool_choice"}
"""What OpenAI deprecated in 2023, and what to send instead."""

UNUSED: Final = "no upstream is told of it"


def decode_request(body: JsonObject) -> tuple[Request, list[Note]]:
    """The request, and what of it cannot be carried out.

    Raises:
        RequestError: 400, naming the field.
    """
    fields, notes = Fields(body), Notes()
    refuse_what_is_not_served(fields)
    thinking, effort = thinking_of(fields.text("reasoning_effort"), "reasoning_effort")
    raw_messages = fields.array("messages")
    if raw_messages is None:
        raise missing("messages")
    system, messages = decode_messages(raw_messages, notes)
    tools, choice = decode_tools(fields, notes)
    request = Request(
        model=fields.text("model") or "",
        messages=messages,
        system=system,
        tools=tools,
        tool_choice=choice,
        max_tokens=max_tokens(fields),
        stop_sequences=stop_sequences(fields),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        top_k=fields.integer("top_k"),
        stream=fields.flag("stream"),
        thinking=thinking,
        extras=extras_of(fields, effort),
    )
    fields.take("stream_options")
    return request, [*notes.entries, *fields.left(UNUSED)]


def refuse_what_is_not_served(fields: Fields) -> None:
    """Refuse what would be answered wrongly without a word.

    Raises:
        RequestError: 400.
    """
    for name, instead in REPLACED.items():
        if fields.take(name):
            raise RequestError(f"'{name}' is not served here: send '{instead}', which replaced it.")
    wanted = fields.integer("n")
    if wanted is not None and wanted != 1:
        raise RequestError(f"Invalid value for 'n': {wanted}. ccrouter gives one answer a request; send more requests.")
    if "audio" in (fields.array("modalities") or ()) or fields.take("audio"):
        raise RequestError("Audio answers are not served here; 'modalities' may only be [\"text\"].")


def max_tokens(fields: Fields) -> int | None:
    """The limit under its new name or its old one."""
    old, new = fields.integer("max_tokens"), fields.integer("max_completion_tokens")
    found = old if new is None else new
    if found is not None and found < 1:
        raise RequestError(f"Invalid value for 'max_tokens': {found}. It must be at least 1.")
    return found


def stop_sequences(fields: Fields) -> tuple[str, ...] | None:
    """`stop`, one or several."""
    value = fields.take("stop")
    if value is None:
        return None
    if isinstance(value, str):
        return (value,)
    found = [item for item in value if isinstance(item, str)] if isinstance(value, list) else None
    if found is None or not isinstance(value, list) or len(found) != len(value):
        raise wrong_type("stop", "a string or an array of strings", value)
    return tuple(found)


def extras_of(fields: Fields, effort: str | None) -> dict[str, Json]:
    """The answer's form, how hard to think, and which conversation this is, where Anthropic's requests have them."""
    config: JsonObject = {} if effort is None else {"effort": effort}
    wanted = fields.object("response_format")
    if wanted is not None:
        inner = Fields(wanted, "response_format")
        described = inner.object("json_schema") or {}
        form = output_format(inner.required_text("type"), described.get("schema"), "response_format.json_schema")
        if form is not None:
            config["format"] = form
    extras: dict[str, Json] = {"output_config": config} if config else {}
    return {**extras, **conversation(fields.text("prompt_cache_key"))}
