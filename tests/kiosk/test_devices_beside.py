"""The devices beside the screen, at the real window: code reader, keypad, A4 printer, the board with door and
sensors, the battery. Whatever goes wrong with one is told in plain words where it concerns the resident, who
goes on another way and loses nothing; the technician finds the event with its time, code and advice."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from backend_client.forms.reference import new_reference
from foundation.language import Language, translator
from hardware import store
from hardware.simulators.auxiliaries import SimulatedAuxiliaries
from hardware.simulators.keynius_pad import SimulatedKeyniusPad
from hardware.simulators.line import GONE_SECONDS
from hardware.simulators.smartpin_pad import SimulatedSmartPinPad
from kiosk.slip import LOCALE
from kiosk.visit.keypad import KEYED
from tests.hardware.cups import QUEUE, Cups, cups
from tests.hardware.nut import Nut, nut
from tests.kiosk.conftest import SIZES
from tests.kiosk.hand import Hand, keypad, terminal
from tests.kiosk.processes import BIN, Running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

PREFIX = "https://example.invalid/"
UPRIGHT, LYING, _ = SIZES
LOST, OUT, PASSED_OVER = "keypad.lost", "keypad.out", ""
SMARTPIN_FAULTS = {
    "wrong-checksum": LOST,
    "noise-inside": LOST,
    "cut-short": LOST,
    "vanish": OUT,
    "silence": OUT,
    "late": OUT,
    "tampered": OUT,
    "refused": PASSED_OVER,
    "no-keys-left": PASSED_OVER,
    "byte-by-byte": PASSED_OVER,
    "noise-before": PASSED_OVER,
    "last-reply": PASSED_OVER,
}
"""Faults of the pad and its line; the sentence that the resident reads."""
KEYNIUS_FAULTS = {
    "wrong-checksum": LOST,
    "noise-inside": LOST,
    "cut-short": LOST,
    "vanish": OUT,
    "silence": OUT,
    "late": OUT,
    "invalid-command": OUT,
    "wrong-check": PASSED_OVER,
    "byte-by-byte": PASSED_OVER,
    "noise-before": PASSED_OVER,
    "last-reply": PASSED_OVER,
}
AT_ONCE = ("silence", "late", "tampered", "invalid-command", "refused", "wrong-check", "no-keys-left")
"""Faults that are met when an entry begins; the others, while keys are pressed."""
BOARD_FAULTS = {
    "fan-stopped": PASSED_OVER,  # nobody has switched it on
    "wrong-checksum": PASSED_OVER,
    "noise-before": PASSED_OVER,
    "noise-inside": PASSED_OVER,
    "byte-by-byte": PASSED_OVER,
    "last-reply": PASSED_OVER,
    "cut-short": PASSED_OVER,
    "sensor-broken": "auxiliaries.sensorBroken",
    "busy": "completion.deviceNotReady",
    "defective": "completion.hardwareError",
    "silence": "completion.connectionLost",
    "vanish": "port.absent",
    "late": PASSED_OVER,
}
"""Faults of the board; the finding by which the technician is told."""
say = translator("kiosk", LOCALE, Language.ZH_CN)


@dataclass
class Beside:
    """The terminal, its power supply, and its A4 printer."""

    hand: Hand
    supply: Nut
    paper: Cups


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def beside(
    county: Running, displays: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Beside]:
    folder = tmp_path_factory.mktemp("beside") / "kiosk"
    with nut() as supply:
        async with cups() as paper:

            def devices(ports: Path) -> str:
                return (
                    f'[devices.code_reader]\ndriver = "serial"\nport = "{ports / "code-reader"}"\n'
                    f'[devices.auxiliaries]\ndriver = "modbus"\nport = "{ports / "auxiliaries"}"\n'
                    f'[devices.power_supply]\ndriver = "nut"\nport = "{supply.address}"\n'
                    f'[devices.document_printer]\ndriver = "cups"\nport = "{paper.uri}"\n'
                    f"{keypad(ports)}[devices]\nwatch_seconds = 0.5\n"
                )

            with terminal(
                folder,
                county.ready["huimin-backend"],
                UPRIGHT,
                displays[UPRIGHT],
                devices_beside=devices,
                qr_prefix=PREFIX,
                data=str(folder / "data"),
                battery_patience=3,
                dark_after=3600,
            ) as hand:
                yield Beside(hand, supply, paper)


@contextmanager
def keynius(county: Running, display: str, folder: Path) -> Iterator[Hand]:
    """A terminal with the other keypad."""

    def devices(ports: Path) -> str:
        port = ports / "keypad"
        return (
            f'[devices.pin_pad]\ndriver = "keynius"\nport = "{port}"\ntable = "{port}.toml"\n'
            f'[devices.auxiliaries]\ndriver = "modbus"\nport = "{ports / "auxiliaries"}"\n'
            "[devices]\nwatch_seconds = 0.5\n"
        )

    address = county.ready["huimin-backend"]
    with terminal(folder, address, LYING, display, devices_beside=devices, dark_after=1) as hand:
        yield hand


def kept(hand: Hand, device: str, since: datetime) -> list[store.Event]:
    """What the terminal has written of a device since a moment."""
    return store.events(hand.config.parent / "data" / "kiosk", device=device, since=since)


async def recorded(hand: Hand, device: str, since: datetime, finding: str) -> None:
    """Waits until an event has an advice."""
    for _ in range(100):
        if any(f"advice.{finding}" in event.advice for event in kept(hand, device, since)):
            return
        await asyncio.sleep(0.1)
    raise AssertionError((finding, kept(hand, device, since)))


async def told(hand: Hand, device: str, since: datetime) -> list[dict[str, Any]]:
    """What a technician reads of it. Each event has its time, its code and what to do."""
    process = await create_subprocess_exec(
        str(BIN / "huimin-diagnose"),
        *("events", "--json", "--device", device, "--since", since.isoformat(), "--config", str(hand.config)),
        *("--data", str(hand.config.parent / "data")),
        stdout=PIPE,
        stderr=PIPE,
    )
    said, wrong = await process.communicate()
    assert said, wrong.decode()
    events: list[dict[str, Any]] = json.loads(said)["events"]
    for event in events:
        assert datetime.fromisoformat(event["time"]) >= since.replace(microsecond=0)
        assert event["name"] == "status" or event["findings"][0]["text"], event
    return events


async def to_the_reference(hand: Hand, typed: str = "") -> None:
    """To the page for a number, and the first digits of it."""
    await hand.screen("home")
    await hand.go("home.progress", "progress.reference")
    await hand.screen("progress.reference")
    if typed:
        await hand.keys(typed)


async def shows(hand: Hand, digits: str, keyed: int) -> None:
    """Waits until so many digits stand in the field, and so many keys are counted."""

    def so(tree: Any) -> bool:
        text = tree.controls["entry.field"].text.replace(" ", "").replace("-", "")
        return bool(text == digits + KEYED * keyed)

    await hand.until(so, f"{digits} and {keyed} keys")


# The code reader.


async def test_a_slips_code_takes_the_place_of_twelve_digits(beside: Beside) -> None:
    hand = beside.hand
    reference = new_reference()
    await to_the_reference(hand)
    await hand.says("请把回执上的二维码对准扫码口")
    await hand.fault("code-reader", "noise-inside")
    await hand.hold(PREFIX + reference)
    await hand.says("没有读清这个二维码")
    await hand.hold("https://example.com/")
    await hand.says("这不是回执上的二维码")
    await hand.hold(PREFIX + reference)
    await hand.screen("progress.suffix")
    await hand.says(f"{reference[:4]}-{reference[4:8]}-{reference[8:]}")
    assert reference not in hand.log()
    await hand.end()


# Keypads.


async def test_every_fault_is_tried() -> None:
    assert set(SMARTPIN_FAULTS) == set(SimulatedSmartPinPad.faults()) - {"none"}
    assert set(KEYNIUS_FAULTS) == set(SimulatedKeyniusPad.faults()) - {"none"}
    assert set(BOARD_FAULTS) == set(SimulatedAuxiliaries.faults()) - {"none"}


async def pressed(hand: Hand, device: str, keys: str) -> None:
    """Presses keys as soon as the pad takes any."""
    for _ in range(200):
        state = await hand.simulated(device)
        if state.get("waits_for") == "enter-digits" or state.get("sends_keys"):
            break
        await asyncio.sleep(0.05)
    await hand.press(keys, device)


async def counted(hand: Hand, device: str, fault: str) -> None:
    """Presses a key until the page counts one, as people do."""
    for _ in range(3):
        await pressed(hand, device, "9")
        with suppress(AssertionError):
            await hand.until(lambda tree: KEYED in tree.controls["entry.field"].text, "", 4)
            return
    raise AssertionError(f"{fault}: not counted; {await hand.simulated(device)}, {(await hand.tree()).texts}")


async def try_the_pad(hand: Hand, device: str, faults: dict[str, str], take_back: str) -> None:
    """Each fault while a number is keyed in. take_back: the key that takes one digit back, or all of them."""
    reference = new_reference()
    typed = reference[:1]
    await to_the_reference(hand, typed)
    await pressed(hand, device, "9")
    await shows(hand, typed, 1)
    for fault, sentence in faults.items():
        if fault in AT_ONCE:
            await hand.touch("bar.back")
            await hand.fault(device, fault, lasts=fault == "late")
            await hand.touch("progress.reference")
            await hand.screen("progress.reference")
            await hand.keys(typed)
        else:
            await hand.fault(device, fault)
            if fault != "vanish":
                await pressed(hand, device, "9")
        if sentence:
            await hand.until(lambda tree, said=sentence: tree.says(say(said)), f"{fault}: not told")
            await shows(hand, typed, 0)  # what was entered on the screen is there, and more can be
            await hand.fault(device, "none")
            await asyncio.sleep(GONE_SECONDS if fault == "vanish" else 0)
            if sentence == OUT:
                await hand.until(lambda tree: not tree.says(say(OUT)), f"{fault}: for ever")
        await counted(hand, device, fault)
        assert not (await hand.tree()).says(say(LOST))
        await hand.fault(device, "none")
    await pressed(hand, device, " ".join([take_back] * 12 + [reference[1:], "enter"]))
    await hand.screen("progress.suffix")
    await hand.says(f"{reference[:4]}-{reference[4:8]}-{reference[8:]}")
    assert reference not in hand.log()
    await hand.end()


async def test_a_keypad_that_fails_is_told_and_the_number_is_entered_all_the_same(beside: Beside) -> None:
    since = datetime.now(UTC)
    await try_the_pad(beside.hand, "pin-pad", SMARTPIN_FAULTS, "backspace")
    events = await told(beside.hand, "pin_pad", since)
    codes = {finding["code"] for event in events for finding in event["findings"]}
    assert {"pin_pad.tampered", "completion.connectionLost", "port.absent"} <= codes, codes
    assert all(event["code"] != "entryTimeout" for event in events)


async def test_the_other_keypad_and_a_screen_that_is_lit_for_whoever_comes(
    county: Running, displays: dict[str, str], tmp_path: Path
) -> None:
    with keynius(county, displays[LYING], tmp_path / "kiosk") as hand:
        await hand.screen("home")
        await _dark(hand, so=True)
        await hand.act("auxiliaries", "approach")
        await _dark(hand, so=False)
        since = datetime.now(UTC)
        await try_the_pad(hand, "keypad", KEYNIUS_FAULTS, "clear")
        codes = {f["code"] for event in await told(hand, "pin_pad", since) for f in event["findings"]}
        assert {"pin_pad.wrong_table", "completion.connectionLost"} <= codes, codes
        await hand.act("auxiliaries", "leave")
        await _dark(hand, so=True)
        await hand.touch_at((640, 500))  # nobody sees what is touched there: it only wakes
        await _dark(hand, so=False)
        await hand.screen("home")


async def _dark(hand: Hand, *, so: bool) -> None:
    for _ in range(100):
        if (await hand.ask({"do": "tree"}))["dark"] is so:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"dark is not {so}")


# The A4 printer, through CUPS.


async def test_a_form_that_is_not_printed_is_printed_again_or_taken_by_phone(beside: Beside) -> None:
    hand, paper = beside.hand, beside.paper
    since = datetime.now(UTC)
    before = len(paper.printed)
    await hand.screen("home")
    await paper.run("cupsdisable", QUEUE)
    await hand.go("home.documents", "services.permit-application-paper", "guide.apply", "paper.blank")
    await hand.says(say("paper.STOPPED"))
    await paper.run("cupsenable", QUEUE)

    await paper.run("cupsreject", QUEUE)
    await hand.touch("paper.again")
    await hand.says(say("paper.REJECTED"))
    await paper.run("cupsaccept", QUEUE)

    await paper.stop()
    await hand.touch("paper.again")
    await hand.says(say("paper.printer"))
    await paper.start()

    paper.trouble("media-empty-error")
    await hand.touch("paper.again")
    await hand.says(say("paper.wait.PAPER_OUT"))
    await paper.stop()
    await hand.says(say("paper.UNKNOWN_OUTCOME"))
    await paper.start()
    await paper.run("cancel", "-a", "-x", QUEUE)  # what cupsd had begun before it went

    await hand.touch("paper.again")
    await hand.says(say("paper.wait.PAPER_OUT"))
    await paper.run("cancel", "-a", QUEUE)  # by somebody at the server
    await hand.until(lambda tree: "paper.again" in tree.controls, "an aborted job is waited for")
    tree = await hand.tree()
    assert "paper.link" in tree.controls

    paper.trouble("fail")
    await hand.touch("paper.again")
    await hand.says(say("paper.wait.STOPPED"))
    for reason, code in (
        ("toner-empty-error", "TONER_OUT"),
        ("media-empty-error", "PAPER_OUT"),
        ("cover-open-error", "COVER_OPEN"),
        ("media-jam-error", "MEDIA_JAM"),
    ):
        paper.trouble(reason)
        if code == "TONER_OUT":
            await paper.run("cupsenable", QUEUE)
        await hand.says(say(f"paper.wait.{code}"))
    paper.repair()
    await hand.says(say("paper.printed"))
    assert len(paper.printed) == before + 1
    await hand.end()
    failed = [e for e in await told(hand, "document_printer", since) if e["name"] == "print_document"]
    codes = [event["code"] for event in failed]
    assert codes[:4] == ["stopped", "rejected", "service", "unknownOutcome"], codes
    assert len(codes) == 5, codes


# The board.


async def test_a_visit_goes_on_whatever_becomes_of_the_board(beside: Beside) -> None:
    hand = beside.hand
    since = datetime.now(UTC)
    await to_the_reference(hand, "7710")
    await hand.act("auxiliaries", "open-door")
    await recorded(hand, "auxiliaries", since, "auxiliaries.doorOpen")
    await hand.act("auxiliaries", "close-door")
    for fault, finding in BOARD_FAULTS.items():
        began = datetime.now(UTC)
        await hand.fault("auxiliaries", fault)
        if finding:
            await recorded(hand, "auxiliaries", began, finding)
        else:
            await asyncio.sleep(0.6)  # for a question at least
        await hand.fault("auxiliaries", "none")
    await shows(hand, "7710", 0)
    await hand.end()
    assert await told(hand, "auxiliaries", since)


# The battery.


async def test_on_the_battery_residents_are_served_and_told_before_it_ends(beside: Beside) -> None:
    hand, supply = beside.hand, beside.supply
    since = datetime.now(UTC)
    await to_the_reference(hand, "77")
    supply.tell(ups_status="OB DISCHRG", battery_charge="60")
    await recorded(hand, "power_supply", since, "power_supply.onBattery")
    supply.stop_daemon()
    await recorded(hand, "power_supply", since, "port.service")
    supply.start()
    await hand.keys("10")
    await shows(hand, "7710", 0)

    supply.tell(ups_status="OB LB DISCHRG", battery_charge="7", battery_runtime="90")
    await hand.says(say("ending.power.title"))
    await hand.touch("ending.noted")
    await hand.touch("keyboard.5")
    await hand.screen("out_of_service")
    await hand.says("停电了")
    await recorded(hand, "power_supply", since, "power_supply.batteryLow")
    supply.tell()
    await hand.touch("idle.more")
    await shows(hand, "77105", 0)
    await hand.end()
    assert await told(hand, "power_supply", since)

    supply.tell(ups_status="OB LB DISCHRG", battery_charge="7", battery_runtime="90")
    await hand.screen("out_of_service")  # with nobody there, at once
    supply.tell()
    await hand.screen("home")
