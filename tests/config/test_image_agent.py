"""`forceUseImageAgent`."""

from pathlib import Path

import pytest

from tests.config.loading import load_text
from tests.config.test_search import GOOD


@pytest.mark.parametrize(("written", "forced"), [("true", True), ('"true"', True), ("false", False), ("null", False)])
def test_what_it_may_be(tmp_path: Path, written: str, forced: bool) -> None:
    text = f'{{ {GOOD.rstrip(" }")}, "image": "p,eyes" }}, "forceUseImageAgent": {written} }}'
    loaded = load_text(tmp_path, text.replace('["m"]', '["m", "eyes"]'))
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.force_image_agent is forced


def test_it_needs_a_model_that_sees(tmp_path: Path) -> None:
    [problem] = load_text(tmp_path, f'{{ {GOOD}, "forceUseImageAgent": true }}').problems
    assert (problem.severity, problem.pointer) == ("warning", "/forceUseImageAgent")
    assert "Router.image" in (problem.fix or "")
