"""The image agent's questions to the image model: each a turn of its own, with its own attempts and line in the log."""

import logging
import time
from dataclasses import replace

from ccrouter.client_apis.anthropic import MESSAGES, MESSAGES_API
from ccrouter.config.groups import members_of
from ccrouter.config.types import Target
from ccrouter.errors import CCRouterError, RequestError
from ccrouter.gateway.access_log import RequestLine, access_log
from ccrouter.gateway.accounting import account, enter_usage
from ccrouter.gateway.failures import answer_for
from ccrouter.gateway.health import Health
from ccrouter.gateway.image_model import Descriptions, ImageModel
from ccrouter.gateway.look_plan import seeing
from ccrouter.gateway.prompt import Prompt
from ccrouter.gateway.turn import Turn, Work
from ccrouter.gateway.types import Incoming, Record, Service
from ccrouter.model.request import Request
from ccrouter.router import decide_look
from ccrouter.tokens import TokenCounter
from ccrouter.upstream.client import UpstreamClient
from ccrouter.usage.sessions import Sessions

logger = logging.getLogger("ccrouter.requests")


class ImageAgent:
    """Remembers what was seen; makes for each request what looks at images for it."""

    def __init__(self, client: UpstreamClient, health: Health, counter: TokenCounter, accounts: Sessions) -> None:
        self._client = client
        self._health = health
        self._counter = counter
        self._accounts = accounts
        self._descriptions = Descriptions()

    def model_for(self, service: Service, outer: Record) -> ImageModel | None:
        """What looks at images for the request of `outer`, which has its scenario; None where nothing does."""
        route = service.config.router.image
        # Whether a command is safe is decided by what is there to read, at once.
        if route is None or outer.scenario == "classifier":
            return None

        async def ask(request: Request) -> bytes:
            return await self._ask(service, outer, request)

        return ImageModel(str(route), ask, self._descriptions, outer.request_id)

    async def _ask(self, service: Service, outer: Record, request: Request) -> bytes:
        outer.looks += 1
        record = Record(f"{outer.request_id}-look{outer.looks}", session=outer.session)
        decision = decide_look(request, service.config, asker=outer.target)
        targets = tuple([target for target in decision.targets if sees_images(service, target)])
        decision = replace(decision, targets=targets)
        record.scenario, record.reason = decision.scenario, decision.reason
        begun = time.perf_counter()
        if record.session is not None:
            self._accounts.begun(record.session)
        incoming = Incoming(b"", {}, record.request_id)
        prompt = Prompt(self._counter, request, len(incoming.body))
        prompt.parts()
        work = Work(service, incoming, MESSAGES, request, None, decision, prompt, None)
        try:
            outcome, attempt = await Turn(self._client, self._health, work, record, None).run()
            record.status = 200
            enter_usage(record, outcome, service.config.provider(attempt.pipeline.target.provider))
            return outcome.body
        except CCRouterError as error:
            record.status, record.error = answer_for(error, record.request_id, MESSAGES_API).status, str(error)
            raise
        finally:
            record.total = time.perf_counter() - begun
            account(self._accounts, record)
            access_log.log(RequestLine(record))


def sees_images(service: Service, target: Target) -> bool:
    """False for a target none of whose models is known to take images."""
    for member in members_of(target, service.config):
        try:
            if seeing(service.pipeline(member), service.config).quirks.images:
                return True
        except RequestError:
            continue
    return target == service.config.router.image  # what is wrong with it is for the attempt to say
