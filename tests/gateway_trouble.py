"""What may be the matter between a backend and its payment gateway. What the gateway keeps stays true."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler


@dataclass
class Trouble:
    """What is wrong with the line to the gateway. of: for which paths; times: so often, then no more."""

    kind: str = ""
    """slow (10 s), cut (no answer), deaf (it does nothing and does not answer), nonsense, unsigned, busy."""
    of: str = "/v3/"
    times: int = 10**6
    seen: list[str] = field(default_factory=list)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.seen.append(f"{request.method} {request.path}")
        if not self.kind or self.of not in request.path or self.times <= 0:
            return await handler(request)
        self.times -= 1
        match self.kind:
            case "deaf":
                _cut(request)
            case "busy":
                return web.json_response({"code": "SYSTEM_ERROR"}, status=500)
            case "nonsense":
                return web.Response(text="<html>Bad gateway</html>", status=200)
        response = await handler(request)
        match self.kind:
            case "slow":
                await asyncio.sleep(10)
            case "cut":
                _cut(request)
            case "unsigned":
                response.headers["Wechatpay-Signature"] = "AAAA"
        return response


def _cut(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()
    raise asyncio.CancelledError
