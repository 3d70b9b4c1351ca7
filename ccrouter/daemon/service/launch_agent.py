"""The property list of a launchd agent (launchd.plist(5)), and the command line read back from it. Pure."""

from ccrouter.daemon.service.definition import SERVICE_VARIABLE, STOP_SECONDS, ServiceDefinition
from ccrouter.model.json import as_list, as_object, as_str

LABEL = "ccrouter"

_HEAD = b'<plist version="1.0">'
_MARK = b"<!-- Made by ccrouter (`ccr service install`); `ccr service remove` takes it away. -->\n"


def agent_plist(service: ServiceDefinition) -> bytes:
    """The whole file.

    KeepAlive restarts the daemon after a failure; after a graceful end it stays ended. ProcessType Interactive: as
    a background process it would be throttled, and every answer goes through it.
    """
    import plistlib

    content = plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(service.command),
            "WorkingDirectory": str(service.folder),
            "EnvironmentVariables": {SERVICE_VARIABLE: "launchd", **service.environment},
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ExitTimeOut": STOP_SECONDS,
            "ProcessType": "Interactive",
            "StandardOutPath": str(service.log),
            "StandardErrorPath": str(service.log),
        },
        sort_keys=False,
    )
    return content.replace(_HEAD, _MARK + _HEAD, 1)


def read_command(content: bytes) -> tuple[str, ...] | None:
    """The command line of an agent of ours; None where it is not ours, as no other sets our variable."""
    import plistlib
    from xml.parsers.expat import ExpatError

    try:
        agent = as_object(plistlib.loads(content)) or {}
    except (plistlib.InvalidFileException, ExpatError, ValueError):
        return None
    if SERVICE_VARIABLE not in (as_object(agent.get("EnvironmentVariables")) or {}):
        return None
    words = as_list(agent.get("ProgramArguments")) or []
    return tuple(word for entry in words if (word := as_str(entry)) is not None)
