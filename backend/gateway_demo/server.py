"""What the demonstration gateway answers: merchants, signed both ways, and payers in a browser.

Paths, fields, states and codes are those of WeChat Pay API v3, "Native payment".
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime
from typing import Any

import aiohttp
from aiohttp import web

from backend.clock import COUNTY_TIME
from backend.gateway_demo import pages
from backend.gateway_demo.keys import APPLICATION, MERCHANT, MERCHANT_SERIAL, Keys
from backend.gateway_demo.ledger import RETRIES, Ledger, Refused, Trade, in_county_time
from backend.payments import signing
from backend.payments.signing import Unsigned
from foundation.life import beside
from foundation.log import logger

MAX_TOTAL = 10**11
_TAKEN = (200, 204)
_NOTIFY_SECONDS = 5.0
_log = logger(__name__)
_Answer = tuple[int, dict[str, Any] | None]
_Handler = Callable[[web.Request, dict[str, Any]], _Answer]

BILL = [
    "交易时间",
    "公众账号ID",
    "商户号",
    "特约商户号",
    "设备号",
    "微信订单号",
    "商户订单号",
    "用户标识",
    "交易类型",
    "交易状态",
    "付款银行",
    "货币种类",
    "应结订单金额",
    "代金券金额",
    "微信退款单号",
    "商户退款单号",
    "退款金额",
    "充值券退款金额",
    "退款类型",
    "退款状态",
    "商品名称",
    "商户数据包",
    "手续费",
    "费率",
    "订单金额",
    "申请退款金额",
    "费率备注",
]
"""Columns of a trade bill (WeChat Pay API v3, "Trade bill", bill_type ALL)."""
BILL_TOTALS = [
    "总交易单数",
    "应结订单总金额",
    "退款总金额",
    "充值券退款总金额",
    "手续费总金额",
    "订单总金额",
    "申请退款总金额",
]


class DemonstrationGateway:
    """The gateway. url: under which payers and merchants reach it; hurry: divides the pauses of RETRIES."""

    def __init__(self, ledger: Ledger, keys: Keys, *, hurry: float = 1.0) -> None:
        self.ledger = ledger
        self.url = ""
        self._keys = keys
        self._hurry = hurry
        self._wake = asyncio.Event()

    def application(self) -> web.Application:
        """All its routes."""
        application = web.Application(client_max_size=64 << 10)
        base = "/v3/pay/transactions"
        application.add_routes(
            [
                web.post(f"{base}/native", self._signed(self._create)),
                web.get(f"{base}/out-trade-no/{{number}}", self._signed(self._query)),
                web.post(f"{base}/out-trade-no/{{number}}/close", self._signed(self._close)),
                web.post("/v3/refund/domestic/refunds", self._signed(self._refund)),
                web.get("/v3/refund/domestic/refunds/{number}", self._signed(self._refunded)),
                web.get("/v3/bill/tradebill", self._signed(self._bill)),
                web.get("/v3/billdownload/file", self._download),
                web.get("/cashier/{token}", self._cashier),
                web.post("/cashier/{token}", self._pay),
            ]
        )
        return application

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """Tells merchants what was paid, while the block runs."""
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=_NOTIFY_SECONDS), trust_env=False
            ) as session,
            beside(self._tell(session)),
        ):
            yield

    def notification(self, trade: Trade, notice: str) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a notification that a transaction was paid."""
        now = int(time.time())
        plain = json.dumps(self._transaction(trade), ensure_ascii=False).encode()
        resource = signing.seal_resource(self._keys.api_key, plain, "transaction")
        message = {
            "id": notice,
            "create_time": in_county_time(now),
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
            "resource": {"original_type": "transaction", **resource},
        }
        body = json.dumps(message, ensure_ascii=False).encode()
        headers = signing.answer_headers(self._keys.identity, body, now)
        return body, headers | {"Content-Type": "application/json"}

    # Merchants

    def _signed(self, handler: _Handler) -> Callable[[web.Request], Coroutine[Any, Any, web.Response]]:
        """A call of a merchant: its signature is looked at first, and the answer is signed."""

        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            try:
                self._check(request, body)
                said = json.loads(body) if body else {}
                if not isinstance(said, dict):
                    raise Refused(400, "PARAM_ERROR")
                status, answer = handler(request, said)
            except Refused as refused:
                status, answer = refused.status, {"code": refused.code, "message": refused.code}
            except (ValueError, KeyError, TypeError):
                status, answer = 400, {"code": "PARAM_ERROR", "message": "PARAM_ERROR"}
            text = b"" if answer is None else json.dumps(answer, ensure_ascii=False).encode()
            headers = signing.answer_headers(self._keys.identity, text, int(time.time()))
            _log.info("gateway_demo", path=request.match_info.route.resource.canonical, code=status)  # type: ignore[union-attr]
            return web.Response(
                body=text, status=status, headers=headers | {"Content-Type": "application/json"}
            )

        return handle

    def _check(self, request: web.Request, body: bytes) -> None:
        """Whether the merchant signed it, just now, and for the first time. Raises Refused."""
        now = int(time.time())
        try:
            signed = signing.parse_authorization(request.headers.get("Authorization", ""))
            signing.check_time(signed.timestamp, now)
        except Unsigned:
            raise Refused(401, "SIGN_ERROR") from None
        lines = (request.method, request.path_qs, signed.timestamp, signed.nonce, body)
        if (
            signed.merchant != MERCHANT
            or signed.serial != MERCHANT_SERIAL
            or not signing.is_signed(self._keys.merchant, signed.signature, *lines)
            or not self.ledger.use_nonce(signed.nonce, now)
        ):
            raise Refused(401, "SIGN_ERROR")

    def _create(self, request: web.Request, said: dict[str, Any]) -> _Answer:
        number, amount = said["out_trade_no"], said["amount"]
        total = amount["total"]
        if said["mchid"] != MERCHANT or said["appid"] != APPLICATION:
            raise Refused(400, "APPID_MCHID_NOT_MATCH")
        if not (isinstance(number, str) and 6 <= len(number) <= 32 and number.isalnum()):
            raise Refused(400, "PARAM_ERROR")
        if type(total) is not int or not 0 < total < MAX_TOTAL or amount.get("currency", "CNY") != "CNY":
            raise Refused(400, "PARAM_ERROR")
        if not str(said["notify_url"]).startswith(("https://", "http://")) or "?" in said["notify_url"]:
            raise Refused(400, "PARAM_ERROR")
        description = said["description"]
        if not isinstance(description, str) or not 0 < len(description) <= 127:
            raise Refused(400, "PARAM_ERROR")
        expire = int(datetime.fromisoformat(said["time_expire"]).timestamp())
        trade = self.ledger.create(said, total, expire, int(time.time()))
        return 200, {"code_url": f"{self.url}/cashier/{trade.token}"}

    def _query(self, request: web.Request, said: dict[str, Any]) -> _Answer:
        if request.query.get("mchid") != MERCHANT:
            raise Refused(400, "PARAM_ERROR")
        return 200, self._transaction(self.ledger.trade(request.match_info["number"], int(time.time())))

    def _close(self, request: web.Request, said: dict[str, Any]) -> _Answer:
        if said["mchid"] != MERCHANT:
            raise Refused(400, "PARAM_ERROR")
        self.ledger.shut(request.match_info["number"], int(time.time()))
        return 204, None

    def _refund(self, request: web.Request, said: dict[str, Any]) -> _Answer:
        total = said["amount"]["refund"]
        if type(total) is not int or total <= 0:
            raise Refused(400, "PARAM_ERROR")
        number, refund_number = str(said["out_trade_no"]), str(said["out_refund_no"])
        return 200, _refund(self.ledger.refund(number, refund_number, total, int(time.time())))

    def _refunded(self, request: web.Request, said: dict[str, Any]) -> _Answer:
        return 200, _refund(self.ledger.refunded(request.match_info["number"]))

    def _bill(self, request: web.Request, said: dict[str, Any]) -> _Answer:
        day = date.fromisoformat(request.query["bill_date"])
        text = self._statement(day)
        return 200, {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(text, usedforsecurity=False).hexdigest(),
            "download_url": f"{self.url}/v3/billdownload/file?bill_date={day.isoformat()}",
        }

    async def _download(self, request: web.Request) -> web.Response:
        """The file itself, which is not signed: its SHA-1 was."""
        try:
            self._check(request, b"")
            text = self._statement(date.fromisoformat(request.query["bill_date"]))
        except Refused as refused:
            return web.json_response({"code": refused.code}, status=refused.status)
        except (ValueError, KeyError):
            return web.json_response({"code": "PARAM_ERROR"}, status=400)
        return web.Response(body=text, content_type="text/csv", charset="utf-8")

    def _statement(self, day: date) -> bytes:
        midnight = datetime(day.year, day.month, day.day, tzinfo=COUNTY_TIME)
        paid, back = self.ledger.of_day(midnight)
        common = {"公众账号ID": APPLICATION, "商户号": MERCHANT, "交易类型": "NATIVE", "货币种类": "CNY"}
        rows = [
            common
            | {
                "交易时间": _at(trade.pay_time or 0),
                "微信订单号": trade.trade_number,
                "商户订单号": trade.number,
                "交易状态": "SUCCESS",
                "应结订单金额": _yuan(trade.total),
                "订单金额": _yuan(trade.total),
                "退款金额": "0.00",
                "商品名称": trade.description,
            }
            for trade in paid
        ] + [
            common
            | {
                "交易时间": _at(refund["time"]),
                "微信订单号": refund["trade_number"],
                "商户订单号": refund["trade"],
                "交易状态": "REFUND",
                "微信退款单号": refund["refund_id"],
                "商户退款单号": refund["number"],
                "退款金额": _yuan(refund["total"]),
                "申请退款金额": _yuan(refund["total"]),
                "订单金额": "0.00",
                "退款状态": "SUCCESS",
            }
            for refund in back
        ]
        came, went = sum(trade.total for trade in paid), sum(refund["total"] for refund in back)
        totals = [str(len(rows)), _yuan(came), _yuan(went), "0.00", "0.00", _yuan(came), _yuan(went)]
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(BILL)
        writer.writerows([f"`{row.get(name, '')}" for name in BILL] for row in rows)
        writer.writerow(BILL_TOTALS)
        writer.writerow([f"`{total}" for total in totals])
        return file.getvalue().encode()

    def _transaction(self, trade: Trade) -> dict[str, Any]:
        told: dict[str, Any] = {
            "appid": APPLICATION,
            "mchid": MERCHANT,
            "out_trade_no": trade.number,
            "trade_state": trade.state,
            "trade_state_desc": trade.state,
            "amount": {"total": trade.total, "currency": "CNY"},
        }
        if trade.pay_time is not None:
            told |= {
                "trade_type": "NATIVE",
                "transaction_id": trade.trade_number,
                "bank_type": "OTHERS",
                "success_time": in_county_time(trade.pay_time),
                "payer": {"openid": "demonstration"},
                "amount": told["amount"] | {"payer_total": trade.total, "payer_currency": "CNY"},
            }
        return told

    # Payers

    async def _cashier(self, request: web.Request) -> web.Response:
        return pages.cashier(self.ledger.by_token(request.match_info["token"], int(time.time())))

    async def _pay(self, request: web.Request) -> web.Response:
        trade = self.ledger.pay(request.match_info["token"], int(time.time()))
        self._wake.set()
        return pages.cashier(trade)

    # Notifications

    async def _tell(self, session: aiohttp.ClientSession) -> None:
        while True:
            self._wake.clear()
            for notice, trade, tries in self.ledger.due(time.time()):
                taken = await self._told(session, notice, trade)
                again = None if taken or tries >= len(RETRIES) else time.time() + RETRIES[tries] / self._hurry
                self.ledger.told(notice, again)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await self._wake.wait()

    async def _told(self, session: aiohttp.ClientSession, notice: str, trade: Trade) -> bool:
        body, headers = self.notification(trade, notice)
        try:
            async with session.post(
                trade.notify_url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                _log.info("gateway_demo_told", code=answer.status)
                return answer.status in _TAKEN
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            _log.info("gateway_demo_not_told", error=type(error).__name__)
            return False


def _refund(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "refund_id": row["refund_id"],
        "out_refund_no": row["number"],
        "out_trade_no": row["trade"],
        "status": "SUCCESS",
        "success_time": in_county_time(row["time"]),
        "amount": {"refund": row["total"], "currency": "CNY"},
    }


def _at(moment: int) -> str:
    return datetime.fromtimestamp(moment, COUNTY_TIME).strftime("%Y-%m-%d %H:%M:%S")


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"
