"""The demo provider's OpenAI chat side: reading requests, writing whole answers, streams and errors."""

from collections.abc import Sequence

import orjson

from ccrouter.demo.answers import MODELS, Answer, Stop, pieces
from ccrouter.demo.asked import (
    Asked,
    BadRequestError,
    argument_names,
    own_words,
    required_messages,
    required_model,
    strings,
    tokens_of,
)
from ccrouter.demo.pictures import Picture, picture_of_data_url
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str

ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
FINISH: dict[Stop, str] = {"end": "stop", "tool": "tool_calls", "length": "length", "stop_sequence": "stop"}
CREATED = 1_760_000_000
ARGUMENT_CHARACTERS = 16


def read(body: JsonObject) -> Asked:
    """The request. Raises BadRequestError for what OpenAI refuses as well."""
    model = required_model(body, MODELS)
    messages = required_messages(body)
    _check_order(messages)
    tools = [as_object((as_object(tool) or {}).get("function")) or {} for tool in as_list(body.get("tools")) or []]
    turn = _last_turn(messages)
    format_ = as_object(body.get("response_format")) or {}
    schema = as_object((as_object(format_.get("json_schema")) or {}).get("schema"))
    options = as_object(body.get("stream_options")) or {}
    texts = [text for message in turn if message.get("role") == "user" for text in _texts(message)]
    return Asked(
        model=model,
        prompt=own_words("\n".join(texts)),
        prompt_tokens=_prompt_tokens(messages, body.get("tools")),
        streamed=body.get("stream") is True,
        tools={as_str(tool.get("name")) or "": argument_names(tool.get("parameters")) for tool in tools},
        tool_results=tuple("\n".join(_texts(message)) for message in turn if message.get("role") == "tool"),
        pictures=tuple(picture for message in turn for picture in _pictures(message)),
        schema=schema,
        max_tokens=as_int(body.get("max_completion_tokens")) or as_int(body.get("max_tokens")),
        stop=strings(body.get("stop")),
        thinks="reasoner" in model,
        wants_usage=options.get("include_usage") is True,
    )


def _check_order(messages: Sequence[JsonObject]) -> None:
    """Raise BadRequestError for unknown roles and for tool messages that answer no call, in OpenAI's words."""
    open_calls: set[str] = set()
    for number, message in enumerate(messages):
        role = as_str(message.get("role"))
        if role not in ROLES:
            raise BadRequestError(f"Invalid value: {role!r}. Supported values are: {', '.join(sorted(ROLES))}.")
        if role == "tool":
            call = as_str(message.get("tool_call_id"))
            if call not in open_calls:
                raise BadRequestError(
                    f"messages[{number}]: messages with role 'tool' must be a response to a preceding message with "
                    "'tool_calls'."
                )
            open_calls.discard(call)
            continue
        if open_calls:
            raise BadRequestError(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. Without a response: {', '.join(sorted(open_calls))}"
            )
        calls = [as_object(call) or {} for call in as_list(message.get("tool_calls")) or []]
        open_calls = {as_str(call.get("id")) or "" for call in calls}


def _last_turn(messages: Sequence[JsonObject]) -> list[JsonObject]:
    """The messages after the last one of the assistant."""
    turn: list[JsonObject] = []
    for message in reversed(messages):
        if message.get("role") == "assistant":
            break
        turn.insert(0, message)
    return turn


def _parts(message: JsonObject) -> list[JsonObject]:
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [part for each in as_list(content) or [] if (part := as_object(each)) is not None]


def _texts(message: JsonObject) -> list[str]:
    return [text for part in _parts(message) if (text := as_str(part.get("text")))]


def _pictures(message: JsonObject) -> list[Picture]:
    urls = [as_str((as_object(part.get("image_url")) or {}).get("url")) for part in _parts(message)]
    return [picture for url in urls if url and (picture := picture_of_data_url(url)) is not None]


def _prompt_tokens(messages: Sequence[JsonObject], tools: Json) -> int:
    texts = sum(tokens_of(text) for message in messages for text in _texts(message))
    written = [*(message.get("tool_calls") for message in messages), tools]
    return texts + sum(tokens_of(orjson.dumps(value).decode()) for value in written if value)


def _usage(asked: Asked, answer: Answer) -> JsonObject:
    return {
        "prompt_tokens": asked.prompt_tokens,
        "completion_tokens": answer.tokens,
        "total_tokens": asked.prompt_tokens + answer.tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": tokens_of(answer.reasoning)},
    }


def _tool_calls(answer: Answer, identity: str) -> list[Json]:
    return [
        {
            "id": f"call_{identity}_{number}",
            "type": "function",
            "function": {"name": call.name, "arguments": orjson.dumps(call.arguments).decode()},
        }
        for number, call in enumerate(answer.tool_calls)
    ]


def whole(asked: Asked, answer: Answer, identity: str) -> JsonObject:
    """The answer as one `chat.completion`. `identity` makes its ids."""
    message: JsonObject = {"role": "assistant", "content": answer.text}
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if answer.tool_calls:
        message["tool_calls"] = _tool_calls(answer, identity)
    return {
        "id": f"chatcmpl-{identity}",
        "object": "chat.completion",
        "created": CREATED,
        "model": asked.model,
        "choices": [{"index": 0, "message": message, "finish_reason": FINISH[answer.stop]}],
        "usage": _usage(asked, answer),
    }


def frames(asked: Asked, answer: Answer, identity: str) -> list[bytes]:
    """The answer as server-sent events: reasoning, text, tool calls in fragments, finish, usage where asked for."""

    def chunk(delta: JsonObject, finish: str | None = None) -> bytes:
        return _frame({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    head: JsonObject = {
        "id": f"chatcmpl-{identity}",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": asked.model,
    }
    written = [chunk({"role": "assistant", "content": ""})]
    written += [chunk({"reasoning_content": piece}) for piece in pieces(answer.reasoning)]
    written += [chunk({"content": piece}) for piece in pieces(answer.text)]
    for number, call in enumerate(_tool_calls(answer, identity)):
        described = as_object(call) or {}
        function = as_object(described.get("function")) or {}
        arguments = as_str(function.get("arguments")) or ""
        opening: JsonObject = {**described, "index": number, "function": {**function, "arguments": ""}}
        written.append(chunk({"tool_calls": [opening]}))
        for start in range(0, len(arguments), ARGUMENT_CHARACTERS):
            fragment = arguments[start : start + ARGUMENT_CHARACTERS]
            written.append(chunk({"tool_calls": [{"index": number, "function": {"arguments": fragment}}]}))
    written.append(chunk({}, FINISH[answer.stop]))
    if asked.wants_usage:
        written.append(_frame({**head, "choices": [], "usage": _usage(asked, answer)}))
    return [*written, b"data: [DONE]\n\n"]


def _frame(value: JsonObject) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


def error(problem: BadRequestError) -> JsonObject:
    """OpenAI's error shape."""
    kind = "invalid_request_error" if problem.status < 500 else "server_error"
    return {"error": {"message": problem.message, "type": kind, "param": None, "code": problem.code}}
