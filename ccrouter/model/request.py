"""A Messages request, frozen. Change it with `dataclasses.replace`."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Literal, Self, TypeAlias, TypeVar

from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Text
from ccrouter.model.json import NO_EXTRAS, Json, JsonObject

T = TypeVar("T")

Role: TypeAlias = Literal["user", "assistant", "system"]


@frozen
class Part:
    """What comes again with every request: what was worked out about it once stays with it (decision 19)."""

    _derived: dict[object, Any] = field(default_factory=dict[object, Any], init=False, repr=False, compare=False)

    def derive(self, work: "Callable[[Self], T]") -> T:
        """What `work` makes of this part, worked out once.

        `work` is a pure function of a module (it is its own name here); nobody changes what it gave, and that does not
        hold the part itself.
        """
        derived = self._derived
        if work not in derived:
            derived[work] = work(self)
        return derived[work]

    def derive_with(self, name: object, given: tuple[object, ...], work: "Callable[[], T]") -> T:
        """What `work` makes of this part and what is `given`; of each `name` the last is kept, and given again where
        the very same objects are given. Else as `derive`. Neither they nor the result may hold the part itself: it
        would keep itself alive.
        """
        known = self._derived.get(name)
        if known is None or len(known[0]) != len(given) or not all(map(operator.is_, known[0], given)):
            known = self._derived[name] = given, work()
        return known[1]

    def keep(self, name: object, value: object) -> None:
        """Keep what may be of use when this part comes again. The last of each `name`; it must not hold the part."""
        self._derived[name] = value

    def kept(self, name: object) -> object:
        """What was kept; None where nothing was."""
        return self._derived.get(name)


@frozen
class Message(Part):
    """One turn. `content` stays a string where the client sent one (the wire tells the two apart)."""

    role: Role
    content: str | tuple[Block, ...]
    extras: Mapping[str, Json] = NO_EXTRAS

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The content as blocks, whichever way it was written. An empty string has none."""
        if isinstance(self.content, str):
            return (Text(self.content),) if self.content else ()
        return self.content


@frozen
class Tool(Part):
    """A tool on offer. `type` is None for plain client tools; server tools (`web_search_20250305`) carry theirs.

    `input_schema` is None where the client sent none (server tools). `extras` holds `cache_control`, `defer_loading`,
    `strict`, `max_uses` and whatever else came.
    """

    name: str
    description: str | None = None
    input_schema: JsonObject | None = None
    type: str | None = None
    extras: Mapping[str, Json] = NO_EXTRAS

    @property
    def deferred(self) -> bool:
        """True when the tool may only be called after a `tool_reference` named it."""
        return self.extras.get("defer_loading") is True

    @property
    def is_server_tool(self) -> bool:
        """True when Anthropic's server would run it (`web_search_20250305`, `code_execution_…`); `custom` is ours."""
        return self.type is not None and self.type != "custom"


@frozen
class ToolChoice:
    """`type` is auto, any, tool or none; `name` goes with tool. `extras` holds `disable_parallel_tool_use`."""

    type: str
    name: str | None = None
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class ThinkingConfig:
    """`type` is enabled (with `budget_tokens`), adaptive or disabled. `extras` holds `display` and its like."""

    type: str
    budget_tokens: int | None = None
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class Request:
    """A whole request. None means that the client did not send the field.

    `extras` keeps, in the order they came, the top-level fields that have no attribute here (`metadata`,
    `output_config`, `context_management`, `safeguards`, …).
    """

    model: str
    messages: tuple[Message, ...]
    system: str | tuple[Block, ...] | None = None
    tools: tuple[Tool, ...] | None = None
    tool_choice: ToolChoice | None = None
    max_tokens: int | None = None
    stop_sequences: tuple[str, ...] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stream: bool | None = None
    thinking: ThinkingConfig | None = None
    extras: Mapping[str, Json] = NO_EXTRAS

    @property
    def system_blocks(self) -> tuple[Block, ...]:
        """The system prompt as blocks, whichever way it was written."""
        if self.system is None or self.system == "":
            return ()
        return (Text(self.system),) if isinstance(self.system, str) else self.system

    @property
    def offers_server_tool(self) -> bool:
        """True when one of the tools is a server's (see `Tool.is_server_tool`)."""
        typed = [tool for tool in self.tools or () if tool.type is not None]  # none of Claude Code's own are
        return bool(typed) and any(tool.is_server_tool for tool in typed)

    @property
    def streamed(self) -> bool:
        """True when the client asked for a stream; absent means no (the `/model` probe sends no `stream`)."""
        return self.stream is True

    @property
    def effort(self) -> str | None:
        """`output_config.effort` as the client sent it (low, medium, high, xhigh, max), or None."""
        config = self.extras.get("output_config")
        effort = config.get("effort") if isinstance(config, dict) else None
        return effort if isinstance(effort, str) else None
