"""Messages to an SMS provider, or a county's own gateway, as JSON over HTTP.

A request is POST with the body ``{"name", "channel", "to", "subject", "text", "language"}`` and

- ``Idempotency-Key``: the message's `name`, the same whenever it is sent again;
- ``X-Huimin-Timestamp``: seconds since 1970;
- ``X-Huimin-Signature``: HMAC-SHA256 (RFC 2104) in hexadecimal, with the secret, over the timestamp, a full
  stop, and the body's bytes.

The answer to a message that was taken over is 2xx with ``{"accepted": true}``; to one that never will be,
2xx with ``{"accepted": false, "reason": CODE}``, or 4xx but 408, 425 and 429. Anything else is tried again,
after ``Retry-After`` seconds where it says so. A provider that keeps the keys of a day sends nothing twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import aiohttp
from pydantic import Field

from backend.notifying.gateways.configuration import GatewayTable, on_this_machine, read_table, secret_of
from backend.notifying.outgoing import GatewayWrong, NotSent, Outgoing
from backend.storage.messages import Channel

MAX_ANSWER = 64 << 10
"""Bytes of an answer that are read."""
MAX_AFTER = 3600.0
_AGAIN = (408, 425, 429)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class _Table(GatewayTable):
    url: Annotated[str, Field(max_length=500)]
    secret_file: Path
    timeout_seconds: Annotated[float, Field(ge=1, le=60)] = 10.0


class HttpGateway:
    """One provider."""

    simulated = False

    def __init__(self, channel: Channel, table: Mapping[str, object], data: Path) -> None:
        self._table = read_table(_Table, table)
        self._session: aiohttp.ClientSession | None = None

    def check_config(self) -> None:
        """Its address is https, or this machine's, and its secret can be read. Raises GatewayWrong."""
        parts = urlsplit(self._table.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise GatewayWrong("url: begins with https://")
        if parts.scheme == "http" and not on_this_machine(parts.hostname):
            raise GatewayWrong("url: has to be https, because it carries telephone numbers")
        secret_of(self._table.secret_file)

    async def send(self, message: Outgoing) -> None:
        """See `Gateway`."""
        body = json.dumps(
            {
                "name": message.name,
                "channel": message.channel,
                "to": message.recipient,
                "subject": message.subject,
                "text": message.text,
                "language": message.language,
            },
            ensure_ascii=False,
        ).encode()
        stamp = str(int(time.time()))
        try:
            secret = secret_of(self._table.secret_file).get_secret_value()
        except GatewayWrong:
            raise NotSent("SECRET_MISSING") from None
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.name,
            "X-Huimin-Timestamp": stamp,
            "X-Huimin-Signature": signature(secret, stamp, body),
        }
        try:
            async with self._connected().post(
                self._table.url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                _understand(answer.status, answer.headers, await _read(answer))
        except TimeoutError:
            raise NotSent("TIMEOUT") from None
        except aiohttp.ClientError as error:
            raise NotSent(f"UNREACHABLE_{type(error).__name__}") from None

    async def close(self) -> None:
        """See `Gateway`."""
        if self._session is not None:
            await self._session.close()

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            limit = aiohttp.ClientTimeout(total=self._table.timeout_seconds)
            self._session = aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar())
        return self._session


def signature(secret: str, stamp: str, body: bytes) -> str:
    """See the module."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for piece in answer.content.iter_chunked(8192):
        content += piece
        if len(content) > MAX_ANSWER:
            raise NotSent("ANSWER_TOO_LARGE")
    return bytes(content)


def _understand(status: int, headers: Mapping[str, str], content: bytes) -> None:
    """Raises NotSent where the provider did not take the message over."""
    if not 200 <= status < 300:
        after = headers.get("Retry-After", "")
        wait = min(float(after), MAX_AFTER) if re.fullmatch(r"[0-9]{1,6}", after) else 0
        raise NotSent(f"HTTP_{status}", final=400 <= status < 500 and status not in _AGAIN, after=wait)
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        raise NotSent("NONSENSE") from None
    if not isinstance(said, dict) or not isinstance(said.get("accepted"), bool):
        raise NotSent("NONSENSE")
    if not said["accepted"]:
        reason = str(said.get("reason", ""))
        raise NotSent(f"REFUSED_{reason}" if _CODE.fullmatch(reason) else "REFUSED", final=True)
