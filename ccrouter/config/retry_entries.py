"""The top-level `retries`, `cooldown` and `rescue` of a config."""

from ccrouter.config.provider_limits import read_number
from ccrouter.config.report import Report
from ccrouter.config.types import EVERY_SCENARIO, Cooldown, Retries
from ccrouter.model.json import Json, as_int, as_list, as_object


def read_retries(value: Json, report: Report) -> Retries:
    """How hard is tried; what is not said is as in Retries."""
    fields, usual = as_object(value) or {}, Retries()
    attempts, same = as_int(fields.get("max_attempts")), as_int(fields.get("same_target"))
    deadline = read_number(fields, "deadline_seconds", report, "/retries")
    wait = read_number(fields, "wait_seconds", report, "/retries")
    retries = Retries(
        max_attempts=usual.max_attempts if attempts is None else attempts,
        same_target=usual.same_target if same is None else same,
        deadline_seconds=usual.deadline_seconds if deadline is None else deadline,
        wait_seconds=usual.wait_seconds if wait is None else wait,
    )
    if wait is not None and wait > retries.deadline_seconds:
        message = f"no wait is longer than deadline_seconds ({retries.deadline_seconds:g})"
        report.warning(message, "Raise deadline_seconds too", pointer="/retries/wait_seconds")
    return retries


def read_cooldown(value: Json, report: Report) -> Cooldown:
    """How long what was refused is left alone."""
    cap = read_number(as_object(value) or {}, "cap_seconds", report, "/cooldown")
    return Cooldown() if cap is None else Cooldown(cap)


def read_rescue(value: Json) -> frozenset[str]:
    """The scenarios whose torn streams are continued: all for true, else those listed."""
    if value is True:
        return frozenset(EVERY_SCENARIO)
    return frozenset(EVERY_SCENARIO).intersection(entry for entry in as_list(value) or () if isinstance(entry, str))
