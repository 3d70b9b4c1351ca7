"""Google's token server on loopback: checks the signed assertion or refresh token, and gives out access tokens."""

import base64
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs

import orjson
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ccrouter.model.json import Json, JsonObject, as_object
from tests.upstreams.server import LoopbackServer

EMAIL = "router@project-1.iam.gserviceaccount.com"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""What google-auth signs for, wherever it sends the assertion."""
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
REFRESH_TOKEN = "1//refresh-token-of-the-tests"


@cache
def generated_key() -> rsa.RSAPrivateKey:
    """A key of this test run's own."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@dataclass
class GoogleTokenServer(LoopbackServer):
    """Every token it gives is another. Those in `revoked` are not accepted any more."""

    lives: int = 3600
    status: int = 200
    """An error status instead of a token, in OAuth's error shape."""
    issued: list[str] = field(default_factory=list[str])
    revoked: set[str] = field(default_factory=set[str])
    asked: int = 0

    @property
    def token_uri(self) -> str:
        return f"{self.url}/token"

    def accepts(self, authorization: str | None) -> bool:
        """Whether an `Authorization` header carries a token that still holds."""
        kind, _, token = (authorization or "").partition(" ")
        return kind == "Bearer" and token in self.issued and token not in self.revoked

    def service_account(self, **changes: Json) -> JsonObject:
        """What Google's key files hold."""
        return {
            "type": "service_account",
            "project_id": "project-1",
            "private_key_id": "1",
            "private_key": pem(generated_key()),
            "client_email": EMAIL,
            "token_uri": self.token_uri,
            **changes,
        }

    def authorized_user(self) -> JsonObject:
        """What `gcloud auth application-default login` writes. Its library only takes another token server in code."""
        return {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": REFRESH_TOKEN}

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        form = {name: values[0] for name, values in parse_qs(await request.text()).items()}
        if self.status != 200:
            return web.json_response({"error": "server_error", "error_description": "try later"}, status=self.status)
        refusal = self._refusal(form)
        if refusal is not None:
            return web.json_response({"error": "invalid_grant", "error_description": refusal}, status=400)
        self.issued.append(f"ya29.issued-{len(self.issued) + 1}")
        return web.json_response(
            {"access_token": self.issued[-1], "expires_in": self.lives, "token_type": "Bearer", "scope": SCOPE}
        )

    def _refusal(self, form: dict[str, str]) -> str | None:
        if form.get("grant_type") != JWT_GRANT:
            return "unsupported grant"
        head, claims, signature = form.get("assertion", "..").split(".")
        try:
            generated_key().public_key().verify(
                _decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return "Invalid JWT Signature."
        told = as_object(orjson.loads(_decoded(claims))) or {}
        wanted = {"iss": EMAIL, "scope": SCOPE, "aud": AUDIENCE}
        wrong = [name for name, value in wanted.items() if told.get(name) != value]
        return f"wrong {wrong}" if wrong else None


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
