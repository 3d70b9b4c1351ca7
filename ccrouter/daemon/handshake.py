"""How a spawned daemon tells `ccr start` that it answers, or why it does not: one line of JSON on its stdout.

The request to do so, the instance's nonce and the admin token travel in the environment: a command line is public.
"""

import os
import secrets
import sys
from collections.abc import MutableMapping
from typing import TypeAlias, cast, get_args

import orjson

from ccrouter.frozen import frozen
from ccrouter.model.json import JsonObject, as_int, as_object, as_str
from ccrouter.startup import FailureKind, Ready

HANDSHAKE_VARIABLE = "CCR_START_HANDSHAKE"
INSTANCE_VARIABLE = "CCR_INSTANCE"
TOKEN_VARIABLE = "CCR_ADMIN_TOKEN"  # noqa: S105 - a variable's name

STDOUT, STDERR = 1, 2


@frozen
class Failure:
    """Why the daemon did not start, in whole sentences for the user."""

    kind: FailureKind
    message: str


Announcement: TypeAlias = Ready | Failure


@frozen
class Identity:
    """What tells one daemon from another, and who may administer it. Both are random, the token is secret."""

    instance: str
    admin_token: str


def new_identity() -> Identity:
    """A fresh one."""
    return Identity(secrets.token_hex(16), secrets.token_urlsafe(32))


def identity_variables(identity: Identity) -> dict[str, str]:
    """The environment variables that ask the spawned daemon for the handshake under this identity."""
    return {
        HANDSHAKE_VARIABLE: "1",
        INSTANCE_VARIABLE: identity.instance,
        TOKEN_VARIABLE: identity.admin_token,
    }


def take_identity(environment: MutableMapping[str, str]) -> tuple[Identity | None, bool]:
    """The identity given by the parent, and whether it asks for the handshake.

    The variables are removed, so that no process started from here inherits the token.
    """
    asked = environment.pop(HANDSHAKE_VARIABLE, "") == "1"
    instance = environment.pop(INSTANCE_VARIABLE, "")
    token = environment.pop(TOKEN_VARIABLE, "")
    return (Identity(instance, token) if instance and token else None), asked


def encode(announcement: Announcement) -> bytes:
    """The line that says it, line break included."""
    match announcement:
        case Ready(host, port, pid, instance):
            content: JsonObject = {"ready": {"host": host, "port": port, "pid": pid, "instance": instance}}
        case Failure(kind, message):
            content = {"failed": {"kind": kind, "message": message}}
    return orjson.dumps(content) + b"\n"


def decode(line: bytes) -> Announcement | None:
    """What the line says; None where it is no announcement."""
    try:
        content = as_object(orjson.loads(line)) or {}
    except orjson.JSONDecodeError:
        return None
    if (failed := as_object(content.get("failed"))) is not None:
        kind = as_str(failed.get("kind"))
        known = cast(FailureKind, kind) if kind in get_args(FailureKind) else "other"
        return Failure(known, as_str(failed.get("message")) or "The daemon did not start.")
    ready = as_object(content.get("ready")) or {}
    host, port = as_str(ready.get("host")), as_int(ready.get("port"))
    pid, instance = as_int(ready.get("pid")), as_str(ready.get("instance"))
    if host is None or port is None or pid is None or instance is None:
        return None
    return Ready(host, port, pid, instance)


class Announcer:
    """The daemon's side: holds the pipe to the parent until the one announcement is made.

    From the start on, what is printed to stdout goes to stderr (the log file), so that no stray print of a user's
    transformer can be taken for the announcement, and nothing fails once the parent has gone.
    """

    def __init__(self) -> None:
        sys.stdout.flush()
        self._pipe: int | None = os.dup(STDOUT)  # not inherited by children, unlike descriptor 1
        os.dup2(STDERR, STDOUT)

    def announce(self, announcement: Announcement) -> None:
        """Tell the parent; only the first call does. A parent that has gone is no error: the daemon serves anyway."""
        pipe, self._pipe = self._pipe, None
        if pipe is None:
            return
        try:
            os.write(pipe, encode(announcement))
        except OSError:
            return
        finally:
            os.close(pipe)
