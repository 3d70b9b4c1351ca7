"""The blocks a message is made of, one to one with Anthropic's.

Every block keeps what the model does not name in `extras` (`cache_control`, `citations`, `caller`, …), so that
encoding a decoded request gives back the same JSON.
"""

from collections.abc import Mapping
from typing import TypeAlias

from ccrouter.frozen import frozen
from ccrouter.model.json import NO_EXTRAS, Json, JsonObject


@frozen
class Text:
    """A text block."""

    text: str
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class Thinking:
    """A model's reasoning. `signature` is opaque: Anthropic's own, or our envelope (`model/envelope.py`)."""

    text: str
    signature: str | None = None
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class ToolUse:
    """A call of a client tool. `input` is an object on every well-formed request, but kept whatever it is."""

    id: str
    name: str
    input: Json
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class ToolResult:
    """What a tool answered. `content` None means that the field was absent; `is_error` None likewise."""

    tool_use_id: str
    content: "str | tuple[Block, ...] | None" = None
    is_error: bool | None = None
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class Image:
    """An image. `source` is Anthropic's: `{type: base64, media_type, data}`, `{type: url, url}`, `{type: file, …}`."""

    source: JsonObject
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class Document:
    """A document (PDF or text). `source` as for images, also `{type: text, data}` and `{type: content, content}`."""

    source: JsonObject
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class ToolReference:
    """Tool search's answer: the named deferred tool may be called from here on."""

    tool_name: str
    extras: Mapping[str, Json] = NO_EXTRAS


@frozen
class Opaque:
    """A block this model does not know, whole (`redacted_thinking`, server tool blocks, what comes next year)."""

    raw: JsonObject

    @property
    def type(self) -> str:
        """The block's own type, or an empty string when it has none."""
        kind = self.raw.get("type")
        return kind if isinstance(kind, str) else ""


Block: TypeAlias = Text | Thinking | ToolUse | ToolResult | Image | Document | ToolReference | Opaque
