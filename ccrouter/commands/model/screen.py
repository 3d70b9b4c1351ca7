"""The picker on a whole terminal screen (prompt_toolkit): keys in, pages out, waiting without standing still."""

import asyncio
from collections.abc import Callable
from typing import Final

import click
from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.styles import Style

from ccrouter.commands.model.changing import service_of
from ccrouter.commands.model.drawing import draw
from ccrouter.commands.model.pages import Check, Effect, Fetch, Leave
from ccrouter.commands.model.picker import Picker
from ccrouter.config.edit.draft import Draft
from ccrouter.errors import CCRouterError
from ccrouter.probing.listing import fetch_models
from ccrouter.probing.provider import probe_provider
from ccrouter.probing.trial import try_target

STYLE: Final = Style.from_dict(
    {
        "title": "bold",
        "cursor": "reverse",
        "dim": "ansibrightblack",
        "hint": "ansicyan",
        "message": "ansigreen",
        "error": "ansired",
        "changed": "ansiyellow",
        "added": "ansigreen",
        "removed": "ansired",
    }
)
"""The terminal's own sixteen colours, which fit its background. NO_COLOR leaves reverse and bold."""

_KEYS: Final = {
    Keys.Up: "up",
    Keys.Down: "down",
    Keys.PageUp: "pageup",
    Keys.PageDown: "pagedown",
    Keys.Home: "home",
    Keys.End: "end",
    Keys.Enter: "enter",
    Keys.Escape: "escape",
    Keys.Backspace: "backspace",
    Keys.Delete: "delete",
    Keys.ControlT: "ctrl-t",
    Keys.ControlU: "clear",
    Keys.ControlC: "ctrl-c",
}
ESCAPE_SECONDS: Final = 0.05
"""How long an escape may be the beginning of another key."""


def run(draft: Draft) -> int:
    """Show the picker until it is left; the exit code."""
    screen = _Screen(Picker(draft))
    left = screen.run()
    for line in left.lines:
        click.echo(line)
    return left.code


class _Screen:
    def __init__(self, picker: Picker) -> None:
        self._picker = picker
        self._tasks: set[asyncio.Task[None]] = set()
        keys = KeyBindings()
        for key, name in _KEYS.items():
            keys.add(key, eager=key is Keys.Escape)(self._handler(name))
        keys.add(Keys.Any)(self._typed)
        keys.add(Keys.BracketedPaste)(self._typed)
        control = FormattedTextControl(self._page, focusable=True, show_cursor=False)
        self._application: Application[Leave] = Application(
            layout=Layout(Window(control, wrap_lines=False)), key_bindings=keys, style=STYLE, full_screen=True
        )
        self._application.ttimeoutlen = ESCAPE_SECONDS
        self._application.timeoutlen = ESCAPE_SECONDS

    def run(self) -> Leave:
        return self._application.run()

    def _handler(self, name: str) -> Callable[[KeyPressEvent], None]:
        def handle(event: KeyPressEvent) -> None:
            del event
            self._press(name)

        return handle

    def _typed(self, event: KeyPressEvent) -> None:
        for character in event.data:
            if character.isprintable():
                self._press("space" if character == " " else character)

    def _press(self, key: str) -> None:
        effect = self._picker.press(key)
        if isinstance(effect, Leave):
            self._application.exit(result=effect)
        elif effect is not None:
            task = asyncio.ensure_future(self._wait_for(effect))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _wait_for(self, effect: Effect) -> None:
        draft = self._picker.draft
        try:
            if isinstance(effect, Fetch):
                provider = draft.provider(effect.provider)
                models = await fetch_models(provider, draft.config, draft.environment)
                self._picker.fetched(provider.name, models)
            elif isinstance(effect, Check):
                probe = await probe_provider(service_of(draft), effect.provider, environment=draft.environment)
                self._picker.checked(probe)
            elif not isinstance(effect, Leave):
                self._picker.tried(await try_target(service_of(draft), effect.target))
        except CCRouterError as error:
            self._picker.failed_with(error)
        self._application.invalidate()

    def _page(self) -> StyleAndTextTuples:
        size = self._application.output.get_size()
        fragments: StyleAndTextTuples = []
        for number, line in enumerate(draw(self._picker, size.columns, size.rows)):
            if number:
                fragments.append(("", "\n"))
            fragments += line
        return fragments
