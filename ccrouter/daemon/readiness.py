"""Telling systemd how far the daemon is: sd_notify(3), where the unit is of Type=notify."""

import logging
import socket
from collections.abc import MutableMapping

LOG = logging.getLogger("ccrouter.daemon")

NOTIFY_VARIABLE = "NOTIFY_SOCKET"


class Readiness:
    """Says nothing where nobody asked."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        """The variable is removed, so that no process started from here speaks in the daemon's name."""
        self._address = environment.pop(NOTIFY_VARIABLE, "")

    def ready(self, endpoint: str) -> None:
        """The socket answers; `systemctl status` shows where."""
        self._tell(f"READY=1\nSTATUS=listening on {endpoint}")

    def failed(self, reason: str) -> None:
        """It is going to end; `systemctl status` shows why."""
        self._tell(f"STATUS={' '.join(reason.split())}")

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        # A name that begins with @ is in Linux' abstract namespace.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.connect(address)
                channel.sendall(text.encode())
        except OSError as error:
            LOG.warning("systemd could not be told that the daemon is ready: %s", error.strerror or error)
