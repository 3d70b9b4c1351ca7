"""Modules and variables to a line: what the golden lines leave out."""

import pytest

from ccrouter.statusline.colours import RESET, background, foreground, rgb_of
from ccrouter.statusline.rendering import SEPARATOR, render
from ccrouter.statusline.themes import Module, Theme, shows_icons, status_line_of, theme_of


def silent(path: str, values: dict[str, str], options: dict[str, object]) -> str:
    return ""


def test_a_script_gets_variables_and_options() -> None:
    def script(path: str, values: dict[str, str], options: dict[str, object]) -> str:
        return f"{path} {values['model']} {options['a']}\nmore"

    module: Module = {"type": "script", "icon": "*", "scriptPath": "x.py", "options": {"a": 1}}
    assert render(Theme("default", [module]), {"model": "m"}, script, coloured=False) == "* x.py m 1 more"


def test_modules_with_nothing_to_say_leave_no_trace_in_a_powerline() -> None:
    modules: list[Module] = [
        {"text": "a", "background": "#010101"},
        {"text": "{{keys}}", "icon": "!", "background": "#020202"},
        {"text": "b", "background": "#030303"},
    ]
    line = render(Theme("powerline", modules), {"keys": ""}, silent)
    assert f"\x1b[38;2;1;1;1m\x1b[48;2;3;3;3m{SEPARATOR}{RESET}" in line
    assert "2;2;2" not in line


def test_a_powerline_without_known_colours_still_has_some() -> None:
    line = render(Theme("powerline", [{"text": "a"}, {"text": "b", "background": "beige", "color": "?"}]), {}, silent)
    assert line.startswith("\x1b[48;2;0;0;255m\x1b[38;2;255;255;255m a ")
    assert "\x1b[48;2;33;150;243m\x1b[38;2;255;255;255m b " in line


@pytest.mark.parametrize("module", [{}, {"text": 7}, {"text": None, "icon": "x"}, {"text": "  "}])
def test_a_module_without_text_is_left_out(module: Module) -> None:
    assert render(Theme("default", [module]), {}, silent) == ""


def test_colours_by_name_and_by_number() -> None:
    assert (foreground("red"), foreground("bright_red"), background("bg_red"), background("bg_bright_red")) == (
        "\x1b[31m", "\x1b[91m", "\x1b[41m", "\x1b[101m",
    )  # fmt: skip
    assert rgb_of("#fff") == rgb_of("bg_#ffffff") == rgb_of("ffffff") == (255, 255, 255)
    assert (rgb_of("bright_orange"), rgb_of("bg_bright_purple")) == ((255, 95, 0), (175, 0, 255))
    for nothing in ("", "pink", "#12345", "#gggggg", "bright_", "bg_"):
        assert (rgb_of(nothing), foreground(nothing), background(nothing)) == (None, "", "")


def test_which_theme() -> None:
    own = {"currentStyle": "mine", "mine": {"modules": [{"text": "x"}, "no module"]}, "default": {"modules": []}}
    assert [theme_of(own, icons=True).style, theme_of(own, icons=True).modules] == ["mine", [{"text": "x"}, {}]]
    assert theme_of({"default": {"modules": []}}, icons=True).modules == []
    for broken in (None, 7, {"currentStyle": 7}, {"currentStyle": "powerline", "powerline": {"modules": {}}}):
        assert len(theme_of(broken, icons=True).modules) == 10
    assert status_line_of({"statusline": {"a": 1}}) == status_line_of({"StatusLine": {"a": 1}}) == {"a": 1}
    assert status_line_of([]) == {}


def test_when_there_are_icons() -> None:
    assert shows_icons({"TERM": "xterm"})
    assert not shows_icons({"TERM": "dumb"})
    assert not shows_icons({"USE_SIMPLE_ICONS": "true"})
