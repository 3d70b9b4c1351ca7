"""A small chaos run; `make chaos` is the large one. A failure tells its seed: `python -m tests.chaos --seed N`."""

import os
import random
from pathlib import Path

import pytest

from tests.chaos.run import chaos, errors_in


def test_an_error_is_told_with_its_traceback() -> None:
    failed = "t2 ERROR b: failed\n    Traceback (most recent call last):\n      boom\n"
    log = f"t1 INFO a: fine\n{failed}t3 INFO c: fine\n    more"
    assert errors_in(log) == ["t2 ERROR b: failed\n        Traceback (most recent call last):\n          boom"]


@pytest.mark.skipif(os.name != "posix", reason="Windows ends processes without asking them")
@pytest.mark.parametrize("workers", [1, 2])
async def test_every_request_is_answered_rightly_whatever_fails(tmp_path: Path, workers: int) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    report = await chaos(tmp_path, seed=seed, requests=300, in_flight=32, restarts=1, workers=workers)
    assert report.told.problems == []
    assert report.failures == []
    assert report.told.right == 300
    assert len(report.endings) == 2
    assert max(report.endings) < 10, "connections that are kept alive do not keep a daemon from ending"
