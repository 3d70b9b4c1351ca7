"""Which modules the line has: those of the config's style, else the built-in ones."""

from __future__ import annotations

from ccrouter.statusline.values import as_list, as_object, at, text_at

Module = dict[str, object]
POWERLINE = "powerline"

FOLDER, BRANCH, ROBOT = "\U000f024b", "\ue725", "\U000f06a9"
"""Icons of Nerd Fonts, as CCR has them."""


class Theme:
    """A style (`powerline`, or anything else for plain coloured text) and its modules in order."""

    __slots__ = ("modules", "style")

    def __init__(self, style: str, modules: list[Module]) -> None:
        self.style = style
        self.modules = modules


def theme_of(status_line: object, *, icons: bool) -> Theme:
    """The theme that a config's `StatusLine` asks for. Without modules of its own a style gets the built-in ones."""
    style = text_at(status_line, "currentStyle") or "default"
    modules = as_list(at(status_line, style, "modules"))
    if modules is not None:
        return Theme(style, [as_object(module) for module in modules])
    return Theme(style, built_in(style, icons=icons))


def built_in(style: str, *, icons: bool) -> list[Module]:
    """CCR's five, then what only the router knows; the latter are seen only when there is something to say."""
    rows = (
        ("workDir", FOLDER if icons else "", "{{workDirName}}", "bright_blue"),
        ("gitBranch", BRANCH if icons else "", "{{gitBranch}}", "bright_magenta"),
        ("model", ROBOT if icons else "", "{{model}}", "bright_cyan"),
        ("fallback", "", "{{fallback}}", "bright_red"),
        ("scenario", "", "{{scenario}}", "bright_black"),
        ("usage", "↑", "{{inputTokens}}", "bright_green"),
        ("usage", "↓", "{{outputTokens}}", "bright_yellow"),
        ("speed", "", "{{speed}}", "bright_black"),
        ("cost", "", "{{cost}}", "bright_magenta"),
        ("keys", "", "{{keys}}", "bright_red"),
    )
    if style == POWERLINE:
        return [
            {"type": kind, "icon": icon, "text": text, "color": "white", "background": f"bg_{color}"}
            for kind, icon, text, color in rows
        ]
    return [{"type": kind, "icon": icon, "text": text, "color": color} for kind, icon, text, color in rows]


def shows_icons(environment: dict[str, str]) -> bool:
    """Whether the built-in modules have their Nerd Fonts icons (CCR's rule)."""
    return environment.get("USE_SIMPLE_ICONS") != "true" and environment.get("TERM") not in ("dumb", "unknown")


def status_line_of(config: object) -> dict[str, object]:
    """The `StatusLine` of a config or a preset's manifest, in any case of its name."""
    entries = as_object(config)
    named = next((name for name in entries if name.lower().replace("_", "") == "statusline"), "StatusLine")
    return as_object(entries.get(named))
