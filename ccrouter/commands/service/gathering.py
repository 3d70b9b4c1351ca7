"""How the installed service is: the facts. Reads, and asks the service manager, only where something is installed."""

from collections.abc import Mapping
from pathlib import Path

from ccrouter.config.problems import ConfigError
from ccrouter.daemon.service.base import ServiceState, ServiceUnavailable
from ccrouter.daemon.service.definition import Installed, NotOurs
from ccrouter.daemon.service.finding import Found, find_installed, service_manager
from ccrouter.frozen import frozen


@frozen
class ServiceFacts:
    """`config` is the one that was asked about; `state` is None where nothing is installed, or nobody can be asked."""

    config: Path
    found: Found = None
    manager: str = ""
    """Its name; empty where there is none."""
    unavailable: str = ""
    """Why there is no service manager, or why it cannot be reached."""
    program_there: bool = True
    config_there: bool = True
    ours: bool = True
    """It runs this installation of ccrouter."""
    serves: bool = True
    """It serves `config`."""
    state: ServiceState | None = None
    hint: str | None = None


def gather_service(config: Path, environment: Mapping[str, str]) -> ServiceFacts:
    """The facts about the service; the question is about the config at `config`."""
    try:
        manager = service_manager(environment)
    except (ServiceUnavailable, ConfigError) as error:
        return ServiceFacts(config, unavailable=str(error))
    found = find_installed(manager)
    if found is None or isinstance(found, NotOurs):
        return ServiceFacts(config, found, manager.name)
    state, hint, unavailable = None, None, ""
    try:
        state, hint = manager.state(), manager.hint()
    except ServiceUnavailable as error:
        unavailable = str(error)
    return ServiceFacts(
        config,
        found,
        manager.name,
        unavailable,
        program_there=found.program.exists(),
        config_there=found.config is not None and found.config.exists(),
        ours=found.is_ours(),
        serves=found.serves(config),
        state=state,
        hint=hint,
    )


def installed(facts: ServiceFacts) -> Installed | None:
    """The installed service, where it is ours."""
    return facts.found if isinstance(facts.found, Installed) else None
