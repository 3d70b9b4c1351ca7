"""Everything that is tested of one provider: list of models, whole answer, stream, tool call, further keys."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from ccrouter.config.types import ProviderConfig, Target
from ccrouter.errors import RequestError, UpstreamError
from ccrouter.frozen import frozen
from ccrouter.gateway.types import Service
from ccrouter.model.json import Json, JsonObject
from ccrouter.probing.causes import Cause, cause_of, not_understood
from ccrouter.probing.listing import LIST_SECONDS, fetch_models, said
from ccrouter.probing.reach import MOST_KEYS
from ccrouter.probing.trial import TEST_SECONDS, Asked, Trial, try_target
from ccrouter.providers.resolve import preset_for
from ccrouter.upstream.masking import masked

StepName: TypeAlias = Literal["models", "whole", "stream", "tool", "key"]

TITLES: Final[Mapping[StepName, str]] = {
    "models": "list of models",
    "whole": "whole answer",
    "stream": "streamed answer",
    "tool": "tool call",
    "key": "key",
}
_ENDS_IT: Final = frozenset({"key", "network", "tls"})
"""What makes every further request fail in the same way."""


@frozen
class Step:
    """One thing that was asked. `note` says what was odd though nothing failed; seconds."""

    name: StepName
    seconds: float
    said: str = ""
    cause: Cause | None = None
    note: str = ""
    first_seconds: float | None = None
    key: str = ""
    """Which of a pool it was done with, masked; empty for the first."""

    @property
    def words(self) -> str:
        """One line for people."""
        title = f"{TITLES[self.name]} {self.key}".rstrip()
        if self.cause is not None:
            return f"{title}: {self.cause.line}"
        took = f"{self.seconds:.1f} s"
        if self.first_seconds is not None:
            took += f", first byte after {self.first_seconds:.1f} s"
        told = f": {self.said}" if self.said else ""
        return f"{title}: {self.note}" if self.note else f"{title} ({took}){told}"


@frozen
class Probe:
    """What came of testing one provider. `models` is what it lists."""

    provider: str
    model: str
    steps: tuple[Step, ...]
    models: tuple[str, ...] = ()

    @property
    def failure(self) -> Cause | None:
        """The first that failed; None when the provider works."""
        return next((step.cause for step in self.steps if step.cause is not None), None)

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return self.failure is None

    @property
    def seconds(self) -> float:
        """All of it."""
        return sum(step.seconds for step in self.steps)


Told: TypeAlias = Callable[[Step], None]


async def probe_provider(
    service: Service,
    name: str,
    model: str | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    steps: Sequence[StepName] = ("models", "whole", "stream", "tool", "key"),
    seconds: float = TEST_SECONDS,
    told: Told | None = None,
    listed: tuple[str, ...] = (),
) -> Probe:
    """Test the provider called `name` with `model` (None: its first, else the first that it lists), step by step.

    The first of its keys does all of it, each further one (`key`) a whole answer. It ends at the first failure, but of
    a pool every key is tried. What a provider or the network does is in the outcome; `told` hears of each step at once.
    `seconds` bounds each step. `listed` is what the provider lists, where that is known without this step.

    Raises:
        RequestError: the config has no such provider.
    """
    provider = service.config.provider(name)
    if provider is None:
        raise RequestError(f"There is no provider called '{name}' in the config.", status=404)
    done: list[Step] = []

    def add(step: Step) -> Step:
        done.append(step)
        if told is not None:
            told(step)
        return step

    if "models" in steps:
        step, listed = await _list(service, provider, environment, min(seconds, LIST_SECONDS))
        cause = add(step).cause
        if cause is not None and (cause.fault != "key" or not (model or provider.models)):
            return Probe(provider.name, model or "", tuple(done))
    chosen = model or next(iter(provider.models or listed), None)
    if chosen is None:
        what = f"No model: '{provider.name}' lists none, and none is configured"
        add(Step("whole", 0.0, cause=Cause("model", what, "Name one (--models, or `ccr model add`)")))
        return Probe(provider.name, "", tuple(done), listed)
    target = Target(provider.name, chosen)
    asked: Asked
    for asked in ("whole", "stream", "tool"):
        if asked in steps and all(step.cause is None for step in done):
            add(_step(await try_target(service, target, seconds, asked=asked), provider, listed))
    if "key" in steps and all(step.cause is None or step.cause.fault == "key" for step in done):
        for key in provider.api_keys[1:MOST_KEYS]:
            add(_key_step(await try_target(service, target, seconds, key=key), provider, key))
    return Probe(provider.name, chosen, tuple(done), listed)


async def _list(
    service: Service, provider: ProviderConfig, environment: Mapping[str, str] | None, seconds: float
) -> tuple[Step, tuple[str, ...]]:
    """A provider need not have a list; what its failure says of key and network counts all the same."""
    begun = time.perf_counter()
    environment = os.environ if environment is None else environment
    one_key = replace(provider, api_keys=provider.api_keys[:1])
    try:
        models = await fetch_models(one_key, service.config, environment, seconds=seconds)
    except RequestError:
        return Step("models", 0.0, note="it has none that could be asked for"), ()
    except UpstreamError as error:
        took = time.perf_counter() - begun
        cause = cause_of(said(error), provider)
        if cause.fault in _ENDS_IT:
            return Step("models", took, cause=cause), ()
        return Step("models", took, note=f"not to be had ({error.detail.status})"), ()
    took = time.perf_counter() - begun
    missing = [model for model in provider.models if models and model not in models]
    note = f"{len(models)}, without {', '.join(missing[:3])}" if missing and _complete(provider) else ""
    return Step("models", took, f"{len(models)}", note=note), models


def _key_step(trial: Trial, provider: ProviderConfig, key: str) -> Step:
    """What another key of the pool is worth. A limit that it has reached does not make it a wrong one."""
    step = _step(trial, replace(provider, api_keys=(key,)), ())
    cause = step.cause if step.cause is not None and step.cause.fault == "key" else None
    note = step.cause.what if step.cause is not None and cause is None else ""
    return replace(step, name="key", cause=cause, note=note, key=masked(key))


def _complete(provider: ProviderConfig) -> bool:
    """Whether a list is all that there is. Of deployments and aliases it is not."""
    preset = preset_for(provider)
    return preset is None or preset.name not in {"azure", "kimi-coding"}


def _step(trial: Trial, provider: ProviderConfig, listed: Sequence[str]) -> Step:
    asked, model = trial.asked, trial.target.model
    cause: Cause | None = None
    note = ""
    if trial.failure is not None:
        if trial.detail is None:
            cause = Cause(
                "request", f"It cannot be asked: {trial.failure.rstrip('.')}", "Change its entry in the config"
            )
        elif trial.answered_with == 200 and asked == "whole" and trial.detail.status == 502:
            cause = not_understood(provider, trial.detail.message)
        else:
            cause = cause_of(trial.detail, provider, model, listed)
    elif asked == "tool" and not trial.called:
        said = f'"{trial.answer}"' if trial.answer else "nothing"
        note = f"{model} did not call the tool it was told to call, and said {said}: it may be too weak for Claude Code"
    said = f'"{trial.answer}"' if trial.answer else ("called" if trial.called else "no text")
    return Step(asked, trial.seconds, said, cause, note, trial.first_seconds)


def probe_json(probe: Probe) -> JsonObject:
    """What `--json` prints of a probe."""
    cause = probe.failure
    steps: list[Json] = [
        {
            "step": step.name,
            "ok": step.cause is None,
            "seconds": round(step.seconds, 3),
            "first_seconds": None if step.first_seconds is None else round(step.first_seconds, 3),
            "said": step.said or None,
            "note": step.note or None,
            "key": step.key or None,
        }
        for step in probe.steps
    ]
    error: Json = None if cause is None else {"fault": cause.fault, "what": cause.what, "advice": cause.advice}
    return {
        "provider": probe.provider,
        "model": probe.model or None,
        "ok": probe.ok,
        "seconds": round(probe.seconds, 3),
        "steps": steps,
        "error": error,
        "models": list(probe.models),
    }
