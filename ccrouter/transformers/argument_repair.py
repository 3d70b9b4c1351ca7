"""Mending the calls of a reply before the client sees them: their arguments and their names.

Sound arguments stream as they come, every byte untouched. From the first defect on they are held, repaired when the
call is over, and completed so that all deltas together are valid JSON. What can't be repaired goes on as it came: the
client's validation tells the model, which an empty call would not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from ccrouter.model.events import BlockStart, BlockStop, Event, Failed, Finish, ToolInputDelta, ToolUseBlock
from ccrouter.model.json import JsonObject
from ccrouter.transformers.json_prefix import JsonPrefix, is_object, rest_of
from ccrouter.transformers.schema_fit import mend_arguments, read_arguments

CUT = frozenset({"max_tokens", "model_context_window_exceeded"})
"""Endings after which a call's missing end stays missing: its arguments were going on."""


class ArgumentRepair:
    """An event filter for one reply.

    `syntax` repairs what is not JSON. `schema` holds every call until it is whole and also fits it to its tool's
    schema (`schema_fit`), which needs all of it and costs the streaming of tool calls.
    """

    def __init__(self, schemas: Mapping[str, JsonObject], mode: Literal["syntax", "schema"]) -> None:
        """`schemas`: the tools on offer."""
        self._schemas = schemas
        self._fits_schema = mode == "schema"
        self._call: BlockStart | None = None
        self._schema: JsonObject = {}
        self._prefix = JsonPrefix()
        self._sent: list[str] = []
        # A call whose end is missing, as it came and as it would be mended, and what follows it. Whether the model
        # forgot the end or was cut off is known only when the reply ends.
        self._unclosed: tuple[str, str] | None = None
        self._waiting: list[Event] = []

    def __call__(self, batch: list[Event]) -> list[Event]:
        """The events for one batch."""
        if len(batch) == 1:  # the common case, short
            event = batch[0]
            if type(event) is ToolInputDelta and self._call is not None and not self._fits_schema:
                text = self._prefix.feed(event.json)
                self._sent.append(text)
                if text != event.json:
                    return [ToolInputDelta(event.key, text)] if text else []
                return batch
        out: list[Event] = []
        for event in batch:
            self._see(event, out)
        return out

    def passes(self, fragments: Sequence[str]) -> bool:
        """Take in fragments of the open call where each may go on as it is; False, and nothing taken, otherwise."""
        if self._call is None:
            return self._unclosed is None
        if self._fits_schema or not self._prefix.may_be_sent(fragments):
            return False
        self._sent.extend(fragments)
        return True

    @property
    def idle(self) -> bool:
        """True when text and thinking pass through as they are."""
        return self._unclosed is None

    def _see(self, event: Event, out: list[Event]) -> None:
        if isinstance(event, ToolInputDelta) and self._call is not None:
            self._take(event, out)
        elif isinstance(event, Finish | Failed):
            self._end(event, out)
        elif self._unclosed is not None:
            self._waiting.append(event)
        elif isinstance(event, BlockStart) and isinstance(event.block, ToolUseBlock):
            self._begin(event, event.block, out)
        elif isinstance(event, BlockStop) and self._call is not None:
            self._finish_call(event, out)
        else:
            out.append(event)

    def _begin(self, start: BlockStart, block: ToolUseBlock, out: list[Event]) -> None:
        name = offered_name(block.name, self._schemas)
        if name != block.name:
            start = replace(start, block=replace(block, name=name))
        self._call, self._schema = start, self._schemas.get(name, {})
        self._prefix, self._sent = JsonPrefix(), []
        out.append(start)

    def _take(self, delta: ToolInputDelta, out: list[Event]) -> None:
        if self._fits_schema:
            self._prefix.held += delta.json
            return
        text = self._prefix.feed(delta.json)
        if text:
            self._sent.append(text)
            out.append(delta if text == delta.json else ToolInputDelta(delta.key, text))

    def _finish_call(self, stop: BlockStop, out: list[Event]) -> None:
        sent, held = "".join(self._sent), self._prefix.held
        self._call = None
        if self._fits_schema:
            rest, closed = mend_arguments(held, self._schema) if held.strip() else ("", True)
        elif self._prefix.complete or not (sent + held).strip():
            rest, closed = (held if sent else ""), True
        else:
            rest, closed = self._repaired(sent, held)
        if not closed:
            self._unclosed, self._waiting = (held, rest), [stop]
            return
        if rest:
            out.append(ToolInputDelta(stop.key, rest))
        out.append(stop)

    def _repaired(self, sent: str, held: str) -> tuple[str, bool]:
        """What to send after `sent` in place of `held`, and False when the end had to be made up."""
        if is_object(sent + held):  # deeper than is followed
            return held, True
        arguments, closed = read_arguments(sent + held, self._schema)
        rest = None if arguments is None else rest_of(sent, arguments)
        return (held, True) if rest is None else (rest, closed)

    def _end(self, event: Finish | Failed, out: list[Event]) -> None:
        if self._unclosed is not None:
            (raw, mended), waiting = self._unclosed, self._waiting
            self._unclosed, self._waiting = None, []
            cut = isinstance(event, Failed) or event.stop_reason in CUT
            stop = waiting[0]
            assert isinstance(stop, BlockStop)
            rest = raw if cut else mended
            if rest:
                out.append(ToolInputDelta(stop.key, rest))
            out.append(stop)
            for held in waiting[1:]:
                self._see(held, out)
            if self._unclosed is not None:  # another one among those that waited
                self._end(event, out)
                return
        if self._call is not None and self._prefix.held:  # cut off inside of a call
            out.append(ToolInputDelta(self._call.key, self._prefix.held))
        self._call = None
        out.append(event)


def offered_name(name: str, offered: Mapping[str, JsonObject]) -> str:
    """`name` as it is on offer, where only white space or a template's leaked token keeps it from being so.

    GLM on Fireworks: `tool_12</arg_value>` (fw-ai-external/python-sdk#119).
    """
    if name in offered:
        return name
    bare = name.partition("<")[0].strip()
    return bare if bare in offered else name
