"""A request on its way out: hooks, dialect, bytes."""

import re
from collections.abc import Mapping

import orjson

from ccrouter.dialects.anthropic.body import mend_surrogates
from ccrouter.dialects.anthropic.effort import fits
from ccrouter.dialects.anthropic.upstream import may_hold_foreign_state
from ccrouter.dialects.vertex import VERTEX_CLAUDE, accepted_betas
from ccrouter.errors import RequestError
from ccrouter.frozen import frozen
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request
from ccrouter.pipeline.build import Pipeline, TransformerError, failure_text
from ccrouter.pipeline.learned import NOTHING, Learned, shaped_wire
from ccrouter.transformers.base import Context

MODEL_FIRST = re.compile(rb'\A(\s*\{\s*"model"\s*:\s*)"(?:[^"\\]|\\.)*"')

CLIENT_HEADERS = (
    "anthropic-version",
    "anthropic-beta",
    "user-agent",
    "x-app",
    "anthropic-dangerous-direct-browser-access",
)
CLIENT_HEADER_PREFIXES = ("x-claude-code-", "x-stainless-")


@frozen
class Outbound:
    """One attempt's wire request."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    context: Context
    """For the reply's hooks."""


def prepare(
    pipeline: Pipeline,
    request: Request,
    *,
    raw: bytes | None,
    api_key: str | None,
    client_headers: Mapping[str, str],
    learned: Learned = NOTHING,
) -> Outbound:
    """The wire request for `request` through `pipeline`. Pure: the same request gives the same bytes.

    `raw` is the client's body where it still says what `request` says, else None. `client_headers` have lower-case
    names; only an Anthropic upstream gets any of them, and never one that carries credentials. `learned` names fields
    that the target refused before; its cap is in the pipeline's quirks already.

    Raises:
        RequestError: the request cannot be sent to this target.
        TransformerError: a hook raised.
    """
    notes = Notes()
    model = pipeline.target.model
    context = Context(pipeline.target.provider, model, pipeline.dialect.name, pipeline.quirks, request, notes)
    body = None
    if raw is not None and pipeline.relays and learned is NOTHING:
        body = relayed(raw, request, pipeline)
    if body is None:
        if pipeline.request_hooks:
            request, context = run_request_hooks(pipeline, request, context)
        wire = pipeline.dialect.encode(
            request, model=model, origin=pipeline.target.provider, quirks=pipeline.quirks, notes=notes
        )
        if pipeline.wire_hooks:
            wire = run_wire_hooks(pipeline, wire, context)
        body = to_bytes(wire if learned is NOTHING else shaped_wire(wire, learned))
    url = pipeline.dialect.url(pipeline.base_url, model=model, stream=request.streamed)
    headers = pipeline.dialect.headers(api_key, url=url)
    if api_key and pipeline.quirks.bearer_only:
        headers.pop("x-api-key", None)
        headers["authorization"] = f"Bearer {api_key}"
    if pipeline.dialect.name == "anthropic":
        headers.update(forwarded_headers(client_headers))
    elif pipeline.dialect is VERTEX_CLAUDE and (
        betas := accepted_betas(client_headers.get("anthropic-beta", ""), notes)
    ):
        headers["anthropic-beta"] = betas
    headers.update(pipeline.headers)
    return Outbound(url, headers, body, context)


def relayed(raw: bytes, request: Request, pipeline: Pipeline) -> bytes | None:
    """The client's own body for a pipeline that relays, with the model's name; None where it must be written anew."""
    if may_hold_foreign_state(raw) or not fits(request, pipeline.quirks):
        return None
    return with_model(raw, pipeline.target.model)


def run_request_hooks(pipeline: Pipeline, request: Request, context: Context) -> tuple[Request, Context]:
    """The request after every request hook, and the context that says so."""
    for transformer in pipeline.request_hooks:
        try:
            request = transformer.request(request, context)
        except RequestError:
            raise
        except Exception as error:  # whatever user code raises, told with its name
            raise TransformerError(failure_text(transformer.name, "the request", error)) from error
        context = Context(context.provider, context.model, context.dialect, context.quirks, request, context.notes)
    return request, context


def run_wire_hooks(pipeline: Pipeline, wire: JsonObject, context: Context) -> JsonObject:
    """The wire body after every wire hook."""
    # Hooks may change the body in place; parts of it are those of the next request, too (decision 19).
    wire = own_copy(wire)
    for transformer in pipeline.wire_hooks:
        try:
            wire = transformer.wire(wire, context)
        except Exception as error:  # whatever user code raises, told with its name
            raise TransformerError(failure_text(transformer.name, "the wire body", error)) from error
    return wire


def with_model(raw: bytes, model: str) -> bytes | None:
    """`raw` with its model replaced and no other byte touched, or None when the model is not the first field.

    Every Claude Code body begins with its model; finding it elsewhere would mean scanning megabytes.
    """
    replaced, count = MODEL_FIRST.subn(lambda match: match[1] + orjson.dumps(model), raw, count=1)
    return replaced if count else None


def forwarded_headers(client_headers: Mapping[str, str]) -> dict[str, str]:
    """The client's headers that an Anthropic upstream should see: protocol, betas, who is calling; no credentials."""
    return {
        name: value
        for name, value in client_headers.items()
        if name in CLIENT_HEADERS or name.startswith(CLIENT_HEADER_PREFIXES)
    }


def own_copy(wire: JsonObject) -> JsonObject:
    """The same JSON, shared with nobody."""
    return orjson.loads(to_bytes(wire))


def to_bytes(wire: JsonObject) -> bytes:
    """The wire body as JSON. A lone surrogate can only come from a transformer here; it becomes U+FFFD."""
    try:
        return orjson.dumps(wire)
    except TypeError:
        return orjson.dumps(mend_surrogates(wire))
