"""`StatusLine` in a config: CCR's own is taken without a word; what cannot work is a warning with its place."""

from pathlib import Path

import pytest

from tests.config.loading import load_text, unmark

PROVIDER = '{ "name": "d", "api_base_url": "https://x.y/v1", "api_key": "k", "models": ["m"] }'
BASE = f'"Providers": [{PROVIDER}], "Router": {{ "default": "d,m" }}'


def with_line(line: str) -> str:
    return f'{{ {BASE}, "StatusLine": {line} }}'


def module(fields: str) -> str:
    return with_line(f'{{ "enabled": true, "default": {{ "modules": [{{ {fields} }}] }} }}')


def test_a_config_of_ccr_is_taken_as_it_is(tmp_path: Path) -> None:
    line = """{ "enabled": true, "currentStyle": "powerline", "fontFamily": "Hack",
      "default": { "modules": [{ "type": "usage", "icon": "↑", "text": "{{inputTokens}}", "color": "bright_green" }] },
      "powerline": { "modules": [
        { "type": "speed", "text": "{{tokenSpeed}} t/s {{isStreaming}}", "background": "bg_bright_orange" }
      ] } }"""
    loaded = load_text(tmp_path, with_line(line))
    assert loaded.problems == ()
    assert loaded.config is not None
    assert loaded.config.status_line.enabled
    assert loaded.config.status_line.settings["fontFamily"] == "Hack"


def test_without_one_it_is_off(tmp_path: Path) -> None:
    for text in (f"{{ {BASE} }}", with_line("{}"), with_line('{ "enabled": false }')):
        loaded = load_text(tmp_path, text)
        assert loaded.config is not None
        assert not loaded.config.status_line.enabled


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        (module('"text": §"{{modle}}"'), "{{modle}} is not known", 'Did you mean "model"?'),
        (module('"text": "x", "color": §"beige"'), '"beige" is no colour', "#rrggbb"),
        (module('"type": "script", "scriptPath": §"x.js"'), "x.js is JavaScript", "Port it to Python"),
        (module('"type": "script", "scriptPath": §"x.py"'), "x.py does not exist", ""),
        (with_line('{ "currentStyle": §"powerlin" }'), 'there is no style "powerlin"', 'Did you mean "powerline"?'),
    ],
)
def test_what_cannot_work_is_a_warning(text: str, message: str, fix: str, tmp_path: Path) -> None:
    plain, place = unmark(text)
    loaded = load_text(tmp_path, plain)
    [problem] = loaded.problems
    assert loaded.config is not None
    assert (problem.severity, (problem.line, problem.column)) == ("warning", place)
    assert message in problem.message
    assert fix in (problem.fix or "")
