"""An attempt whose answer may take several of the model's: the router runs tools of its own in between.

Those are web searches (`searching.py`) and looks at images (`looking.py`); with both, every round of the one is a
message of the other. All go to the same target. As everywhere, nothing goes out before the model's first word, and
nothing is tried again after it.
"""

from collections.abc import Awaitable, Callable

from ccrouter.errors import CCRouterError, UpstreamError
from ccrouter.gateway.attempts import Attempt, Outcome
from ccrouter.gateway.client_message import ClientMessage
from ccrouter.gateway.failures import as_upstream_error
from ccrouter.gateway.looking import answer_with_looks
from ccrouter.gateway.one_answer import Elsewhere, Model, PassOn
from ccrouter.gateway.searching import answer_with_searches
from ccrouter.model.events import Failed
from ccrouter.model.request import Request
from ccrouter.pipeline.look_rounds import LookRounds
from ccrouter.upstream.client import UpstreamClient


async def run_in_rounds(
    client: UpstreamClient,
    attempt: Attempt,
    *,
    commit: Callable[[], Awaitable[None]],
    write: Callable[[bytes], Awaitable[None]],
    finish: Callable[[], Awaitable[None]],
    elsewhere: Elsewhere,
) -> Outcome:
    """Serve `attempt`, whose searches or looks are the router's to run.

    Raises:
        UpstreamError: it failed before anything was committed.
    """
    message = ClientMessage(attempt.defaults, attempt.replies, streamed=attempt.streamed, commit=commit, write=write)
    model = Model(client, attempt, message)
    plan = attempt.look

    async def ask(request: Request, pass_on: PassOn) -> UpstreamError | None:
        if plan is None:
            return await model.answer(attempt.prepare(request), pass_on)
        rounds = LookRounds(request)
        return await answer_with_looks(model, rounds, attempt.prepare(rounds.request), pass_on, elsewhere)

    failure: UpstreamError | None = None
    try:
        if attempt.search is not None:
            failure = await answer_with_searches(client, attempt, attempt.search, message, ask)
        elif plan is not None:
            failure = await answer_with_looks(model, plan.first, attempt.outbound, message.send, elsewhere)
    except CCRouterError as error:
        if not message.committed:
            raise
        failure = as_upstream_error(error)
        await message.send([Failed(failure)])
    await finish()
    return Outcome(message.usage, message.body, failure, tuple(message.answers))
