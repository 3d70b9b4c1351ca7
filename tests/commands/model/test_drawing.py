"""The picker fits into any terminal."""

from pathlib import Path

import pytest
from prompt_toolkit.utils import get_cwidth

from ccrouter.commands.model.changing import draft_of
from ccrouter.commands.model.drawing import draw, fitted, fitted_end, pieces_of, wrapped
from ccrouter.commands.model.picker import Picker
from tests.commands.model.world import write_config

WAYS = {
    "routes": "",
    "targets": "<enter>x",
    "providers": "p",
    "models": "p<enter>",
    "presets": "pa",
    "key": "pagroq<enter>",
    "review": "<down>dw",
    "failure": "dd",
}


def follow(picker: Picker, way: str) -> None:
    for part in way.replace("<", "\0<").replace(">", "\0").split("\0"):
        if part.startswith("<"):
            picker.press(part[1:])
        else:
            for key in part:
                picker.press(key)


@pytest.mark.parametrize("size", [(200, 60), (80, 24), (60, 20), (30, 10), (12, 6)])
@pytest.mark.parametrize("way", WAYS)
def test_every_page_has_the_size_of_the_screen(tmp_path: Path, size: tuple[int, int], way: str) -> None:
    picker = Picker(draft_of(write_config(tmp_path, "http://127.0.0.1:9")))
    follow(picker, WAYS[way])
    if way == "models":
        picker.fetched("deepseek", [f"模型-{number}" for number in range(100)])
        picker.press("end")
    lines = draw(picker, *size)
    texts = ["".join(text for _, text in line) for line in lines]
    assert len(lines) == size[1]
    assert max(get_cwidth(text) for text in texts) <= size[0], texts
    if way == "models" and size[0] > 30:
        assert any("模型-99" in text for text in texts), "the row under the cursor is to be seen"


def test_texts_are_cut_by_columns() -> None:
    assert fitted("模型模型", 5) == "模型…"
    assert fitted("a\tb\x1b[0m", 20) == "a b [0m"
    assert fitted_end("0123456789", 4) == "…789"
    assert pieces_of("  ab cd", 4) == ["  ab", " cd"]
    assert wrapped(["aa", "bb", "cccccc"], 5, " ") == ["aa bb", "cccc…"]
