"""One golden file a way to continue: what was sent, what came then, and what the client must have of both.

`joined` null: the two are not to be joined, and the client has what was sent, and an error.
"""

from pathlib import Path

import orjson
import pytest

from ccrouter.model.events import Failed, Finish
from ccrouter.pipeline.seam import instructed, prefilled
from tests.pipeline.rescued import CUTS, joined, said, text, torn, whole

GOLDEN = sorted((Path(__file__).parents[1] / "golden" / "rescue").glob("*.json"))


def test_there_are_cases() -> None:
    assert len(GOLDEN) >= 30


@pytest.mark.parametrize("size", CUTS)
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden(path: Path, size: int | None) -> None:
    case = orjson.loads(path.read_bytes())
    seam = (prefilled if case.get("prefilled") else instructed)(case["sent"])
    out, _ = joined(torn(case["sent"], size), seam, whole(text(0, case["continuation"], size)))
    if case["joined"] is None:
        assert isinstance(out[-1], Failed)
        assert said(out) == case["sent"]
    else:
        assert isinstance(out[-1], Finish)
        assert said(out) == case["joined"]
