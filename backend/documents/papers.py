"""Makes PDFs of forms and of texts, each in a process of its own, a few at a time; remembers blank ones."""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Mapping

from backend.authoring.published import Edition
from backend.documents.leaflet import Leaflet
from backend.documents.leaflet import page as leaflet_page
from backend.documents.paper import About, page
from backend_client.forms.answer import Value
from backend_client.forms.form import Form
from foundation.language import Language, LocalizedText
from foundation.log import logger

SECONDS = 25.0
"""So long one may take, with the wait for its turn."""
MAX_BYTES = 8 << 20
AT_A_TIME = 2
WAITING = 20
"""More than so many at a time are refused."""
_REMEMBERED = 24
_PATH = "/forms"
_log = logger(__name__)

_Key = tuple[str, str, Language, str]


class RenderingFailed(Exception):
    """A PDF could not be made, or not in time."""


class Papers:
    """The PDFs of forms.

    web: where browsers reach the backend, without a slash at the end; empty where they do not.
    """

    def __init__(self) -> None:
        self.web = ""
        self._turn = asyncio.Semaphore(AT_A_TIME)
        self._under_way = 0
        self._blank: OrderedDict[_Key, bytes] = OrderedDict()

    async def pdf(
        self, edition: Edition, form: Form, values: Mapping[str, Value], language: Language
    ) -> bytes:
        """A form on A4, filled with checked answers to some of its fields. Raises RenderingFailed."""
        about = self._about(edition, form, language)
        key = (form.name, form.revision, language, about.code)
        if not values and key in self._blank:
            self._blank.move_to_end(key)
            return self._blank[key]
        made = await self._made(page(form, values, language, about))
        if not values:
            self._blank[key] = made
            while len(self._blank) > _REMEMBERED:
                self._blank.popitem(last=False)
        return made

    async def leaflet(self, leaflet: Leaflet, language: Language) -> bytes:
        """A text on A4. Raises RenderingFailed."""
        return await self._made(leaflet_page(leaflet, language))

    def _about(self, edition: Edition, form: Form, language: Language) -> About:
        """A paper's QR code leads to the same form, or where there is no web server, tells its edition."""
        department = next(
            (service.department for service in edition.services.values() if service.form == form.name), None
        )
        if self.web:
            code = f"{self.web}{_PATH}/{form.name.removeprefix('forms/')}?language={language}"
        else:
            code = f"{form.name}@{form.revision} {language}"
        words = LocalizedText(department.zh_cn, department.en) if department else None
        return About(words, code, downloads=bool(self.web))

    async def _made(self, html: str) -> bytes:
        if self._under_way >= WAITING:
            raise RenderingFailed
        self._under_way += 1
        try:
            async with asyncio.timeout(SECONDS), self._turn:
                return await _typeset(html)
        except TimeoutError:
            _log.error("rendering_failed", reason="TIMEOUT")
            raise RenderingFailed from None
        finally:
            self._under_way -= 1


async def _typeset(html: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "backend.documents.typesetting",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        made, said = await process.communicate(html.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not made.startswith(b"%PDF-") or len(made) > MAX_BYTES:
        # What it says may quote the page: only the last line's kind of error is told.
        reason = said.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0][:60]
        _log.error("rendering_failed", reason=reason, code=process.returncode)
        raise RenderingFailed
    return made
