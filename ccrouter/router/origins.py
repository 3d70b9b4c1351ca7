"""Which override file a route is from, told with the decision. Pure."""

from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from ccrouter.config.problems import Problem
from ccrouter.config.types import RouterConfig, Target
from ccrouter.frozen import frozen
from ccrouter.router.facts import Decision

FIELDS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "default": (("default", "default"),),
    "background": (("background", "background"),),
    "think": (("think", "think"), ("think_effort", "thinkEffort")),
    "longContext": (("long_context", "longContext"), ("long_context_threshold", "longContextThreshold")),
    "webSearch": (("web_search", "webSearch"),),
    "image": (("image", "image"),),
    "classifier": (("classifier", "classifier"), ("default", "default")),
    "compaction": (("compaction", "compaction"),),
}
"""What may have decided, by scenario: the fields of RouterConfig and how users write them."""


@frozen
class Origins:
    """The override files of a session."""

    files: Mapping[Path, tuple[str, ...]] = field(default_factory=dict[Path, tuple[str, ...]])
    """Those that count, and the fields of RouterConfig that each sets."""
    refused: tuple[Problem, ...] = ()
    """What keeps others from counting."""

    def file_of(self, name: str) -> Path | None:
        """The file whose word counts for a field: the last one's."""
        return next((file for file, names in reversed(tuple(self.files.items())) if name in names), None)


def with_origins(decision: Decision, origins: Origins, router: RouterConfig) -> Decision:
    """The decision, its reason naming the file that decided, and what was considered all of them."""
    reason = decision.reason
    for name, written in FIELDS.get(decision.scenario, ()):
        file = origins.file_of(name)
        route = getattr(router, name)
        if file is not None and (not isinstance(route, Target) or route == decision.targets[0]):
            reason += f"; Router.{written} is from {file}"
    for problem in origins.refused:
        reason += f"; not used: {problem}"
    looked_at = [("override", f"{file} sets {', '.join(names) or 'nothing'}") for file, names in origins.files.items()]
    looked_at += [("override", f"not used: {problem}") for problem in origins.refused]
    return replace(decision, reason=reason, considered=(*looked_at, *decision.considered))
