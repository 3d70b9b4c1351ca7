"""The one line between a daemon and who started it."""

import subprocess
import sys

import pytest

from ccrouter.daemon.handshake import Failure, decode, encode, identity_variables, new_identity, take_identity
from ccrouter.startup import Ready


@pytest.mark.parametrize(
    "announcement",
    [Ready("127.0.0.1", 3456, 4711, "abc"), Failure("config", "two\nlines ü"), Failure("port_taken", "")],
)
def test_what_is_said_is_understood(announcement: Ready | Failure) -> None:
    line = encode(announcement)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    said = decode(line)
    if announcement == Failure("port_taken", ""):
        assert said == Failure("port_taken", "The daemon did not start.")
    else:
        assert said == announcement


@pytest.mark.parametrize("line", [b"", b"hello\n", b"[]\n", b'{"ready":{"host":"h","port":"1"}}\n', b'{"ready":1}\n'])
def test_anything_else_is_no_announcement(line: bytes) -> None:
    assert decode(line) is None


def test_an_unknown_kind_of_failure_is_some_other() -> None:
    assert decode(b'{"failed":{"kind":"new","message":"m"}}') == Failure("other", "m")


def test_the_identity_is_taken_out_of_the_environment() -> None:
    identity = new_identity()
    environment = {"PATH": "/bin", **identity_variables(identity)}
    assert take_identity(environment) == (identity, True)
    assert environment == {"PATH": "/bin"}
    assert take_identity(environment) == (None, False)
    assert new_identity() != identity


def test_stray_output_never_reaches_the_pipe_and_a_lost_parent_is_no_error() -> None:
    program = (
        "import os, subprocess, sys\n"
        "from ccrouter.daemon.handshake import Announcer, Failure\n"
        "announcer = Announcer()\n"
        "print('stray', flush=True); os.write(1, b'raw')\n"
        "subprocess.run([sys.executable, '-c', 'print(1)'])\n"
        "announcer.announce(Failure('other', 'first'))\n"
        "announcer.announce(Failure('other', 'second'))\n"
        "print('late', flush=True)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert result.stdout == encode(Failure("other", "first"))
    assert b"late" in result.stderr

    lost = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.stdin.readline()\n{program}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert lost.stdout is not None
    lost.stdout.close()
    _, errors = lost.communicate(b"\n", timeout=10)
    assert lost.returncode == 0, errors
