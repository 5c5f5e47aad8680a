"""Pages of forms on paper, in every state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backend_client.catalog import Service, ServiceKind
from backend_client.forms.answer import AnswerError, Problem
from backend_client.forms.form import Form
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.document_printer import DocumentError
from kiosk.visit import pages
from kiosk.visit.pages import Page, PaperState

LINK = "https://huimin.example.gov.cn/documents/" + "x7Kq" * 5 + "Ab"


def papers(services: Iterable[Service], forms: Iterable[Form]) -> Iterator[Page]:
    """The ways of taking a form along, and what became of it."""
    service = next((one for one in services if one.kind is ServiceKind.DOCUMENT), None)
    if service is None:
        return
    form = next(form for form in forms if form.name == service.form)
    for printer in (True, False):
        yield pages.PaperWays(service, form, printer, reader=True, begun=True)
    yield pages.PaperWays(service, form, printer=False, reader=False, begun=False)
    yield pages.Paper(service, form, PaperState.PRINTING, filled=False)
    for why in DocumentError:
        yield pages.Paper(service, form, PaperState.PRINTING, filled=True, waits=why)
        fault = DeviceError(CompletionCode.TIME_OUT, why)
        yield pages.Paper(service, form, PaperState.FAILED, filled=True, fault=fault)
    gone = DeviceError(CompletionCode.CONNECTION_LOST)
    yield pages.Paper(service, form, PaperState.FAILED, filled=True, fault=gone)
    for filled in (True, False):
        yield pages.Paper(service, form, PaperState.PRINTED, filled)
    yield pages.Paper(service, form, PaperState.LINK, filled=False, link=LINK, email=True)
    yield pages.AddressEntry(service, form, filled=False)
    wrong = AnswerError(pages.ADDRESS.id, Problem.WRONG_TYPE)
    yield pages.AddressEntry(service, form, filled=False, entered="zhang.san@example", error=wrong)
    for delayed in (False, True):
        yield pages.Paper(service, form, PaperState.SENT, filled=False, delayed=delayed)
