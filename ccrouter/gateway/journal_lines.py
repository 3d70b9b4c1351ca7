"""Records of the journal that are on disk, still in memory: all in one piece.

Five hundred of them as objects of their own, made while very many requests were under way, lay among what has gone
since, and each kept some pages of memory from being given back: 11 MB for half a megabyte of JSON.
"""

from collections.abc import Iterable, Iterator

import orjson

from ccrouter.model.json import as_object, as_str


class Lines:
    """The last `most` records, no more than `most_bytes` of them: a JSON object a line, which begins with its id."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._block = b""

    def add(self, lines: Iterable[bytes]) -> None:
        """Take in newer ones."""
        block = b"".join([self._block, *[b"%b\n" % line for line in lines]])
        over = max(0, block.count(b"\n") - self._most)
        start = 0
        while over or len(block) - start > self._most_bytes:
            start = block.index(b"\n", start) + 1
            over = max(0, over - 1)
        self._block = block[start:]

    def find(self, name: str) -> bytes | None:
        """The newest of that id."""
        start = self._block.rfind(b"\n%b" % _head(name)) + 1
        if not self._block.startswith(_head(name), start):
            return None
        return self._block[start : self._block.index(b"\n", start)]

    def newest(self) -> Iterator[bytes]:
        """All, the last one first."""
        yield from reversed(self._block.splitlines())


def _head(name: str) -> bytes:
    return b'{"id":%b' % orjson.dumps(name)


def records_in(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Those that are records, each beginning with its id; others were torn by a crash, or edited by hand."""
    for line in lines:
        try:
            found = as_object(orjson.loads(line))
        except orjson.JSONDecodeError:
            continue
        name = as_str(found.get("id")) if found is not None else None
        if found is not None and name is not None:
            yield line if line.startswith(_head(name)) else orjson.dumps({"id": name, **found})
