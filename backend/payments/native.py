"""The gateway ``native``: payment by a QR code that the payer scans, with signed JSON over HTTPS.

Source: WeChat Pay API v3, "Native payment": create (POST /v3/pay/transactions/native), query and close by the
merchant's number, domestic refunds, trade bill, payment notification. The names of paths, fields and states
are those of that document; `docs/payments.md` lists them.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import time
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.clock import COUNTY_TIME
from backend.payments import signing
from backend.payments.gateway import (
    MAX_CODE,
    Demand,
    GatewayRefused,
    GatewayUnavailable,
    Notification,
    NotificationRefused,
    Refund,
    Report,
    Returned,
    Standing,
    StatementLine,
)
from backend.payments.signing import Identity, Unsigned

SECONDS = 5.0
"""So long a call may take, from connecting to the last byte."""
MAX_ANSWER = 1 << 20
MAX_STATEMENT = 64 << 20
CURRENCY = "CNY"
_STANDINGS = {
    "SUCCESS": Standing.PAID,
    "REFUND": Standing.PAID,  # it was paid, and something was given back since
    "NOTPAY": Standing.OPEN,
    "USERPAYING": Standing.OPEN,
    "PAYERROR": Standing.OPEN,
    "CLOSED": Standing.CLOSED,
    "REVOKED": Standing.CLOSED,
}
_RETURNED = {
    "SUCCESS": Returned.DONE,
    "PROCESSING": Returned.UNDER_WAY,
    "CLOSED": Returned.FAILED,
    "ABNORMAL": Returned.FAILED,
}
_AGAIN = frozenset({"SYSTEM_ERROR", "FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "BANK_ERROR"})
"""Codes that say nothing about whether it was done."""
_UNKNOWN = frozenset({"ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"})


class NativeSettings(BaseModel):
    """Table ``[backend.payment.options]`` of this gateway. Secrets lie in files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(pattern=r"^https?://[^\s/]{1,253}$")]
    """Its address, without a path."""
    merchant: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,32}$")]
    """The merchant number (mchid)."""
    application: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,32}$")]
    """The application that the merchant number belongs to (appid)."""
    serial: Annotated[str, Field(pattern=r"^[0-9A-Za-z_]{1,64}$")]
    """Serial number of the merchant's certificate."""
    key: Path
    """The merchant's private key, RSA, PEM."""
    api_key: Path
    """File with the 32 characters that notifications are sealed with (API v3 key)."""
    gateway_keys: Annotated[dict[str, Path], Field(min_length=1, max_length=10)]
    """The gateway's public keys or certificates, PEM, by serial number or key id."""
    demonstration: bool = False
    """It is the demonstration gateway: no money moves, and every door says so."""


class _Material:
    """The keys, read from their files. Raises OSError, ValueError."""

    def __init__(self, settings: NativeSettings) -> None:
        key = load_pem_private_key(settings.key.read_bytes(), None)
        if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
            raise ValueError(f"{settings.key}: is no RSA key of 2048 bits or more")
        self.identity = Identity(key, settings.serial)
        self.api_key = settings.api_key.read_text("ascii").strip().encode()
        if len(self.api_key) != signing.API_KEY_BYTES:
            raise ValueError(f"{settings.api_key}: does not hold {signing.API_KEY_BYTES} characters")
        self.keys = {serial: _public(path) for serial, path in settings.gateway_keys.items()}


def _public(path: Path) -> RSAPublicKey:
    pem = path.read_bytes()
    found = (
        x509.load_pem_x509_certificate(pem).public_key()
        if b"BEGIN CERTIFICATE" in pem
        else load_pem_public_key(pem)
    )
    if not isinstance(found, RSAPublicKey):
        raise ValueError(f"{path}: is no RSA key")
    return found


class NativeGateway:
    """A `backend.payments.gateway.Gateway`."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """options: see NativeSettings. What is wrong with them, `check_config` says."""
        self._wrong: tuple[str, ...] = ()
        self._session: aiohttp.ClientSession | None = None
        try:
            self._settings = NativeSettings.model_validate(dict(options))
            self._material = _Material(self._settings)
        except ValidationError as error:
            self._wrong = tuple(
                f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)
            )
        except (OSError, ValueError) as error:
            self._wrong = (str(error),)

    @property
    def demonstration(self) -> bool:
        """Whether no money moves."""
        return self._settings.demonstration

    def check_config(self) -> tuple[str, ...]:
        """What is wrong with the settings."""
        return self._wrong

    async def create(self, demand: Demand, notify_url: str) -> str:
        """What the QR code holds (code_url)."""
        said = {
            "appid": self._settings.application,
            "mchid": self._settings.merchant,
            "description": demand.title.zh_cn[:127],
            "out_trade_no": demand.number,
            "time_expire": demand.expire_time.astimezone(COUNTY_TIME).isoformat(timespec="seconds"),
            "notify_url": notify_url,
            "amount": {"total": demand.amount_fen, "currency": CURRENCY},
        }
        answer = await self._call("POST", "/v3/pay/transactions/native", said)
        code = answer.get("code_url")
        if not isinstance(code, str) or not 0 < len(code) <= MAX_CODE or not code.isprintable():
            raise GatewayUnavailable("create: no code_url")
        return code

    async def query(self, number: str) -> Report:
        """How a try to pay stands."""
        path = f"/v3/pay/transactions/out-trade-no/{quote(number)}?mchid={self._settings.merchant}"
        try:
            answer = await self._call("GET", path)
        except GatewayRefused as refused:
            if refused.reason in _UNKNOWN:
                return Report(number, Standing.UNKNOWN)
            raise
        report = self._report(answer)
        if report.number != number:
            raise GatewayUnavailable("query: of another number")
        return report

    async def close(self, number: str) -> None:
        """Has it be paid no more."""
        path = f"/v3/pay/transactions/out-trade-no/{quote(number)}/close"
        try:
            await self._call("POST", path, {"mchid": self._settings.merchant})
        except GatewayRefused as refused:
            if refused.reason not in _UNKNOWN | {"ORDERPAID", "ORDER_CLOSED"}:
                raise

    async def refund(self, refund: Refund) -> Returned:
        """Gives back all of it."""
        said = {
            "out_trade_no": refund.number,
            "out_refund_no": refund.refund_number,
            "amount": {"refund": refund.amount_fen, "total": refund.amount_fen, "currency": CURRENCY},
        }
        answer = await self._call("POST", "/v3/refund/domestic/refunds", said)
        if answer.get("out_refund_no") != refund.refund_number:
            raise GatewayUnavailable("refund: of another number")
        status = answer.get("status")
        if not isinstance(status, str) or status not in _RETURNED:
            raise GatewayUnavailable("refund: no status")
        return _RETURNED[status]

    def parse_notification(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notification:
        """A payment notification, whose resource is a transaction."""
        try:
            signing.check_answer(self._material.keys, headers, body, int(now.timestamp()))
        except Unsigned as unsigned:
            raise NotificationRefused(unsigned.reason) from None
        try:
            message = json.loads(body)
            kind, resource = message["event_type"], message["resource"]
            if not isinstance(kind, str) or not isinstance(resource, dict):
                raise NotificationRefused("MALFORMED")
            plain = json.loads(signing.open_resource(self._material.api_key, resource))
            if not kind.startswith("TRANSACTION."):
                return Notification(None, kind[:32])
            return Notification(self._report(plain), kind[:32])
        except Unsigned as unsigned:
            raise NotificationRefused(unsigned.reason) from None
        except (ValueError, KeyError, TypeError, GatewayUnavailable):
            raise NotificationRefused("MALFORMED") from None

    async def statement(self, day: date) -> tuple[StatementLine, ...]:
        """The trade bill of a day: its address first, then the file, whose SHA-1 the gateway signed."""
        answer = await self._call("GET", f"/v3/bill/tradebill?bill_date={day.isoformat()}&bill_type=ALL")
        url, digest = answer.get("download_url"), answer.get("hash_value")
        if not isinstance(url, str) or not isinstance(digest, str) or answer.get("hash_type") != "SHA1":
            raise GatewayUnavailable("statement: no address")
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" != self._settings.url:
            raise GatewayUnavailable("statement: lies elsewhere")
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        status, _, text = await self._exchange("GET", target, b"", MAX_STATEMENT)
        found = hashlib.sha1(text, usedforsecurity=False).hexdigest()  # the protocol's; a signature covers it
        if status != 200 or not hmac.compare_digest(found, digest.lower()):
            raise GatewayUnavailable("statement: damaged")
        try:
            return self.read_statement(text)
        except ValueError as error:
            raise GatewayUnavailable(f"statement: {error}") from None

    def read_statement(self, text: bytes) -> tuple[StatementLine, ...]:
        """A trade bill: a header, a line each, then a header and a line of totals; each field behind a ``.

        Amounts are in yuan with two decimals.
        """
        rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
        if not rows:
            raise ValueError("it is empty")
        header = [name.lstrip("`") for name in rows[0]]
        found = []
        for number, row in enumerate(rows[1:], 2):
            if not row or not row[0].startswith("`"):
                break  # the totals
            cells = dict(zip(header, (cell.lstrip("`") for cell in row), strict=False))
            try:
                if cells["商户号"] != self._settings.merchant:
                    raise ValueError("of another merchant")
                back = cells["交易状态"] == "REFUND"
                found.append(
                    StatementLine(
                        number=cells["商户订单号"],
                        amount_fen=_fen(cells["退款金额" if back else "订单金额"]),
                        transaction=cells["微信订单号"],
                        refund_number=cells["商户退款单号"] if back else "",
                    )
                )
            except (KeyError, ValueError) as error:
                raise ValueError(f"line {number}: {error}") from None
        return tuple(found)

    async def aclose(self) -> None:
        """Ends its connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _report(self, answer: Mapping[str, Any]) -> Report:
        """A transaction. Raises GatewayUnavailable where it is none."""
        state, number = answer.get("trade_state"), answer.get("out_trade_no")
        if not isinstance(state, str) or state not in _STANDINGS or not isinstance(number, str):
            raise GatewayUnavailable("transaction: no trade_state")
        standing = _STANDINGS[state]
        if standing is not Standing.PAID:
            return Report(number, standing)
        amount = answer.get("amount")
        total = amount.get("total") if isinstance(amount, dict) else None
        if not isinstance(amount, dict) or type(total) is not int:
            raise GatewayUnavailable("transaction: no amount")
        try:
            paid = datetime.fromisoformat(str(answer.get("success_time")))
        except ValueError:
            raise GatewayUnavailable("transaction: no success_time") from None
        transaction = answer.get("transaction_id")
        if paid.tzinfo is None or not isinstance(transaction, str) or not 0 < len(transaction) <= 64:
            raise GatewayUnavailable("transaction: no transaction_id")
        ours = (answer.get("mchid"), answer.get("appid"))
        return Report(
            number,
            standing,
            amount_fen=total,
            currency=str(amount.get("currency", CURRENCY))[:8],
            ours=ours == (self._settings.merchant, self._settings.application),
            transaction=transaction,
            pay_time=paid,
        )

    async def _call(self, method: str, target: str, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What it answers, which it signed; empty where it says nothing more than yes."""
        body = b"" if said is None else json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        status, headers, text = await self._exchange(method, target, body, MAX_ANSWER)
        try:
            signing.check_answer(self._material.keys, headers, text, int(time.time()))
        except Unsigned as unsigned:
            raise GatewayUnavailable(f"{status}, not signed: {unsigned.reason}") from None
        try:
            answer = json.loads(text) if text else {}
        except ValueError:
            raise GatewayUnavailable(f"{status}, no JSON") from None
        if not isinstance(answer, dict):
            raise GatewayUnavailable(f"{status}, no object")
        if 200 <= status < 300:
            return answer
        reason = str(answer.get("code", status))[:64]
        if status >= 500 or status == 429 or reason in _AGAIN:
            raise GatewayUnavailable(f"{status} {reason}")
        raise GatewayRefused(reason)

    async def _exchange(
        self, method: str, target: str, body: bytes, most: int
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, and body, of at most so many bytes."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=SECONDS), auto_decompress=True, trust_env=False
            )
        authorization = signing.authorization(
            self._material.identity,
            self._settings.merchant,
            method=method,
            target=target,
            body=body,
            now=int(time.time()),
        )
        headers = {
            "Authorization": authorization,
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "huimin",
        }
        try:
            async with self._session.request(
                method, self._settings.url + target, data=body or None, headers=headers, allow_redirects=False
            ) as answer:
                text = await answer.content.read(most + 1)
                while len(text) <= most and (more := await answer.content.read(most + 1 - len(text))):
                    text += more
                if len(text) > most:
                    raise GatewayUnavailable("too long an answer")
                return answer.status, {name.lower(): value for name, value in answer.headers.items()}, text
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise GatewayUnavailable(type(error).__name__) from None


def _fen(yuan: str) -> int:
    """An amount such as 12.50. Raises ValueError."""
    whole, _, part = yuan.partition(".")
    if not (whole.isdecimal() and len(part) <= 2 and (not part or part.isdecimal())):
        raise ValueError("no amount")
    return int(whole) * 100 + int(part.ljust(2, "0") if part else 0)
