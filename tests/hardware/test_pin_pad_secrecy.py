"""What is keyed in is found nowhere but in the hands of who asked: not in the log, in events, in statistics,
in a repr, in an exception, nor on the pad or in the driver's buffers afterwards."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from foundation.log import start_log
from hardware.drivers import keynius_pad, smartpin_pad
from hardware.drivers.keynius_pad import KeyniusOptions, KeyniusPad
from hardware.drivers.smartpin_pad import SmartPinOptions, SmartPinPad
from hardware.interfaces.device import DeviceError, Event
from hardware.interfaces.pin_pad import Digits, PinPad
from hardware.simulators import keynius_pad as simulated_keynius
from hardware.simulators import smartpin_pad as simulated_smartpin
from hardware.simulators.keynius_pad import SimulatedKeyniusPad
from hardware.simulators.line import LineFault
from hardware.simulators.smartpin_pad import PROMPT, SimulatedSmartPinPad
from tests.hardware.conftest import running, until

NUMBER = "7530916482"
PIN = "530916"
ACCOUNT = "6222000000000000016"
SECRETS = (NUMBER, PIN, NUMBER.encode().hex(), PIN.encode().hex())
PARTS = (NUMBER[:6], PIN[:5])
"""Also what was keyed in of an entry that did not end."""


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for driver in (keynius_pad, smartpin_pad):
        monkeypatch.setattr(driver, "ANSWER_SECONDS", 0.25)
        monkeypatch.setattr(driver, "SILENCE_SECONDS", 0.1)
    monkeypatch.setattr(smartpin_pad, "SETTLE_SECONDS", 0.1)


@pytest.fixture(params=["smartpin", "keynius"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[PinPad, Any]]:
    """A driver, and the simulated pad at the other end."""
    driver: PinPad
    simulated: SimulatedSmartPinPad | SimulatedKeyniusPad
    if request.param == "smartpin":
        simulated = SimulatedSmartPinPad(tmp_path / "pad", simulated_smartpin.INSTANT)
        (tmp_path / "prompt").write_bytes(PROMPT)
        driver = SmartPinPad(SmartPinOptions(port=str(tmp_path / "pad"), prompt=tmp_path / "prompt"))
    else:
        simulated = SimulatedKeyniusPad(tmp_path / "pad", simulated_keynius.INSTANT)
        (tmp_path / "table").write_text(simulated_keynius.table(), "utf-8")
        (tmp_path / "key").write_text("0123456789ABCDEFFEDCBA9876543210", "ascii")
        driver = KeyniusPad(
            KeyniusOptions(port=str(tmp_path / "pad"), table=tmp_path / "table", pin_key=tmp_path / "key")
        )
    async with running(simulated):
        await driver.open()
        yield driver, simulated
        await driver.close()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Everything, down to debug, as the commands write it."""
    before, handlers, level = structlog.get_config(), logging.root.handlers[:], logging.root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    start_log("test", "debug")
    yield written.getvalue
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def described(thing: object) -> str:
    """Everything that a log, a store or a person can make of an object."""
    said = [repr(thing), str(thing)]
    if is_dataclass(thing) and not isinstance(thing, type):
        said += [described(getattr(thing, part.name)) for part in fields(thing)]
    if isinstance(thing, BaseException):
        said += traceback.TracebackException.from_exception(thing, capture_locals=True).format()
    return "\n".join(said)


async def press(simulated: Any, keys: str) -> None:
    """Presses keys once the pad takes them."""
    await until(
        lambda: (
            simulated.sends_keys
            if isinstance(simulated, SimulatedKeyniusPad)
            else simulated.state()["waits_for"]
        )
    )
    simulated.fingers.begin(keys)


async def test_what_is_keyed_in_is_found_nowhere(bench: tuple[PinPad, Any], log: Callable[[], str]) -> None:
    pad, simulated = bench
    events: list[Event] = []
    pad.subscribe(events.append)
    said: list[str] = []

    number = asyncio.create_task(pad.enter_digits(timeout=5.0))
    await press(simulated, NUMBER + " enter")
    found = await number
    assert found.text() == NUMBER
    said += [described(found), described(number), described(pad), described(simulated.state())]
    found.wipe()

    pin = asyncio.create_task(pad.enter_pin(ACCOUNT, timeout=5.0))
    await press(simulated, PIN + " enter")
    said += [described(await pin), described(pin)]

    cancelled = asyncio.create_task(pad.enter_digits(timeout=5.0))
    await press(simulated, NUMBER[:6] + " cancel")
    ended = asyncio.create_task(pad.enter_pin(ACCOUNT, timeout=5.0))
    said.append(described((await asyncio.gather(cancelled, return_exceptions=True))[0]))
    await press(simulated, PIN[:5])
    await asyncio.sleep(0.1)
    await pad.cancel()
    said.append(described((await asyncio.gather(ended, return_exceptions=True))[0]))

    late = asyncio.create_task(pad.enter_digits(timeout=0.5))
    await press(simulated, NUMBER)
    said.append(described((await asyncio.gather(late, return_exceptions=True))[0]))

    harmed = asyncio.create_task(pad.enter_digits(timeout=5.0))
    await press(simulated, NUMBER)
    await asyncio.sleep(0.1)
    simulated.line.break_down(LineFault.WRONG_CHECKSUM)
    simulated.fingers.begin("5 enter" if isinstance(simulated, SimulatedKeyniusPad) else "enter")
    said.append(described((await asyncio.gather(harmed, return_exceptions=True))[0]))

    gone = asyncio.create_task(pad.enter_digits(timeout=5.0))
    await press(simulated, NUMBER[:6])
    await asyncio.sleep(0.1)
    simulated.line.unplug()
    said.append(described((await asyncio.gather(gone, return_exceptions=True))[0]))

    said += [described(event) for event in events]
    logged = log()
    said += [described(pad.last_status), described(pad.info), described(vars(pad)), logged]
    everything = "\n".join(said)
    assert len(events) >= 6
    assert "enter_digits" in everything
    for secret in (*SECRETS, *PARTS):
        assert secret not in everything
    assert ACCOUNT[-13:] not in logged + repr(events) + repr(pin.result())


async def test_a_drivers_mistake_shows_no_digits_either(
    bench: tuple[PinPad, Any], log: Callable[[], str]
) -> None:
    pad, simulated = bench

    def broken(count: int) -> None:
        if count == 4:
            raise RuntimeError(NUMBER)  # whoever shows the count fails, with something private in hand

    entering = asyncio.create_task(pad.enter_digits(timeout=5.0, on_count=broken))
    await press(simulated, NUMBER)
    error = (await asyncio.gather(entering, return_exceptions=True))[0]
    assert isinstance(error, DeviceError)
    said = str(error) + repr(error) + log()
    assert "driver_failed" in said
    assert NUMBER not in said
    await until(lambda: simulated.state() in ({"waits_for": None, "keyed_in": None}, {"sends_keys": False}))


async def test_nothing_is_left_in_the_drivers_buffers(bench: tuple[PinPad, Any]) -> None:
    pad, simulated = bench
    entering = asyncio.create_task(pad.enter_digits(timeout=5.0))
    await press(simulated, NUMBER + " enter")
    found = await entering
    for buffers in (vars(pad), vars(pad._frames), vars(pad._port)):  # type: ignore[attr-defined]
        for value in buffers.values():
            if isinstance(value, bytes | bytearray):
                assert NUMBER.encode() not in value
    found.wipe()
    assert len(found) == 0
    assert found.text() == ""


def test_digits_are_overwritten_when_they_are_let_go() -> None:
    held = bytearray(NUMBER, "ascii")
    with Digits(held) as digits:
        assert digits.text() == NUMBER
        assert f"{digits}{digits!r}{[digits]}" == "<10 digits>" * 2 + "[<10 digits>]"
    assert held == b""
    held = bytearray(NUMBER, "ascii")
    digits = Digits(held)
    del digits
    gc.collect()
    assert held == b""
