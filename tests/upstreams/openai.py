"""What OpenAI's two protocols refuse alike, and the errors that they tell it with."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import orjson
from aiohttp import web

from ccrouter.model.json import JsonObject
from tests.upstreams.openai_rules import RefusedError
from tests.upstreams.replies import Failure
from tests.upstreams.scripted import Record, ScriptedUpstream

INVALID = "invalid_request_error"


@dataclass
class OpenAIUpstream(ScriptedUpstream[Record]):
    """`api_key` None: any key, or none, will do. `models` empty: any model name will do; else 404 for the others.
    `listed` is what `GET /v1/models` lists; without any there is no such path."""

    ENDPOINTS: ClassVar[tuple[str, ...]] = ()
    """The paths that are served; the first is this upstream's own."""

    api_key: str | None = "sk-upstream"
    models: frozenset[str] = frozenset()
    listed: tuple[str, ...] = ()

    @property
    def endpoint(self) -> str:
        return f"{self.url}{self.ENDPOINTS[0]}"

    @abstractmethod
    def _invalid(self, body: JsonObject) -> RefusedError | None:
        """What the dialect's rules say of a body."""

    def _gives(self, record: Record, key: str) -> bool:
        return record.headers.get("authorization") == f"Bearer {key}"

    def _elsewhere(self, request: web.Request, record: Record) -> web.Response | None:
        if request.path != "/v1/models" or request.method != "GET" or not self.listed:
            return None
        if self.api_key is not None and not self._gives(record, self.api_key):
            failure = Failure(401, "Incorrect API key provided", INVALID, "invalid_api_key")
            return web.Response(status=401, body=self._error(record, failure), content_type="application/json")
        entries = [{"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "x"} for name in self.listed]
        return web.json_response({"object": "list", "data": entries})

    def _refusal(self, request: web.Request, record: Record, body: JsonObject | None) -> Failure | None:
        if request.path not in self.ENDPOINTS:
            return Failure(404, f"Invalid URL ({request.method} {request.path})", INVALID)
        if request.method != "POST":
            return Failure(405, "Only POST requests are accepted.", INVALID)
        if self.api_key is not None and not self._gives(record, self.api_key):
            return Failure(401, "Incorrect API key provided", INVALID, "invalid_api_key")
        if not record.headers.get("content-type", "").startswith("application/json"):
            return Failure(415, "content-type must be application/json", INVALID)
        if body is None:
            return Failure(400, "We could not parse the JSON body of your request.", INVALID)
        found = self._invalid(body)
        if found is not None:
            return Failure(400, f"{found.message} ({found.param})", INVALID)
        if self.models and body["model"] not in self.models:
            return Failure(404, f"The model `{body['model']}` does not exist", INVALID, "model_not_found")
        return None

    def _error(self, record: Record, failure: Failure) -> bytes:
        error = {"message": failure.message, "type": failure.kind, "param": None, "code": failure.code}
        return orjson.dumps({"error": error})
