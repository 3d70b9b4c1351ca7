"""Whole lines, one file a case (tests/golden/statusline): config, input and facts in, the exact line out.

`ccr-*.json` hold what claude-code-router 2.0.0 itself printed for the same config and input.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from ccrouter.statusline.rendering import render
from ccrouter.statusline.themes import theme_of
from ccrouter.statusline.variables import variables

CASES = sorted((Path(__file__).parents[1] / "golden" / "statusline").glob("*.json"))


def no_script(path: str, values: dict[str, str], options: dict[str, object]) -> str:
    raise AssertionError(path)


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_the_line(case: Path) -> None:
    entry: dict[str, Any] = json.loads(case.read_text())
    given = entry["given"]
    folder = given.get("workspace", {}).get("current_dir") or given.get("cwd", "")
    values = variables(given, entry["facts"], folder, entry["branch"])
    theme = theme_of(entry["status_line"], icons=entry["icons"])
    assert render(theme, values, no_script, coloured=entry["coloured"]) == entry["line"]
