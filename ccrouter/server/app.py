"""The HTTP side: routes, and the one middleware that guards them and gives every error its client's shape."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from ccrouter import __version__
from ccrouter.client_apis.anthropic import MESSAGES_API
from ccrouter.client_apis.openai_chat import CHAT_API
from ccrouter.client_apis.openai_responses import RESPONSES_API
from ccrouter.errors import ErrorDetail, RequestError, error_type_of_status
from ccrouter.server import admin, diagnosis
from ccrouter.server.access import PUBLIC_PATHS, check_key, check_origin
from ccrouter.server.apis import api_of
from ccrouter.server.checks import CHECKS, Checks
from ccrouter.server.explaining import explain_body, explain_logged
from ccrouter.server.messages import count_tokens, embeddings, serve
from ccrouter.server.models import model, models
from ccrouter.server.responses import error_response, json_response, new_request_id
from ccrouter.server.state import REQUEST_ID, STATE, State
from ccrouter.server.statusline import status_line

logger = logging.getLogger("ccrouter.server")

MAX_BODY_BYTES = 128 * 1024 * 1024
"""Anthropic takes 32 MB; other upstreams more."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(state: State) -> web.Application:
    """The application around `state`."""
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[guard])
    app[STATE] = state
    app[CHECKS] = Checks()
    app.on_shutdown.append(end_checks)
    router = app.router
    for prefix in ("", "/api", "/v1", "/preset/{preset}"):
        # /api: Claude Relay Service's spelling. /v1: a base URL that ends in /v1 (SaladDay/cc-switch-cli#161).
        router.add_post(f"{prefix}/v1/messages", serve(MESSAGES_API))
        router.add_post(f"{prefix}/v1/messages/count_tokens", count_tokens)
    for prefix in ("/v1", "/api/v1", "/v1/v1", "", "/preset/{preset}/v1"):
        # Without /v1: an OpenAI client whose base URL has none.
        router.add_post(f"{prefix}/chat/completions", serve(CHAT_API))
        router.add_post(f"{prefix}/responses", serve(RESPONSES_API))
        router.add_post(f"{prefix}/embeddings", embeddings)
        router.add_get(f"{prefix}/models", models)
        router.add_get(f"{prefix}/models/{{model:.+}}", model)
    router.add_get("/", root)
    router.add_get("/health", diagnosis.health)
    router.add_get("/test-connection", diagnosis.test_connection)
    router.add_route("HEAD", "/api/hello", hello)
    router.add_get("/admin/status", admin.status)
    router.add_get("/admin/keys", admin.keys)
    router.add_post("/admin/keys/clear", admin.clear_keys)
    router.add_post("/admin/explain", explain_body)
    router.add_get("/admin/explain", explain_logged)
    router.add_get("/admin/statusline", status_line)
    router.add_post("/admin/stop", admin.stop)
    router.add_post("/admin/reload", admin.reload_config)
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


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Check who asks; give errors their shape; let nothing of our insides out."""
    state = request.app[STATE]
    request_id = request[REQUEST_ID] = new_request_id()
    try:
        check_origin(request.headers, state.host)
        if request.path not in PUBLIC_PATHS and not request.path.startswith("/admin/"):
            check_key(request.headers, state.service.config.api_key)
        return await handler(request)
    except RequestError as error:
        return error_response(api_of(request), ErrorDetail(error.type, error.message, error.status), request_id)
    except web.HTTPException as error:
        message = f"{request.method} {request.path} is not served here." if error.status in {404, 405} else error.reason
        if error.status == 413:
            message = f"The request body is larger than {MAX_BODY_BYTES // 1024 // 1024} MB."
        detail = ErrorDetail(error_type_of_status(error.status), message, error.status)
        return error_response(api_of(request), detail, request_id)
    except ConnectionError:
        raise
    except Exception:  # a defect of ours: the log gets the trace, the client gets the id to find it by
        logger.exception("request %s failed", request_id)
        message = f"ccrouter failed on this request; its log has the details under {request_id}."
        return error_response(api_of(request), ErrorDetail("api_error", message, 500), request_id)
