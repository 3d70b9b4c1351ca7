"""`POST /v1/embeddings`, passed through to a provider that has them: keys, repeats, rests and limits as for all others.

There is no route for these: vectors of two models cannot be compared, so the client names its model and gets no other.
"""

from typing import Final
from urllib.parse import urlsplit, urlunsplit

import orjson

from ccrouter.client_apis.anthropic import MESSAGES
from ccrouter.client_apis.reading import Fields, missing
from ccrouter.config.types import GROUP, Config, Target
from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.dialects.openai_chat.endpoint import url_of
from ccrouter.errors import CCRouterError, RequestError, untraced, upstream_failure
from ccrouter.gateway.attempts import Attempt, Outcome, Source, drain
from ccrouter.gateway.delivery import decision_headers
from ccrouter.gateway.failures import answer_for
from ccrouter.gateway.health import Health
from ccrouter.gateway.prompt import Prompt
from ccrouter.gateway.turn import Turn, Work
from ccrouter.gateway.types import Answer, Incoming, Record, Service
from ccrouter.model.events import Usage
from ccrouter.model.json import JsonObject, as_int, as_list, as_object
from ccrouter.model.request import Message, Request
from ccrouter.router import Decision, resolve
from ccrouter.router.selectors import Ambiguous, ambiguity
from ccrouter.tokens import TokenCounter
from ccrouter.upstream.client import UpstreamClient
from ccrouter.upstream.limiter import Slot
from ccrouter.upstream.refusals import Refusal

SCENARIO: Final = "embeddings"
SPEAKING: Final = frozenset({"openai_chat", "openai_responses"})
"""The dialects of providers that have `/embeddings` beside their other endpoint."""
MOST_BYTES: Final = 128 * 1024 * 1024


async def embed(client: UpstreamClient, health: Health, service: Service, incoming: Incoming, record: Record) -> Answer:
    """The provider's answer, or why there is none."""
    try:
        body = parse_body(incoming.body).value
        fields = Fields(body)
        record.model = fields.required_text("model")
        if fields.take("input") is None:
            raise missing("input")
        target = target_of(record.model, service)
        decision = Decision((target,), SCENARIO, f"embeddings of {target}", Request(record.model, ()))
        record.scenario, record.reason = SCENARIO, decision.reason
        # Only its model counts: what is sent is the client's own body.
        request = Request(target.model, (Message("user", ""),))
        prompt = Prompt(TokenCounter(), request, len(incoming.body))
        work = Work(service, incoming, MESSAGES, request, None, decision, prompt, None)
        outcome, _ = await EmbeddingTurn(client, health, work, record, body).run()
    except CCRouterError as error:
        untraced(error)
        answer = answer_for(error, record.request_id, incoming.api)
        record.status, record.error = answer.status, str(error)
        return answer
    record.status, record.usage = 200, outcome.usage
    headers = {"content-type": "application/json", **decision_headers(decision, record)}
    return Answer(200, outcome.body, headers)


class EmbeddingTurn(Turn):
    """All attempts of one request for embeddings."""

    def __init__(self, client: UpstreamClient, health: Health, work: Work, record: Record, body: JsonObject) -> None:
        super().__init__(client, health, work, record, None)
        self._upstream_client = client
        self._body = body

    async def _send(self, attempt: Attempt, slot: Slot) -> Outcome:
        del slot  # kept until the answer is there
        pipeline = attempt.pipeline
        url = embeddings_url(pipeline.base_url, pipeline.target.model)
        headers = {**pipeline.dialect.headers(attempt.key, url=url), **pipeline.headers}
        sent = orjson.dumps({**self._body, "model": pipeline.target.model})
        async with self._upstream_client.open(url, headers, sent, attempt.way) as upstream:
            if not 200 <= upstream.status < 300:
                raise pipeline.dialect.error(upstream.status, upstream.headers, await upstream.error_body())
            source = Source(upstream, _WHOLE, attempt)
            body = await all_of(source)
            await drain(upstream)
        return Outcome(usage_of(body), body)

    def _mend(self, refusal: Refusal, target: Target, request: Request) -> Request | None:
        del refusal, target, request
        return None  # the body is the client's own


class _Whole:
    """Nothing of the answer counts before all of it is there."""

    meaningful = False
    finishing = False


_WHOLE = _Whole()


async def all_of(source: Source) -> bytes:
    """The whole body. Raises UpstreamError."""
    parts: list[bytes] = []
    size = 0
    while chunk := await source.read():
        parts.append(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            raise upstream_failure(f"the answer is larger than {MOST_BYTES} bytes")
    return b"".join(parts)


def usage_of(body: bytes) -> Usage:
    """The tokens that the answer tells.

    Raises:
        UpstreamError: it holds no embeddings.
    """
    try:
        found = as_object(orjson.loads(body)) or {}
    except orjson.JSONDecodeError:
        found = {}
    if as_list(found.get("data")) is None:
        raise upstream_failure("the upstream answered with something that is no list of embeddings")
    told = as_object(found.get("usage")) or {}
    return Usage(input=as_int(told.get("prompt_tokens")), output=0)


def target_of(name: str, service: Service) -> Target:
    """The model that `name` means: `provider,model`, or a model's own name where one provider lists it.

    Raises:
        RequestError: 404 for none, 400 for more than one, a group, or a provider without embeddings.
    """
    config = service.config
    found = resolve(name, config)
    target = listing(name, config) if found is None else found
    if isinstance(target, Ambiguous):
        raise RequestError(f"'{name}' can mean {ambiguity(target)}. Write it with a comma.")
    if target is None:
        raise RequestError(
            f"No configured provider lists the model '{name}'. Ask for 'provider,model', or list it under the "
            "provider's models.",
            status=404,
        )
    if target.provider == GROUP:
        raise RequestError(f"'{name}' is a group. Vectors of two models cannot be compared: ask for one model.")
    dialect = service.pipeline(target).dialect.name
    if dialect not in SPEAKING:
        raise RequestError(
            f"The provider '{target.provider}' is spoken to in {dialect}, which has no embeddings here. Configure its "
            "OpenAI-compatible address as a provider of its own."
        )
    return target


def listing(name: str, config: Config) -> Target | Ambiguous | None:
    """The model of this name among all providers', in any case."""
    targets = [
        Target(provider.name, model)
        for provider in config.providers
        for model in provider.models
        if model.casefold() == name.casefold()
    ]
    return targets[0] if len(targets) == 1 else Ambiguous(tuple(targets)) if targets else None


def embeddings_url(base_url: str, model: str) -> str:
    """The neighbour of the provider's chat endpoint, however the config spelled that."""
    parts = urlsplit(base_url.strip())
    base = (
        base_url
        if not parts.path.rstrip("/").endswith("/responses")
        else urlunsplit(parts._replace(path=parts.path.rstrip("/").removesuffix("/responses")))
    )
    chat = urlsplit(url_of(base, model))
    return urlunsplit(chat._replace(path=f"{chat.path.removesuffix('/chat/completions')}/embeddings"))
