"""A model that sees no images, with a conversation that has some: the router looks at them for it.

The model calls a tool, the router asks the image model and goes on (`pipeline/look_rounds.py`), any number of times.
"""

import asyncio

from ccrouter.errors import UpstreamError
from ccrouter.gateway.attempts import Attempt
from ccrouter.gateway.one_answer import Elsewhere, Model, PassOn
from ccrouter.model.events import Event
from ccrouter.pipeline.image_agent import Seen
from ccrouter.pipeline.look_rounds import LookRounds
from ccrouter.pipeline.outbound import Outbound


async def answer_with_looks(
    model: Model, rounds: LookRounds, outbound: Outbound, pass_on: PassOn, elsewhere: Elsewhere
) -> UpstreamError | None:
    """One answer of the model as the client sees it, looks and all. `outbound` is the first round's request.

    Returns the failure that ended a committed message.

    Raises:
        CCRouterError: it failed; whether anything was committed says the model's `message`.
    """

    async def pass_round_on(events: list[Event]) -> None:
        await pass_on(rounds.take(events))

    failure: UpstreamError | None = None
    while True:
        failure = await model.answer(outbound, pass_round_on) or failure
        if rounds.looks:
            await pass_on(rounds.answer(await seen_in(model.attempt, rounds, elsewhere)))
        if rounds.over:
            return failure
        outbound = model.attempt.prepare(rounds.request)


async def seen_in(attempt: Attempt, rounds: LookRounds, elsewhere: Elsewhere) -> list[Seen]:
    """The answers to all looks of the round, in their order. They are looked at all at the same time."""
    assert attempt.look is not None
    image_model = attempt.look.image_model
    async with elsewhere():
        return await asyncio.gather(*[image_model.see(look, rounds.images) for look in rounds.looks])
