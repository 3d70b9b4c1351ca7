"""What the doctor found: one line each, with what to do."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject
from ccrouter.upstream.masking import with_masked

Level: TypeAlias = Literal["ok", "note", "warning", "error"]
URGENT: Final[tuple[Level, ...]] = ("error", "warning")
"""What there is something to do about, the worst first."""


@frozen
class Finding:
    """One thing. `advice` is what to do; a warning or error always has one."""

    area: str
    level: Level
    text: str
    advice: str = ""


def to_do(findings: Iterable[Finding]) -> list[str]:
    """What to do, in order: first what keeps things from working; each once."""
    found = list(findings)
    return list(dict.fromkeys(entry.advice for level in URGENT for entry in found if entry.level == level))


def without_secrets(findings: Iterable[Finding], secrets: Sequence[str]) -> list[Finding]:
    """The findings on one line each, with every secret masked, whichever way it came in."""
    longest_first = sorted(set(secrets), key=len, reverse=True)

    def clean(text: str) -> str:
        return with_masked(" ".join(text.split()), longest_first)

    return [replace(found, text=clean(found.text), advice=clean(found.advice)) for found in findings]


def report(findings: Sequence[Finding], version: str, config: str) -> JsonObject:
    """What `--json` prints."""
    entries: list[Json] = [
        {"area": found.area, "level": found.level, "text": found.text, "advice": found.advice or None}
        for found in findings
    ]
    todo = to_do(findings)
    return {"well": not todo, "version": version, "config": config, "findings": entries, "todo": list[Json](todo)}
