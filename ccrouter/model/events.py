"""The events of a reply. One vocabulary for streamed and whole replies of every dialect.

A block is named by a `key` (any hashable small value a decoder likes, unique within the reply); the position that
Anthropic calls `index` is given out by the outermost encoder alone. `model/grammar.py` says which event may follow
which.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from ccrouter.errors import UpstreamError
from ccrouter.frozen import frozen
from ccrouter.model.json import NO_EXTRAS, Json, JsonObject

BlockKey: TypeAlias = int

StopReason: TypeAlias = Literal[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
]


@frozen
class Usage:
    """Tokens of one reply in Anthropic's meaning: `input` excludes what was read from or written to the cache.

    The true size of the prompt is `input + cache_read + cache_write`. None means "the upstream did not say".
    `extras` holds what else Anthropic's usage object may carry (`server_tool_use`, `cache_creation`, …).
    """

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    extras: Mapping[str, Json] = NO_EXTRAS
    cost: float | None = None
    """What the provider says that the reply cost, in its own currency."""


NO_USAGE: Final = Usage()
"""Nothing was told yet."""


@frozen
class Start:
    """First event. `usage` is what the upstream told so far (often nothing). `extras`: further message fields."""

    id: str | None
    model: str | None
    usage: Usage = NO_USAGE
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class TextBlock:
    """Opens a text block. `extras`: e.g. `citations`."""

    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class ThinkingBlock:
    """Opens a thinking block."""

    extras: Mapping[str, Json] = NO_EXTRAS


PLAIN_TEXT: Final = TextBlock()
PLAIN_THINKING: Final = ThinkingBlock()
"""As nearly all are, made once."""


@frozen
class ToolUseBlock:
    """Opens a client tool call; its input follows as JSON text in `ToolInputDelta`s (none at all means `{}`)."""

    id: str
    name: str
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class OpaqueBlock:
    """Opens a block the model does not know, `content_block` as it came (`redacted_thinking`, server tools)."""

    raw: JsonObject


BlockHead: TypeAlias = TextBlock | ThinkingBlock | ToolUseBlock | OpaqueBlock


@frozen
class BlockStart:
    """Opens block `key`."""

    key: BlockKey
    block: BlockHead


@frozen
class TextDelta:
    """More text of a text block. Never empty."""

    key: BlockKey
    text: str


@frozen
class ThinkingDelta:
    """More reasoning of a thinking block. Never empty."""

    key: BlockKey
    text: str


@frozen
class Signature:
    """The thinking block's signature: the last thing before its `BlockStop`."""

    key: BlockKey
    signature: str


@frozen
class ToolInputDelta:
    """More of a tool call's input, as JSON text cut anywhere. Also for opaque server tool blocks."""

    key: BlockKey
    json: str


@frozen
class OpaqueDelta:
    """A delta the model does not know (`citations_delta`, `compaction_delta`), as it came."""

    key: BlockKey
    raw: JsonObject


@frozen
class BlockStop:
    """Closes block `key`."""

    key: BlockKey


@frozen
class UsageUpdate:
    """What the upstream has told about tokens by now; each update replaces the fields it sets (not None)."""

    usage: Usage


@frozen
class Finish:
    """Last event of a reply that ended well. All usage is told before it. `extras`: further `message_delta` fields."""

    stop_reason: StopReason | str
    stop_sequence: str | None = None
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class Failed:
    """Last event of a reply that did not. Open blocks are left open: nobody may take them for complete."""

    error: UpstreamError


Event: TypeAlias = (
    Start
    | BlockStart
    | TextDelta
    | ThinkingDelta
    | Signature
    | ToolInputDelta
    | OpaqueDelta
    | BlockStop
    | UsageUpdate
    | Finish
    | Failed
)

BEFORE_ANSWER = (Start, UsageUpdate)
"""Say nothing of the answer itself."""
CONTENT_EVENTS = (BlockStart, TextDelta, ThinkingDelta, Signature, ToolInputDelta, OpaqueDelta, BlockStop)


def merge_usage(old: Usage, new: Usage) -> Usage:
    """`old` overlaid with the fields that `new` sets."""
    if old is NO_USAGE:
        return new
    return Usage(
        input=old.input if new.input is None else new.input,
        output=old.output if new.output is None else new.output,
        cache_read=old.cache_read if new.cache_read is None else new.cache_read,
        cache_write=old.cache_write if new.cache_write is None else new.cache_write,
        extras={**old.extras, **new.extras} if new.extras else old.extras,
        cost=old.cost if new.cost is None else new.cost,
    )
