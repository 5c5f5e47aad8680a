"""An SMS provider over HTTP, which checks what is signed and answers as it is told."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

SECRET = "a secret of the provider"


@dataclass
class Provider:
    """An SMS provider that keeps what it is sent, by idempotency key, and answers as it is told."""

    answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    url: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        stamp = request.headers["X-Huimin-Timestamp"]
        signed = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert request.headers["X-Huimin-Signature"] == signed
        self.taken.append(json.loads(body))
        self.keys.append(request.headers["Idempotency-Key"])
        return await self.answer(request)


async def accept(request: web.Request) -> web.StreamResponse:
    return web.json_response({"accepted": True})


@asynccontextmanager
async def provider(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] = accept,
) -> AsyncIterator[Provider]:
    made = Provider(answer)
    application = web.Application()
    application.router.add_post("/send", made.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/send"
    try:
        yield made
    finally:
        await runner.cleanup()


def over_http(url: str, folder: Path, **more: object) -> dict[str, dict[str, object]]:
    secret = folder / "provider-secret"
    secret.write_text(SECRET + "\n")
    return {"sms": {"gateway": "http", "url": url, "secret_file": secret, **more}}
