"""One provider's model as a pipeline: dialect, facts and transformers put together once, when the config is built."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from ccrouter.config.types import ProviderConfig, Target, TransformerUse
from ccrouter.dialects.anthropic import ANTHROPIC_REPLIES
from ccrouter.dialects.base import Dialect
from ccrouter.dialects.quirks import Quirks
from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen
from ccrouter.model.json import Json
from ccrouter.pipeline.mending import relays_untouched
from ccrouter.transformers.base import Transformer
from ccrouter.transformers.guidance import Guidance

TransformerFactory = Callable[[Mapping[str, Json]], Transformer]


class TransformerError(CCRouterError):
    """A transformer's code raised. The message names it and what it raised."""


@frozen
class Pipeline:
    """What turns a neutral request into one target's wire request, and its reply into events.

    Out: provider chain, then model chain. Back: the exact mirror. Only transformers that override a hook are in that
    hook's tuple, so the others cost nothing.
    """

    target: Target
    dialect: Dialect
    quirks: Quirks
    base_url: str
    headers: Mapping[str, str]
    request_hooks: tuple[Transformer, ...]
    wire_hooks: tuple[Transformer, ...]
    wire_reply_hooks: tuple[Transformer, ...]
    event_hooks: tuple[Transformer, ...]
    guidance: Guidance | None = None
    """The hints for the model, which are among `request_hooks`; None where the pipeline is one without."""
    _knowing: dict[str, tuple[object, "Pipeline"]] = field(
        default_factory=dict[str, tuple[object, "Pipeline"]], init=False, repr=False, compare=False
    )

    def knowing(self, fact: str, value: object) -> "Pipeline":
        """This pipeline where one of the facts in `quirks` is another. Of each fact the last is kept, and given again:
        what was encoded before is found by the very same quirks (decision 19).
        """
        known = self._knowing.get(fact)
        if known is None or known[0] != value:
            changes: dict[str, Any] = {fact: value}
            known = self._knowing[fact] = value, replace(self, quirks=replace(self.quirks, **changes))
        return known[1]

    @property
    def relays(self) -> bool:
        """True when bodies pass through as they are: an Anthropic upstream, and nothing that would change them."""
        if self.dialect.name != "anthropic":
            return False
        return not (self.request_hooks or self.wire_hooks or self.quirks.extra_body or self.quirks.max_tokens_cap)

    @property
    def relays_replies(self) -> bool:
        """True when replies pass through as they are."""
        if self.dialect.name not in ANTHROPIC_REPLIES or self.wire_reply_hooks or self.event_hooks:
            return False
        return relays_untouched(self.quirks)


def build_pipeline(
    provider: ProviderConfig,
    model: str,
    *,
    dialect: Dialect,
    quirks: Quirks,
    transformers: Mapping[str, TransformerFactory],
    route_use: Sequence[TransformerUse] = (),
    guidance: Guidance | None = None,
) -> Pipeline:
    """The pipeline for one model of one provider.

    `quirks` are those of preset and config; `transformers` holds a factory for every name that the config uses;
    `route_use` are transformers of the route that leads here, last in the chain but for `guidance`.

    Raises:
        TransformerError: a transformer could not be made from its options.
    """
    chain: list[Transformer] = []
    for use in (*provider.use, *model_uses(provider, model), *route_use):
        try:
            transformer = transformers[use.name](use.options)
            quirks = transformer.quirks(quirks)
        except Exception as error:  # whatever user code raises, told with its name
            raise TransformerError(failure_text(use.name, "its options", error)) from error
        chain.append(transformer)
    if guidance is not None:
        chain.append(guidance)
    mirror = chain[::-1]
    return Pipeline(
        target=Target(provider.name, model),
        dialect=dialect,
        quirks=quirks,
        base_url=provider.api_base_url,
        headers=provider.headers,
        request_hooks=overriding("request", chain),
        wire_hooks=overriding("wire", chain),
        wire_reply_hooks=overriding("wire_reply", mirror),
        event_hooks=overriding("events", mirror),
        guidance=guidance,
    )


def model_uses(provider: ProviderConfig, model: str) -> tuple[TransformerUse, ...]:
    """The model's own chain, found as CCR does: by the exact name."""
    return provider.model_use.get(model, ())


def overriding(hook: str, chain: Sequence[Transformer]) -> tuple[Transformer, ...]:
    """The transformers of `chain` whose class has its own version of `hook`."""
    base = getattr(Transformer, hook)
    return tuple([transformer for transformer in chain if getattr(type(transformer), hook) is not base])


def failure_text(name: str, what: str, error: Exception) -> str:
    """How failing user code is told: with its name and the kind of error, without paths or a trace."""
    return f"The transformer '{name}' failed on {what}: {type(error).__name__}: {error}"
