"""What can go wrong with a device, during a visit at the real window: told in plain words, another way, and
nothing entered is lost. The technician finds each event with its time, its code and what to do."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy.house import House, Plan
from foundation.language import Language, translator
from hardware import store
from hardware.interfaces.code_reader import CodeError
from hardware.interfaces.identity_card_reader import CardError
from hardware.interfaces.receipt_printer import PrintError
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from hardware.simulators.line import GONE_SECONDS
from hardware.simulators.receipt_printer import SimulatedReceiptPrinter
from kiosk.slip import LOCALE
from tests.end_to_end.resident import Resident
from tests.end_to_end.terminal import Terminal, Tree
from tests.ports import free_port

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

READER, PRINTER, CODES = "identity-card-reader", "receipt-printer", "code-reader"
UNAVAILABLE = "reader"
PASSED_OVER = ""
"""Nobody notices."""
CARD_FAULTS: dict[str, str] = {
    "lifted-before-select": CardError.MEDIA_REMOVED.name,
    "lifted": CardError.MEDIA_REMOVED.name,
    "unreadable": CardError.READ_FAILED.name,
    "refused": CardError.INVALID_MEDIA.name,
    "wrong-content": CardError.INVALID_CONTENT.name,
    "self-test-failed": UNAVAILABLE,
    "not-authorised": UNAVAILABLE,
    "wrong-checksum": CardError.READ_FAILED.name,
    "noise-inside": CardError.READ_FAILED.name,
    "last-reply": CardError.READ_FAILED.name,
    "silence": UNAVAILABLE,
    "late": CardError.READ_FAILED.name,
    "cut-short": CardError.READ_FAILED.name,
    "vanish": UNAVAILABLE,
    "byte-by-byte": PASSED_OVER,
    "noise-before": PASSED_OVER,
}
"""Faults of the reader and of its line; the sentence that the resident reads, ``card.…`` of the catalogue."""
PRINTER_FAULTS: dict[str, str] = {
    "paper-out": PrintError.PAPER_OUT.name,
    "cover-open": PrintError.COVER_OPEN.name,
    "cutter": PrintError.CUTTER_FAIL.name,
    "jam": PrintError.MEDIA_JAM.name,
    "hot": "printer",
    "broken": "printer",
    "offline": "printer",
    "buffer-lost": PrintError.UNKNOWN_OUTCOME.name,
    "silence": "printer",
    "late": "printer",
    "vanish": "printer",
    "paper-low": PASSED_OVER,
    "byte-by-byte": PASSED_OVER,
    "noise-before": PASSED_OVER,
    "noise-inside": PASSED_OVER,
    "last-reply": PASSED_OVER,
    "cut-short": PASSED_OVER,
}
"""Likewise of the printer, ``print.…``."""
PHONE = "13800000000"
say = translator("kiosk", LOCALE, Language.ZH_CN)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("house")
    more = f'\n[kiosk]\ndata = "{folder}/terminal"\n'
    async with House(Plan(folder, backend=f"127.0.0.1:{free_port()}", more=more)) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def resident(house: House) -> AsyncIterator[Resident]:
    """Somebody before the terminal, who leaves nothing behind."""
    assert house.display
    resident = Resident(Terminal(house.inspector, house.display), house.devices)
    await resident.terminal.screen("home")
    yield resident
    if (await resident.terminal.tree()).screen != "home":
        await resident.leave()


async def begin_a_claim(resident: Resident) -> None:
    """To the page that waits for a card."""
    t = resident.terminal
    await t.touch("home.services")
    await t.touch("services.rural-medical-claim")
    await t.touch("guide.apply")
    await t.touch("form.start")
    await t.screen("card")


async def told(house: House, since: datetime, device: str) -> list[dict[str, Any]]:
    """What the technician reads of a device's failures since a moment."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "huimin-diagnose"),
        *("events", "--json", "--device", device, "--since", since.isoformat()),
        *("--config", str(house.directory / "huimin.toml")),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    document: Any = json.loads(said)
    return [event for event in document["events"] if event["name"] != "status"]


async def test_every_fault_is_tried() -> None:
    assert set(CARD_FAULTS) == set(SimulatedIdentityCardReader.faults()) - {"none"}
    assert set(PRINTER_FAULTS) == set(SimulatedReceiptPrinter.faults()) - {"none"}


async def test_a_card_that_is_not_read_is_told_and_read_again_or_done_without(
    house: House, resident: Resident
) -> None:
    t = resident.terminal
    since = datetime.now(UTC)
    await begin_a_claim(resident)
    failing = [fault for fault, sentence in CARD_FAULTS.items() if sentence]
    for fault in failing:
        await resident.fault(READER, fault)
        if fault != "vanish":
            await resident.present_card()
        if CARD_FAULTS[fault] == UNAVAILABLE:  # the other reader still waits for a card
            tree = await t.until(lambda now: now.says(say("card.only.service")), f"{fault}: not told", 40)
        else:
            tree = await t.until(lambda now: "card.again" in now.controls, f"{fault}: no second chance", 40)
            assert tree.says(say(f"card.{CARD_FAULTS[fault]}")), (fault, tree.texts)
        await t.until(lambda now: now.controls["card.skip"].enabled, f"{fault}: no way without")
        await resident.act(READER, "lift")
        await resident.fault(READER, "none")
        if fault == "vanish":
            await asyncio.sleep(GONE_SECONDS)
        if "card.again" in tree.controls:
            await t.touch("card.again")
        else:
            await t.touch("bar.back")
            await t.touch("form.start")
        await t.until(
            lambda now: "card.skip" in now.controls and "card.again" not in now.controls,
            f"{fault}: not asked again",
        )
    await resident.present_card()
    await t.screen("card.taken")

    await t.touch("card.next")  # another fault after something was entered: it is still there
    await resident.type(PHONE)
    entered = await t.tree()
    assert any(PHONE in text.replace(" ", "") for text in entered.texts)
    await resident.leave()

    for fault in (fault for fault, sentence in CARD_FAULTS.items() if not sentence):
        await begin_a_claim(resident)
        await resident.fault(READER, fault)
        await resident.present_card()
        await t.screen("card.taken")
        await resident.leave()
    events = await told(house, since, "identity_card_reader")
    assert len(events) >= len(failing)
    for event in events:
        assert event["findings"][0]["text"], event
        assert datetime.fromisoformat(event["time"]) >= since.replace(microsecond=0)
    codes = {event["code"] for event in events}
    assert {CardError[name].value for name in CARD_FAULTS.values() if name in CardError.__members__} <= codes


async def test_a_slip_that_is_not_printed_is_told_and_the_reference_stays(
    house: House, resident: Resident, tmp_path: Path
) -> None:
    t = resident.terminal
    since = datetime.now(UTC)
    await begin_a_claim(resident)
    await resident.present_card()
    await t.touch("card.next")
    await resident.answer_the_claim()
    await t.screen("form.review")
    await resident.to_the_last_sheet()
    await t.touch("form.next")
    await t.touch("form.send")
    await t.screen("form.confirmation")
    reference = await resident.reference()
    failing = [fault for fault, sentence in PRINTER_FAULTS.items() if sentence]
    for number, fault in enumerate(failing, 1):
        await resident.fault(PRINTER, fault)
        await t.touch("confirmation.print")
        await _failed(house, since, "receipt_printer", number)
        await asyncio.sleep(
            1
        )  # the event may be on the disk before the page has changed, which is deaf at first
        tree = await t.until(lambda now: "confirmation.print" in now.controls, f"{fault}: no second chance")
        assert tree.says(say(f"print.{PRINTER_FAULTS[fault]}")), (fault, tree.texts)
        assert await resident.reference() == reference
        await resident.fault(PRINTER, "none")
        if fault == "vanish":
            await asyncio.sleep(GONE_SECONDS)
    assert reference in (await resident.scan(tmp_path / "code.png")).replace("-", "")
    await t.touch("confirmation.print")
    await t.until(lambda now: now.says(say("print.printed")), "not printed in the end")
    await resident.leave()

    for fault in (fault for fault, sentence in PRINTER_FAULTS.items() if not sentence):
        await resident.fault(PRINTER, fault)
        await resident.look_up_fines()
        await t.touch("lookup.print")
        await t.until(lambda now: not now.says(say("print.printing")), f"{fault}: no end", 40)
        await asyncio.sleep(1)
        if "lookup.print" in (await t.tree()).controls:  # it struck the first question: printed once more
            await t.touch("lookup.print")
        await t.until(lambda now: now.says(say("print.printed")), f"{fault}: not printed", 40)
        await resident.fault(PRINTER, "none")
        await resident.leave()
    events = await told(house, since, "receipt_printer")
    assert len(failing) <= len(events) <= len(failing) + 2
    assert all(event["findings"][0]["text"] for event in events)


async def _failed(house: House, since: datetime, device: str, number: int) -> None:
    """Waits for so many failures."""
    for _ in range(600):
        kept = store.events(house.terminal_data / "kiosk", device=device, since=since)
        if sum(event.name != "status" for event in kept) >= number:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{number} failures of {device} did not come")


async def test_a_code_that_is_not_read_is_told_and_the_number_is_typed(
    house: House, resident: Resident
) -> None:
    t = resident.terminal
    since = datetime.now(UTC)
    await t.touch("home.progress")
    await t.touch("progress.reference")
    await resident.type("7710")
    for fault in ("unreadable", "control-characters", "too-long", "cut-short", "noise-inside"):
        await resident.fault(CODES, fault)
        await resident.act(CODES, "hold", "HM-123")
        if fault == "unreadable":
            await asyncio.sleep(1)
            assert _entered(await t.tree(), "7710")
            await resident.fault(CODES, "none")
            continue
        await t.until(
            lambda now: now.says(say("entry.code-unread")) or now.says(say("entry.code-foreign")),
            f"{fault}: not told",
        )
        assert _entered(await t.tree(), "7710")
        await resident.type("1")
        await t.touch("keyboard.backspace")
    events = await told(house, since, "code_reader")
    assert {event["code"] for event in events} == {CodeError.BARCODE_INVALID.value}


def _entered(tree: Tree, digits: str) -> bool:
    return any(digits in text.replace(" ", "").replace("-", "") for text in tree.texts)
