"""The installed service judged, for `ccr doctor` and `ccr service status`. Pure."""

from collections.abc import Iterator
from typing import Final

from ccrouter.commands.doctor.findings import Finding
from ccrouter.commands.service.gathering import ServiceFacts
from ccrouter.daemon.service.base import ServiceState
from ccrouter.daemon.service.definition import Installed, NotOurs

SERVICE: Final = "service"
ANEW: Final = "Install it anew: ccr service install"


def judge_service(facts: ServiceFacts) -> Iterator[Finding]:
    """Nothing where no service is installed: nobody has to have one."""
    match facts.found:
        case None:
            return
        case NotOurs(file, why):
            yield Finding(SERVICE, "note", f"{file} {why}, so ccrouter leaves it alone")
        case Installed() as installed:
            wrong = list(_wrong(installed, facts))
            yield from wrong
            if not any(found.level in ("warning", "error") for found in wrong) and facts.state is not None:
                yield Finding(SERVICE, "ok", f"{facts.manager} starts it at login ({installed.file})")
            if facts.hint is not None:
                yield Finding(SERVICE, "note", facts.hint)


def _wrong(installed: Installed, facts: ServiceFacts) -> Iterator[Finding]:
    if not facts.program_there:
        text = f"the service runs {installed.program}, which is not there any more"
        yield Finding(SERVICE, "error", text, ANEW)
    elif not facts.ours:
        text = f"the service runs the ccrouter of {installed.program}, not this one"
        yield Finding(SERVICE, "warning", text, f"Let it run this one, or use that one: {_command(ANEW)}")
    if not facts.config_there:
        text = f"the service serves {installed.config or 'no config'}, which is not there"
        yield Finding(
            SERVICE, "error", text, "Name the one it shall serve: ccr service install --replace --config FILE"
        )
    elif not facts.serves:
        yield Finding(SERVICE, "note", f"it serves {installed.config}, not {facts.config}")
    if facts.state is None:
        yield Finding(SERVICE, "note", f"how it is cannot be asked: {facts.unavailable}")
    else:
        yield from _activity(facts.state)


def _activity(state: ServiceState) -> Iterator[Finding]:
    if state.activity == "failed":
        text = f"the service has failed ({state.detail or 'nobody says why'})"
        yield Finding(SERVICE, "error", text, "Start it, which says why it fails: ccr start")
    elif state.activity == "starting" and state.detail:
        text = f"the service failed ({state.detail}) and is being tried again"
        yield Finding(SERVICE, "warning", text, "Start it, which says why it fails: ccr start")
    if not state.at_login:
        yield Finding(SERVICE, "warning", "the service is installed, but does not start at login", ANEW)


def _command(advice: str) -> str:
    return advice.partition(": ")[2]
