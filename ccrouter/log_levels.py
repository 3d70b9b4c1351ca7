"""LOG and LOG_LEVEL of the config, as the logging module understands them. For the daemon and the server alike."""

import logging

TRACE = 5
"""Below debug: the only level that writes bodies."""

LEVELS = {
    "trace": TRACE,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
    "critical": logging.CRITICAL,
}
"""CCR's LOG_LEVEL takes pino's names; Python's are understood too."""

SILENT = logging.CRITICAL + 1


def level_of(level: str | int) -> int:
    """The logging level for a name of pino's or Python's, in any case; unknown names mean info."""
    return level if isinstance(level, int) else LEVELS.get(level.strip().lower(), logging.INFO)


def apply_log_level(enabled: bool, level: str | int) -> None:
    """Make every `ccrouter.*` logger log at `level` (Config.log_level), or nothing at all (Config.log is False)."""
    logging.getLogger("ccrouter").setLevel(level_of(level) if enabled else SILENT)
