"""The composition root: a configuration file becomes a Service that can serve, or a list of problems.

`ccr config check`, `ccr start` and a reload all go through `build`: what one accepts, all do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ccrouter.config.groups import members_of
from ccrouter.config.hints import HINTS_FOLDER
from ccrouter.config.known import KnownNames
from ccrouter.config.load import load_config
from ccrouter.config.manifest import configuration_of
from ccrouter.config.problems import Problem, has_errors
from ccrouter.config.types import DIRECT, Config, HintFamily, ProviderConfig, Route, Target, TransformerUse
from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.base import Dialect
from ccrouter.dialects.gemini import GEMINI
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.vertex import VERTEX_CLAUDE, VERTEX_GEMINI
from ccrouter.errors import RequestError
from ccrouter.frozen import frozen
from ccrouter.gateway.custom_router import CustomRouter
from ccrouter.gateway.routing_tests import failures, run_tests
from ccrouter.gateway.types import Service
from ccrouter.guidance_files import GuidanceFiles, read_guidance
from ccrouter.pipeline.build import Pipeline, TransformerError, TransformerFactory, build_pipeline
from ccrouter.plugins import load_router, load_transformers
from ccrouter.providers import vertex
from ccrouter.providers.families import hint_family
from ccrouter.providers.presets import PRESETS
from ccrouter.providers.resolve import protocol_for, quirks_for, validate_quirks
from ccrouter.transformers.base import Transformer
from ccrouter.transformers.guidance import Guidance
from ccrouter.transformers.registry import UNAVAILABLE, find, options_schemas
from ccrouter.upstream.proxies import proxy_for
from ccrouter.upstream.vertex import VertexAccess, vertex_access

DIALECTS: Mapping[str, Dialect] = {
    **{dialect.name: dialect for dialect in (ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI, VERTEX_CLAUDE)},
    vertex.GEMINI: VERTEX_GEMINI,
    vertex.OPENAI: OPENAI_CHAT,  # the URL and the sign-in are all that differs
}


@frozen
class Built:
    """`service` is None when the problems hold an error."""

    service: Service | None
    problems: tuple[Problem, ...]
    sources: tuple[Path, ...] = ()
    """What it was read from, whether or not it could be used."""


def check(path: Path, environment: Mapping[str, str], content: bytes | None = None) -> tuple[Problem, ...]:
    """Every problem of the configuration at `path`; what `build` would say."""
    return build(path, environment, content).problems


def build_preset(manifest: Path, environment: Mapping[str, str], proxy_url: str | None = None) -> Built:
    """As `build`, for a preset's manifest. It never has code or files to load (`config/manifest.py`).

    `proxy_url` is the main configuration's: the way out belongs to the machine, so it holds where the preset has none.
    """
    known = known_names({}, user_files_loaded=False)
    loaded = load_config(manifest, environment=environment, known=known, prepare=configuration_of)
    if loaded.config is None:
        return Built(None, loaded.problems)
    config = loaded.config if loaded.config.proxy_url else replace(loaded.config, proxy_url=proxy_url)
    # A preset may come from anybody: texts for models are the user's own, beside the main configuration, which tells
    # what is wrong with them.
    guidance = read_guidance({}, manifest.parents[2] / HINTS_FOLDER)
    service, found = assemble(config, {}, environment, guidance)
    problems = (*loaded.problems, *found)
    return Built(None if has_errors(problems) else service, problems)


def build(path: Path, environment: Mapping[str, str], content: bytes | None = None) -> Built:
    """Read, check, put together and test the configuration at `path`. Never raises for what is wrong with it.

    `content` is what the file is going to be, where that is asked.
    """
    built = build_untested(path, environment, content)
    failed = failures(run_tests(built.service), built.service) if built.service is not None else []
    return Built(None, (*built.problems, *failed), built.sources) if failed else built


def build_untested(path: Path, environment: Mapping[str, str], content: bytes | None = None) -> Built:
    """As `build`, but for the config's routing tests."""
    names = known_names({}, user_files_loaded=False)
    loaded = load_config(path, environment=environment, known=names, content=content)
    user: dict[str, type[Transformer]] = {}
    plugin_problems: list[Problem] = []
    if loaded.config is not None and loaded.config.transformers:
        user, plugin_problems = load_transformers(loaded.config.transformers)
        if not has_errors(plugin_problems):
            names = known_names(user, user_files_loaded=True)
            loaded = load_config(path, environment=environment, known=names, content=content)
    problems = [*loaded.problems, *plugin_problems]
    if loaded.config is None or has_errors(problems):
        return Built(None, tuple(problems), loaded.sources)
    guidance = read_guidance(loaded.config.hints.files, path.absolute().parent / HINTS_FOLDER)
    problems += [replace(problem, file=problem.file or loaded.config.path) for problem in guidance.problems]
    service, found = assemble(loaded.config, user, environment, guidance)
    problems += found
    return Built(None if has_errors(problems) else service, tuple(problems), loaded.sources)


def known_names(user: Mapping[str, type[Transformer]], *, user_files_loaded: bool) -> KnownNames:
    """What this version can do, for the config's checks."""
    schemas = {**options_schemas(), **{name: transformer.options_schema for name, transformer in user.items()}}
    return KnownNames(
        schemas,
        frozenset(DIALECTS),
        UNAVAILABLE,
        user_files_loaded=user_files_loaded,
        presets={preset.name: preset for preset in PRESETS},
    )


def assemble(
    config: Config,
    user: Mapping[str, type[Transformer]],
    environment: Mapping[str, str],
    guidance: GuidanceFiles | None = None,
) -> tuple[Service, list[Problem]]:
    """The service of a checked configuration, every listed model's pipeline built, and what went wrong with any.

    `guidance` None: the texts that ship with the package.
    """
    problems: list[Problem] = []
    environment = {**environment, **config.environment}
    accesses = {
        provider.name: vertex_access(provider, config, environment, Path.home())
        for provider in config.providers
        if vertex.protocol_on_vertex(provider) is not None
    }
    guidance = guidance or read_guidance({}, None)
    pipelines = Pipelines(config, user, accesses, environment, guidance.texts)
    for provider in config.providers:
        problems += [
            Problem("error", f"provider '{provider.name}': {complaint}", file=config.path)
            for complaint in validate_quirks(provider.quirks)
        ]
        if (reason := pipelines.unusable(provider)) is not None:
            problems.append(
                Problem("warning", f"provider '{provider.name}' cannot be used: {reason}", file=config.path)
            )
            continue
        for model in provider.models:
            try:
                pipelines(Target(provider.name, model))
            except RequestError as error:
                problems.append(Problem("warning", f"model '{model}': {error}", file=config.path))
            except TransformerError as error:
                problems.append(
                    Problem("error", f"provider '{provider.name}', model '{model}': {error}", file=config.path)
                )
    problems += [*route_problems(config, pipelines)]
    custom_router, router_problem = read_custom_router(config)
    problems += [router_problem] if router_problem is not None else []
    prompt, prompt_problem = read_system_prompt(config)
    problems += [prompt_problem] if prompt_problem is not None else []
    proxies = {provider.name: proxy_of(provider, config, environment) for provider in config.providers}
    watched = dict.fromkeys(
        (
            config.rewrite_system_prompt,
            config.custom_router_path,
            *(access.file for access in accesses.values()),
            *guidance.sources,
        )
    )
    config = replace(config, sources=(*config.sources, *(path for path in watched if path is not None)))
    tokens = {name: access.source for name, access in accesses.items() if access.source is not None}
    search_proxy = proxy_for(config.search.url, config.proxy_url, environment) if config.search is not None else None
    return Service(config, pipelines, proxies, tokens, search_proxy, prompt, custom_router), problems


class Pipelines:
    """The pipeline of every target. Those of listed models are built with the configuration, others when first used."""

    def __init__(
        self,
        config: Config,
        user: Mapping[str, type[Transformer]],
        accesses: Mapping[str, VertexAccess],
        environment: Mapping[str, str],
        guidance: Mapping[HintFamily, Guidance],
    ) -> None:
        self._config = config
        self._user = user
        self._accesses = accesses
        self._environment = environment
        self._guidance = guidance
        self._built: dict[tuple[Target, str, bool], Pipeline] = {}

    def __call__(self, target: Target, use: tuple[TransformerUse, ...] = (), *, guided: bool = False) -> Pipeline:
        """The target's pipeline, with the transformers of a route (`use`) last in its chain, but for the hints of a
        guided one. A model for which there are none has the same pipeline, guided or not.

        Raises:
            RequestError: the provider is not configured, or cannot be used by this version.
            TransformerError: a transformer could not be made from its options.
        """
        key = (target, repr(use) if use else "", guided)
        if (built := self._built.get(key)) is not None:
            return built
        provider = self._config.provider(target.provider)
        if provider is None:
            raise RequestError(f"There is no provider called '{target.provider}' in the config.", status=404)
        if (reason := self.unusable(provider, target.model)) is not None:
            raise RequestError(f"The provider '{provider.name}' cannot be used: {reason}", status=501, type="api_error")
        family = hint_family(provider, target.model) if guided else None
        guidance = self._guidance.get(family) if family is not None else None
        if guided and guidance is None:
            return self._kept(key, self(target, use))
        protocol = protocol_for(provider, target.model)
        if (access := self._accesses.get(provider.name)) is not None:
            base = vertex.base_url(
                provider, target.model, protocol, project=access.project, environment=self._environment
            )
            provider = replace(provider, api_base_url=base)
        pipeline = build_pipeline(
            provider,
            target.model,
            dialect=DIALECTS[protocol],
            quirks=with_window(quirks_for(provider, target.model), provider, target.model),
            transformers=factories(provider, self._user, use),
            route_use=use,
            guidance=guidance,
        )
        return self._kept(key, pipeline)

    def _kept(self, key: tuple[Target, str, bool], pipeline: Pipeline) -> Pipeline:
        if len(self._built) < MAX_PIPELINES:
            self._built[key] = pipeline
        return pipeline

    def unusable(self, provider: ProviderConfig, model: str | None = None) -> str | None:
        """Why this version cannot talk to the provider (for `model`), or None when it can."""
        for use in (*provider.use, *[use for uses in provider.model_use.values() for use in uses]):
            if find(use.name, self._user) is None:
                return UNAVAILABLE.get(use.name, f"its transformer '{use.name}' is not available here")
        access = self._accesses.get(provider.name)
        if access is not None and access.problem is not None:
            return access.problem
        protocol = protocol_for(provider, model)
        return None if protocol in DIALECTS else f"this version does not speak its protocol '{protocol}' yet"


def route_problems(config: Config, pipelines: Pipelines) -> Iterator[Problem]:
    """Build the pipelines of the routes that have transformers of their own, and say what goes wrong with any."""
    for name, route in routes_with_transformers(config).items():
        for target in members_of(route.target, config):
            try:
                pipelines(target, route.overrides.use)
            except RequestError:
                continue  # said of the provider already
            except TransformerError as error:
                yield Problem("error", f"{name}, to {target}: {error}", file=config.path)


def routes_with_transformers(config: Config) -> dict[str, Route]:
    """By the name to tell them by."""
    router = config.router
    named = {
        "default": router.default, "background": router.background, "think": router.think,
        "longContext": router.long_context, "webSearch": router.web_search, "image": router.image,
        "classifier": router.classifier, "compaction": router.compaction,
    }  # fmt: skip
    routes = {
        f"Router.{name}": Route(target, router.overrides[name])
        for name, target in named.items()
        if target is not None and name in router.overrides
    }
    routes |= {f"Router.subagent, {kind}": route for kind, route in router.subagent.items()}
    routes |= {f"tiers.{tier}": route for tier, route in config.tiers.items()}
    routes |= {f"Router.rules, {rule.label}": rule.use for rule in router.rules}
    return {name: route for name, route in routes.items() if route.overrides.use}


MAX_PIPELINES = 10_000
"""Clients may name any model of a provider; what they invent must not fill the memory."""


def factories(
    provider: ProviderConfig, user: Mapping[str, type[Transformer]], route_use: Sequence[TransformerUse] = ()
) -> dict[str, TransformerFactory]:
    """A factory for each transformer that the provider's chains and the route name."""
    uses = (*provider.use, *[use for uses in provider.model_use.values() for use in uses], *route_use)
    return {use.name: transformer for use in uses if (transformer := find(use.name, user)) is not None}


def with_window(quirks: Quirks, provider: ProviderConfig, model: str) -> Quirks:
    """`quirks` with the context window that the config gives for the model."""
    window = provider.context_windows.get(model)
    return quirks if window is None else replace(quirks, context_window=window)


def proxy_of(provider: ProviderConfig, config: Config, environment: Mapping[str, str]) -> str | None:
    """The proxy for a provider: its own say first, then what counts for all."""
    if provider.proxy is not None:
        return None if provider.proxy == DIRECT else provider.proxy
    return proxy_for(provider.api_base_url, config.proxy_url, environment)


def read_custom_router(config: Config) -> tuple[CustomRouter | None, Problem | None]:
    """CUSTOM_ROUTER_PATH's file, run; or why it is done without."""
    if config.custom_router_path is None:
        return None, None
    route, problem = load_router(config.custom_router_path)
    return (None if route is None else CustomRouter(config.custom_router_path, route)), problem


def read_system_prompt(config: Config) -> tuple[str | None, Problem | None]:
    """The content of REWRITE_SYSTEM_PROMPT's file, or why it cannot be had."""
    path = config.rewrite_system_prompt
    if path is None:
        return None, None
    try:
        return path.read_text("utf-8"), None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        text = f"REWRITE_SYSTEM_PROMPT: {path} cannot be read ({why})"
        return None, Problem("error", text, "Correct the path or remove the key", "/REWRITE_SYSTEM_PROMPT", config.path)
