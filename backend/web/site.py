"""The web server of the backend: one, for all that browsers and other servers ask of it.

Each part gives its routes. It speaks plain HTTP: a county puts its own reverse proxy with TLS in front of it,
whose address is `BackendSettings.web_address`. What is longer than MAX_BODY is refused before it is read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler

from backend.web import WebAddressTaken, alerts, display, documents, payments
from backend.web.grounds import Grounds, Part
from foundation.log import logger
from foundation.request_id import begin_request

MAX_BODY = 1 << 20
"""Bytes of a request's body."""
_log = logger(__name__)


PARTS: tuple[Part, ...] = (alerts.routes, payments.routes, documents.routes, display.routes)
"""All parts."""


@asynccontextmanager
async def site(grounds: Grounds) -> AsyncIterator[str]:
    """Serves while the block runs; gives HOST:PORT with the real port, empty where nothing is served.

    Raises WebAddressTaken.
    """
    listen = grounds.settings.web_listen
    if not listen:
        yield ""
        return
    host, _, port = listen.rpartition(":")
    application = web.Application(middlewares=[_edge], client_max_size=MAX_BODY)
    application.add_routes(route for part in PARTS for route in part(grounds))
    runner = web.AppRunner(application, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        served = web.TCPSite(runner, host.strip("[]"), int(port))
        try:
            await served.start()
        except OSError:
            raise WebAddressTaken(listen) from None
        address = f"{host}:{runner.addresses[0][1]}"
        _log.info("web_ready", address=address)
        yield address
    finally:
        grounds.closing.set()
        await runner.cleanup()


@web.middleware
async def _edge(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Around every request. The path is not logged as it came: links carry secrets."""
    begin_request("")
    code = 500
    try:
        response = await handler(request)
        code = response.status
    except web.HTTPException as error:
        code = error.status
        raise
    finally:
        resource = request.match_info.route.resource
        _log.info("web", path=resource.canonical if resource else "", method=request.method, code=code)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response
