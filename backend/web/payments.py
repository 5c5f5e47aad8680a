"""What a payment gateway tells us, and the page behind a link in an SMS.

| path | who | what |
|---|---|---|
| ``POST /payments/notify/{gateway}`` | the gateway | a notification |
| ``GET /pay/{reference}/{key}`` | a resident | what is to be paid, and a button |
| ``POST`` the same | a resident | begins to pay: leads to the gateway, or shows its QR code |

A notification is answered with 204 once it is on the disk, with 401 where it is not the gateway's word, and
with 503 where it is to come again.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from html import escape

import qrcode
from aiohttp import web
from sqlalchemy.exc import DBAPIError

from backend.authoring.finding import LOCALE
from backend.payments.gateway import NotificationRefused
from backend.payments.news import yuan
from backend.payments.paying import LINK, NOTIFY, NotOffered, Paying, Unavailable, is_link
from backend.storage import orders
from backend.storage.attempts import OrderOver, OrderPaid, OrderUnknown
from backend.storage.audit import Actor
from backend.storage.orders import Order
from backend.web.grounds import Grounds
from backend_client.forms.reference import group
from foundation.language import Language, translator
from foundation.request_id import current_request

_MAX_NOTIFICATION = 64 << 10
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self' https: http:"
_STATES: dict[int, str] = {
    orders.PAID: "paid",
    orders.REFUNDING: "refunding",
    orders.REFUNDED: "refunded",
}
_LANGUAGES = (Language.ZH_CN, Language.EN)


def routes(grounds: Grounds) -> Iterable[web.RouteDef]:
    """None where no payments are taken."""
    paying = grounds.paying
    if paying is None or paying.gateway is None:
        return []
    pages = _Pages(paying)
    return [
        web.post(f"{NOTIFY}/{{gateway:[a-z0-9_-]{{1,40}}}}", pages.notify),
        web.get(f"{LINK}/{{reference:[0-9]{{12}}}}/{{key:[a-z2-7]{{16}}}}", pages.show),
        web.post(f"{LINK}/{{reference:[0-9]{{12}}}}/{{key:[a-z2-7]{{16}}}}", pages.begin),
    ]


class _Pages:
    def __init__(self, paying: Paying) -> None:
        self._paying = paying

    async def notify(self, request: web.Request) -> web.Response:
        """A notification."""
        if request.match_info["gateway"] != self._paying.settings.gateway:
            raise web.HTTPNotFound
        if (request.content_length or 0) > _MAX_NOTIFICATION:
            raise web.HTTPRequestEntityTooLarge(_MAX_NOTIFICATION, request.content_length or 0)
        body = await request.read()
        try:
            await self._paying.take({name.lower(): value for name, value in request.headers.items()}, body)
        except NotificationRefused as refused:
            return _fail(401, refused.reason)
        except (DBAPIError, TimeoutError):
            return _fail(503, "STORAGE_UNAVAILABLE")
        return web.Response(status=204)

    async def show(self, request: web.Request) -> web.Response:
        """What is to be paid."""
        return self._page(await self._order(request))

    async def begin(self, request: web.Request) -> web.Response:
        """Leads to the gateway."""
        order = await self._order(request)
        actor = Actor("payment-link", "reference", current_request())
        try:
            attempt = await self._paying.begin(order.reference, actor)
        except (OrderPaid, OrderOver, OrderUnknown):
            return self._page(await self._order(request))
        except (Unavailable, NotOffered):
            return self._page(order, problem="pay.unavailable", status=503)
        if attempt.code.startswith(("https://", "http://")):
            raise web.HTTPSeeOther(attempt.code)
        return self._page(order, code=attempt.code)

    async def _order(self, request: web.Request) -> Order:
        reference, key = request.match_info["reference"], request.match_info["key"]
        database = self._paying.database
        if not await database.read(is_link, reference, key):
            raise web.HTTPNotFound
        order = await database.read(orders.one, reference)
        if order is None:
            raise web.HTTPNotFound
        return order

    def _page(self, order: Order, *, problem: str = "", code: str = "", status: int = 200) -> web.Response:
        parts = [self._part(order, language, problem, code) for language in _LANGUAGES]
        title = escape(translator("backend", LOCALE, Language.ZH_CN)("pay.title"))
        text = (
            '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title><style>{_STYLE}</style><main>{''.join(parts)}</main></html>"
        )
        return web.Response(
            text=text,
            content_type="text/html",
            status=status,
            headers={"Content-Security-Policy": _POLICY},
        )

    def _part(self, order: Order, language: Language, problem: str, code: str) -> str:
        """The page in one language."""
        translate = translator("backend", LOCALE, language)
        lines = [
            f"<h1>{escape(order.title[language])}</h1>",
            f'<p class="amount">{escape(translate("pay.amount", amount=yuan(order.amount_fen)))}</p>',
            f"<p>{escape(translate('pay.reference', reference=group(order.reference)))}</p>",
        ]
        if order.demonstration or self._paying.demonstration:
            lines.append(f'<p class="note">{escape(translate("pay.demonstration"))}</p>')
        if problem:
            lines.append(f'<p class="note">{escape(translate(problem))}</p>')
        if code:
            lines.append(f'<p>{escape(translate("pay.scan"))}</p><img alt="" src="{_picture(code)}">')
        elif order.payable(self._paying.now()):
            lines.append(f'<form method="post"><button>{escape(translate("pay.button"))}</button></form>')
        else:
            state = _STATES.get(order.state, "over")
            lines.append(f'<p class="state">{escape(translate(f"pay.{state}"))}</p>')
        return f'<section lang="{language.value.replace("_", "-")}">{"".join(lines)}</section>'


def _fail(status: int, reason: str) -> web.Response:
    return web.json_response({"code": "FAIL", "message": reason}, status=status)


def _picture(code: str) -> str:
    """A QR code as the address of a picture."""
    file = io.BytesIO()
    qrcode.make(code, box_size=6).save(file)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


_STYLE = (
    "body{margin:0;font:18px/1.6 sans-serif;background:#f2f4f7;color:#1c2733}"
    "main{max-width:32rem;margin:0 auto;padding:1rem}"
    "section{background:#fff;border-radius:12px;padding:1.2rem;margin:1rem 0}"
    "h1{font-size:1.3rem;margin:0}.amount{font-size:2rem;font-weight:700;margin:.4rem 0}"
    "button{width:100%;min-height:56px;border:0;border-radius:10px;background:#0b5cad;color:#fff;font-size:1.2rem}"
    ".note{background:#fff4d6;padding:.6rem;border-radius:8px}.state{font-weight:700}img{width:100%}"
)
