"""How long a provider may take, how it is reached, and how much is asked of it."""

from collections.abc import Mapping
from math import isnan
from pathlib import Path

from ccrouter.config.document import child
from ccrouter.config.report import Report
from ccrouter.config.types import DEFAULT_QUEUE, DIRECT, Limits, Timeouts
from ccrouter.config.urls import is_http_url
from ccrouter.config.uses import Files
from ccrouter.model.json import Json, JsonObject, as_int, as_object, as_str


def read_timeouts(value: Json, report: Report, pointer: str) -> Timeouts:
    """The `timeouts` object; wrong types are the schema check's to tell."""
    fields = as_object(value) or {}

    def seconds(name: str) -> float | None:
        return read_number(fields, name, report, pointer)

    timeouts = Timeouts(seconds("connect"), seconds("first_byte"), seconds("idle"), seconds("total"))
    for name, shorter in (("connect", timeouts.connect), ("first_byte", timeouts.first_byte), ("idle", timeouts.idle)):
        if shorter is not None and timeouts.total is not None and shorter > timeouts.total:
            message = f"this has no effect: the whole attempt ends after {timeouts.total:g} seconds (total)"
            report.warning(message, pointer=child(pointer, name))
    return timeouts


def read_limits(fields: JsonObject) -> Limits:
    """The limits among a provider's fields."""
    queue = as_int(fields.get("queue"))
    return Limits(
        max_concurrent=as_int(fields.get("max_concurrent")),
        rpm=as_int(fields.get("rpm")),
        tpm=as_int(fields.get("tpm")),
        queue=DEFAULT_QUEUE if queue is None else queue,
    )


def read_provider_proxy(value: Json, report: Report, pointer: str) -> str | None:
    """The provider's own proxy: a URL, DIRECT for none, or None where it has no say of its own."""
    proxy = (as_str(value) or "").strip()
    if not proxy:
        return None
    if proxy.casefold() == DIRECT:
        return DIRECT
    if not is_http_url(proxy):
        fix = f'Write it as http://host:port, or "{DIRECT}" for none; SOCKS proxies are not supported'
        report.error("must be the URL of an HTTP proxy", fix, pointer=pointer)
    return proxy


def read_ca_bundle(value: Json, files: Files, pointer: str) -> Path | None:
    """The file with the authorities to trust; it must be there."""
    text = (as_str(value) or "").strip()
    path = files.resolve(text, pointer) if text else None
    if path is not None:
        files.check(path, pointer)
    return path


def read_number(fields: Mapping[str, Json], name: str, report: Report, pointer: str) -> float | None:
    """The number at `name`; None where there is none. JSON5's NaN, which passes every bound of a schema, is none."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isnan(value):
        report.error("must be a number", "Leave it out for the usual one", pointer=child(pointer, name))
        return None
    return float(value)
