"""Which tool call a fragment belongs to.

OpenAI's rule is simple: `index` names the call, the first fragment tells id and name, the rest only arguments. What is
really sent: index always 0 for parallel calls (Ollama), none at all (Mistral), id and name in every fragment (vLLM's
qwen3_xml, Kimi), a fresh id in every fragment (older vLLM), ids reused (`call_0`), empty or missing, arguments as an
object, a call sent twice (OpenRouter beside the usage). field-notes 1, pains 14 to 18.
"""

import hashlib
from collections.abc import Container, Iterable, Mapping
from typing import Final

import orjson

from ccrouter.dialects.openai_chat.blocks import BlockWriter, Segment
from ccrouter.dialects.openai_chat.wire import CALL_STATE, CARRIED_FIELDS
from ccrouter.model.json import Json, JsonObject, as_int, as_object, as_str

LEGACY_INDEX: Final = -1
"""Stands for the one call of the old `function_call` field, which has no index."""


class Call:
    """One tool call of a reply. `segment` is None as long as its name has not come."""

    __slots__ = ("arguments", "entry", "name", "segment", "upstream_id")

    def __init__(self) -> None:
        self.upstream_id = ""
        self.name = ""
        self.segment: Segment | None = None
        self.arguments: list[str] = []
        self.entry: JsonObject = {}

    @property
    def complete(self) -> bool:
        """True when the arguments so far are a whole JSON object: nothing can follow that belongs to this call.

        This only ever tells a new call from a continuation. It closes nothing.
        """
        return bool(self.arguments) and self.arguments[-1].rstrip()[-1:] == "}" and _parses("".join(self.arguments))


class Calls:
    """Follows the tool calls of one reply."""

    def __init__(self, writer: BlockWriter, names: Mapping[str, str], used_ids: Container[str] = frozenset()) -> None:
        """`names`: wire name → client's name, for tools whose name had to be changed for the wire. `used_ids`: those of
        the conversation so far (some servers begin with `call_0` in each reply).
        """
        self._used_ids = used_ids
        self._writer = writer
        self._names = names
        self._by_index: dict[int, Call] = {}
        self._calls: list[Call] = []
        self._ids: set[str] = set()

    def take(self, entries: list[JsonObject], seed: str, *, choice: int = 0, whole: bool = False) -> None:
        """The `tool_calls` of one delta, or of a whole message (`whole`: every entry is a call of its own).

        `seed` goes into the ids of calls that have none, so that the same reply always gives the same ids.
        """
        seen: set[int] = set()
        for position, entry in enumerate(entries):
            function = as_object(entry.get("function")) or {}
            name = as_str(function.get("name")) or ""
            arguments = _arguments(function.get("arguments"))
            if whole:
                if name or arguments:
                    self._add(self._new(None), entry, name, arguments, seed)
                continue
            index = as_int(entry.get("index"))
            if index is not None:
                # Copilot splits one turn over several choices, each of which may count from 0.
                call = self._of_index(index + (choice << 20), entry, name, arguments)
            else:
                call = self._without_index(entry, name, arguments, fresh=position > 0 and len(self._calls) - 1 in seen)
            if call is not None:
                self._add(call, entry, name, arguments, seed)
                seen.add(len(self._calls) - 1)

    def only_more_of(self, shown: Segment, entries: list[Json]) -> str:
        """The common fragment, short: its arguments where it is nothing but more of the open call, else ""."""
        entry = entries[0]
        if len(entries) != 1 or not isinstance(entry, dict):
            return ""
        function, index = entry.get("function"), entry.get("index")
        call = self._by_index.get(index) if type(index) is int else None
        if call is None or call.segment is not shown or not isinstance(function, dict):
            return ""
        arguments = function.get("arguments")
        known = ("index" in entry) + ("function" in entry) + ("type" in entry)
        if len(entry) != known or len(function) != 1 or not isinstance(arguments, str):
            return ""
        return arguments

    def more_of(self, shown: Segment, arguments: Iterable[str]) -> None:
        """Take in more of the open call, which its block has been told already."""
        for call in self._calls:
            if call.segment is shown:
                call.arguments.extend(arguments)

    def take_legacy(self, function: JsonObject, seed: str) -> None:
        """The old `function_call` field, of a delta or a message."""
        name = as_str(function.get("name")) or ""
        arguments = _arguments(function.get("arguments"))
        if name or arguments:
            call = self._by_index.get(LEGACY_INDEX) or self._new(LEGACY_INDEX)
            self._add(call, {}, "" if call.name else name, arguments, seed)

    def unfinished(self) -> str | None:
        """What is wrong with the calls if the reply is over now without having said so: the first that is cut."""
        for call in self._calls:
            text = "".join(call.arguments)
            if text.strip() and not _parses(text):
                return call.name
        return None

    @property
    def nameless(self) -> bool:
        """True when a call was begun whose name never came."""
        return any(call.segment is None for call in self._calls)

    def _of_index(self, index: int, entry: JsonObject, name: str, arguments: str) -> Call | None:
        call = self._by_index.get(index)
        if call is None:
            return self._new(index)
        return self._continued(call, entry, name, arguments, index)

    def _without_index(self, entry: JsonObject, name: str, arguments: str, *, fresh: bool) -> Call | None:
        given = as_str(entry.get("id")) or ""
        for call in self._calls:
            if given and call.upstream_id == given:
                return self._continued(call, entry, name, arguments, None)
        if not self._calls or (name and (given or fresh)):
            return self._new(None)
        return self._continued(self._calls[-1], entry, name, arguments, None)

    def _continued(self, call: Call, entry: JsonObject, name: str, arguments: str, index: int | None) -> Call | None:
        """`call` when the fragment continues it, a new call when it begins one, None when it only repeats `call`."""
        given = as_str(entry.get("id")) or ""
        if given and call.upstream_id and given != call.upstream_id:
            # A fresh id on every fragment (older vLLM) comes without a name while the arguments are still open.
            return self._new(index) if name or call.complete else call
        if not name or not call.name:
            return call
        if name != call.name:
            return self._new(index) if not call.arguments or call.complete else call
        if not arguments.strip() or not call.complete:
            return call
        if given and arguments == "".join(call.arguments):
            return None
        return self._new(index)

    def _new(self, index: int | None) -> Call:
        call = Call()
        self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def _add(self, call: Call, entry: JsonObject, name: str, arguments: str, seed: str) -> None:
        call.upstream_id = call.upstream_id or as_str(entry.get("id")) or ""
        call.name = call.name or name
        state: JsonObject = {field: entry[field] for field in CALL_STATE if entry.get(field)}
        call.entry.update(state)
        if arguments:
            call.arguments.append(arguments)
        if call.segment is not None:
            self._writer.arguments(call.segment, arguments)
        elif call.name:
            id_ = self._unique_id(call, seed)
            if call.entry:
                self._writer.carry(CARRIED_FIELDS, {"calls": {id_: call.entry}})
            call.segment = self._writer.call(id_, self._names.get(call.name, call.name))
            self._writer.arguments(call.segment, "".join(call.arguments))

    def _unique_id(self, call: Call, seed: str) -> str:
        wanted = call.upstream_id
        attempt = 0
        while not wanted or wanted in self._ids or wanted in self._used_ids:
            text = f"{seed}/{self._calls.index(call)}/{call.name}/{call.upstream_id}" + (
                f"/{attempt}" if attempt else ""
            )
            wanted = "toolu_" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]
            attempt += 1
        self._ids.add(wanted)
        return wanted


def _arguments(value: Json) -> str:
    """Arguments as JSON text: some providers send the object itself, or null."""
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else ""


def _parses(text: str) -> bool:
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True
