"""Not satisfied with a reply: the case is opened again, once, with the reason."""

from __future__ import annotations

from backend_client.case import new_reopening_name
from backend_client.client import BackendClient
from foundation.log import logger
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import CaseHistory, Page, ReasonEntry, ReasonFor
from kiosk.visit.progress import Progress
from kiosk.visit.rating import checked_reason
from kiosk.visit.visit import Chapter, Visit

log = logger(__name__)


class Reopenings(Chapter):
    """Opens again what `Progress` has open. The text is edited by `Ratings`, as every reason is."""

    def __init__(self, visit: Visit, client: BackendClient, progress: Progress) -> None:
        self._visit = visit
        self._client = client
        self._progress = progress
        self._reference = ""

    def take(self, page: Page, event: Event) -> bool:
        """Knows a case with a reply, and the reason."""
        match page, event:
            case CaseHistory(case=case), did.NotSatisfied() if case.reopenable:
                self._reference = case.reference
                self._visit.open(ReasonEntry(ReasonFor.REOPENING, new_reopening_name()))
            case ReasonEntry(use=ReasonFor.REOPENING), did.Next():
                if (reason := checked_reason(self._visit, page)) is not None:
                    self._visit.do(lambda: self._reopen(page.name, reason), stoppable=False)
            case _:
                return False
        return True

    def wipe(self) -> None:
        """Forgets which case."""
        self._reference = ""

    async def _reopen(self, name: str, reason: str) -> None:
        session = self._progress.session
        assert session
        case = await self._client.reopen_case(session, self._reference, name, reason=reason)
        log.info("case_reopened")
        self._visit.close_page()
        self._visit.show(CaseHistory(case))
