"""The `StatusLine` of a config. Nothing in it can stop the daemon: what is wrong is a warning, and shown as far as it
goes."""

import re
from pathlib import Path

from ccrouter.config.document import child
from ccrouter.config.locations import expand_user
from ccrouter.config.report import did_you_mean
from ccrouter.config.types import StatusLine
from ccrouter.config.uses import JAVASCRIPT_SUFFIXES, Files
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from ccrouter.statusline.colours import rgb_of
from ccrouter.statusline.variables import variables

_PLAIN_KEYS = frozenset({"enabled", "currentStyle", "fontFamily"})
_BUILT_IN = ("default", "powerline")
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")


def read_status_line(value: Json, paths: Files) -> StatusLine:
    """The status line; each module's colours, variables and script are checked."""
    entry = as_object(value) or {}
    styles = {name: as_object(style) or {} for name, style in entry.items() if name not in _PLAIN_KEYS}
    chosen = as_str(entry.get("currentStyle")) or "default"
    if chosen not in styles and chosen not in _BUILT_IN:
        fix = did_you_mean(chosen, [*_BUILT_IN, *styles])
        paths.report.warning(f'there is no style "{chosen}"', fix, pointer="/StatusLine/currentStyle")
    for name, style in styles.items():
        for place, module in enumerate(as_list(style.get("modules")) or ()):
            _check(as_object(module) or {}, f"{child('/StatusLine', name)}/modules/{place}", paths)
    return StatusLine(enabled=entry.get("enabled") is True, settings=entry)


def _check(module: JsonObject, pointer: str, paths: Files) -> None:
    report = paths.report
    for name in ("color", "background"):
        colour = as_str(module.get(name))
        if colour and rgb_of(colour) is None:
            report.warning(f'"{colour}" is no colour', 'Write a name or "#rrggbb"', pointer=child(pointer, name))
    for name in _VARIABLE.findall(as_str(module.get("text")) or ""):
        known = variables({}, None, "", "")
        if name not in known:
            report.warning(f"{{{{{name}}}}} is not known", did_you_mean(name, known), pointer=child(pointer, "text"))
    script = as_str(module.get("scriptPath"))
    if module.get("type") != "script" or not script:
        return
    pointer = child(pointer, "scriptPath")
    if Path(script).suffix.lower() in JAVASCRIPT_SUFFIXES:
        message = f"{Path(script).name} is JavaScript and cannot run here; the line is drawn without it"
        report.warning(message, "Port it to Python: docs/statusline.md shows how", pointer=pointer)
    elif not paths.exists(paths.folder / expand_user(Path(script))):
        report.warning(f"{script} does not exist; the line is drawn without it", pointer=pointer)
