"""A changed configuration is built completely beside the running one, then swapped in, or it is not."""

import asyncio
import logging
import time
from dataclasses import replace
from pathlib import Path

from ccrouter.config.problems import Problem
from ccrouter.gateway.rerouting import rerouted, rerouted_json, summary
from ccrouter.log_levels import apply_log_level
from ccrouter.runtime import Built, build
from ccrouter.server.stamps import stamps
from ccrouter.server.state import State

logger = logging.getLogger("ccrouter.server")

POLL_SECONDS = 1.0


async def reload(state: State) -> bool:
    """Build the configuration anew; True when it is now the one that serves.

    A bad one changes nothing but `state.problems`: the old one keeps serving.
    """
    built = await asyncio.to_thread(build, state.config_path, state.environment)
    return apply(state, built)


def apply(state: State, built: Built) -> bool:
    """Swap a built configuration in, unless it has errors."""
    state.sources = built.sources
    if built.service is None:
        kept = "The running configuration stays in force until this is mended"
        state.problems = tuple(
            replace(problem, fix=f"{problem.fix}. {kept}" if problem.fix else kept)
            if problem.severity == "error"
            else problem
            for problem in built.problems
        )
        for problem in built.problems:
            logger.error("config not reloaded: %s", problem)
        return False
    old, new = state.service.config, built.service.config
    moved = (old.host, old.port, old.workers) != (new.host, new.port, new.workers)
    notice = Problem("warning", "HOST, PORT or WORKERS changed", "Run `ccr restart` for it", file=new.path)
    sketches = tuple(state.gateway.journal.sketches)
    changed = rerouted(sketches, state.service, built.service)
    state.rerouted = rerouted_json(changed, len(sketches))
    if (told := summary(changed, len(sketches))) is not None:
        logger.warning("config reloaded: %s", told)
    state.service = built.service
    apply_log_level(new.log, new.log_level)
    state.problems = (*built.problems, notice) if moved else built.problems
    state.reloaded_at = time.time()
    logger.info("config reloaded from %s", state.config_path)
    return True


async def watch(state: State) -> None:
    """Reload whenever one of the configuration's files changes. Runs until cancelled.

    Polling by stat: it works the same for editors that replace files, mounted homes, containers and Windows, and costs
    a few microseconds a second (docs/decisions).
    """
    known = stamps(watched(state))
    while True:
        await asyncio.sleep(POLL_SECONDS)
        found = stamps(watched(state))
        if found == known:
            continue
        # An editor may still be writing: take it when it has been still for one round.
        while True:
            await asyncio.sleep(POLL_SECONDS / 4)
            again = stamps(watched(state))
            if again == found:
                break
            found = again
        await reload(state)
        known = stamps(watched(state))


def watched(state: State) -> set[Path]:
    """The files whose change matters."""
    return {state.config_path, *state.service.config.sources, *state.sources}
