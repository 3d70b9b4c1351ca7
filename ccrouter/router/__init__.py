"""Which provider and model a request goes to, and why. Pure: no I/O, no clock."""

from ccrouter.router.custom import CustomAnswer, RouteRequest
from ccrouter.router.decide import decide, decide_look
from ccrouter.router.facts import Decision, Facts, KnownTargets, ProviderFacts
from ccrouter.router.hints import Hints, agent_id_of, hints_of, session_id_of
from ccrouter.router.origins import Origins, with_origins
from ccrouter.router.selectors import alias_id, display_name, model_id, resolve
from ccrouter.router.working_directory import working_directory

__all__ = [
    "CustomAnswer",
    "Decision",
    "Facts",
    "Hints",
    "KnownTargets",
    "Origins",
    "ProviderFacts",
    "RouteRequest",
    "agent_id_of",
    "alias_id",
    "decide",
    "decide_look",
    "display_name",
    "hints_of",
    "model_id",
    "resolve",
    "session_id_of",
    "with_origins",
    "working_directory",
]
