"""The function calls of one reply: whole, or in pieces that belong to the one call that is open."""

from collections.abc import Container, Iterable

from ccrouter.dialects.gemini.blocks import BlockWriter
from ccrouter.dialects.gemini.call_ids import fits, minted
from ccrouter.dialects.gemini.partial_args import PartialArguments
from ccrouter.dialects.gemini.tools import client_name
from ccrouter.dialects.lenient_json import compact_json, parse_leniently
from ccrouter.model.json import Json, JsonObject, as_object, as_str


class Call:
    """A call whose arguments are still coming."""

    def __init__(self, name: str, id_: str, signature: str | None) -> None:
        self.name = name
        self.id = id_
        self.signature = signature
        self.arguments = PartialArguments()


class Calls:
    """Follows the function calls of one reply."""

    def __init__(self, writer: BlockWriter, names: Iterable[str], used_ids: Container[str] = frozenset[str]()) -> None:
        """`names`: those of the tools on offer, as the client knows them. `used_ids`: of the conversation so far."""
        self._writer = writer
        self._names = tuple(names)
        self._used_ids = used_ids
        self._ids: set[str] = set()
        self._count = 0
        self._open: Call | None = None
        self.broken: str | None = None
        """What was wrong with a call nobody can run, in words."""

    @property
    def unfinished(self) -> bool:
        """True while a call waits for more of its arguments."""
        return self._open is not None

    def take(self, function: JsonObject, signature: str | None, seed: str) -> None:
        """One `functionCall`. `seed` goes into the ids of calls that have none."""
        name = as_str(function.get("name")) or ""
        pieces = function.get("partialArgs")
        goes_on = function.get("willContinue") is True
        if name:
            self.complete(seed)
            id_ = as_str(function.get("id")) or ""
            if pieces is None and not goes_on:
                self._write(name, id_, signature, _arguments(function.get("args")), seed)
                return
            self._open = Call(name, id_, signature)
        if self._open is None:
            if function.get("args") or pieces:
                self.broken = "a function call without a name"
            return
        self._open.arguments.take(pieces)
        if not goes_on:
            self.complete(seed)

    def complete(self, seed: str) -> None:
        """Give out the open call: all of its arguments have come."""
        call, self._open = self._open, None
        if call is None:
            return
        if call.arguments.broken:
            self.broken = f"pieces of arguments for {call.name} that do not fit together"
        else:
            self._write(call.name, call.id, call.signature, call.arguments.value, seed)

    def drop(self) -> str | None:
        """Forget the open call, which was cut. Its name, if there was one."""
        call, self._open = self._open, None
        return None if call is None else call.name

    def _write(self, name: str, id_: str, signature: str | None, arguments: Json, seed: str) -> None:
        json = compact_json(arguments)
        own = fits(id_) and self._is_free(id_)
        used, attempt = id_ if own else minted(seed, self._count, name, json), 0
        while not self._is_free(used):
            used, attempt = minted(seed, self._count, name, json, attempt), attempt + 1
        self._count += 1
        self._ids.add(used)
        self._writer.call(used, client_name(name, self._names), json, signature=signature, own_id=own)

    def _is_free(self, id_: str) -> bool:
        return id_ not in self._ids and id_ not in self._used_ids


def _arguments(value: Json) -> Json:
    """Arguments as an object; some hosts send them as JSON text, or not at all."""
    if isinstance(value, str):
        parsed = as_object(parse_leniently(value.encode("utf-8", "replace")))
        return {"input": value} if parsed is None and value.strip() else parsed or {}
    return {} if value is None else value
