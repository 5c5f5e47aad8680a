"""The QR code of a slip in place of its number, for those pages that ask for one and while they are shown."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from backend_client.forms.reference import ReferenceError_, check_reference
from foundation.log import logger
from hardware.interfaces.code_reader import CodeError, CodeReader
from hardware.interfaces.device import DeviceError
from kiosk.visit import events as did
from kiosk.visit.pages import EntryFault, Page, ProgressWays, ReferenceEntry
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)

READ_SECONDS = 600.0
"""One wait for a code. The idle clock ends the page long before."""
AGAIN_SECONDS = 5.0
"""After a reader failed, until it is asked again: the number can be keyed in meanwhile."""


class Codes(Chapter):
    """Owns the reading. A code of a slip is what touches of its twelve digits would have been.

    prefix: what stands before the number in the codes of this terminal's slips.
    """

    def __init__(self, visit: Visit, reader: CodeReader | None, prefix: str) -> None:
        self._visit = visit
        self._reader = reader
        self._prefix = prefix
        self._reading: asyncio.Task[None] | None = None

    def page_changed(self, page: Page) -> None:
        """Reads while a number is asked for."""
        if not isinstance(page, ProgressWays | ReferenceEntry):
            self._stop()
        elif self._reader is not None and self._reading is None:
            self._reading = asyncio.get_running_loop().create_task(self._read(self._reader))

    def wipe(self) -> None:
        """Reads no more."""
        self._stop()

    def _stop(self) -> None:
        if self._reading and self._reading is not asyncio.current_task():
            self._reading.cancel()
        self._reading = None

    async def _read(self, reader: CodeReader) -> None:
        this = self._reading
        while self._reading is this:
            try:
                text = await self._visit.turns.trying(lambda: reader.read_code(timeout=READ_SECONDS))
            except DeviceError as error:
                if error.code is CodeError.BARCODE_INVALID:
                    self._refuse(EntryFault.CODE_UNREAD)
                elif error.code is not CodeError.NO_CODE:
                    code = error.code and error.code.value
                    log.info("code_not_read", completion=error.completion.value, code=code)
                    await asyncio.sleep(AGAIN_SECONDS)
            else:
                self._take(text)

    def _take(self, text: str) -> None:
        try:
            reference = check_reference(text.removeprefix(self._prefix))
        except ReferenceError_:
            self._refuse(EntryFault.CODE_FOREIGN)
            return
        if (entry := self._entry()) is None:
            return
        for _ in entry.entered:
            self._visit.send(did.Erase())
        self._visit.send(did.Insert(reference))
        self._visit.send(did.Next())

    def _refuse(self, fault: EntryFault) -> None:
        self._visit.touched()
        if (entry := self._entry()) is not None:
            self._visit.show(replace(entry, fault=fault))

    def _entry(self) -> ReferenceEntry | None:
        """The page where the number is entered: a code says which way is taken. None while something that
        has to be read first lies over the page."""
        if isinstance(self._visit.page, ProgressWays):
            self._visit.send(did.ByReference())
        page = self._visit.page
        return page if isinstance(page, ReferenceEntry) else None
