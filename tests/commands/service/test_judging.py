"""The service judged: facts in, findings out."""

from dataclasses import replace
from pathlib import Path

import pytest

from ccrouter.commands.service.gathering import ServiceFacts
from ccrouter.commands.service.judging import judge_service
from ccrouter.daemon.service.base import ServiceState
from ccrouter.daemon.service.definition import Installed, NotOurs

CONFIG = Path("/home/u/.claude-code-router/config.json")
FILE = Path("/home/u/.config/systemd/user/ccrouter.service")
COMMAND = ("/opt/python", "-P", "-m", "ccrouter", "start", "--foreground", "--config", str(CONFIG))
WELL = ServiceFacts(CONFIG, Installed(FILE, COMMAND), "systemd", state=ServiceState("running", 7, at_login=True))
FAILED = ServiceState("failed", at_login=True, detail="exit-code 1")


def test_no_service_is_no_finding() -> None:
    assert list(judge_service(ServiceFacts(CONFIG))) == []
    assert list(judge_service(ServiceFacts(CONFIG, unavailable="there is no systemd"))) == []


def test_a_service_that_is_well() -> None:
    (found,) = judge_service(WELL)
    assert (found.level, found.advice) == ("ok", "")
    assert str(FILE) in found.text


@pytest.mark.parametrize(
    ("facts", "level", "words", "advice"),
    [
        (replace(WELL, program_there=False), "error", "/opt/python, which is not there", "ccr service install"),
        (replace(WELL, ours=False), "warning", "the ccrouter of /opt/python", "ccr service install"),
        (replace(WELL, config_there=False), "error", f"serves {CONFIG}", "--replace"),
        (replace(WELL, serves=False, config=Path("/x.json")), "note", "not /x.json", ""),
        (replace(WELL, state=FAILED), "error", "failed (exit-code 1)", "ccr start"),
        (replace(WELL, state=replace(FAILED, activity="starting")), "warning", "is being tried again", "ccr start"),
        (replace(WELL, state=ServiceState("running")), "warning", "does not start at login", "ccr service install"),
        (replace(WELL, state=None, unavailable="no bus"), "note", "no bus", ""),
        (replace(WELL, found=NotOurs(FILE, "is a link")), "note", f"{FILE} is a link", ""),
        (replace(WELL, hint="linger"), "note", "linger", ""),
    ],
)
def test_what_is_wrong_is_told(facts: ServiceFacts, level: str, words: str, advice: str) -> None:
    (found,) = (found for found in judge_service(facts) if found.level != "ok")
    assert found.level == level
    assert words in found.text
    assert advice in found.advice
    assert bool(found.advice) == (level in ("warning", "error"))
