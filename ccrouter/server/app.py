"""The HTTP side: routes, and what guards each of them and gives every error its client's shape."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from ccrouter import __version__
from ccrouter.client_apis.anthropic import MESSAGES_API
from ccrouter.client_apis.openai_chat import CHAT_API
from ccrouter.client_apis.openai_responses import RESPONSES_API
from ccrouter.errors import ErrorDetail, RequestError, error_type_of_status
from ccrouter.server import admin, diagnosis
from ccrouter.server.access import PUBLIC_PATHS, check_key, check_origin
from ccrouter.server.apis import api_of
from ccrouter.server.bodies import MAX_BODY_BYTES
from ccrouter.server.checks import CHECKS, Checks
from ccrouter.server.explaining import explain_body, explain_logged
from ccrouter.server.messages import count_tokens, embeddings, serve
from ccrouter.server.models import model, models
from ccrouter.server.responses import error_response, json_response, new_request_id
from ccrouter.server.state import REQUEST_ID, STATE, State
from ccrouter.server.statusline import status_line

logger = logging.getLogger("ccrouter.server")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(state: State) -> web.Application:
    """The application around `state`."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app[STATE] = state
    app[CHECKS] = Checks()
    app.on_shutdown.append(end_checks)
    router, safe = app.router, partial(guarded, state)
    for prefix in ("", "/api", "/v1", "/preset/{preset}"):
        # /api: Claude Relay Service's spelling. /v1: a base URL that ends in /v1 (SaladDay/cc-switch-cli#161).
        router.add_post(f"{prefix}/v1/messages", safe(serve(state, MESSAGES_API)))
        router.add_post(f"{prefix}/v1/messages/count_tokens", safe(count_tokens))
    for prefix in ("/v1", "/api/v1", "/v1/v1", "", "/preset/{preset}/v1"):
        # Without /v1: an OpenAI client whose base URL has none.
        router.add_post(f"{prefix}/chat/completions", safe(serve(state, CHAT_API)))
        router.add_post(f"{prefix}/responses", safe(serve(state, RESPONSES_API)))
        router.add_post(f"{prefix}/embeddings", safe(embeddings))
        router.add_get(f"{prefix}/models", safe(models))
        router.add_get(f"{prefix}/models/{{model:.+}}", safe(model))
    router.add_get("/", safe(root))
    router.add_get("/health", safe(diagnosis.health))
    router.add_get("/test-connection", safe(diagnosis.test_connection))
    router.add_route("HEAD", "/api/hello", safe(hello))
    router.add_get("/admin/status", safe(admin.status))
    router.add_get("/admin/keys", safe(admin.keys))
    router.add_post("/admin/keys/clear", safe(admin.clear_keys))
    router.add_post("/admin/explain", safe(explain_body))
    router.add_get("/admin/explain", safe(explain_logged))
    router.add_get("/admin/statusline", safe(status_line))
    router.add_post("/admin/stop", safe(admin.stop))
    router.add_post("/admin/reload", safe(admin.reload_config))
    router.add_route("*", r"/{path:[\s\S]*}", safe(not_served))
    return app


async def root(request: web.Request) -> web.Response:
    """Who is here."""
    del request
    return json_response({"message": "ccrouter", "version": __version__})


async def end_checks(app: web.Application) -> None:
    """The daemon ends."""
    app[CHECKS].close()


async def hello(request: web.Request) -> web.Response:
    """Claude Code warms its connection with this."""
    del request
    return web.Response()


async def not_served(request: web.Request) -> web.StreamResponse:
    """Whatever no other route serves. Raises web.HTTPException: 405 where one does with another method, else 404."""
    methods: set[str] = set()
    for resource in request.app.router.resources():
        found, allowed = await resource.resolve(request)
        if found is None:  # it is not this one
            methods |= allowed
    raise web.HTTPMethodNotAllowed(request.method, methods) if methods else web.HTTPNotFound


def guarded(state: State, handler: Handler) -> Handler:
    """`handler`, which checks who asks, gives errors their shape, and lets nothing of our insides out.

    Every route is made so; a middleware would cost each request as much again as the checks themselves.
    """

    async def guard(request: web.Request) -> web.StreamResponse:
        request_id = request[REQUEST_ID] = new_request_id()
        try:
            check_origin(request.headers, state.host)
            api_key = state.service.config.api_key
            if api_key and request.path not in PUBLIC_PATHS and not request.path.startswith("/admin/"):
                check_key(request.headers, api_key)
            return await handler(request)
        except RequestError as error:
            return error_response(api_of(request), ErrorDetail(error.type, error.message, error.status), request_id)
        except web.HTTPException as error:
            return error_response(api_of(request), http_error(request, error), request_id)
        except ConnectionError:
            raise
        except Exception:  # a defect of ours: the log gets the trace, the client gets the id to find it by
            logger.exception("request %s failed", request_id)
            message = f"ccrouter failed on this request; its log has the details under {request_id}."
            return error_response(api_of(request), ErrorDetail("api_error", message, 500), request_id)

    return guard


def http_error(request: web.Request, error: web.HTTPException) -> ErrorDetail:
    """What aiohttp found wrong with the request, in our words."""
    message = f"{request.method} {request.path} is not served here." if error.status in {404, 405} else error.reason
    if error.status == 413:
        message = f"The request body is larger than {MAX_BODY_BYTES // 1024 // 1024} MB."
    return ErrorDetail(error_type_of_status(error.status), message, error.status)
