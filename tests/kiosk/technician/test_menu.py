"""The hidden menu: getting in, testing devices, what is set, and that it leaves nothing behind."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foundation.language import Language
from hardware.diagnosing.check import Level, Outcome
from hardware.drivers import crt188_reader
from hardware.simulators import cards as card_files
from hardware.simulators.receipt_printer import PrinterFault
from hardware.simulators.swipe_reader import DEMONSTRATION, NATIONAL, card_of
from hardware.store import FILE as DEVICES
from kiosk.look import Look, TypeSize
from kiosk.technician import entrance, people
from kiosk.technician.calibration import TARGETS
from kiosk.technician.events import (
    Again,
    Answer,
    AsConfigured,
    AskForMenu,
    BeginIn,
    BeginTest,
    Louder,
    OpenDevice,
    OpenSection,
    PutBack,
    Restart,
    RunTest,
    ScreenTest,
    Section,
    TakeOut,
    Touched,
    Uncalibrate,
    WriteExport,
)
from kiosk.technician.own_settings import Reason, SettingsKeeper
from kiosk.technician.pages import Asks, Listing, PinEntry, Refused, RunningTest, Targets, Tone
from kiosk.technician.people import People, card_secret
from kiosk.technician.screen_tests import FILE
from kiosk.technician.tries import FREE, Tries
from kiosk.visit import events as did
from kiosk.visit.pages import Cause, Display, Home, OutOfService, PolicySearch
from tests.kiosk.technician.bench import PIN, Bench, bench

CARD = card_files.load("default")


def cause(at: Bench) -> Cause | None:
    return at.visit.cause


def language(at: Bench) -> Language:
    return at.visit.language


def busy(at: Bench) -> bool:
    return at.reach.devices.all["identity_card_reader"].busy


async def test_wrong_pins_lock_the_menu_also_after_a_restart(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.on(PinEntry, AskForMenu())
        assert cause(at) is Cause.MENU
        for left in range(FREE - 1, 0, -1):
            at.type_pin("730916")
            await at.when(PinEntry, lambda page, left=left: page.refused and page.left == left)  # type: ignore[misc]
            at.now(PinEntry)
            assert at.now(PinEntry).left == left and at.now(PinEntry).digits == 0
            at.do(did.Insert("1"), did.Erase())
            assert at.now(PinEntry).refused is Refused.WRONG, "it can be read on"
        at.type_pin("730916")
        await at.when(PinEntry, lambda page: page.refused is Refused.LOCKED)
        at.type_pin(PIN)
        assert at.now(PinEntry).refused is Refused.LOCKED
        locked = at.now(PinEntry).locked
        assert locked is not None and re.fullmatch(r"\d\d:\d\d", locked.en)
        at.do(did.Leave())
        assert cause(at) is None
    async with bench(tmp_path) as again:
        page = await again.on(PinEntry, AskForMenu())
        assert page.refused is Refused.LOCKED
        Tries(again.folder).right()  # huimin-kiosk technician unlock
        again.do(did.Leave())
        await again.enter()
        assert again.session.who == "li"


async def test_with_nobody_enrolled_nobody_enters(tmp_path: Path) -> None:
    async with bench(tmp_path, known=People()) as at:
        page = await at.on(PinEntry, AskForMenu())
        assert page.refused is Refused.NOBODY
        at.type_pin(PIN)
        at.now(PinEntry)


async def test_the_display_can_be_set_before_the_pin_and_is_no_way_around_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.on(PinEntry, AskForMenu())
        at.do(did.Insert("4"), did.OpenDisplay())
        at.now(Display)
        at.do(did.Back())
        assert at.now(PinEntry).digits == 0
        at.do(OpenSection(Section.SERVICE), TakeOut(Reason.REPAIR), Restart(sure=True), did.Turn(3.0))
        assert at.reach.keeper.now.withdrawn is None and not at.restarts


async def test_events_of_the_menu_do_nothing_while_it_is_closed(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        at.do(OpenSection(Section.SERVICE), TakeOut(Reason.REPAIR), Restart(sure=True), WriteExport())
        assert cause(at) is None and not at.restarts


async def test_a_technicians_card_opens_it_once_it_is_enrolled(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.enter()
        await at.section(Section.CARD)
        at.do(Again())
        at.reader.present(CARD.content())
        await at.when(Listing, lambda page: page.note is not None)
        assert at.now(Listing).note_tone is Tone.FINE
        assert CARD.identity_number not in (at.folder / people.FILE).read_text()
        at.do(did.Leave())
        at.reader.lift()
        assert (await at.on(PinEntry, AskForMenu())).card
        at.reader.present(CARD.content())
        await at.listing("menu")
        assert at.session.who == "li"


async def test_a_wrong_card_that_stays_in_the_slot_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crt188_reader, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(entrance, "AGAIN_SECONDS", 0.05)
    own = People().with_pin("li", PIN).with_card("li", card_secret("card_reader", DEMONSTRATION.pan))
    async with bench(tmp_path, known=own, slot=True) as at:
        reads: list[str] = []

        def read() -> None:
            reads.append("read")
            at.slot.upon("read", read)

        read()
        await at.on(PinEntry, AskForMenu())
        at.slot.insert(card_of(NATIONAL))
        async with asyncio.timeout(30):
            while len(reads) < 8:  # noqa: ASYNC110 (the reader tells nobody)
                await asyncio.sleep(0.02)
        assert at.now(PinEntry).left == FREE - 1
        at.do(did.OpenDisplay(), did.Back())
        del reads[:]
        async with asyncio.timeout(30):
            while len(reads) < 4:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert at.now(PinEntry).left == FREE - 1
        at.slot.free()
        at.slot.insert()
        await at.listing("menu")
        assert at.session.who == "li"


async def test_a_visit_under_way_is_kept_below_and_asked_after(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        at.visit.touched()
        at.visit.open(PolicySearch("医保"))
        at.do(did.SwitchLanguage())
        await at.enter()
        at.do(did.SwitchLanguage())
        at.do(did.Leave())
        assert at.now(PolicySearch).entered == "医保" and language(at) is Language.EN
        await at.until(lambda: at.visit.view.seconds_left is not None)


@pytest.mark.parametrize("out", [False, True])
async def test_nothing_of_a_visit_that_was_kept_too_long_comes_back(tmp_path: Path, out: bool) -> None:
    async with bench(tmp_path, keep=0.2) as at:
        at.visit.touched()
        at.visit.open(PolicySearch("医保"))
        at.do(did.SwitchLanguage(), did.SetLook(Look(size=TypeSize.VERY_LARGE)))
        await at.enter()
        async with asyncio.timeout(20):
            await at.visit.over()
        if out:
            await at.section(Section.SERVICE)
            at.do(TakeOut(Reason.REPAIR))
        at.do(did.Leave())
        at.now(OutOfService if out else Home)
        assert language(at) is Language.ZH_CN and at.visit.view.look == Look()


async def test_what_is_set_counts_for_the_home_page_that_follows(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.enter()
        await at.section(Section.LANGUAGE)
        at.do(BeginIn(Language.EN), did.SetLook(Look(size=TypeSize.VERY_LARGE)), did.Leave())
        assert at.now(Home) and language(at) is Language.EN and at.visit.view.look == Look()


async def test_it_closes_by_itself_and_so_does_a_test_under_way(tmp_path: Path) -> None:
    async with bench(tmp_path, patience=2.0) as at:
        await at.enter()
        await at.section(Section.DEVICES)
        await at.on(RunningTest, RunTest("identity_card_reader", Level.INTERACTIVE))
        await at.when(RunningTest, lambda page: bool(page.said))
        assert busy(at)
        await at.until(lambda: not at.open)
        await at.session.settle()
        assert at.session.who == ""
        assert not busy(at)
        async with asyncio.timeout(5):
            await at.visit.turns.lend()  # nobody has the devices any more
        at.visit.turns.take_back()


async def test_devices_are_shown_with_what_to_do_and_tested_as_by_the_command(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.enter()
        await at.section(Section.DEVICES)
        at.printer.inflict(PrinterFault.PAPER_OUT)
        await at.when(Listing, lambda page: page.entries[1].tone is Tone.WRONG)
        assert "paper" in at.now(Listing).entries[1].lines[0].en
        await at.on(RunningTest, RunTest("", Level.INTERNAL))
        await at.when(RunningTest, lambda page: page.done)
        at.now(RunningTest)
        card, paper = at.now(RunningTest).results
        assert card.fine and paper.outcome is Outcome.FAILED
        assert paper.findings[0] == "advice.receipt_printer.paperOut"
        at.printer.inflict(PrinterFault.NONE)
        at.do(Again())
        await at.when(RunningTest, lambda page: page.done and page.results[1].fine)


async def test_an_interactive_test_asks_on_the_screen(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.enter()
        await at.section(Section.DEVICES)
        at.do(OpenDevice("identity_card_reader"), RunTest("identity_card_reader", Level.INTERACTIVE))
        await at.when(RunningTest, lambda page: bool(page.said))
        at.reader.present(CARD.content())
        await at.when(RunningTest, lambda page: page.asks is Asks.YES_OR_NO)
        at.now(RunningTest)
        said = " ".join(one.en for one in at.now(RunningTest).said)
        assert CARD.identity_number not in said and CARD.identity_number[:4] + "*" in said
        at.do(Answer(yes=False))
        await at.when(RunningTest, lambda page: page.done)
        assert at.now(RunningTest).results[0].findings == ("advice.check.wrong_result",)
        at.do(did.Back(), RunTest("receipt_printer", Level.INTERACTIVE))
        await at.when(RunningTest, lambda page: page.asks is Asks.NUMBER)
        for _ in range(2):
            at.do(did.Next(), *(did.Insert(digit) for digit in "1111x"))
            assert at.now(RunningTest).entered == "1111"
            at.do(did.Next())
            await at.when(
                RunningTest, lambda page: page.done or (page.asks is Asks.NUMBER and not page.entered)
            )
        assert at.now(RunningTest).results[0].findings == ("advice.check.wrong_print",)


async def test_devices_that_another_program_has_are_not_tested(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.enter()
        at.lent = True
        await at.section(Section.DEVICES)
        at.do(RunTest("", Level.EXTERNAL))
        assert at.now(Listing).note is not None and at.now(Listing).note_tone is Tone.WRONG


async def test_out_of_service_lasts_over_a_restart_until_somebody_puts_it_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.enter()
        await at.section(Section.SERVICE)
        at.do(TakeOut(Reason.SUPPLIES), did.Back())
        menu = await at.listing("menu")
        assert [entry.name for entry in menu.entries if entry.mark] == ["menu.service"]
        at.do(did.Leave())
        assert at.now(OutOfService) == OutOfService(cause=Cause.WITHDRAWN)
        at.do(did.Back(), did.GoHome())
        at.now(OutOfService)
    async with bench(tmp_path) as again:
        assert again.now(OutOfService) == OutOfService(cause=Cause.WITHDRAWN)
        withdrawn = again.reach.keeper.now.withdrawn
        assert withdrawn is not None and (withdrawn.reason, withdrawn.who) == (Reason.SUPPLIES, "li")
        await again.enter()
        await again.section(Section.SERVICE)
        again.do(PutBack(), did.Leave())
        assert again.now(Home) and cause(again) is None
        assert SettingsKeeper(again.folder).now.withdrawn is None


async def test_language_and_volume_are_set_count_at_once_and_can_be_taken_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.enter()
        await at.section(Section.LANGUAGE)
        at.do(BeginIn(Language.EN), did.Back())
        await at.section(Section.SOUND)
        at.do(Louder(-1), Louder(-1), Louder(-9))
        assert at.visit.hearing.volume == 1
        at.do(did.Leave())
        at.visit.end("left")
        assert language(at) is Language.EN and at.visit.hearing.volume == 1
    async with bench(tmp_path) as again:
        assert language(again) is Language.EN and again.visit.hearing.volume == 1
        await again.enter()
        assert (await again.section(Section.LANGUAGE)).deeds[0].event == AsConfigured(Section.LANGUAGE)
        again.do(AsConfigured(Section.LANGUAGE), did.Leave())
        again.visit.end("left")
        assert language(again) is Language.ZH_CN


async def test_calibration_is_kept_applied_and_written_for_the_system(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.enter()
        await at.section(Section.SCREEN)
        at.do(BeginTest(ScreenTest.CALIBRATION))
        at.do(*(Touched((0.5, 0.5)) for _ in TARGETS))
        assert at.now(Listing).note_tone is Tone.WRONG
        assert at.matrices == [None]
        at.do(BeginTest(ScreenTest.CALIBRATION))
        for number, (x, y) in enumerate(TARGETS):
            assert at.now(Targets).touched == number
            at.do(Touched((x * 0.9 + 0.02, y * 0.95)))
        assert at.now(Listing).note_tone is Tone.FINE
        matrix = at.reach.keeper.now.touch_matrix
        assert matrix == pytest.approx((1 / 0.9, 0, -0.02 / 0.9, 0, 1 / 0.95, 0), abs=1e-4)
        assert at.matrices[-1] == matrix
        assert 'LIBINPUT_CALIBRATION_MATRIX}="1.11111 ' in (at.folder / FILE).read_text()
        at.do(Uncalibrate())
        assert at.reach.keeper.now.touch_matrix is None and at.matrices[-1] is None
        assert '="1 0 0 0 1 0"' in (at.folder / FILE).read_text()


async def test_the_report_holds_the_devices_and_no_person(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.enter()
        await at.section(Section.EXPORT)
        for _ in range(2):
            before = at.now(Listing)
            at.do(WriteExport())
            await at.when(Listing, lambda page, before=before: page != before)  # type: ignore[misc]
            await asyncio.sleep(1.1)  # the name has the second
        assert at.now(Listing).note is not None and at.now(Listing).note_tone is Tone.FINE
        files = sorted((at.folder / "exports").iterdir())
        told = at.now(Listing).note
        assert told is not None and len(files) == 2 and files[-1].name in told.en
        report = files[-1].read_text("utf-8")
        assert "gat467" in report and "started" in report and "李试" not in report


async def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        (at.folder / "exports").write_text("")
        await at.enter()
        await at.section(Section.EXPORT)
        at.do(WriteExport())
        await at.when(Listing, lambda page: page.note is not None)
        assert at.now(Listing).note_tone is Tone.WRONG


async def test_network_version_and_history_are_told(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.enter()
        await at.section(Section.NETWORK)
        await at.when(Listing, lambda page: bool(page.entries))
        at.now(Listing)
        backend = next(entry for entry in at.now(Listing).entries if entry.name.startswith("backend."))
        assert backend.tone is Tone.WRONG and "127.0.0.1:1" in backend.title.en
        at.do(did.Back())
        version = await at.section(Section.VERSION)
        assert version.entries[2].tone is Tone.FINE
        at.do(Restart())
        assert not at.restarts
        at.do(did.Back(), did.Back())
        for section in (Section.STATISTICS, Section.EVENTS, Section.FAULTS, Section.LOG):
            await at.section(section)
            at.do(did.Back())
        (at.folder / DEVICES).write_bytes(b"no database" * 1000)
        await at.listing("unreadable", OpenSection(Section.EVENTS))
        at.do(did.Back(), OpenSection(Section.VERSION))
        await at.listing("version")
        at.do(Restart(), Restart(sure=True))
        assert at.restarts and not at.open


async def test_what_a_technician_does_is_in_the_log_and_no_pin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with bench(tmp_path) as at:
        began = datetime.now(UTC)
        await at.enter()
        await at.section(Section.SERVICE)
        at.do(TakeOut(Reason.OFFICE), PutBack(), did.Leave())
        assert datetime.now(UTC) >= began
    logged = "".join(capsys.readouterr())
    for event in ("technician_entered", "taken_out_of_service", "put_back_into_service", "technician_left"):
        [line] = [line for line in logged.splitlines() if event in line]
        assert "li" in line
    assert PIN not in logged
