"""Forms for browsers: what a link in an SMS leads to, and blank forms for anybody.

| path | what |
|---|---|
| ``GET /documents/{token}`` | whether the link still opens, and a button |
| ``POST`` the same | the PDF, once |
| ``GET /forms/{form}`` | the blank form as PDF; ``language`` is zh_CN or en |

A link is opened by a button and not by looking at it: programs that show a preview of a message look at every
link in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from aiohttp import web
from sqlalchemy import Connection

from backend.authoring.finding import LOCALE
from backend.clock import county_day
from backend.documents.papers import Papers, RenderingFailed
from backend.rpc.refusal import Refusal
from backend.services.document import PATH, filled
from backend.storage import document_links, forms
from backend.storage.document_links import Paper
from backend.web.grounds import Grounds
from backend_client.forms.form import Form
from foundation.language import Language, translator

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
_STYLE = (
    "body{font:18px/1.6 system-ui,sans-serif;margin:0;background:#f4f6f8;color:#16202a}"
    "main{max-width:30em;margin:0 auto;padding:2em 1.2em}section{margin-bottom:2.2em}"
    "h1{font-size:1.3em;margin:.2em 0}p{margin:.5em 0}"
    "button{font:inherit;font-weight:600;width:100%;padding:.8em;border:0;border-radius:.5em;"
    "background:#0b5cad;color:#fff}.note{color:#44525f;font-size:.85em}"
)
_LANGUAGES = (Language.ZH_CN, Language.EN)


def routes(grounds: Grounds) -> Iterable[web.RouteDef]:
    """See the module."""
    pages = _Pages(grounds, grounds.papers)
    token = f"{PATH}/{{token:[A-Za-z0-9_-]{{22}}}}"
    return [
        web.get(token, pages.show),
        web.post(token, pages.open),
        web.get("/forms/{form:[a-z0-9-]{1,63}}", pages.blank),
    ]


class _Pages:
    def __init__(self, grounds: Grounds, papers: Papers) -> None:
        self._grounds = grounds
        self._papers = papers

    async def show(self, request: web.Request) -> web.Response:
        """Whether it still opens."""
        token, now = request.match_info["token"], self._grounds.now()
        paper = await self._grounds.database.read(document_links.look, token, now)
        if paper is None:
            return _page("", "document.over", status=404)
        form = await self._grounds.database.read(_form, paper)
        return _page(form.title.zh_cn if form else "", "document.open", form)

    async def open(self, request: web.Request) -> web.Response:
        """The PDF. A link whose PDF cannot be made now still opens later."""
        token, now = request.match_info["token"], self._grounds.now()
        database, edition = self._grounds.database, self._grounds.published.current
        found = await database.read(document_links.look, token, now, with_answers=True)
        form = await database.read(_form, found) if found else None
        if found is None or form is None:
            return _page("", "document.over", status=404)
        language = Language(found.language)
        try:
            values = filled(form, found.answers, county_day(now))
            made = await self._papers.pdf(edition, form, values, language)
        except (RenderingFailed, Refusal):
            return _page(form.title.zh_cn, "document.later", status=503)
        if not await database.write(document_links.use, token, self._grounds.now()):
            return _page("", "document.over", status=404)  # somebody was faster
        return _pdf(made, form, language)

    async def blank(self, request: web.Request) -> web.Response:
        """A blank form."""
        edition = self._grounds.published.current
        form = edition.content.forms.get(f"forms/{request.match_info['form']}")
        if form is None:
            raise web.HTTPNotFound
        english = request.query.get("language") == Language.EN
        language = Language.EN if english else Language.ZH_CN
        try:
            made = await self._papers.pdf(edition, form, {}, language)
        except RenderingFailed:
            return _page(form.title.zh_cn, "document.later", status=503)
        return _pdf(made, form, language)


def _form(connection: Connection, paper: Paper) -> Form | None:
    """The form as it was when the link was made."""
    return forms.any_revision(connection, paper.form, paper.form_revision)


def _pdf(made: bytes, form: Form, language: Language) -> web.Response:
    name = quote(f"{form.title[language]}.pdf")
    return web.Response(
        body=made,
        content_type="application/pdf",
        headers={"Content-Disposition": f"attachment; filename=\"form.pdf\"; filename*=UTF-8''{name}"},
    )


def _page(title: str, text: str, form: Form | None = None, status: int = 200) -> web.Response:
    """A page in both languages; with a button where a form can be opened."""
    parts = []
    for language in _LANGUAGES:
        translate = translator("backend", LOCALE, language)
        words = f"<h1>{escape(form.title[language])}</h1>" if form else ""
        words += f"<p>{escape(translate(text))}</p>"
        if form:
            words += f'<form method="post"><button>{escape(translate("document.button"))}</button></form>'
        parts.append(f'<section lang="{"zh-CN" if language is Language.ZH_CN else "en"}">{words}</section>')
    heading = escape(title or translator("backend", LOCALE, Language.ZH_CN)("document.title"))
    return web.Response(
        text=(
            '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{heading}</title><style>{_STYLE}</style><main>{''.join(parts)}</main></html>"
        ),
        content_type="text/html",
        status=status,
        headers={"Content-Security-Policy": _POLICY},
    )
