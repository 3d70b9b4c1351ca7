"""`ccr add-gemini-balance`: what the guides of Gemini Balance promise, as one command."""

import asyncio
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from ccrouter.commands.locating import chosen_config, config_option
from ccrouter.commands.provider.adding import Options, add
from ccrouter.commands.provider.saving import draft_or_first
from ccrouter.commands.provider.wanted import list_of, wanted
from ccrouter.config.edit.draft import Draft
from ccrouter.config.types import Config, ProviderConfig
from ccrouter.errors import UpstreamError
from ccrouter.probing.causes import Cause, cause_of
from ccrouter.upstream.client import UpstreamClient

NAME: Final = "gemini-balance"
USUAL_URL: Final = "http://localhost:8000"
PATHS: Final = {"gemini": "/v1beta", "openai": "/v1"}
"""Its own protocol keeps thought signatures; /v1 is OpenAI's."""
HEALTH_SECONDS: Final = 10.0


@click.command("add-gemini-balance", context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.option("--url", help=f"Where it runs [default: {USUAL_URL}].")
@click.option("--token", help="One of its ALLOWED_TOKENS, or its AUTH_TOKEN; '$NAME' for a variable, - for stdin.")
@click.option(
    "--roles", multiple=True, metavar="ROUTE[=MODEL][,…]", help="Routes that go to it [default: longContext]."
)
@click.option("--models", multiple=True, metavar="MODEL[,MODEL…]", help="Models of it, from its own list.")
@click.option("--protocol", type=click.Choice(list(PATHS)), help="What to speak [default: gemini, by its address].")
@click.option("--name", default=NAME, show_default=True, help="What routes shall call it.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: take what is known, and write.")
@click.option("--no-test", is_flag=True, help="Write without having asked it.")
@click.pass_context
def add_gemini_balance(  # noqa: PLR0917 - as many as it has options
    context: click.Context,
    config: Path | None,
    url: str | None,
    token: str | None,
    roles: tuple[str, ...],
    models: tuple[str, ...],
    protocol: str | None,
    name: str,
    yes: bool,
    no_test: bool,
) -> None:
    """Add a Gemini Balance server: asked for its models, tested, and made the route of long contexts if wanted."""
    path = chosen_config(config)
    draft = draft_or_first(path)
    configured = tuple([found.name for found in draft.config.providers])
    there = next((found for found in draft.config.providers if found.name.casefold() == name.casefold()), None)
    if url is None and there is None:
        url = (
            str(click.prompt("Where does it run?", default=USUAL_URL)) if sys.stdin.isatty() and not yes else USUAL_URL
        )
    asked = wanted(
        NAME,
        presets=draft.known.presets,
        configured=configured,
        name=name,
        url=None if url is None else address(url, protocol),
        models=list_of(models),
    )
    options = Options(
        key=token,
        roles=list_of(roles) or None,
        yes=yes,
        test=not no_test,
        proposed_roles=("longContext",),
        pick=model_for,
        before=_is_healthy(draft.config),
    )
    code = add(path, asked, options)
    if code == 0:
        click.echo(long_request_words(draft_or_first(path)))
    context.exit(code)


def address(url: str, protocol: str | None) -> str:
    """The base of what requests go to: `http://host:8000` with the path of the protocol, a path of one's own as it is.

    What its console shows as its address has no path, the guides have `/v1` or `/v1/chat/completions`.
    """
    url = url.strip().rstrip("/")
    if "://" not in url:
        url = f"http://{url}"
    path = urlsplit(url).path.rstrip("/")
    if path in ("", "/gemini"):
        return f"{url.removesuffix('/gemini') if protocol == 'openai' else url}{PATHS[protocol or 'gemini']}"
    usual = re.fullmatch(r"(.*?)/(v1beta|v1)(/models|/chat/completions)?", path)
    if usual is None or protocol is None:
        return url
    base = usual[1].removesuffix("/gemini") if protocol == "openai" else usual[1]
    return url[: -len(path)] + base + PATHS[protocol]


def model_for(route: str, models: Sequence[str]) -> str | None:
    """The model that a route gets where none is named: for long contexts a Pro, else a Flash, without a suffix."""
    plain = [model for model in models if not re.search(r"-(search|image|non-thinking)$|embedding|tts|lite", model)]
    wish = "flash" if route == "background" else "pro"
    return next((model for model in plain if wish in model), next(iter(plain or models), None))


def long_request_words(draft: Draft) -> str:
    """Where a request goes that is too long for the default route."""
    router = draft.config.router
    target = router.long_context or router.default
    route = "longContext" if router.long_context is not None else "default: longContext is not set"
    return f"A request of more than {router.long_context_threshold:,} tokens goes to {target} ({route})."


def _is_healthy(config: Config) -> Callable[[ProviderConfig, Mapping[str, str]], Cause | None]:
    """A test of `GET /health`, which needs no token: is it a Gemini Balance at all?"""

    def test(provider: ProviderConfig, environment: Mapping[str, str]) -> Cause | None:
        parts = urlsplit(provider.api_base_url)
        url = f"{parts.scheme}://{parts.netloc}/health"

        async def ask() -> int:
            from ccrouter.runtime import proxy_of

            client = UpstreamClient()
            try:
                proxy = proxy_of(provider, config, {**environment, **config.environment})
                ca_bundle = provider.ca_bundle
                found = await client.fetch("GET", url, {}, seconds=HEALTH_SECONDS, proxy=proxy, ca_bundle=ca_bundle)
                return found.status
            finally:
                await client.close()

        try:
            status = asyncio.run(ask())
        except UpstreamError as error:
            return cause_of(error.detail, provider)
        if status == 200:
            click.secho("  ✓ it is there (GET /health)", fg="green")
        else:
            # One behind a reverse proxy may show its models only.
            click.secho(f"  ! GET /health: {status}", fg="yellow")
        return None

    return test
