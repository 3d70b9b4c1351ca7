"""The configuration as the rest of the program sees it: frozen, complete, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from ccrouter.model.json import NO_EXTRAS, Json

Scenario: TypeAlias = Literal["default", "background", "think", "longContext", "webSearch", "image"]
SCENARIOS: tuple[Scenario, ...] = ("default", "background", "think", "longContext", "webSearch", "image")

DEFAULT_PORT = 3456
DEFAULT_HOST = "127.0.0.1"
DEFAULT_LONG_CONTEXT_THRESHOLD = 60_000
DEFAULT_THINK_EFFORT = "xhigh"
DEFAULT_TIMEOUT_MS = 600_000


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: a configured provider's name and an upstream model's name."""

    provider: str
    model: str

    def __str__(self) -> str:
        """As users write it: `provider,model`."""
        return f"{self.provider},{self.model}"


@dataclass(frozen=True, slots=True)
class TransformerUse:
    """One entry of a `use` list: `"name"` or `["name", {options}]`."""

    name: str
    options: Mapping[str, Json] = NO_EXTRAS


@dataclass(frozen=True, slots=True)
class UserTransformer:
    """One entry of the top-level `transformers` list: a Python file that defines `Transformer` classes."""

    path: Path
    options: Mapping[str, Json] = NO_EXTRAS


@dataclass(frozen=True, slots=True)
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
    preset: str | None = None
    """The preset that the config names: in `preset`, or by the name of a provider without a URL. None: its host or
    its name may still tell (`providers/resolve.py`)."""
    unavailable: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names of transformers, and the protocol, that this version cannot run, with the reason. They stay in `use`;
    whether the provider can serve without them is for the pipeline to say."""


@dataclass(frozen=True, slots=True)
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


SearchBackendName: TypeAlias = Literal["searxng", "tavily", "brave"]


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """Who answers web searches for models whose provider does not search. `url` is the backend's base address."""

    backend: SearchBackendName
    url: str
    api_key: str | None = None
    max_results: int = 5


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration, interpolated and adapted. `path` is the file it came from (None: made in memory)."""

    providers: tuple[ProviderConfig, ...]
    router: RouterConfig
    path: Path | None = None
    sources: tuple[Path, ...] = ()
    """Every file whose change must lead to a reload: the config itself, its `.env`, user transformers."""
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    api_key: str | None = None
    api_timeout_ms: int = DEFAULT_TIMEOUT_MS
    proxy_url: str | None = None
    log: bool = True
    log_level: str = "info"
    fallback: Mapping[str, tuple[Target, ...]] = field(default_factory=dict[str, tuple[Target, ...]])
    transformers: tuple[UserTransformer, ...] = ()
    search: SearchConfig | None = None
    non_interactive_mode: bool = False
    claude_path: str | None = None
    custom_router_path: str | None = None
    rewrite_system_prompt: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Top-level scalar keys that CCR copies into the process environment (GOOGLE_CLOUD_PROJECT, …)."""

    def provider(self, name: str) -> ProviderConfig | None:
        """The provider called exactly `name`."""
        return next((provider for provider in self.providers if provider.name == name), None)
