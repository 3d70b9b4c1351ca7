"""Modules and variables become one line. Pure but for `script`, which runs a user's file and is given."""

from __future__ import annotations

import re

from ccrouter.statusline import colours
from ccrouter.statusline.themes import POWERLINE, Module, Theme
from ccrouter.statusline.values import as_object, text_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Script = Callable[[str, dict[str, str], dict[str, object]], str]
    """A script's path, the variables and the module's options; what it says."""

SEPARATOR = "\ue0b0"
UNNAMED_BACKGROUND: colours.Rgb = (33, 150, 243)
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")


def render(theme: Theme, variables: dict[str, str], script: Script, *, coloured: bool = True) -> str:
    """The line. Modules whose text comes out empty are left out, with their icon."""
    shown = [(module, label) for module in theme.modules if (label := label_of(module, variables, script))]
    if theme.style == POWERLINE:
        return powerline(shown) if coloured else f" {SEPARATOR} ".join([label for _, label in shown])
    return " ".join([painted(module, label) if coloured else label for module, label in shown])


def label_of(module: Module, variables: dict[str, str], script: Script) -> str:
    """Icon and text of a module; empty where it has no text."""
    path = text_at(module, "scriptPath")
    if text_at(module, "type") == "script" and path:
        text = script(path, variables, as_object(module.get("options")))
    else:
        text = _VARIABLE.sub(lambda found: variables.get(found[1], ""), text_at(module, "text"))
    text = text.replace("\r", "").replace("\n", " ")
    icon = text_at(module, "icon")
    return (f"{icon} {text}" if icon else text) if text.strip() else ""


def painted(module: Module, label: str) -> str:
    """A label in its module's colours."""
    paint = colours.background(text_at(module, "background")) + colours.foreground(text_at(module, "color"))
    return f"{paint}{label}{colours.RESET}"


def powerline(shown: list[tuple[Module, str]]) -> str:
    """Segments whose backgrounds run into one another."""
    line = ""
    for place, (module, label) in enumerate(shown):
        behind = background_of(module)
        front = colours.rgb_of(text_at(module, "color")) or (255, 255, 255)
        line += f"{colours.true_background(behind)}{colours.true_foreground(front)} {label} {colours.RESET}"
        if place + 1 < len(shown):
            following = background_of(shown[place + 1][0])
            edge = colours.true_foreground(behind) + colours.true_background(following)
            line += f"{edge}{SEPARATOR}{colours.RESET}"
    return line


def background_of(module: Module) -> colours.Rgb:
    """What is behind a segment: CCR's blue where the config names none, its other blue where it names no colour."""
    return colours.rgb_of(text_at(module, "background") or "bg_bright_blue") or UNNAMED_BACKGROUND
