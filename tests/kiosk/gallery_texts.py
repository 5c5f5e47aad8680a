"""The contents of texts, and the ways of taking them along, in every state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backend_client.catalog import Service
from backend_client.notice import Notice
from backend_client.policy import Policy
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.document_printer import DocumentError
from hardware.interfaces.receipt_printer import PrintError
from kiosk.visit.leaflet import contents, leaflet
from kiosk.visit.pages import (
    Contents,
    NoticeText,
    Page,
    PolicyText,
    ServiceGuide,
    Slip,
    TakeAlong,
)


def texts(policy: Policy, notice: Notice, guided: Service) -> Iterator[Page]:
    """Of a policy, a notice and a guide."""
    read = PolicyText(policy), NoticeText(notice), ServiceGuide(guided)
    for page in read:
        text = leaflet(page)
        assert text is not None
        yield Contents(text.title, contents(page), at=1.5)
        yield TakeAlong(page, Slip.OFFERED, Slip.OFFERED)
    yield TakeAlong(read[0], Slip.NO_PRINTER, Slip.NO_PRINTER)
    yield TakeAlong(read[0], Slip.PRINTING, Slip.NO_PRINTER)
    yield TakeAlong(read[0], Slip.PRINTED, Slip.OFFERED)
    yield TakeAlong(read[0], Slip.PRINTED, Slip.PRINTED)
    jam = DeviceError(CompletionCode.HARDWARE_ERROR, PrintError.MEDIA_JAM)
    yield TakeAlong(read[2], Slip.FAILED, Slip.OFFERED, slip_fault=jam)
    yield TakeAlong(read[2], Slip.OFFERED, Slip.FAILED)
    for why in DocumentError:
        yield TakeAlong(read[0], Slip.OFFERED, Slip.PRINTING, waits=why)
        fault = DeviceError(CompletionCode.TIME_OUT, why)
        yield TakeAlong(read[0], Slip.OFFERED, Slip.FAILED, sheets_fault=fault)


def to_be_heard(shown: Iterable[Page]) -> Iterator[Page]:
    """One text of each kind, for a terminal that has a voice."""
    for kind in (PolicyText, NoticeText, ServiceGuide):
        yield next(page for page in shown if isinstance(page, kind))
