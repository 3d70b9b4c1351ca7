"""What the doctor gathers before it judges. Plain data: whoever makes it does the I/O."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal, TypeAlias

from ccrouter.commands.service.gathering import ServiceFacts
from ccrouter.config.problems import Problem
from ccrouter.config.types import Config, ProviderConfig, Target
from ccrouter.daemon.control import Probe
from ccrouter.frozen import frozen
from ccrouter.probing.reach import Reach
from ccrouter.probing.trial import Trial

Whose: TypeAlias = Literal["user", "project", "local", "managed"]


@frozen
class ConfigFacts:
    """The config as `ccr start` would read it. `draft` is what could be understood of a broken one."""

    path: Path
    exists: bool
    problems: tuple[Problem, ...] = ()
    draft: Config | None = None


@frozen
class FileFacts:
    """One file or folder. `mode` is None where rights are not told by mode bits (Windows)."""

    path: Path
    mode: int | None
    secret: bool
    """Keys stand in it as they are."""
    mine: bool = True
    folder: bool = False


@frozen
class DiskFacts:
    """The folder of the config, where log and state are. Bytes."""

    folder: Path
    writable: bool
    free: int | None = None
    log: Path = Path("claude-code-router.log")
    log_size: int = 0
    """With its older files."""
    log_problem: str | None = None


@frozen
class DaemonFacts:
    """Who answers where the daemon would. `endpoint` is None where the config does not tell."""

    endpoint: str | None
    answer: Probe
    own_version: str
    holder: str | None = None
    """The program that has the port, where it could be found out."""
    left_pid: int | None = None
    """What daemon.json says, where no daemon answers."""
    left_alive: bool = False
    state_forbidden: bool = False
    config: str = ""
    """Which config the running daemon serves; empty where it does not say."""
    service: str = ""
    """The service manager that started it; empty where none did."""
    problems: tuple[tuple[str, str], ...] = ()
    """(severity, text), as the running daemon tells them."""


@frozen
class SettingsFacts:
    """One settings file of Claude Code's."""

    path: Path
    whose: Whose
    broken: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    model: str | None = None
    key_helper: bool = False


@frozen
class ClaudeFacts:
    """Claude Code, its settings, and the shell's variables that matter to it."""

    executable: str | None
    missing: str = ""
    version: tuple[int, int, int] | None = None
    version_problem: str = ""
    settings: tuple[SettingsFacts, ...] = ()
    shell: Mapping[str, str] = field(default_factory=dict[str, str])
    logged_in: bool = False


@frozen
class TlsFile:
    """A file of certificates that a variable or a provider names; `problem` says why it cannot be used."""

    source: str
    path: str
    problem: str | None = None


@frozen
class NetworkFacts:
    """Proxies (variable to URL), NO_PROXY, files of certificates."""

    proxies: Mapping[str, str] = field(default_factory=dict[str, str])
    no_proxy: str = ""
    tls_files: tuple[TlsFile, ...] = ()
    tls_unchecked: bool = False
    """NODE_TLS_REJECT_UNAUTHORIZED=0."""


@frozen
class ProviderFacts:
    """One provider as it was found. `trial` is None unless a real request was asked for."""

    provider: ProviderConfig
    needed: bool
    """The default route leads to it."""
    unset_keys: tuple[str, ...] = ()
    """Variables without a value that its key names."""
    reach: Reach | None = None
    unusable: str | None = None
    target: Target | None = None
    trial: Trial | None = None


@frozen
class Facts:
    """Everything."""

    config: ConfigFacts
    files: tuple[FileFacts, ...]
    disk: DiskFacts
    daemon: DaemonFacts
    service: ServiceFacts
    python: tuple[int, int, int]
    claude: ClaudeFacts
    network: NetworkFacts
    providers: tuple[ProviderFacts, ...]
