"""Loading `CUSTOM_ROUTER_PATH`: what a file may be, and what the guides show."""

import re
from pathlib import Path

import pytest

from ccrouter.api import Config, Message, Request, RouterConfig, route_request
from ccrouter.plugins import load_router
from ccrouter.runtime import build

DOCS = Path(__file__).parents[1] / "docs"


def written(folder: Path, source: str) -> Path:
    path = folder / "router.py"
    path.write_text(source)
    return path


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def asked(path: Path, text: str, tokens: int = 10) -> object:
    route, problem = load_router(path)
    assert problem is None
    assert route is not None
    request = Request("claude-sonnet-4-5", (Message("user", text),))
    return route(route_request(request, tokens=tokens), Config((), RouterConfig()))


def test_the_porting_guides_example_does_what_ccrs_does(tmp_path: Path) -> None:
    (example,) = blocks("porting-custom-routers.md")
    path = written(tmp_path, example)
    assert asked(path, "please explain this code to me") == "openrouter,anthropic/claude-3.5-sonnet"
    assert asked(path, "write code") is None


def test_the_guides_example_and_how_to_try_it(tmp_path: Path) -> None:
    router, trial = blocks("custom-router.md")
    assert asked(written(tmp_path, router), "hi", tokens=100_001) == "gemini,gemini-2.5-pro"
    exec(router + trial, {})


@pytest.mark.parametrize(
    ("source", "told", "line"),
    [
        ("def route(request, config)\n    return None", "the file is not valid Python: expected ':'", 1),
        ("x = 1\nraise ValueError('not today')", "ValueError: not today", 2),
        ("import sys\n\nsys.exit(3)", "SystemExit: 3", 3),
        ("import nothing_of_this_name", "ModuleNotFoundError", 1),
        ("def router(request, config): ...", "defines no function `route`", None),
        ("route = 'a,b'", "defines no function `route`", None),
        ("\ndef route(request): ...", "cannot be called: too many positional arguments", 2),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_where(
    tmp_path: Path, source: str, told: str, line: int | None
) -> None:
    path = written(tmp_path, source)
    route, problem = load_router(path)
    assert route is None
    assert problem is not None
    assert told in problem.message
    assert "built-in rules decide" in str(problem)
    assert (problem.severity, problem.file, problem.line) == ("warning", path, line)


def test_the_config_is_usable_with_a_broken_one_and_the_file_is_watched(tmp_path: Path) -> None:
    path = written(tmp_path, "def route(:")
    config = tmp_path / "config.json"
    config.write_text(
        '{"Providers": [{"name": "a", "api_base_url": "http://127.0.0.1:1/v1", "models": ["m"]}],'
        ' "Router": {"default": "a,m"}, "CUSTOM_ROUTER_PATH": "router.py"}'
    )
    built = build(config, {})
    assert built.service is not None
    assert built.service.custom_router is None
    (problem,) = built.problems
    assert problem.file == path
    assert path in built.service.config.sources
    path.write_text("async def route(request, config): return 'a,m'")
    built = build(config, {})
    assert built.problems == ()
    assert built.service is not None
    assert built.service.custom_router is not None


def test_javascript_names_the_guide(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(
        '{"Providers": [{"name": "a", "api_base_url": "http://127.0.0.1:1/v1", "models": ["m"]}],'
        ' "Router": {"default": "a,m"}, "CUSTOM_ROUTER_PATH": "./custom-router.js"}'
    )
    built = build(config, {})
    assert built.service is not None
    (problem,) = built.problems
    assert "docs/porting-custom-routers.md" in str(problem)
    assert problem.line == 1
