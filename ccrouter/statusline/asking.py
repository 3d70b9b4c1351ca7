"""One question to the daemon, over a bare socket and with a short bound: what of this session is known?"""

from __future__ import annotations

import json
import os
import socket
import time

from ccrouter.statusline.values import as_object, number_at, text_at

SECONDS = 0.05
"""How long the daemon may take. Without its answer the line is shorter, not later."""
STATE_FILE = "daemon.json"
LONGEST_ANSWER = 1024 * 1024


def facts_of(folder: str, session: str, seconds: float = SECONDS) -> dict[str, object] | None:
    """The answer of GET /admin/statusline from the daemon whose state file is in `folder`; None for every failure."""
    try:
        with open(os.path.join(folder, STATE_FILE), "rb") as file:
            state = json.load(file)
        host, port, token = text_at(state, "host"), number_at(state, "port"), text_at(state, "admin_token")
        if port is None:
            return None
        host = "127.0.0.1" if host in ("", "0.0.0.0", "::", "*") else host  # noqa: S104 - names them
        return _ask(host, int(port), token, session, time.monotonic() + seconds)
    except (OSError, ValueError, RecursionError):
        return None


def _ask(host: str, port: int, token: str, session: str, deadline: float) -> dict[str, object] | None:
    """Raises OSError, ValueError."""
    request = (
        f"GET /admin/statusline?session={escaped(session)} HTTP/1.1\r\nhost: {host}:{port}\r\n"
        f"x-ccr-admin-token: {token}\r\nconnection: close\r\n\r\n"
    )
    with socket.create_connection((host, port), _left(deadline)) as connection:
        connection.sendall(request.encode("ascii"))
        answer = b""
        while len(answer) < LONGEST_ANSWER:
            connection.settimeout(_left(deadline))
            piece = connection.recv(65536)
            if not piece:
                break
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    return as_object(json.loads(body)) if status == [b"200"] else None


def _left(deadline: float) -> float:
    """Seconds until `deadline`. Raises TimeoutError (an OSError) when it is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def escaped(text: str) -> str:
    """`text` for a query: urllib's quote, without the time that importing it takes."""
    return "".join([letter if letter.isascii() and letter.isalnum() else _percent(letter) for letter in text])


def _percent(letter: str) -> str:
    return "".join([f"%{byte:02X}" for byte in letter.encode("utf-8", "replace")])
