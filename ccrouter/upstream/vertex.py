"""How a provider on Vertex AI is signed in to: whose credentials, for which project."""

from collections.abc import Mapping
from pathlib import Path

import orjson

from ccrouter.config.types import Config, ProviderConfig
from ccrouter.errors import UpstreamError
from ccrouter.frozen import frozen
from ccrouter.model.json import as_object, as_str
from ccrouter.providers.vertex import project_of, vertex_options
from ccrouter.upstream.auth import RenewedTokens, TokenSource
from ccrouter.upstream.google_tokens import (
    NOT_INSTALLED,
    GoogleAccount,
    GoogleIssuer,
    ambient_file,
    is_installed,
    project_in,
)
from ccrouter.upstream.proxies import proxy_for

ACCESS_TOKEN = "ya29."  # noqa: S105 - how Google's access tokens begin
NO_PROJECT = (
    "no Google Cloud project is named: set GOOGLE_CLOUD_PROJECT (in the environment or the config), "
    'or project_id in the options of its transformer: ["vertex-claude", {"project_id": "…"}]'
)


@frozen
class VertexAccess:
    """`source` is None where the config holds a token of its own. `problem` says why the provider cannot be used."""

    project: str = ""
    source: TokenSource | None = None
    file: Path | None = None
    """The credentials file, whose change must lead to a reload."""
    problem: str | None = None


def vertex_access(provider: ProviderConfig, config: Config, environment: Mapping[str, str], home: Path) -> VertexAccess:
    """How to sign in for `provider`. Reads the credentials file's project; asks nobody yet.

    `environment` holds the config's own variables too. An `api_key` only counts when it is an access token of Google's
    (`gcloud auth print-access-token`): CCR wants one in every provider, so most configs have a made-up one.
    """
    folder = config.path.parent if config.path is not None else Path.cwd()
    account = account_of(provider, environment, folder, home)
    if isinstance(account, str):
        return VertexAccess(problem=account)
    project = project_of(provider, environment)
    own_header = any(name.casefold() == "authorization" for name in provider.headers)
    if project is not None and (own_header or any(key.startswith(ACCESS_TOKEN) for key in provider.api_keys)):
        return VertexAccess(project)
    try:
        named = project_in(account)
    except UpstreamError as error:
        return VertexAccess(file=account.file, problem=str(error))
    project = project or named
    if project is None:
        return VertexAccess(file=account.file, problem=NO_PROJECT)
    if not is_installed():
        return VertexAccess(project, file=account.file, problem=NOT_INSTALLED)
    issuer = GoogleIssuer(account, lambda url: proxy_for(url, config.proxy_url, environment))
    return VertexAccess(project, RenewedTokens(issuer, name=provider.name), account.file)


def account_of(
    provider: ProviderConfig, environment: Mapping[str, str], folder: Path, home: Path
) -> GoogleAccount | str:
    """The credentials that the transformer's options name, else ambient ones; text says what is wrong with the options.

    `credentials` is a file (relative to `folder`, the config's), a key's JSON, or that JSON as text out of a variable.
    """
    options = vertex_options(provider)
    email, key = as_str(options.get("client_email")), as_str(options.get("private_key"))
    if email and key:
        return GoogleAccount(info={"type": "service_account", "client_email": email, "private_key": key})
    if email or key:
        return "client_email and private_key go together: set both, or neither"
    credentials = options.get("credentials")
    if (info := as_object(credentials)) is not None:
        return GoogleAccount(info=info)
    text = (as_str(credentials) or "").strip()
    if text.startswith("{"):
        try:
            info = as_object(orjson.loads(text))
        except orjson.JSONDecodeError:
            info = None
        return GoogleAccount(info=info) if info is not None else "credentials is not the JSON of a key"
    return GoogleAccount(file=folder / Path(text).expanduser() if text else ambient_file(environment, home))
