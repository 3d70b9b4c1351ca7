"""CPU and memory of a process tree."""

import subprocess
import sys

import pytest

from bench.processes import cpu_seconds, resident_megabytes, tree

CHILD = (
    "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass\nprint(flush=True); input()"
)
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


@pytest.fixture
def parent():
    process = subprocess.Popen((sys.executable, "-c", PARENT), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()  # the child has burnt its time
    yield process
    process.communicate(b"\n")


def test_counts_the_children_too(parent: subprocess.Popen[bytes]):
    assert len(tree(parent.pid)) == 2
    assert 0.3 <= cpu_seconds(parent.pid) < 1.0
    assert resident_megabytes(parent.pid) > 5
