"""The configuration as the rest of the program sees it: frozen, complete, checked."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from ccrouter.config.conditions import Tier, When
from ccrouter.frozen import frozen
from ccrouter.model.json import NO_EXTRAS, Json

Scenario: TypeAlias = Literal["default", "background", "think", "longContext", "webSearch", "image"]
SCENARIOS: tuple[Scenario, ...] = ("default", "background", "think", "longContext", "webSearch", "image")

EVERY_SCENARIO: tuple[str, ...] = (*SCENARIOS, "explicit", "subagent", "classifier", "custom", "rule", "compaction")
"""What a decision's scenario may be: the routes, and what a request or its prompt asks for itself."""

Strategy: TypeAlias = Literal["in_order", "weighted", "round_robin", "least_busy", "latency"]
STRATEGIES: Final[tuple[Strategy, ...]] = get_args(Strategy)
"""The names that a group's `strategy` may have; `upstream/strategies.py` does what they say."""

GROUP: Final = "group"
"""Stands where a target's provider stands when it names a model group."""
ANY_TARGET: Final = "*"
"""The key of `fallback` whose targets follow whatever was chosen."""
DIRECT: Final = "none"
"""A provider's `proxy` that means: none, whatever the rest of the configuration and the environment say."""

MOST_WORKERS = 64
DEFAULT_PORT = 3456
DEFAULT_HOST = "127.0.0.1"
DEFAULT_LONG_CONTEXT_THRESHOLD = 60_000
DEFAULT_THINK_EFFORT = "xhigh"
DEFAULT_TIMEOUT_MS = 600_000


class Target(NamedTuple):
    """Where a request goes: a configured provider's name and an upstream model's name.

    A tuple, for what is known of targets stands in dicts, and each request looks there a dozen times.
    """

    provider: str
    model: str

    def __str__(self) -> str:
        """As users write it: `provider,model`."""
        return f"{self.provider},{self.model}"


@frozen
class Member:
    """One member of a group: a model, or another group; `weight` counts for the strategy `weighted`."""

    target: Target
    weight: float = 1.0


@frozen
class Group:
    """Models that can stand in for each other, and in which order they are tried."""

    strategy: Strategy
    members: tuple[Member, ...]


@frozen
class TransformerUse:
    """One entry of a `use` list: `"name"` or `["name", {options}]`."""

    name: str
    options: Mapping[str, Json] = NO_EXTRAS


Effort: TypeAlias = Literal["off", "low", "medium", "high", "xhigh", "max"]
EFFORTS: Final[tuple[Effort, ...]] = get_args(Effort)
"""How hard a model shall think, from not at all. Each dialect says it in its own words (`dialects/*/effort.py`)."""


@frozen
class Overrides:
    """What a route changes in the request beyond its target; None: as the client wants it."""

    effort: Effort | None = None
    max_tokens: int | None = None
    use: tuple[TransformerUse, ...] = ()
    """Transformers to run after those of the provider and the model."""


UNCHANGED: Final = Overrides()


@frozen
class Route:
    """A target with what is changed on the way to it."""

    target: Target
    overrides: Overrides = UNCHANGED


@frozen
class Rule:
    """One entry of `Router.rules`. `when` empty: it takes everything that comes to it."""

    label: str
    """How it is told of: `rule 2`, or `rule 2 (night)` where it has a name."""
    when: When
    use: Route


ANY_AGENT: Final = "*"
"""The key of `Router.subagent` that stands for every type of agent without one of its own."""


@frozen
class UserTransformer:
    """One entry of the top-level `transformers` list: a Python file that defines `Transformer` classes."""

    path: Path
    options: Mapping[str, Json] = NO_EXTRAS


@frozen
class Timeouts:
    """Seconds; None: what API_TIMEOUT_MS and the program's defaults say."""

    connect: float | None = None
    first_byte: float | None = None
    """From the request until the answer's first byte."""
    idle: float | None = None
    """Between two pieces of a stream."""
    total: float | None = None
    """One attempt from beginning to end."""


DEFAULT_QUEUE: Final = 64


@frozen
class Limits:
    """What a provider is asked for at most; None: no bound."""

    max_concurrent: int | None = None
    """Requests under way."""
    rpm: int | None = None
    """Requests a minute."""
    tpm: int | None = None
    """Tokens a minute, prompts and answers together."""
    queue: int = DEFAULT_QUEUE
    """How many may wait for their turn; one more is refused at once."""


@frozen
class ModelPrices:
    """What a model costs, in US dollars for a million tokens. None: as `input`."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None


@frozen
class Retries:
    """How hard the router tries before a request has failed."""

    max_attempts: int = 8
    """Requests to upstreams for one of the client's, over all targets and keys."""
    same_target: int = 2
    """Further attempts at the same target after a connection error or a 5xx."""
    deadline_seconds: float = 90.0
    """After this long no new attempt is begun. It does not end one that is under way."""
    wait_seconds: float = 20.0
    """The longest wait for a key or a target that is cooling down, when nothing else is left."""


@frozen
class Cooldown:
    """How long a refused key or target is left alone."""

    cap_seconds: float = 300.0
    """At most this long, whatever the provider says; then one request probes."""


@frozen
class ProviderConfig:
    """One provider. `api_keys` is empty for servers without authentication."""

    name: str
    api_base_url: str
    api_keys: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    protocol: str | None = None
    """The wire protocol where the config names one (`openai_chat`, `anthropic`, …)."""
    use: tuple[TransformerUse, ...] = ()
    model_use: Mapping[str, tuple[TransformerUse, ...]] = field(default_factory=dict[str, tuple[TransformerUse, ...]])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    quirks: Mapping[str, Json] = NO_EXTRAS
    """Overrides of single facts about the provider (`dialects/quirks.py`), by name."""
    context_windows: Mapping[str, int] = field(default_factory=dict[str, int])
    """Known context windows in tokens, by model."""
    timeouts: Timeouts = Timeouts()
    proxy: str | None = None
    """The URL of an HTTP proxy; `none` (DIRECT) for none at all; None: what holds for every provider."""
    ca_bundle: Path | None = None
    """A PEM file with the authorities to trust, instead of the system's."""
    limits: Limits = Limits()
    prices: Mapping[str, ModelPrices] = field(default_factory=dict[str, ModelPrices])
    """Instead of the list prices, by model; `*` for all others."""
    preset: str | None = None
    """The preset that the config names: in `preset`, or by the name of a provider without a URL. None: its host or
    its name may still tell (`providers/resolve.py`)."""
    unavailable: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names of transformers, and the protocol, that this version cannot run, with the reason. They stay in `use`;
    whether the provider can serve without them is for the pipeline to say."""


@frozen
class RouterConfig:
    """The routes. None where the config names none; `default` is then a config problem."""

    default: Target | None = None
    background: Target | None = None
    think: Target | None = None
    long_context: Target | None = None
    web_search: Target | None = None
    image: Target | None = None
    classifier: Target | None = None
    long_context_threshold: int = DEFAULT_LONG_CONTEXT_THRESHOLD
    think_effort: str = DEFAULT_THINK_EFFORT
    compaction: Target | None = None
    subagent: Mapping[str, Route] = field(default_factory=dict[str, Route])
    """By type of agent (lower case), and by ANY_AGENT."""
    rules: tuple[Rule, ...] = ()
    overrides: Mapping[str, Overrides] = field(default_factory=dict[str, Overrides])
    """What the routes above change beyond the target, by their names in the config (`longContext`)."""


SearchBackendName: TypeAlias = Literal["searxng", "tavily", "brave"]


@frozen
class SearchConfig:
    """Who answers web searches for models whose provider does not search. `url` is the backend's base address."""

    backend: SearchBackendName
    url: str
    api_key: str | None = None
    max_results: int = 5


@frozen
class RequestOutline:
    """A request as a person sketches one: what is not said is as in a plain turn of Claude Code's main loop."""

    model: str = "claude-sonnet-5"
    text: str = "Hello"
    """The user's words."""
    system: str | None = None
    tokens: int | None = None
    """How large it is taken to be; None: as it is."""
    last_tokens: int | None = None
    """How large the session's last prompt was."""
    tools: tuple[str, ...] = ()
    """Names; `web_search_20250305` and its like are server tools."""
    image: bool = False
    plan: bool = False
    """Plan mode is active."""
    thinking: str | None = None
    """enabled, adaptive or disabled."""
    effort: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names in lower case."""


@frozen
class RoutingTest:
    """One entry of `tests`: a request, and where it must go. At least one of `route` and `target` is set."""

    request: RequestOutline
    route: str | None = None
    """The decision's scenario."""
    target: Target | None = None
    """The first choice."""
    name: str = ""
    pointer: str = ""
    line: int | None = None
    column: int | None = None


@frozen
class StatusLine:
    """The status line. `settings` is the whole entry as it was written, for `statusline/themes.py`."""

    enabled: bool = False
    """`ccr code` gives Claude Code the line."""
    settings: Mapping[str, Json] = NO_EXTRAS


HintFamily: TypeAlias = Literal["gemini", "deepseek", "qwen", "kimi", "glm", "gpt", "local", "other"]
HINT_FAMILIES: Final[tuple[HintFamily, ...]] = get_args(HintFamily)
"""Kinds of models that have hints of their own; `providers/families.py` says which model is of which. There is a text
of ours for each but `other`."""


@frozen
class Hints:
    """Guidance for models that were not made for Claude Code, added to the system prompt."""

    enabled: bool = False
    """For every session; otherwise only for those that ask for it (`ccr code --hints`)."""
    files: Mapping[HintFamily, Path] = field(default_factory=dict[HintFamily, Path])
    """Texts to use instead of ours."""


@frozen
class Config:
    """A whole configuration, interpolated and adapted. `path` is the file it came from (None: made in memory)."""

    providers: tuple[ProviderConfig, ...]
    router: RouterConfig
    path: Path | None = None
    sources: tuple[Path, ...] = ()
    """Every file whose change must lead to a reload: the config itself, its `.env`, user transformers."""
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    workers: int = 1
    """Processes that serve."""
    api_key: str | None = None
    api_timeout_ms: int = DEFAULT_TIMEOUT_MS
    proxy_url: str | None = None
    log: bool = True
    log_level: str = "info"
    fallback: Mapping[str, tuple[Target, ...]] = field(default_factory=dict[str, tuple[Target, ...]])
    """By scenario, by target (`provider,model` or `group,name`, as `str(target)` writes it), and by `*`."""
    groups: Mapping[str, Group] = field(default_factory=dict[str, Group])
    """Model groups by name; `Target("group", name)` stands for one wherever a target may."""
    aliases: Mapping[str, Target] = field(default_factory=dict[str, Target])
    """Further names that requests and routes may use, as they are written."""
    tiers: Mapping[Tier, Route] = field(default_factory=dict[Tier, Route])
    """The default route by the tier of the model that the client asks for."""
    retries: Retries = Retries()
    cooldown: Cooldown = Cooldown()
    rescue: frozenset[str] = frozenset()
    """Scenarios (of EVERY_SCENARIO) whose streams are continued by the next target when torn after text alone."""
    transformers: tuple[UserTransformer, ...] = ()
    tests: tuple[RoutingTest, ...] = ()
    """What must hold of the routing before this configuration is used."""
    search: SearchConfig | None = None
    force_image_agent: bool = False
    """`forceUseImageAgent`: images never go to `router.image` as a route; every other model looks through it."""
    status_line: StatusLine = StatusLine()
    non_interactive_mode: bool = False
    claude_path: str | None = None
    custom_router_path: Path | None = None
    rewrite_system_prompt: Path | None = None
    hints: Hints = Hints()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Top-level scalar keys that CCR copies into the process environment (GOOGLE_CLOUD_PROJECT, …)."""
    _by_name: Mapping[str, ProviderConfig] = field(init=False, repr=False, compare=False)
    """Each request asks for its provider several times."""

    def __post_init__(self) -> None:
        # The first of a name counts, as where the list is read from its beginning.
        object.__setattr__(self, "_by_name", {provider.name: provider for provider in reversed(self.providers)})

    def provider(self, name: str) -> ProviderConfig | None:
        """The provider called exactly `name`."""
        return self._by_name.get(name)

    def group(self, target: Target) -> Group | None:
        """The group that `target` names (`group,NAME`), None where it names a model."""
        return self.groups.get(target.model) if target.provider == GROUP else None
