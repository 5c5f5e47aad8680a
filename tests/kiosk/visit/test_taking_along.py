"""Finding one's way in a text, and taking it along: printed means printed, and errors are said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_client.catalog import Service
from foundation.language import Language, LocalizedText
from hardware.interfaces.receipt_printer import QrCode, TextLine
from hardware.simulators.receipt_printer import PrinterFault
from kiosk.slip import SlipWriter
from kiosk.visit import events as did
from kiosk.visit.leaflet import MOST_CODE_BYTES, Leaflet, contents, leaflet
from kiosk.visit.pages import (
    Contents,
    Door,
    NoticeList,
    NoticeText,
    PolicyList,
    PolicyText,
    ServiceGuide,
    Slip,
    TakeAlong,
    Topics,
)
from tests.kiosk.visit.terminal import COUNTY, PERMIT, Terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def policy(at: Terminal) -> PolicyText:
    """From the home page to a policy."""
    topics = await at.page(Topics, did.OpenDoor(Door.POLICIES))
    listed = await at.page(PolicyList, did.OpenTopic(next(t for t in topics.topics if t.policy_count)))
    return await at.page(PolicyText, did.OpenPolicy(listed.policies[0]))


async def test_contents_lead_to_a_part_of_the_text_and_back_leads_nowhere_else(at: Terminal) -> None:
    text = await policy(at)
    shown = at.do(did.OpenContents())
    assert isinstance(shown, Contents)
    assert [heading for heading, _ in shown.headings[1:]] == [one.heading for one in text.policy.sections]
    last = shown.headings[-1][1]
    assert at.do(did.Jump(last)) == replace(text, place=last)
    at.do(did.OpenContents())
    assert at.do(did.Back()) == replace(text, place=last)
    assert isinstance(at.do(did.Back()), PolicyList)


async def test_guides_and_notices_have_contents_too(at: Terminal) -> None:
    guide = await at.guide(PERMIT)
    assert len(contents(guide)) == 4
    assert isinstance(at.do(did.OpenContents(), did.Jump(2.0)), ServiceGuide)
    at.do(did.LeaveAnyway())
    await at.idle()
    listed = await at.page(NoticeList, did.OpenDoor(Door.NOTICES))
    text = await at.page(NoticeText, did.OpenNotice(listed.notices[0].name))
    assert len(contents(text)) == len(text.notice.sections) + 1


async def test_a_summary_is_printed_and_a_fault_is_said_and_can_be_repeated(at: Terminal) -> None:
    text = await policy(at)
    taken = at.do(did.TakeTextAlong())
    assert isinstance(taken, TakeAlong)
    assert (taken.slip, taken.sheets) == (Slip.OFFERED, Slip.NO_PRINTER)
    at.printer.fault = PrinterFault.COVER_OPEN
    printing = at.do(did.PrintSlip(), did.PrintSlip(), did.PrintSheets())
    assert isinstance(printing, TakeAlong)
    assert printing.slip is Slip.PRINTING
    await at.until(lambda: isinstance(p := at.visit.page, TakeAlong) and p.slip is Slip.FAILED)
    assert isinstance(at.visit.page, TakeAlong)
    assert at.visit.page.slip_fault is not None
    at.printer.fault = PrinterFault.NONE
    at.do(did.PrintSlip())
    await at.until(lambda: isinstance(p := at.visit.page, TakeAlong) and p.slip is Slip.PRINTED)
    assert at.do(did.Back()) == text


def _slips(reading_prefix: str) -> SlipWriter:
    office = LocalizedText("惠民县政务服务", "Huimin County Government Services")
    return SlipWriter(
        office, "terminal-1", COUNTY, qr_prefix="", demonstration=True, reading_prefix=reading_prefix
    )


async def test_a_slip_says_what_a_guide_says_and_leads_to_a_portal_where_there_is_one(at: Terminal) -> None:
    guide = await at.guide(PERMIT)
    text, service = leaflet(guide), guide.service
    assert text is not None
    assert isinstance(service, Service)
    assert service.guide is not None
    for language in Language:
        parts = _slips("").leaflet(text, language)
        said = "\n".join(part.text for part in parts if isinstance(part, TextLine))
        for wanted in (service.title, service.summary, service.guide.place, service.guide.opening_hours):
            assert wanted[language] in said
        assert service.guide.phone in said
        assert not [part for part in parts if isinstance(part, QrCode)]
    link = "https://portal.example/read?"
    codes = [part for part in _slips(link).leaflet(text, Language.EN) if isinstance(part, QrCode)]
    assert [code.data for code in codes] == [link + service.name]


async def test_a_code_without_a_portal_holds_what_to_ask_for_within_its_bounds() -> None:
    long = LocalizedText("很长的标题" * 10, "A long title " * 10)
    text = Leaflet("policies/x", long, long, "惠政发〔2026〕1号", LocalizedText("惠民县人民政府", "County"))
    code = text.code(Language.ZH_CN, "")
    assert code.splitlines() == [long.zh_cn, "惠政发〔2026〕1号", "惠民县人民政府"]
    longer = replace(text, title=LocalizedText("字" * 200, "x" * 400))
    for language in Language:
        code = longer.code(language, "")
        assert len(code.encode()) <= MOST_CODE_BYTES
        assert longer.title[language].startswith(code.splitlines()[0])
    assert "http" not in code
