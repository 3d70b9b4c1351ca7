"""The `search` part of the config."""

from pathlib import Path

import pytest

from ccrouter.config.types import SearchConfig
from tests.config.loading import load_text

GOOD = (
    '"Providers": [{ "name": "p", "api_base_url": "https://x.y/v1", "api_key": "k", "models": ["m"] }],'
    ' "Router": { "default": "p,m" }'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"backend": "searxng", "url": "http://localhost:8080/"}',
            SearchConfig("searxng", "http://localhost:8080", None, 5),
        ),
        (
            '{"backend": "tavily", "apiKey": "$TAVILY_API_KEY", "max_results": "8"}',
            SearchConfig("tavily", "https://api.tavily.com", "tvly-1", 8),
        ),
        (
            '{"backend": "brave", "api_key": "b", "base_url": "http://127.0.0.1:9/res"}',
            SearchConfig("brave", "http://127.0.0.1:9/res", "b", 5),
        ),
    ],
)
def test_backends(tmp_path: Path, text: str, expected: SearchConfig) -> None:
    loaded = load_text(tmp_path, f'{{ {GOOD}, "search": {text} }}', environment={"TAVILY_API_KEY": "tvly-1"})
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.search == expected


def test_none_is_the_default(tmp_path: Path) -> None:
    config = load_text(tmp_path, f"{{ {GOOD} }}").config
    assert config is not None
    assert config.search is None


@pytest.mark.parametrize(
    ("text", "severity", "pointer", "words"),
    [
        ('{"backend": "searxng"}', "error", "/search", '"url" is missing'),
        ('{"backend": "searxng", "url": "localhost:8080"}', "error", "/search/url", "must be an http or https URL"),
        ('{"backend": "brave"}', "error", "/search", '"api_key" is missing'),
        ('{"backend": "tavily", "api_key": "$NOT_SET"}', "warning", "/search/api_key", "NOT_SET is not set"),
        (r'{"backend": "tavily", "api_key": "a\nb"}', "error", "/search/api_key", "one line"),
        ('{"backend": "google"}', "error", "/search/backend", "must be one of"),
        ('{"url": "http://x"}', "error", "/search", '"backend" is'),
        ('{"backend": "searxng", "url": "http://x", "max_results": 50}', "error", "/search/max_results", "at most 20"),
        ('{"backend": "searxng", "url": "http://u:p@x"}', "warning", "/search/url", "holds a name or password"),
        ('{"backend": "searxng", "url": "http://x", "max": 5}', "warning", "/search/max", "not known"),
        ('"searxng"', "error", "/search", "must be an object"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, severity: str, pointer: str, words: str) -> None:
    problems = load_text(tmp_path, f'{{ {GOOD}, "search": {text} }}').problems
    found = [problem for problem in problems if problem.pointer == pointer]
    assert found, problems
    assert found[0].severity == severity
    assert words in found[0].message


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    problems = load_text(tmp_path, f'{{ {GOOD}, "search": {{"backend": "brave", "api_key": ["geheim"]}} }}').problems
    assert problems
    assert "geheim" not in repr(problems)
