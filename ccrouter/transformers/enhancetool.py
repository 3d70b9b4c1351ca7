"""`enhancetool`: repair the arguments of tool calls before the client sees them."""

import orjson

from ccrouter.model.events import BlockStart, BlockStop, Event, Failed, Finish, ToolInputDelta, ToolUseBlock
from ccrouter.model.json import Json, JsonObject, as_list, as_object
from ccrouter.transformers.base import Context, EventFilter, Transformer
from ccrouter.transformers.json_repair import repair


class EnhanceTool(Transformer):
    """Holds each call's arguments back until they are whole, mends them and gives them out at once.

    What can't be mended goes on as it came (CCR makes `{}` of it, and loses what it holds at any other end of the reply
    than `tool_calls`). Costs the streaming of tool calls.
    """

    name = "enhancetool"

    def events(self, context: Context) -> EventFilter | None:
        """Mend the reply's tool calls, by the schemas of the tools on offer."""
        schemas = {tool.name: tool.input_schema or {} for tool in context.request.tools or ()}
        return _ToolCalls(schemas) if schemas else None


class _ToolCalls:
    def __init__(self, schemas: dict[str, JsonObject]) -> None:
        self._schemas = schemas
        self._call: BlockStart | None = None
        self._schema: JsonObject = {}
        self._fragments: list[str] = []
        # A call whose brackets were left open, and what follows it. Whether the model forgot them or was cut off
        # is known only when the reply ends.
        self._unclosed: tuple[str, str] | None = None
        self._waiting: list[Event] = []

    def __call__(self, batch: list[Event]) -> list[Event]:
        out: list[Event] = []
        for event in batch:
            self._see(event, out)
        return out

    def _see(self, event: Event, out: list[Event]) -> None:
        if isinstance(event, Finish | Failed):
            self._end(event, out)
        elif self._unclosed is not None:
            self._waiting.append(event)
        elif isinstance(event, BlockStart) and isinstance(event.block, ToolUseBlock):
            self._call, self._fragments = event, []
            self._schema = self._schemas.get(event.block.name, {})
            out.append(event)
        elif self._call is None:
            out.append(event)
        elif isinstance(event, ToolInputDelta):
            self._fragments.append(event.json)
        elif isinstance(event, BlockStop):
            self._finish_call(event, out)
        else:
            out.append(event)

    def _finish_call(self, stop: BlockStop, out: list[Event]) -> None:
        raw = "".join(self._fragments)
        self._call, self._fragments = None, []
        mended, closed = mend_arguments(raw, self._schema)
        if not closed:
            self._unclosed, self._waiting = (raw, mended), [stop]
            return
        if mended:
            out.append(ToolInputDelta(stop.key, mended))
        out.append(stop)

    def _end(self, event: Finish | Failed, out: list[Event]) -> None:
        if self._unclosed is not None:
            (raw, mended), waiting = self._unclosed, self._waiting
            self._unclosed, self._waiting = None, []
            cut = isinstance(event, Failed) or event.stop_reason == "max_tokens"
            stop = waiting[0]
            assert isinstance(stop, BlockStop)
            out.append(ToolInputDelta(stop.key, raw if cut else mended))
            out.append(stop)
            for held in waiting[1:]:
                self._see(held, out)
            if self._unclosed is not None:  # another one among those that waited
                self._end(event, out)
                return
        if self._call is not None and self._fragments:
            out.append(ToolInputDelta(self._call.key, "".join(self._fragments)))
        self._call, self._fragments = None, []
        out.append(event)


def mend_arguments(raw: str, schema: JsonObject) -> tuple[str, bool]:
    """The arguments as JSON text of an object, and False when their end had to be made up.

    What needs no mending, or can't be mended, comes back as it is. By the schema: keys lose surrounding white space
    where only that keeps them from fitting, and JSON in a string is unpacked where an array or object is asked for.
    """
    repaired = repair(raw)
    value = None if repaired is None else repaired.value
    if isinstance(value, str):  # the object was encoded twice
        inner = repair(value)
        value = None if inner is None or not inner.closed else inner.value
    arguments = as_object(value)
    if repaired is None or arguments is None:
        return raw, True
    fitted = _fit(arguments, schema)
    if fitted == arguments and _is_json_object(raw):
        return raw, True
    return orjson.dumps(fitted, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode(), repaired.closed


def _is_json_object(raw: str) -> bool:
    try:
        return isinstance(orjson.loads(raw), dict)
    except orjson.JSONDecodeError:
        return False


def _fit(arguments: JsonObject, schema: JsonObject) -> JsonObject:
    properties = as_object(schema.get("properties")) or {}
    fitted: JsonObject = {}
    for key, value in arguments.items():
        name = key.strip() if key not in properties and key.strip() in properties else key
        if name in arguments and name != key:
            name = key  # both spellings came: neither is lost
        fitted[name] = _unpacked(value, as_object(properties.get(name)) or {})
    return fitted


def _unpacked(value: Json, schema: JsonObject) -> Json:
    """A string that holds the JSON of an array or object, as that, where the schema takes nothing else."""
    wanted = schema.get("type")
    if not isinstance(value, str) or wanted not in {"array", "object"}:
        return value
    repaired = repair(value)
    if repaired is None or not repaired.closed:
        return value
    found = as_list(repaired.value) if wanted == "array" else as_object(repaired.value)
    return value if found is None else found
