"""Canonical JSON to Config, checked against itself: routes name providers that exist, names name what is known.

Nothing here stops at the first error. What the schema check has reported already is passed over in silence.
"""

import ipaddress
from collections.abc import Callable, Mapping
from pathlib import Path

from ccrouter.config.aliases import read_aliases
from ccrouter.config.document import child
from ccrouter.config.group_entries import read_group_names, read_groups
from ccrouter.config.hints import read_hints
from ccrouter.config.interpolate import Variables
from ccrouter.config.known import KnownNames
from ccrouter.config.provider_entries import read_providers
from ccrouter.config.report import Report
from ccrouter.config.retry_entries import read_cooldown, read_rescue, read_retries
from ccrouter.config.router_entries import read_router, read_tiers
from ccrouter.config.routing_tests import read_tests
from ccrouter.config.search import read_search
from ccrouter.config.status_line import read_status_line
from ccrouter.config.targets import Names, read_fallback
from ccrouter.config.types import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_TIMEOUT_MS,
    Config,
)
from ccrouter.config.urls import is_http_url
from ccrouter.config.uses import JAVASCRIPT_SUFFIXES, Files, TransformerNames, read_user_files
from ccrouter.model.json import Json, JsonObject, as_int, as_object, as_str


def adapt(
    value: JsonObject,
    report: Report,
    *,
    path: Path,
    file_exists: Callable[[Path], bool],
    schema_keys: frozenset[str],
    variables: Variables,
    known: KnownNames,
) -> Config:
    """The Config that `value` describes. It is only fit for use when `report` holds no error afterwards.

    `schema_keys` are the top-level keys of ours; all others are environment variables.
    """
    paths = Files(path.parent, file_exists, report)
    files, javascript = read_user_files(value.get("transformers"), paths)
    transformers = TransformerNames(known, bool(files), javascript)
    providers = read_providers(value.get("Providers"), transformers, variables, paths)
    groups = read_group_names(value.get("groups"), providers, report)
    names = Names(providers, groups, report, read_aliases(value.get("aliases"), providers, groups, report))
    tiers = read_tiers(value.get("tiers"), names, transformers)
    if value.get("Providers") in (None, []):
        _report_no_provider(value, report)
    api_key = _read_api_key(value, report)
    log_level = as_str(value.get("LOG_LEVEL")) or "info"
    return Config(
        providers=providers,
        router=read_router(value, names, transformers, tiers),
        path=path,
        sources=(
            *(path, path.parent / ".env", *(file.path for file in files)),
            *dict.fromkeys(provider.ca_bundle for provider in providers if provider.ca_bundle is not None),
        ),
        host=_read_host(value, api_key, report),
        port=_read_port(value, variables.get("SERVICE_PORT"), report),
        workers=as_int(value.get("WORKERS")) or 1,
        api_key=api_key,
        api_timeout_ms=as_int(value.get("API_TIMEOUT_MS")) or DEFAULT_TIMEOUT_MS,
        proxy_url=_read_proxy(value, report),
        log=value.get("LOG") is not False,
        log_level="warn" if log_level == "warning" else log_level,
        fallback=read_fallback(value.get("fallback"), names),
        groups=read_groups(value.get("groups"), names),
        aliases=names.aliases,
        tiers=tiers,
        retries=read_retries(value.get("retries"), report),
        cooldown=read_cooldown(value.get("cooldown"), report),
        rescue=read_rescue(value.get("rescue")),
        transformers=files,
        tests=read_tests(value.get("tests"), names),
        search=read_search(value.get("search"), report),
        force_image_agent=_read_image_agent(value, report),
        status_line=read_status_line(value.get("StatusLine"), paths),
        non_interactive_mode=value.get("NON_INTERACTIVE_MODE") is True,
        claude_path=(as_str(value.get("CLAUDE_PATH")) or "").strip() or None,
        custom_router_path=_read_custom_router(value, paths),
        rewrite_system_prompt=_read_file_name(value, "REWRITE_SYSTEM_PROMPT", paths),
        hints=read_hints(value.get("hints"), paths),
        environment=_read_environment(value, schema_keys, report),
    )


def _report_no_provider(value: JsonObject, report: Report) -> None:
    pointer = "/Providers" if "Providers" in value else ""
    if "OPENAI_API_KEY" in value or "OPENAI_BASE_URL" in value:
        fix = "OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL have no effect any more: write them as a provider"
    else:
        fix = 'Add one to "Providers", such as { "name": "deepseek" } with its "api_key", and name it in Router.default'
    report.error("no provider is configured yet", f"{fix}, or try `ccr demo`, which needs no key", pointer=pointer)


def _read_image_agent(value: JsonObject, report: Report) -> bool:
    forced = value.get("forceUseImageAgent") is True
    route = (as_object(value.get("Router")) or {}).get("image")
    if forced and not (route.strip() if isinstance(route, str) else route):
        fix = "Name a model that sees in Router.image, or leave forceUseImageAgent out"
        report.warning("no effect: the image agent looks through Router.image", fix, pointer="/forceUseImageAgent")
    return forced


def _read_api_key(value: JsonObject, report: Report) -> str | None:
    if variable := report.unset("/APIKEY"):
        # The placeholder itself as a key would be one that everybody can guess.
        message = f"no APIKEY: the variable {variable} is not set"
        report.warning(message, "Without a key only this machine is served", pointer="/APIKEY")
        return None
    key = (as_str(value.get("APIKEY")) or "").strip()
    if any(character < " " for character in key):
        report.error("a key must be one line of text", "Take the line break out of it", pointer="/APIKEY")
    elif not key.isascii():
        message = "clients cannot send this key as it is: a header's value is ASCII"
        fix = "ccr code and ccr activate send it percent-encoded; for other clients use a key of ASCII characters"
        report.warning(message, fix, pointer="/APIKEY")
    return key or None


def _read_host(value: JsonObject, api_key: str | None, report: Report) -> str:
    host = (as_str(value.get("HOST")) or "").strip().removeprefix("[").removesuffix("]")
    if not host:
        return DEFAULT_HOST
    if any(character.isspace() or character in "/\0" for character in host):
        report.error("HOST must be an address or a host name", 'Write "127.0.0.1" or "0.0.0.0"', pointer="/HOST")
        return DEFAULT_HOST
    if api_key is None and not is_loopback(host):
        message = f"there is no APIKEY, so HOST stays {DEFAULT_HOST}: anybody on the network could use your keys"
        report.warning(message, "Set APIKEY to listen on other addresses", pointer="/HOST")
        return DEFAULT_HOST
    return host


def is_loopback(host: str) -> bool:
    """Whether `host` (an address, or localhost) can only be reached from this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_port(value: JsonObject, service_port: str | None, report: Report) -> int:
    if service_port and service_port.strip():
        text = service_port.strip()
        if text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65535:
            return int(text)
        report.error("SERVICE_PORT in the environment is not a port", "Unset it, or give a number from 1 to 65535")
    return as_int(value.get("PORT")) or DEFAULT_PORT


def _read_proxy(value: JsonObject, report: Report) -> str | None:
    for name in ("HTTPS_PROXY", "PROXY_URL"):  # CCR's order of lookup.
        proxy = (as_str(value.get(name)) or "").strip()
        if not proxy:
            continue
        if not is_http_url(proxy):
            fix = "Write it as http://host:port; SOCKS proxies are not supported"
            report.error("must be the URL of an HTTP proxy", fix, pointer=f"/{name}")
        return proxy
    return None


def _read_file_name(value: JsonObject, name: str, paths: Files) -> Path | None:
    text = as_str(value.get(name))
    path = paths.resolve(text, f"/{name}") if text else None
    if path is not None:
        paths.check(path, f"/{name}")
    return path


def _read_custom_router(value: JsonObject, paths: Files) -> Path | None:
    text = (as_str(value.get("CUSTOM_ROUTER_PATH")) or "").strip()
    if text and Path(text).suffix.lower() in JAVASCRIPT_SUFFIXES:
        message = f"{Path(text).name} is JavaScript and cannot run here; the routes of Router are used"
        paths.report.warning(
            message, "Port it to Python: docs/porting-custom-routers.md", pointer="/CUSTOM_ROUTER_PATH"
        )
        return None
    return _read_file_name(value, "CUSTOM_ROUTER_PATH", paths)


def _read_environment(value: JsonObject, schema_keys: frozenset[str], report: Report) -> Mapping[str, str]:
    environment: dict[str, str] = {}
    for name, entry in value.items():
        if (name in schema_keys and name != "ANTHROPIC_SMALL_FAST_MODEL") or isinstance(entry, dict | list):
            continue
        text = {True: "true", False: "false"}[entry] if isinstance(entry, bool) else _plain(entry)
        if not name or "=" in name or "\0" in name + text:
            report.warning("this cannot be an environment variable", pointer=child("", name), key=True)
        elif entry is not None:
            environment[name] = text
    return environment


def _plain(entry: Json) -> str:
    """A scalar as JavaScript's String() writes it, for what CCR copies into process.env."""
    return str(as_int(entry)) if as_int(entry) is not None else str(entry)
