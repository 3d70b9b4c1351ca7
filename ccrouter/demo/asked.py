"""What a request asks for, in the words of neither wire protocol: all that the demo provider's answers depend on."""

import re
from collections.abc import Mapping

from ccrouter.demo.pictures import Picture
from ccrouter.frozen import frozen
from ccrouter.model.json import NO_EXTRAS, Json, JsonObject, as_list, as_object, as_str

REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)
CHARACTERS_PER_TOKEN = 4


class BadRequestError(Exception):
    """The request is refused. `status` and `code` are what a provider of that protocol would say."""

    def __init__(self, message: str, *, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code


@frozen
class Asked:
    """One request. `prompt` is the last user turn's own text, `tool_results` and `pictures` are that turn's too.

    `tools` gives each tool's argument names. `prompt_tokens` counts the whole request.
    """

    model: str
    prompt: str
    prompt_tokens: int
    streamed: bool = False
    tools: Mapping[str, frozenset[str]] = NO_EXTRAS  # type: ignore[assignment]
    tool_results: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    schema: JsonObject | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    thinks: bool = False
    searches: bool = False
    wants_usage: bool = True


def tokens_of(text: str) -> int:
    """Tokens of a text as the demo provider counts them: one for every four characters begun."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def own_words(text: str) -> str:
    """What a person wrote, without the `<system-reminder>` parts that Claude Code puts around it."""
    return REMINDER.sub("", text).strip()


def argument_names(schema: Json) -> frozenset[str]:
    """The argument names of a tool's JSON schema."""
    return frozenset(as_object((as_object(schema) or {}).get("properties")) or {})


def strings(value: Json) -> tuple[str, ...]:
    """A string, or the strings of a list: how both protocols write stop sequences."""
    if isinstance(value, str):
        return (value,)
    return tuple(text for each in as_list(value) or [] if (text := as_str(each)))


def required_model(body: JsonObject, known: Mapping[str, str]) -> str:
    """The model's name. Raises BadRequestError where it is missing (400) or not one of `known` (404)."""
    model = as_str(body.get("model"))
    if not model:
        raise BadRequestError("you must provide a model parameter")
    if model not in known:
        raise BadRequestError(
            f"The model `{model}` does not exist. This provider has: {', '.join(known)}.",
            status=404,
            code="model_not_found",
        )
    return model


def required_messages(body: JsonObject) -> list[JsonObject]:
    """The messages, each an object. Raises BadRequestError where there are none."""
    messages = as_list(body.get("messages"))
    if not messages:
        raise BadRequestError("messages: at least one message is required")
    read = [as_object(message) for message in messages]
    found = [message for message in read if message is not None]
    if len(found) != len(read):
        raise BadRequestError("messages: every message must be an object")
    return found
