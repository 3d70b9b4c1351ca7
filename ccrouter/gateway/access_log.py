"""One line a request, for people: no bodies, no keys."""

from ccrouter.gateway.types import Record
from ccrouter.log_messages import Unhurried, UnhurriedLog


class RequestLine(Unhurried):
    """The log's message of a request that is over, and whose record does not change any more."""

    __slots__ = ("_record",)
    logger = "ccrouter.requests"

    def __init__(self, record: Record) -> None:
        super().__init__()
        self._record = record

    def __str__(self) -> str:
        return log_line(self._record)


access_log = UnhurriedLog(RequestLine)


def log_line(record: Record) -> str:
    """`key=value` pairs in a fixed order; text with spaces is quoted."""
    usage = record.usage
    cached = usage.cache_read or 0
    line = (
        f"id={record.request_id} session={(record.session or '-')[:8]} status={record.status or '-'} "
        f"scenario={record.scenario} target={quoted(record.target)} "
        f"in={(usage.input or 0) + cached + (usage.cache_write or 0)} cached={cached} out={usage.output or 0} "
        f"first_byte={milliseconds(record.first_byte)} total={milliseconds(record.total)} "
        f"attempts={record.attempts} stream={'yes' if record.streamed else 'no'} reason={quoted(record.reason)}"
    )
    if record.cost is not None:
        line += f" cost={record.cost:.6f}"
    if record.hints:
        line += f" hints={quoted(record.hints)}"
    if record.looks:
        line += f" looks={record.looks}"
    if record.rescued_by:
        line += f" rescued={len(record.rescued_by)} rescued_by={quoted(' > '.join(record.rescued_by))}"
    if record.error:
        line += f" error={quoted(record.error)}"
    for failure in record.failures:
        line += f" failed={quoted(failure)}"
    return line


def quoted(text: str) -> str:
    """`text` on one line, in quotes when it holds a space."""
    line = " ".join(text.split())[:300]
    return f'"{line}"' if " " in line or not line else line


def milliseconds(seconds: float | None) -> str:
    """Seconds as whole milliseconds, `-` when not known."""
    return "-" if seconds is None else f"{round(seconds * 1000)}ms"
