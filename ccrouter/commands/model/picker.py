"""The picker's state: a stack of pages over a draft of the config. No terminal, no network: keys in, effects out.

Nothing is written before the review page says so; every way out but that leaves the config as it is.
"""

from collections.abc import Callable, Sequence

from ccrouter import runtime
from ccrouter.commands.model.adding import provider_entry, suggested_key
from ccrouter.commands.model.changing import told
from ccrouter.commands.model.differing import changes
from ccrouter.commands.model.listing import routes_of
from ccrouter.commands.model.pages import (
    Check,
    Effect,
    Fetch,
    InputPage,
    Leave,
    ListPage,
    Page,
    Row,
    TextPage,
    Try,
    matches,
)
from ccrouter.config.edit.draft import Draft
from ccrouter.config.problems import ConfigError
from ccrouter.config.routes import find_provider
from ccrouter.config.types import ProviderConfig
from ccrouter.errors import CCRouterError
from ccrouter.probing.provider import Probe
from ccrouter.probing.trial import Trial

UNSET = "(not set: as default)"
OWN_URL = "another, by its address"


class Picker:
    """`press` takes a key; `page` is what to show, `message` what to say below it."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.message = ""
        self.failed = False
        """Whether the message is about something that went wrong."""
        self.busy = ""
        """What is waited for."""
        self._testing: str | None = None
        """The new provider whose test is waited for."""
        self._warned = False
        self._pages: list[Page] = [self._routes()]
        if not draft.config.providers:
            self._say("No provider is configured yet: p shows them, a adds one.")

    @property
    def page(self) -> Page:
        """The page on top."""
        return self._pages[-1]

    def press(self, key: str) -> Effect | None:
        """What the key does. Ctrl-C leaves at once, from everywhere."""
        if key == "ctrl-c":
            return Leave(130, ("Nothing was written.",) if self.draft.changed else ())
        if self.busy and self._testing is not None and key == "escape":
            self._change(self.draft, f"{self._testing} is added, untested")
            self.busy, self._testing = "", None
            return None
        if self.busy:
            return None
        if key != "q":
            self._warned = False
        self._say("")
        if key == "escape" and len(self._pages) > 1:
            self._pages.pop()
            return None
        try:
            return self.page.press(key)
        except (CCRouterError, OSError) as error:
            self._fail(error)
            return None

    def fetched(self, provider: str, models: Sequence[str]) -> None:
        """The models that a provider has."""
        self.busy = ""
        self._open(self._found(provider, models))

    def tried(self, tested: Trial) -> None:
        """The outcome of a tiny request."""
        self.busy = ""
        self._say(tested.words, failed=tested.failure is not None)

    def checked(self, probe: Probe) -> None:
        """The outcome of a new provider's test; of one that was skipped meanwhile nobody hears."""
        if self._testing != probe.provider:
            return
        name, cause = probe.provider, probe.failure
        self.busy, self._testing = "", None
        if cause is None:
            self._change(self.draft, f"{name} is added, and works")
            return

        def act(key: str) -> Effect | None:
            if key in {"d", "delete"}:
                del self._pages[1:]
                self._pages.append(self._providers())
                self._change(self.draft.remove_provider(name), f"{name} is taken away again")
            elif key == "enter":
                self._pages.pop()
                self._change(self.draft, f"{name} is added, though it does not work")
            return None

        lines = [f"{cause.what}.", f"{cause.advice}."]
        self._open(TextPage(f"{name} does not work", ("d take it away", "enter keep it all the same"), lines, act))

    def failed_with(self, error: Exception) -> None:
        """What was waited for came to nothing."""
        self.busy, self._testing = "", None
        self._fail(error)

    # ---- pages ------------------------------------------------------------------------------------------------------

    def _routes(self) -> ListPage:
        def rows(_: str) -> list[Row]:
            return [
                Row((name, target or UNSET), name, dim=target is None)
                for name, target in routes_of(self.draft).items()
                if target is not None or "." not in name
            ]

        def act(key: str, row: Row | None) -> Effect | None:
            match key:
                case "enter" if row is not None:
                    self._open(self._targets(row.value))
                case "d" | "delete" if row is not None:
                    self._change(self.draft.unset_route(row.value), f"{row.value} is taken away")
                case "t" if row is not None and not row.dim:
                    return self._try(row.cells[1])
                case "p":
                    self._open(self._providers())
                case "w":
                    self._review()
                case "q" | "escape":
                    return self._leave()
                case _:
                    pass
            return None

        hints = ("enter choose", "t test", "d unset", "p providers and models", "w write", "q leave")
        return ListPage("Routes", hints, rows, act)

    def _targets(self, route: str) -> ListPage:
        def rows(words: str) -> list[Row]:
            config = self.draft.config
            names = [str(model) for provider in config.providers for model in _targets_of(provider)]
            others = [(f"group,{name}", group.strategy) for name, group in config.groups.items()]
            others += [(name, f"= {target}") for name, target in config.aliases.items()]
            found = [Row((name,), name) for name in names if matches(words, name)]
            found += [Row((name, meaning), name) for name, meaning in others if matches(words, name)]
            typed = words.strip()
            head, comma, model = typed.partition(",")
            if comma and model.strip() and typed not in names and find_provider(config.providers, head) is not None:
                found.append(Row((typed, "not listed; asked for all the same"), typed, dim=True))
            if route != "default" and matches(words, UNSET):
                found.append(Row((UNSET,), "", dim=True))
            return found

        def act(key: str, row: Row | None) -> Effect | None:
            if key == "ctrl-t" and row is not None and row.value:
                return self._try(row.value)
            if key != "enter" or row is None:
                return None
            if row.value:
                self._change(self.draft.set_route(route, row.value), f"{route} goes to {row.value}")
            elif routes_of(self.draft).get(route) is not None:
                self._change(self.draft.unset_route(route), f"{route} is taken away")
            self._pages.pop()
            return None

        hints = ("type to filter", "enter choose", "ctrl-t test", "esc back")
        empty = "Nothing fits. provider,model asks for a model that is not listed."
        return ListPage(f"Where does {route} go?", hints, rows, act, filtered=True, empty=empty)

    def _providers(self) -> ListPage:
        def rows(_: str) -> list[Row]:
            return [
                Row((provider.name, _count(len(provider.models), "model"), _key_words(provider)), provider.name)
                for provider in self.draft.config.providers
            ]

        def act(key: str, row: Row | None) -> Effect | None:
            match key:
                case "enter" if row is not None:
                    self._open(self._models(row.value))
                case "f" if row is not None:
                    return self._fetch(row.value)
                case "a":
                    self._open(self._presets())
                case "d" | "delete" if row is not None:
                    self._change(self.draft.remove_provider(row.value), f"{row.value} is taken away")
                case "w":
                    self._review()
                case _:
                    pass
            return None

        hints = ("enter its models", "f fetch its list", "a add a provider", "d remove", "w write", "esc back")
        return ListPage("Providers", hints, rows, act, empty="None yet: a adds one.")

    def _models(self, provider: str) -> ListPage:
        def rows(_: str) -> list[Row]:
            used = {target: name for name, target in routes_of(self.draft).items() if target is not None}
            return [
                Row((model, used.get(f"{provider},{model}", "")), model)
                for model in self.draft.provider(provider).models
            ]

        def act(key: str, row: Row | None) -> Effect | None:
            match key:
                case "f":
                    return self._fetch(provider)
                case "a":
                    self._open(
                        InputPage(f"A model of {provider}", "Its name", lambda text: self._add([text], provider))
                    )
                case "t" if row is not None:
                    return self._try(f"{provider},{row.value}")
                case "d" | "delete" if row is not None:
                    self._change(self.draft.remove_models(provider, [row.value]), f"{row.value} is taken off the list")
                case "w":
                    self._review()
                case _:
                    pass
            return None

        hints = ("f fetch the list", "a add by name", "t test", "d remove", "w write", "esc back")
        return ListPage(
            f"Models of {provider}", hints, rows, act, empty="None listed: f asks the provider, a adds one."
        )

    def _found(self, provider: str, models: Sequence[str]) -> ListPage:
        def rows(words: str) -> list[Row]:
            listed = self.draft.provider(provider).models
            return [
                Row((model, "in the config" if model in listed else ""), model, dim=model in listed)
                for model in models
                if matches(words, model)
            ]

        def act(key: str, row: Row | None) -> Effect | None:
            chosen = list(page.marked) or ([row.value] if row is not None else [])
            return self._add(chosen, provider) if key == "enter" and chosen else None

        hints = ("type to filter", "space mark", "enter add", "esc back")
        title = f"{_count(len(models), 'model')} that {provider} has"
        page = ListPage(title, hints, rows, act, filtered=True, markable=True, empty="Nothing fits.")
        return page

    def _presets(self) -> ListPage:
        def rows(words: str) -> list[Row]:
            presets = self.draft.known.presets.values()
            found = [
                Row((preset.name, preset.base_url or preset.url_hint), preset.name)
                for preset in sorted(presets, key=lambda preset: preset.name)
                if matches(words, f"{preset.name} {' '.join(preset.names)}")
                and find_provider(self.draft.config.providers, preset.name) is None
            ]
            return [*found, Row((OWN_URL,), "", dim=True)]

        def act(key: str, row: Row | None) -> Effect | None:
            if key != "enter" or row is None:
                return None
            if row.value and self.draft.known.presets[row.value].base_url:
                self._ask_key(row.value, None)
            elif row.value:
                self._ask_url(row.value)
            else:
                self._open(InputPage("A provider of your own", "What routes shall call it", self._named))
            return None

        hints = ("type to filter", "enter choose", "esc back")
        return ListPage("Add a provider", hints, rows, act, filtered=True)

    # ---- what is asked about a new provider -------------------------------------------------------------------------

    def _named(self, name: str) -> Effect | None:
        if name:
            self._ask_url(name)
        return None

    def _ask_url(self, name: str) -> None:
        def done(url: str) -> Effect | None:
            if url:
                self._ask_key(name, url)
            return None

        preset = self.draft.known.presets.get(name)
        note = preset.url_hint if preset is not None else "The endpoint or its base, such as http://localhost:8000/v1"
        self._open(InputPage(f"The address of {name}", "URL", done, note=note))

    def _ask_key(self, name: str, url: str | None) -> None:
        def done(key: str) -> Effect | None:
            preset = self.draft.known.presets.get(name)
            if preset is not None and preset.models:
                return self._added(name, url, key, [])
            self._open(InputPage(f"The models of {name}", "Names, with spaces between them", with_models(key)))
            return None

        def with_models(key: str) -> Callable[[str], Effect | None]:
            return lambda text: self._added(name, url, key, text.replace(",", " ").split())

        suggested = suggested_key(self.draft, name)
        note = "$NAME takes it from the environment or .env, and is best. Empty: none. ctrl-u clears."
        self._open(InputPage(f"The key of {name}", "Key or $NAME", done, suggested, secret=True, note=note))

    def _added(self, name: str, url: str | None, key: str, models: Sequence[str]) -> Effect | None:
        draft = self.draft.add_provider(provider_entry(name, url=url, key=key, models=models))
        self._change(draft, f"{name} is added")
        del self._pages[1:]
        self._pages += [self._providers(), self._models(name)]
        self._testing = draft.provider(name).name
        self.busy = f"{name} is added, and tested … (esc skips it)"
        return Check(self._testing)

    # ---- what keys do -----------------------------------------------------------------------------------------------

    def _add(self, models: Sequence[str], provider: str) -> Effect | None:
        chosen = [model for model in models if model]
        if chosen:
            self._change(self.draft.add_models(provider, chosen), f"{', '.join(chosen)} added")
        self._pages.pop()
        if chosen and isinstance(self.page, ListPage) and self.page.title == "Providers":
            self._open(self._models(provider))
        return None

    def _fetch(self, provider: str) -> Effect:
        self.busy = f"Asking {provider} for its models …"
        return Fetch(provider)

    def _try(self, target: str) -> Effect:
        found = self.draft.target(target)
        self.busy = f"A tiny request goes to {found} …"
        return Try(found)

    def _leave(self) -> Effect | None:
        if self.draft.changed and not self._warned:
            self._warned = True
            self._say("There are changes: w writes them, q once more leaves without.", failed=True)
            return None
        return Leave(0, ("Nothing was written.",) if self.draft.changed else ())

    def _review(self) -> None:
        if not self.draft.changed:
            self._say("There is nothing to write.")
            return
        self._open(
            TextPage("What is going to be written", ("enter write", "esc back"), changes(self.draft), self._write)
        )

    def _write(self, key: str) -> Effect | None:
        if key != "enter":
            return None
        try:
            saved = self.draft.save(runtime.check)
        except ConfigError as error:
            self._pages.pop()
            lines = [str(problem) for problem in error.problems]
            self._open(TextPage("Nothing was written: it could not be used", ("esc back",), lines, lambda _: None))
            return None
        return Leave(0, (f"{self.draft.path} is written.", *told(self.draft.path, saved)))

    def _change(self, draft: Draft, what: str) -> None:
        self.draft = draft
        self._say(f"{what} (not written yet: w)")

    def _open(self, page: Page) -> None:
        self._pages.append(page)

    def _say(self, text: str, *, failed: bool = False) -> None:
        self.message, self.failed = text, failed

    def _fail(self, error: Exception) -> None:
        if isinstance(error, ConfigError):
            texts = [problem.message + (f". {problem.fix}" if problem.fix else "") for problem in error.problems]
            self._say(" ".join(texts), failed=True)
        else:
            self._say(str(error), failed=True)


def _targets_of(provider: ProviderConfig) -> list[str]:
    return [f"{provider.name},{model}" for model in provider.models]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _key_words(provider: ProviderConfig) -> str:
    if not provider.api_keys:
        return "no key"
    unset = [key for key in provider.api_keys if key.startswith("$")]
    return f"{unset[0]} is not set" if unset else _count(len(provider.api_keys), "key")
