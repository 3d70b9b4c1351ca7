"""What `count_tokens` and the router count, and for whom.

`count_tokens` prefers an answer to an error: the client compacts by it.
"""

from collections.abc import Callable, Iterable

from ccrouter.config.groups import members_of
from ccrouter.config.types import Config, Target
from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.errors import RequestError
from ccrouter.frozen import frozen
from ccrouter.gateway.calibrations import Calibrations
from ccrouter.gateway.guidance import Guide
from ccrouter.gateway.prompt import Prompt, with_guidance
from ccrouter.model.blocks import Block, Opaque
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.request import Message, Request, Tool
from ccrouter.tokens import PromptTokens


def readable_request(body: JsonObject) -> Request:
    """The request in `body`, however odd: what Anthropic would refuse is still text that costs tokens.

    Each message, tool and system prompt that cannot be understood stands as one opaque block.
    """
    try:
        return decode_request(body)
    except RequestError:
        model = body.get("model")
        return Request(
            model=model if isinstance(model, str) else "",
            messages=tuple([message for item in _items(body.get("messages")) for message in _messages(item)]),
            system=_system(body.get("system")),
            tools=tuple([tool for item in _items(body.get("tools")) for tool in _tools(item)]),
        )


def _items(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _messages(item: Json) -> tuple[Message, ...]:
    try:
        return decode_request({"model": "", "messages": [item]}).messages
    except RequestError:
        return (Message("user", (_opaque(item),)),)


def _system(value: Json) -> str | tuple[Block, ...] | None:
    try:
        return decode_request({"model": "", "messages": [], "system": value}).system
    except RequestError:
        return (_opaque(value),)


def _tools(item: Json) -> tuple[Tool, ...]:
    try:
        return decode_request({"model": "", "messages": [], "tools": [item]}).tools or ()
    except RequestError:
        return (Tool("", input_schema={"": item}),)


def _opaque(value: Json) -> Opaque:
    return Opaque(value if isinstance(value, dict) else {"": value})


def candidates(targets: Iterable[Target], config: Config) -> tuple[Target, ...]:
    """The models that may serve a request with these targets, groups by their members, the likeliest first."""
    return tuple(dict.fromkeys([member for target in targets for member in members_of(target, config)]))


class TargetTokens:
    """A prompt's tokens as each target counts them, with the hints that `guide` gives its model; the prompt is counted
    when the first is asked for."""

    def __init__(self, prompt: Prompt, config: Config, calibrations: Calibrations, guide: Guide | None = None) -> None:
        self._prompt = prompt
        self._config = config
        self._calibrations = calibrations
        self._guide = guide

    def __call__(self, target: Target) -> int:
        """The tokens at `target`, a model or a group."""
        return calibrated_at(target, self._config, self._prompt.parts(), self._calibrations, self._guide)

    def settled(self) -> Callable[[Target], int] | None:
        """The same of what has been counted, without the request in hand; None where nothing has."""
        counted = self._prompt.counted
        return None if counted is None else SettledTokens(counted, self._config, self._calibrations, self._guide)


@frozen
class SettledTokens:
    """A counted prompt's tokens as each target counts them."""

    counted: PromptTokens
    config: Config
    calibrations: Calibrations
    guide: Guide | None

    def __call__(self, target: Target) -> int:
        """The tokens at `target`, a model or a group."""
        return calibrated_at(target, self.config, self.counted, self.calibrations, self.guide)


def calibrated_at(
    target: Target, config: Config, prompt: PromptTokens, calibrations: Calibrations, guide: Guide | None
) -> int:
    """The tokens of the prompt as `target` counts them; for a group, by the member that counts the fewest: the others
    are passed over when the prompt does not fit them."""
    return min(
        calibrations.of(member).tokens(with_guidance(prompt, guide(member) if guide is not None else None))
        for member in members_of(target, config)
    )
