"""Which requests get hints for their model, and which hints a target gets.

Only what Claude Code's agents send, the main one and subagents: the texts are about its tools. Whether those are on
offer is in the body itself and the same in every request of a conversation, also in the one that compacts it, which
goes on with the same system prompt: so the provider's prompt cache stays good. Titles, probes, the WebSearch helper and
the safety classifier offer no such tool, and what they answer is read by a program.
"""

from collections.abc import Mapping
from typing import Final

from ccrouter.config.hints import HINTS_HEADER
from ccrouter.config.types import Config, Target
from ccrouter.errors import CCRouterError
from ccrouter.gateway.types import Service
from ccrouter.model.request import Request
from ccrouter.transformers.guidance import Guidance

CLAUDE_CODE_TOOLS: Final = frozenset({"Bash", "Read", "Edit", "Write"})
"""Every agent that comes with Claude Code has some of these."""
SWITCH: Final[Mapping[str, bool]] = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}


def wants_guidance(request: Request, headers: Mapping[str, str], config: Config) -> bool:
    """True for a request that gets hints where there are some for its model. `headers` have lower-case names."""
    asked = headers.get(HINTS_HEADER)
    wanted = config.hints.enabled if asked is None else SWITCH.get(asked.strip().lower(), config.hints.enabled)
    return wanted and any(tool.name in CLAUDE_CODE_TOOLS for tool in request.tools or ())


class Guide:
    """Gives the hints of one request, by target."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, target: Target) -> Guidance | None:
        """The hints for the target's model; None where there are none, or nothing can be sent to it anyway."""
        try:
            return self._service.pipeline(target, guided=True).guidance
        except CCRouterError:
            return None


def guide_for(request: Request, headers: Mapping[str, str], service: Service) -> Guide | None:
    """What gives the request's hints; None for one that gets none."""
    return Guide(service) if wants_guidance(request, headers, service.config) else None
