"""`tests` in a config file: what may be written, what it means, and each mistake with its place."""

from pathlib import Path

import pytest

from ccrouter.config.types import RequestOutline, Target
from tests.config.loading import load_text, unmark


def whole(tests: str) -> str:
    return f"""{{
  "Providers": [
    {{ "name": "deepseek", "api_base_url": "https://x.y/v1", "api_key": "k", "models": ["chat", "R1"] }},
  ],
  "Router": {{ "default": "deepseek,chat" }},
  "tests": {tests}
}}"""


def test_everything_that_may_be_said(tmp_path: Path) -> None:
    text = """[
    { "name": "all", "route": "think", "target": "deepseek,R1", "request": {
      "model": "m", "text": "Hi", "system": "S", "tokens": 5, "last_tokens": 6, "tools": ["Read"], "image": true,
      "plan": true, "thinking": true, "effort": "high", "headers": { "X-A": "b" } } },
    { "request": {}, "route": "default" },
  ]"""
    loaded = load_text(tmp_path, whole(text))
    assert loaded.problems == ()
    assert loaded.config is not None
    first, second = loaded.config.tests
    assert first.request == RequestOutline(
        "m", "Hi", "S", 5, 6, ("Read",), image=True, plan=True, thinking="enabled", effort="high", headers={"x-a": "b"}
    )
    assert (first.name, first.route, first.target) == ("all", "think", Target("deepseek", "R1"))
    assert (first.pointer, first.line, first.column) == ("/tests/0", 7, 5)
    assert second.request == RequestOutline()
    assert second.target is None


@pytest.mark.parametrize(
    ("tests", "severity", "message", "fix"),
    [
        ('[{ "request": {}, "route": §"tink" }]', "error", 'no route "tink"', 'Did you mean "think"?'),
        ('[§{ "request": {} }]', "error", "expects nothing", '"route": "think"'),
        ('[{ "request": {}, "target": §"deepsek,chat" }]', "error", "deepsek", "deepseek"),
        ('[{ "request": { §"modell": "x" }, "route": "think" }]', "warning", "modell", "model"),
        ('[{ "request": { "tokens": §-1 }, "route": "think" }]', "error", "at least 0", ""),
        ('[{ "request": { "thinking": §"much" }, "route": "think" }]', "error", 'must be "enabled"', ""),
    ],
)
def test_mistakes(tmp_path: Path, tests: str, severity: str, message: str, fix: str) -> None:
    text, position = unmark(whole(tests))
    (problem,) = load_text(tmp_path, text).problems
    assert problem.severity == severity, problem
    assert message in problem.message
    assert fix in (problem.fix or "")
    assert (problem.line, problem.column) == position
