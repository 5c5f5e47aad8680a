"""The page on which a payer pays, in both languages, which says that no money moves."""

from __future__ import annotations

from html import escape

from aiohttp import web

from backend.authoring.finding import LOCALE
from backend.gateway_demo.ledger import Trade
from foundation.language import Language, translator

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
_STATES = {"SUCCESS": "paid", "REFUND": "refunded", "CLOSED": "closed"}
_STYLE = (
    "body{margin:0;font:18px/1.6 sans-serif;background:#f5f1e8;color:#222}"
    "main{max-width:28rem;margin:0 auto;padding:1rem}"
    ".demonstration{background:#7a1f1f;color:#fff;padding:.8rem;border-radius:10px;font-weight:700}"
    ".card{background:#fff;border-radius:10px;padding:1.2rem;margin:1rem 0}"
    ".amount{font-size:2.2rem;font-weight:700;margin:.3rem 0}"
    "button{width:100%;padding:.7rem;border:0;border-radius:10px;background:#116b3a;color:#fff;font:inherit}"
    ".state{font-size:1.3rem;font-weight:700}"
)


def cashier(trade: Trade | None) -> web.Response:
    """What is to be paid, with a button; or what became of it."""
    texts = [translator("backend", LOCALE, language) for language in (Language.ZH_CN, Language.EN)]

    def both(identifier: str, **values: object) -> str:
        return "<br>".join(escape(text(f"gateway_demo.{identifier}", **values)) for text in texts)

    lines = [f'<p class="demonstration">{both("demonstration")}</p>']
    if trade is None:
        lines.append(f'<div class="card">{both("unknown")}</div>')
    else:
        amount = f"{trade.total // 100}.{trade.total % 100:02}"
        lines.append(
            f'<div class="card"><p>{escape(trade.description)}</p>'
            f'<p class="amount">{both("amount", amount=amount)}</p>'
            f"<p>{both('number', number=trade.number)}</p></div>"
        )
        if trade.state == "NOTPAY":
            lines.append(f'<form method="post"><button id="pay">{both("pay")}</button></form>')
        else:
            state = _STATES[trade.state]
            lines.append(f'<p class="state" id="{state}">{both(state)}</p>')
    title = escape(texts[0]("gateway_demo.title"))
    return web.Response(
        text=f'<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}</style><main>{''.join(lines)}</main></html>",
        content_type="text/html",
        status=200 if trade else 404,
        headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"},
    )
