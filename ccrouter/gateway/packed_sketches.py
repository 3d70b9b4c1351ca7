"""The last sketches, packed in one piece until somebody wants them.

A hundred of them are some four thousand small objects. Made while very many requests were under way, they lie among
what has gone since, and keep 300 pages of memory from being given back.
"""

import pickle
from collections.abc import Iterable
from dataclasses import fields
from io import BytesIO
from typing import Any, Final

from ccrouter.config.types import Config
from ccrouter.gateway.calibrations import Calibrations
from ccrouter.gateway.types import Service
from ccrouter.model.json import NO_EXTRAS
from ccrouter.model.request import Part
from ccrouter.router.sketch import Sketch

LASTING: Final = (Config, Calibrations, Service)
"""What sketches refer to but do not own: it stays an object, the very same one afterwards."""


class PackedSketches:
    """Sketches as bytes, which never leave this process. `shared` are objects that outlive the sketches in any case."""

    def __init__(self, sketches: Iterable[Sketch] = (), shared: Iterable[object] = ()) -> None:
        packed = BytesIO()
        packer = _Packer(packed, shared)
        packer.dump(tuple(sketches))
        self._bytes = packed.getvalue()
        self._kept = tuple(packer.kept)

    def unpacked(self) -> tuple[Sketch, ...]:
        """New ones, equal to what was packed."""
        return _Unpacker(BytesIO(self._bytes), self._kept).load()


class _Packer(pickle.Pickler):
    def __init__(self, file: BytesIO, shared: Iterable[object]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.kept: list[object] = []
        self._shared = {id(one): one for one in (NO_EXTRAS, *shared)}
        self._places: dict[int, int] = {}

    def persistent_id(self, obj: Any) -> int | None:  # noqa: ANN401 - whatever a sketch holds
        if not isinstance(obj, LASTING) and id(obj) not in self._shared:
            return None
        if id(obj) not in self._places:
            self._places[id(obj)] = len(self.kept)
            self.kept.append(obj)
        return self._places[id(obj)]

    def reducer_override(self, obj: Any) -> Any:  # noqa: ANN401
        """Without what was worked out about it: a decision on the sketch works that out again."""
        if not isinstance(obj, Part):
            return NotImplemented
        return type(obj), tuple([getattr(obj, part.name) for part in fields(obj) if part.init])


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: BytesIO, kept: tuple[object, ...]) -> None:
        super().__init__(file)
        self._kept = kept

    def persistent_load(self, pid: int) -> object:
        return self._kept[pid]
