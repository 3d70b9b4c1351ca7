"""Google's access tokens: from a service account's key, a credentials file, or what the machine itself provides.

google-auth is an extra (`pip install 'ccrouter[vertex]'`) and imported where it is used. All of this blocks; it runs in
the thread of `auth.RenewedTokens`.
"""

# google-auth has types for little of what it gives out; what is used of it is `_Credentials`.
# pyright: reportUnknownMemberType=none, reportUnknownVariableType=none

import calendar
import functools
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlsplit

import orjson

from ccrouter.config.urls import place_of
from ccrouter.errors import upstream_failure
from ccrouter.frozen import frozen
from ccrouter.model.json import JsonObject, as_object, as_str
from ccrouter.upstream.auth import IssuedToken, no_credentials

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
REQUEST_SECONDS = 20
NOT_INSTALLED = "Signing in to Google Cloud needs google-auth: pip install 'ccrouter[vertex]'"
WHAT_TO_SET = (
    "Set GOOGLE_APPLICATION_CREDENTIALS (in the environment or the config) to a service account's key file, "
    "or run: gcloud auth application-default login"
)
SECRET = re.compile(r"ya29\.[\w.-]+|eyJ[\w.-]{20,}|1//[\w-]{20,}|-----BEGIN.*", re.DOTALL)


@frozen
class GoogleAccount:
    """Where the credentials are: a file, or what would be in one; neither means ambient credentials."""

    file: Path | None = None
    info: JsonObject | None = field(default=None, repr=False)


class _Credentials(Protocol):
    """What is used of google-auth's credentials."""

    token: str | None
    expiry: datetime | None  # naive, UTC

    def refresh(self, request: object) -> None: ...


def is_installed() -> bool:
    """Whether the extra is there."""
    try:
        return find_spec("google.auth") is not None
    except ModuleNotFoundError:  # not even the namespace `google` is
        return False


def ambient_file(environment: Mapping[str, str], home: Path) -> Path | None:
    """The credentials file that Google's own tools would take: the variable's, else gcloud's. None: there is none."""
    named = environment.get("GOOGLE_APPLICATION_CREDENTIALS")
    if named:
        return Path(named).expanduser()
    # https://cloud.google.com/docs/authentication/application-default-credentials#personal
    if (folder := environment.get("CLOUDSDK_CONFIG")) is not None:
        place = Path(folder)
    elif (roaming := environment.get("APPDATA")) is not None:
        place = Path(roaming) / "gcloud"
    else:
        place = home / ".config" / "gcloud"
    file = place / "application_default_credentials.json"
    return file if file.is_file() else None


def project_in(account: GoogleAccount) -> str | None:
    """The project that the credentials themselves name, or None.

    Raises:
        UpstreamError: there are credentials, and they cannot be read.
    """
    info = read_info(account) or {}
    return as_str(info.get("project_id")) or as_str(info.get("quota_project_id"))


def read_info(account: GoogleAccount) -> JsonObject | None:
    """What is in the credentials; None for ambient ones.

    Raises:
        UpstreamError: the file cannot be read, or is no JSON object.
    """
    if account.file is None:
        return account.info
    try:
        found = as_object(orjson.loads(account.file.read_bytes()))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise no_credentials(f"Google's credentials file {account.file} cannot be read ({why})") from error
    except orjson.JSONDecodeError:
        found = None
    if found is None:
        raise no_credentials(f"Google's credentials file {account.file} is not a JSON object: download the key again")
    return found


class GoogleIssuer:
    """Issues tokens for `account`; a callable for `RenewedTokens`. `proxy_of` gives the HTTP proxy for a URL."""

    def __init__(self, account: GoogleAccount, proxy_of: Callable[[str], str | None]) -> None:
        self._account = account
        self._proxy_of = proxy_of
        self._credentials: _Credentials | None = None
        self._request: Callable[..., object] | None = None
        self._host = ""

    def __call__(self) -> IssuedToken:
        """A fresh token.

        Raises:
            UpstreamError: in words, with what to do.
        """
        try:
            from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError, TransportError
        except ImportError as error:
            raise no_credentials(NOT_INSTALLED) from error
        try:
            credentials = self._credentials or self._load()
            credentials.refresh(self._request)
        except DefaultCredentialsError as error:
            if self._account == GoogleAccount():
                raise no_credentials(f"no Google credentials were found. {WHAT_TO_SET}") from error
            raise no_credentials(f"{self._described()} cannot be used: {reason(error)}") from error
        except TransportError as error:
            raise upstream_failure(f"Google's token server {self._host} could not be reached") from error
        except RefreshError as error:
            if error.retryable:
                raise upstream_failure(f"Google's token server failed: {reason(error)}", status=503) from error
            raise no_credentials(f"Google refused {self._described()}: {reason(error)}") from error
        except (GoogleAuthError, ValueError) as error:
            # google-auth's and cryptography's words for a broken key; some would quote from it.
            raise no_credentials(f"{self._described()} cannot be used: {reason(error)}") from error
        if not credentials.token:
            raise no_credentials(f"Google gave no token for {self._described()}")
        self._credentials = credentials
        expiry = credentials.expiry
        return IssuedToken(credentials.token, float(calendar.timegm(expiry.timetuple())) if expiry else None)

    def _load(self) -> _Credentials:
        from google.auth.transport.requests import Request
        from requests import Session

        info = read_info(self._account)
        session = Session()
        token_uri = (as_str(info.get("token_uri")) if info is not None else None) or TOKEN_URI
        self._host = place_of(token_uri)
        if (proxy := self._proxy_of(token_uri)) is not None:
            # Only its own scheme: the metadata server (http) is on this machine's network.
            session.proxies = {urlsplit(token_uri).scheme: proxy}
        self._request = functools.partial(Request(session), timeout=REQUEST_SECONDS)
        return load_ambient(Request(session)) if info is None else load_info(info, token_uri)

    def _described(self) -> str:
        if self._account.file is not None:
            return f"the credentials in {self._account.file}"
        email = as_str((self._account.info or {}).get("client_email"))
        return f"the key of {email}" if email else "this machine's own credentials"


def load_info(info: JsonObject, token_uri: str) -> _Credentials:
    """Credentials of any kind that Google's credentials files have.

    Raises:
        ValueError, google.auth.exceptions.GoogleAuthError: they are not complete, or not valid.
    """
    from google.auth import load_credentials_from_dict
    from google.oauth2 import credentials as user
    from google.oauth2 import service_account

    kind = info.get("type", "service_account")
    if kind == "service_account":
        key = as_str(info.get("private_key")) or ""
        # Out of a variable the key's line breaks come as the two characters \n.
        complete = {**info, "token_uri": token_uri, "private_key": key.replace("\\n", "\n")}
        made = service_account.Credentials.from_service_account_info(complete, scopes=[SCOPE])
    elif kind == "authorized_user":
        made = user.Credentials.from_authorized_user_info(info, scopes=[SCOPE])
    else:
        with warnings.catch_warnings():
            # It warns of files that come from strangers; this one the user named, as google.auth.default() takes it.
            warnings.simplefilter("ignore", DeprecationWarning)
            made, _ = load_credentials_from_dict(info, scopes=[SCOPE])
    return cast(_Credentials, made)


def load_ambient(request: object) -> _Credentials:
    """The credentials of the machine: App Engine's, Compute Engine's, Cloud Run's, GKE's.

    Raises:
        google.auth.exceptions.DefaultCredentialsError: it has none.
    """
    from google.auth import default

    made, _ = default(scopes=[SCOPE], request=request)
    return cast(_Credentials, made)


def reason(error: Exception) -> str:
    """What google-auth said, in one line and without anything that could be a secret."""
    said = str(error.args[0]) if error.args else ""
    return SECRET.sub("…", " ".join(said.split()))[:300] or type(error).__name__
