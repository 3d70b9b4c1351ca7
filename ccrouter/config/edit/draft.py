"""A config being changed: by the names of its routes, providers and models, checked as a whole before it is written.

Every change gives a new Draft, so that a row of changes is made or dropped together:

    draft = open_draft(path, environment=os.environ, known=names)
    draft = draft.add_provider({"name": "deepseek", "api_key": "$DEEPSEEK_API_KEY"})
    draft = draft.set_route("default", "deepseek,deepseek-chat")
    saved = draft.save(check)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ccrouter.config.document import ancestors, child
from ccrouter.config.edit.pointers import parts_of, value_at
from ccrouter.config.edit.refusal import refusal
from ccrouter.config.edit.route_names import ANY_NAME, TARGET_MEMBER, route_pointer
from ccrouter.config.edit.text import ConfigText, config_text
from ccrouter.config.edit.write import write_config
from ccrouter.config.known import KnownNames
from ccrouter.config.load import Loaded, load_config
from ccrouter.config.problems import ConfigError, Problem, has_errors
from ccrouter.config.report import did_you_mean
from ccrouter.config.routes import find_model, find_provider, match_name, read_route
from ccrouter.config.source import read_file, read_source
from ccrouter.config.types import Config, ProviderConfig, Target
from ccrouter.model.json import Json, JsonObject, as_str

Check = Callable[[Path, Mapping[str, str], bytes], Sequence[Problem]]
"""Everything that is wrong with a config of these bytes at this path (`runtime.check`)."""


@dataclass(frozen=True)
class Saved:
    """What came of writing. `backup` is None where there was nothing to write; `problems` are warnings."""

    backup: Path | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Draft:
    """The config at `path` with changes that are not written yet. `original` is what the file held when it was read."""

    path: Path
    original: bytes
    text: ConfigText
    environment: Mapping[str, str]
    known: KnownNames

    @cached_property
    def loaded(self) -> Loaded:
        """What the text means now, and what is wrong with it."""
        return load_config(self.path, environment=self.environment, known=self.known, content=self.text.data())

    @property
    def config(self) -> Config:
        """What could be understood of it, errors or not. Raises ConfigError when that is nothing."""
        if self.loaded.draft is None:
            raise ConfigError(self.loaded.problems)
        return self.loaded.draft

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        return self.text.data() != self.original

    def set(self, pointer: str, value: Json) -> Draft:
        """With `value` at `pointer` (in the schema's spelling)."""
        return replace(self, text=self.text.set(self._own(pointer), value))

    def remove(self, pointer: str) -> Draft:
        """Without what is at `pointer` (in the schema's spelling)."""
        return replace(self, text=self.text.remove(self._own(pointer)))

    def append(self, pointer: str, item: Json) -> Draft:
        """With `item` at the end of the list at `pointer` (in the schema's spelling)."""
        # A list of the whole config is joined from all files: this one may have its part of it.
        own = self.origin(pointer) if pointer.count("/") == 1 else self._own(pointer)
        return replace(self, text=self.text.append(own, item))

    def origin(self, pointer: str) -> str:
        """`pointer` in the file's own spelling."""
        for known in ancestors(pointer):
            if known in self.loaded.origins:
                return self.loaded.origins[known] + pointer[len(known) :]
        return pointer

    def _own(self, pointer: str) -> str:
        """As `origin`, for a change. Raises ConfigError for what stands in a file that the config includes."""
        own = self.origin(pointer)
        place = self.loaded.document.origin(own) if self.loaded.document is not None else None
        if place is not None and place.file != self.path.absolute():
            raise refusal(f"this stands in {place.file}, which the config includes", "Change it there", pointer=own)
        return own

    def value(self, pointer: str) -> Json:
        """What stands at `pointer` in the file, variables as they are written; None where nothing is."""
        return value_at(self.text.document.value, self.origin(pointer))

    def meaning(self, pointer: str) -> Json:
        """As `value`, with the variables put in."""
        return value_at(self.loaded.value, self.origin(pointer))

    def set_route(self, route: str, target: str) -> Draft:
        """With the route (`think`, `subagent.Explore`, …) going to `target`, checked and in its full spelling.

        What else the route says (its effort, for instance) stays.
        """
        pointer, written = route_pointer(route), self.route_text(target)
        found = self.value(pointer)
        if isinstance(found, dict) and found:
            if TARGET_MEMBER not in found:
                names = ", ".join(f"{route}.{name}" for name in list(found)[:4])
                raise refusal(f'"{route}" is a table of several routes', f"Name one of them: {names}", pointer=pointer)
            return self.set(child(pointer, TARGET_MEMBER), written)
        above, _, last = pointer.rpartition("/")
        everybody = self.value(above)
        if isinstance(everybody, str) and everybody:  # One route for all names becomes a table.
            return self.set(above, {ANY_NAME: everybody, parts_of(f"/{last}")[0]: written})
        return self.set(pointer, written)

    def unset_route(self, route: str) -> Draft:
        """Without the route: what it took goes to `default` then."""
        pointer = route_pointer(route)
        if self.value(pointer) is None:
            raise refusal(f'the route "{route}" is not set', "There is nothing to take away", pointer=pointer)
        return self.remove(pointer)

    def route_text(self, target: str) -> str:
        """How `target` is written into a route: an alias as it is, anything else in full."""
        return match_name(list(self.config.aliases), target) or str(self.target(target))

    def target(self, text: str) -> Target:
        """The target that `text` names, as routes may: an alias, `provider,model`, `group,name`, a provider alone."""
        alias = match_name(list(self.config.aliases), text)
        if alias is not None:
            return self.config.aliases[alias]
        reading = read_route(text, self.config.providers, list(self.config.groups))
        if reading.target is None:
            raise refusal(reading.message, reading.fix)
        return reading.target

    def add_provider(self, fields: JsonObject) -> Draft:
        """With one provider more, the last. Where nothing says what is served by default, its first model is."""
        name = fields.get("name")
        if isinstance(name, str) and find_provider(self.config.providers, name) is not None:
            raise refusal(f'there is a provider called "{name}" already', "Give it another name")
        draft = self.append("/Providers", fields)
        provider = draft.config.providers[-1] if draft.config.providers else None
        routed = self.value("/Router/default") or self.value("/tiers")
        if provider is not None and provider.models and not routed:
            draft = draft.set("/Router/default", str(Target(provider.name, provider.models[0])))
        return draft

    def set_provider(self, name: str, fields: JsonObject) -> Draft:
        """With `fields` of a provider that is there already; what they do not name, and what is so, stays as it is."""
        draft = self
        for field, value in fields.items():
            pointer = child(self.provider_pointer(self.provider(name)), field)
            if draft.value(pointer) != value:
                draft = draft.set(pointer, value)
        return draft

    def remove_provider(self, name: str) -> Draft:
        """Without a provider. Routes that name it are then errors: they are to be changed before."""
        return self.remove(self.provider_pointer(self.provider(name)))

    def add_models(self, provider: str, models: Sequence[str]) -> Draft:
        """With models added to a provider's list. What it lists already stays as it is."""
        found = self.provider(provider)
        pointer = f"{self.provider_pointer(found)}/models"
        draft = self
        listed = self.value(pointer)
        if not isinstance(listed, list):
            if isinstance(listed, str):
                draft = draft.set(pointer, [listed])
            elif found.models:  # The preset's own: a list of one's own takes their place.
                draft = draft.set(pointer, list(found.models))
        for model in dict.fromkeys(models):
            if find_model(draft.provider(provider), model) is None:
                draft = draft.append(pointer, model)
        return draft

    def remove_models(self, provider: str, models: Sequence[str]) -> Draft:
        """Without models of a provider's list."""
        pointer = f"{self.provider_pointer(self.provider(provider))}/models"
        draft = self
        for model in dict.fromkeys(models):
            found = draft.provider(provider)
            listed = find_model(found, model)
            if listed is None:
                fix = did_you_mean(model, found.models)
                raise refusal(f'provider "{found.name}" lists no model "{model}"', fix)
            if not isinstance(draft.value(pointer), list):
                draft = draft.set(pointer, list(found.models))
            entries = _entries(draft.meaning(pointer))
            index = next(index for index, entry in enumerate(entries) if as_str(entry) and str(entry).strip() == listed)
            draft = draft.remove(child(pointer, index))
        return draft

    def provider(self, name: str) -> ProviderConfig:
        """The provider called `name`, in any case."""
        found = find_provider(self.config.providers, name)
        if found is None:
            fix = did_you_mean(name, [provider.name for provider in self.config.providers])
            raise refusal(f'there is no provider called "{name}"', fix or "Add it: ccr provider add")
        return found

    def save(self, check: Check) -> Saved:
        """Write the changes, with a backup, if the config can be used with them.

        Raises:
            ConfigError: it could not be used, or the file has changed meanwhile. Nothing is written then.
            OSError: it cannot be written.
        """
        data = self.text.data()
        problems = tuple(check(self.path, self.environment, data))
        if has_errors(problems):
            raise ConfigError([problem for problem in problems if problem.severity == "error"])
        backup = write_config(self.path, data, expected=self.original) if self.changed else None
        return Saved(backup, problems)

    def provider_pointer(self, provider: ProviderConfig) -> str:
        """Where the entry of the provider is. Entries without a name are in the file and not among the providers."""
        for index in range(len(_entries(self.meaning("/Providers")))):
            name = as_str(self.meaning(f"/Providers/{index}/name"))
            if name is not None and name.strip() == provider.name:
                return f"/Providers/{index}"
        raise refusal(f'the entry of provider "{provider.name}" cannot be found in the file')


def open_draft(path: Path, *, environment: Mapping[str, str], known: KnownNames) -> Draft:
    """The config at `path`, to be changed. Raises ConfigError when it cannot be read."""
    data, problem = read_file(path, "config file")
    if problem is not None:
        raise ConfigError([problem])
    if (translation := read_source(data, path).translation) is not None:
        message = f"this is {translation.source}: only ccrouter's own configuration can be changed by a command"
        raise refusal(message, f"Take it over with `ccr import {path} --write`, or change it by hand", file=path)
    return Draft(path, data, config_text(data, path), environment, known)


def _entries(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
