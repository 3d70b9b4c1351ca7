"""Whether a process exists; ending one."""

import os
import subprocess
import sys

import pytest

from ccrouter.daemon.processes import end_process, process_exists


def sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])


def test_a_running_process_exists_and_can_be_ended() -> None:
    with sleeper() as process:
        assert process_exists(process.pid)
        end_process(process.pid)
        process.wait(2)
        assert not process_exists(process.pid)
    end_process(process.pid)  # gone already


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="zombies are told by /proc")
def test_an_ended_process_that_nobody_reaped_does_not_exist() -> None:
    process = subprocess.Popen([sys.executable, "-c", "print('over')"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.read()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not process_exists(process.pid)
    process.wait()


def test_this_process_exists_and_impossible_ones_do_not() -> None:
    assert process_exists(os.getpid())
    assert not process_exists(0)
    assert not process_exists(-1)
