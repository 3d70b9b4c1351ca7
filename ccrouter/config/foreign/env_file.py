"""The `.env` of the small proxies for Claude Code, read as our configuration. What they do with it: `env_names.py`."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from ccrouter.config.document import Document, child
from ccrouter.config.dotenv import DotEnv
from ccrouter.config.foreign.env_names import (
    GEMINI_PROXY,
    HEADER_PREFIX,
    LITELLM_PROXY,
    OPENAI_PROXY,
    Proxy,
    recognise,
)
from ccrouter.config.foreign.translation import Translation, Translator
from ccrouter.config.presets import split_url
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject

PORT: Final = 8082
"""Where all three listen, and where their users' ANTHROPIC_BASE_URL points."""

_PREFIX = re.compile(r"^(gemini|openai|anthropic|google)/")
_LEVELS: Final[Mapping[str, str]] = {"warning": "warn", "critical": "fatal"}
_KNOWN_LEVELS: Final = ("fatal", "error", "warn", "info", "debug", "trace")

_DEFAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "gemini": ("gemini-2.5-pro", "gemini-2.5-flash"),
    "vertex": ("gemini-2.5-pro", "gemini-2.5-flash"),
    "anthropic": ("claude-sonnet-5", "claude-haiku-4-5-20251001"),
    LITELLM_PROXY: ("gpt-4.1", "gpt-4.1-mini"),
    OPENAI_PROXY: ("gpt-4o", "gpt-4o-mini"),
}
"""BIG_MODEL and SMALL_MODEL where they are not set, by provider, and for OpenAI by proxy."""

_BUILT_IN: Final[Mapping[str, str]] = {
    "MAX_STREAMING_RETRIES": "how often is tried before the first word is `retries` here",
    "MIN_TOKENS_LIMIT": "a model is never asked for more than the client wants",
    "FORCE_DISABLE_STREAMING": "streams are always read as streams",
    "EMERGENCY_DISABLE_STREAMING": "streams are always read as streams",
    "OPENAI_HEADERS": "headers are CUSTOM_HEADER_NAME=value here, or the provider's `headers`",
}
"""What has no equivalent, and why it is not needed."""

_READ: Final = frozenset((
    "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE_URL", "GEMINI_API_KEY", "ANTHROPIC_API_KEY", "BIG_MODEL",
    "MIDDLE_MODEL", "SMALL_MODEL", "HOST", "PORT", "LOG_LEVEL", "MAX_TOKENS_LIMIT", "REQUEST_TIMEOUT",
    "MAX_RETRIES", "AZURE_API_VERSION", "PREFERRED_PROVIDER", "USE_VERTEX_AUTH", "VERTEX_PROJECT",
    "VERTEX_LOCATION",
))  # fmt: skip


def document_of_variables(dotenv: DotEnv, file: Path) -> Document:
    """The variables as an object, each where it stands in the file."""
    places = {child("", name): (line, 1) for name, line in dotenv.lines.items()}
    return Document({**dotenv.variables}, file, {"": (1, 1), **places}, places)


def translate_variables(dotenv: DotEnv, file: Path) -> Translation:
    """Our configuration of what a `.env` says. Keys stay where they are: it names them as `$NAME`."""
    reading = _Reading(document_of_variables(dotenv, file), dotenv.variables)
    reading.read()
    translation = reading.finish()
    return replace(translation, problems=(*dotenv.problems, *translation.problems))


@frozen
class _Models:
    """Which of a provider's models stands for which class, and the variables that say so."""

    provider: str
    big: str
    middle: str
    small: str


class _Reading:
    """One file being read."""

    def __init__(self, document: Document, variables: Mapping[str, str]) -> None:
        self._translator = Translator(document)
        self._variables = variables
        self._providers: list[JsonObject] = []
        self._proxy: Proxy | None = None

    def read(self) -> None:
        recognised = recognise(self._variables)
        if recognised is None:
            message = "this file has no key that is known here: OPENAI_API_KEY, GEMINI_API_KEY or ANTHROPIC_API_KEY"
            self._translator.error(message, "Add one, or let `ccr init` write a configuration")
            return
        self._proxy = recognised.proxy
        if recognised.sign is None:
            message = f"this may be the file of several proxies and is read as that of {recognised.proxy}"
            self._translator.warn(f"{message}: {recognised.why}", at=self._at("ANTHROPIC_API_KEY"))
        self._read_listener()
        models = self._read_providers(recognised.proxy)
        self._translator.put("Providers", list[Json](self._providers), "")
        self._read_routes(models)
        self._read_retries()
        self._read_rest()

    def finish(self) -> Translation:
        source = f"a .env of {self._proxy}" if self._proxy is not None else "a .env"
        return self._translator.finish(source)

    def _read_listener(self) -> None:
        if host := self._get("HOST"):
            self._translator.put("HOST", host, self._at("HOST"))
        port = self._get("PORT")
        number = int(port) if port.isascii() and port.isdecimal() else port or PORT
        self._translator.put("PORT", number, self._at("PORT"))
        if self._proxy == OPENAI_PROXY and self._get("ANTHROPIC_API_KEY"):
            self._translator.put("APIKEY", "$ANTHROPIC_API_KEY", self._at("ANTHROPIC_API_KEY"))
        if level := self._get("LOG_LEVEL").lower():
            level = _LEVELS.get(level, level)
            if level in _KNOWN_LEVELS:
                self._translator.put("LOG_LEVEL", level, self._at("LOG_LEVEL"))
            else:
                self._no_equivalent("LOG_LEVEL", f"the levels here are {', '.join(_KNOWN_LEVELS)}")

    def _read_providers(self, proxy: Proxy) -> _Models:
        if proxy == GEMINI_PROXY:
            return self._gemini()
        if proxy == OPENAI_PROXY:
            return self._openai(proxy)
        preferred = self._get("PREFERRED_PROVIDER").lower() or "openai"
        if preferred not in ("openai", "google", "anthropic"):
            self._translator.warn(
                "PREFERRED_PROVIDER is openai, google or anthropic; openai is taken", at=self._at("PREFERRED_PROVIDER")
            )
        if preferred == "google":
            models = self._vertex() if self._get("USE_VERTEX_AUTH").lower() == "true" else self._gemini()
        elif preferred == "anthropic" or not self._get("OPENAI_API_KEY"):
            models = self._anthropic()
        else:
            models = self._openai(proxy)
        self._add_others(models.provider)
        return models

    def _gemini(self) -> _Models:
        models = self._models("gemini", *_DEFAULTS["gemini"])
        if self._proxy == GEMINI_PROXY:
            for name, model in (("BIG_MODEL", models.big), ("SMALL_MODEL", models.small)):
                if not self._get(name):
                    message = f"{name} is not set, and what the proxy takes then is no longer served; {model} is taken"
                    self._translator.warn(message, f"Set {name}")
        self._add({"name": "gemini", "api_key": "$GEMINI_API_KEY"}, models, "GEMINI_API_KEY")
        return models

    def _vertex(self) -> _Models:
        models = self._models("vertex", *_DEFAULTS["vertex"])
        for name, ours in (("VERTEX_PROJECT", "GOOGLE_CLOUD_PROJECT"), ("VERTEX_LOCATION", "GOOGLE_CLOUD_LOCATION")):
            if self._get(name) not in ("", "unset"):
                self._translator.put(ours, self._get(name), self._at(name))
        self._add({"name": "vertex"}, models, "USE_VERTEX_AUTH")
        return models

    def _anthropic(self) -> _Models:
        models = self._models("anthropic", *_DEFAULTS["anthropic"], own=False)
        for name in ("BIG_MODEL", "SMALL_MODEL"):
            if self._get(name):
                self._no_equivalent(name, "with Anthropic as provider the proxy does not read it either")
        self._add({"name": "anthropic", "api_key": "$ANTHROPIC_API_KEY"}, models, "ANTHROPIC_API_KEY")
        return models

    def _openai(self, proxy: Proxy) -> _Models:
        variable = "OPENAI_BASE_URL" if self._get("OPENAI_BASE_URL") else "OPENAI_API_BASE_URL"
        url = self._get(variable)
        entry: JsonObject = {"name": _name_of_host(url), "api_key": "$OPENAI_API_KEY"}
        if url:
            entry["api_base_url"] = url
        if version := self._get("AZURE_API_VERSION"):
            entry.update({"name": "azure", "api_version": version, "api_base_url": _azure_resource(url)})
        models = self._models(str(entry["name"]), *_DEFAULTS[proxy])
        index = self._add(entry, models, "OPENAI_API_KEY")
        for field, name in (("api_base_url", variable), ("api_version", "AZURE_API_VERSION")):
            if field in entry:
                self._translator.place(f"/Providers/{index}/{field}", self._at(name))
        return models

    def _models(self, provider: str, big: str, small: str, *, own: bool = True) -> _Models:
        def of(name: str, default: str) -> str:
            written = self._get(name) if own else ""
            # Its provider's name in front is LiteLLM's way; to OpenRouter it is a part of the model's.
            return (written if self._proxy == OPENAI_PROXY else _PREFIX.sub("", written)) or default

        big = of("BIG_MODEL", big)
        return _Models(provider, big, of("MIDDLE_MODEL", big), of("SMALL_MODEL", small))

    def _add(self, entry: JsonObject, models: _Models, made_from: str) -> int:
        """Add the provider that serves, with what the file says of all requests; its index."""
        entry["models"] = list[Json](dict.fromkeys((models.big, models.middle, models.small)))
        headers: JsonObject = {
            name.removeprefix(HEADER_PREFIX).replace("_", "-"): f"${{{name}}}"
            for name in self._variables
            if name.startswith(HEADER_PREFIX) and name != HEADER_PREFIX
        }
        if headers:
            entry["headers"] = headers
        index = len(self._providers)
        limit, seconds = self._number("MAX_TOKENS_LIMIT"), self._number("REQUEST_TIMEOUT")
        if limit is not None:
            entry["transformer"] = {"use": [["maxtoken", {"max_tokens": limit}]]}
        if seconds is not None:
            entry["timeouts"] = {"first_byte": seconds, "idle": seconds}
        self._providers.append(entry)
        self._translator.place(f"/Providers/{index}", self._at(made_from))
        for field, name in (("transformer", "MAX_TOKENS_LIMIT"), ("timeouts", "REQUEST_TIMEOUT")):
            if field in entry:
                self._translator.place(f"/Providers/{index}/{field}", self._at(name))
        for header in headers:
            place = child(f"/Providers/{index}/headers", header)
            self._translator.place(place, self._at(HEADER_PREFIX + header.replace("-", "_")))
        return index

    def _add_others(self, serving: str) -> None:
        """Providers that have a key too: the proxy sends there what is asked for by one of their models' names."""
        for name, variable in (
            ("openai", "OPENAI_API_KEY"),
            ("gemini", "GEMINI_API_KEY"),
            ("anthropic", "ANTHROPIC_API_KEY"),
        ):
            if self._get(variable) and name not in (serving, *(entry["name"] for entry in self._providers)):
                if name == "openai" and serving == "openai-compatible":
                    continue  # the same key, at the URL that the file gives
                self._translator.place(f"/Providers/{len(self._providers)}", self._at(variable))
                self._providers.append({"name": name, "api_key": f"${variable}"})

    def _read_routes(self, models: _Models) -> None:
        def target(model: str) -> str:
            return f"{models.provider},{model}"

        middle = "MIDDLE_MODEL" if self._get("MIDDLE_MODEL") else "BIG_MODEL"
        self._translator.put("Router", {"default": target(models.middle), "background": target(models.small)}, "")
        self._translator.place("/Router/default", self._at(middle))
        self._translator.place("/Router/background", self._at("SMALL_MODEL"))
        if models.big != models.middle:
            self._translator.put("tiers", {"opus": target(models.big)}, self._at("BIG_MODEL"))

    def _read_retries(self) -> None:
        if (retries := self._number("MAX_RETRIES")) is not None:
            self._translator.put("retries", {"same_target": int(retries)}, self._at("MAX_RETRIES"))

    def _read_rest(self) -> None:
        others: list[str] = []
        for name in self._variables:
            if name in _BUILT_IN:
                self._no_equivalent(name, _BUILT_IN[name])
            elif name not in _READ and not name.startswith(HEADER_PREFIX):
                others.append(name)
        if others:
            names = f"{', '.join(others[:5])}{', …' if len(others) > 5 else ''}"
            self._translator.warn(f"not read, as nothing here is called so: {names}", at=self._at(others[0]))

    def _number(self, name: str) -> int | float | None:
        text = self._get(name)
        if not text:
            return None
        if re.fullmatch(r"[0-9]{1,9}([.][0-9]{1,6})?", text) is None:
            self._translator.error(f"{name} must be a number", at=self._at(name))
            return None
        return float(text) if "." in text else int(text)

    def _no_equivalent(self, name: str, why: str) -> None:
        self._translator.warn(f"{name} has no equivalent: {why}", at=self._at(name))

    def _get(self, name: str) -> str:
        return self._variables.get(name, "").strip()

    def _at(self, name: str) -> str:
        return child("", name) if name in self._variables else ""


def _name_of_host(url: str) -> str:
    """`openai` is a preset: who is not OpenAI must not be taken for it."""
    return "openai" if not url or split_url(url).hostname == "api.openai.com" else "openai-compatible"


def _azure_resource(url: str) -> str:
    """The resource alone: the deployment is the model's name, as Azure's client has it."""
    return re.sub(r"/openai(/deployments(/[^/?]*)?)?/?$", "", url.rstrip("/"))
