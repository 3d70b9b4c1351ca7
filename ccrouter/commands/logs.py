"""`ccr logs`: the end of the log, and what is added to it."""

import os
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO

import click

from ccrouter.commands.locating import chosen_config, config_option
from ccrouter.daemon.files import files_of
from ccrouter.errors import CCRouterError

DEFAULT_LINES = 50
POLL_SECONDS = 0.2
BLOCK_BYTES = 64 * 1024


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.option("-f", "--follow", is_flag=True, help="Go on with what is added; Ctrl-C ends it.")
@click.option("-n", "--lines", type=click.IntRange(min=0), default=DEFAULT_LINES, show_default=True, help="How many.")
@click.pass_context
def logs(context: click.Context, config: Path | None, follow: bool, lines: int) -> None:
    """Show the last lines of the log."""
    path = files_of(chosen_config(config)).log
    if not path.exists() and not follow:
        raise CCRouterError(f"There is no log yet at {path}; `ccr start` begins one.")
    output = sys.stdout.buffer
    try:
        for part in follow_log(path, lines) if follow else tail(path, lines):
            output.write(part)
            output.flush()
    except KeyboardInterrupt:
        context.exit(130)


def tail(path: Path, lines: int) -> Iterator[bytes]:
    """The last `lines` lines of the file. Raises OSError."""
    with path.open("rb") as stream:
        stream.seek(offset_of_last(stream, lines))
        while block := stream.read(BLOCK_BYTES):
            yield block


def offset_of_last(stream: IO[bytes], lines: int) -> int:
    """Where the last `lines` lines begin; the file is read from its end, so its size does not matter."""
    position = stream.seek(0, os.SEEK_END)
    if lines == 0:
        return position
    wanted = lines
    end = True
    while position > 0:
        size = min(BLOCK_BYTES, position)
        position -= size
        stream.seek(position)
        block = stream.read(size)
        if end and block.endswith(b"\n"):
            wanted += 1  # the line break at the very end begins no line
        end = False
        found = len(block)
        while wanted and (found := block.rfind(b"\n", 0, found)) >= 0:
            wanted -= 1
            if wanted == 0:
                return position + found + 1
    return 0


def follow_log(path: Path, lines: int, poll: float = POLL_SECONDS) -> Generator[bytes]:
    """The last lines, then what is added, for ever; through rotations, truncations and a file that is not there yet."""
    stream: IO[bytes] | None = None
    try:
        while True:
            if stream is None:
                stream = _open(path, lines)
                lines = -1  # a file that appears later is shown from its beginning
            if stream is not None:
                while block := stream.read(BLOCK_BYTES):
                    yield block
                if _was_replaced(stream, path):
                    yield stream.read()  # what was written between the last read and the rotation
                    stream.close()
                    stream = None
                    continue
            time.sleep(poll)
    finally:
        if stream is not None:
            stream.close()


def _open(path: Path, lines: int) -> IO[bytes] | None:
    """None where the file is not there; with `lines` < 0 from the beginning."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return None
    if lines >= 0:
        stream.seek(offset_of_last(stream, lines))
    return stream


def _was_replaced(stream: IO[bytes], path: Path) -> bool:
    """True when `path` is another file now, or the same one made shorter than what was read of it."""
    try:
        now = path.stat()
    except FileNotFoundError:
        return False  # in the middle of a rotation: the new one is about to appear
    return not os.path.samestat(os.fstat(stream.fileno()), now) or now.st_size < stream.tell()
