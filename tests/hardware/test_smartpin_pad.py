"""The SmartPIN driver, against the simulated pad on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from foundation.language import Language
from hardware.drivers import smartpin_pad
from hardware.drivers.smartpin_pad import SmartPinOptions, SmartPinPad
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.pin_pad import Digits, EncryptionState, FunctionKey, PinPadError, Tamper
from hardware.protocols import pin_block
from hardware.protocols.pin_block import Format
from hardware.simulators import dukpt
from hardware.simulators.control import Bench
from hardware.simulators.device import NONE, Refused, SimulatedDevice
from hardware.simulators.keynius_pad import SimulatedKeyniusPad
from hardware.simulators.line import LineFault
from hardware.simulators.smartpin_pad import BASE_KEY, INSTANT, PROMPT, PadFault, SimulatedSmartPinPad
from hardware.wording import texts
from tests.hardware.conftest import running, until

ACCOUNT = "6222000000000000016"
"""Of no bank: an example of a form that 19-digit accounts have."""
NUMBER = "7530916482"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smartpin_pad, "ANSWER_SECONDS", 0.25)
    monkeypatch.setattr(smartpin_pad, "SILENCE_SECONDS", 0.1)
    monkeypatch.setattr(smartpin_pad, "SETTLE_SECONDS", 0.1)


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[SimulatedSmartPinPad]:
    device = SimulatedSmartPinPad(tmp_path / "pad", INSTANT)
    async with running(device):
        yield device


@pytest.fixture
async def pad(simulated: SimulatedSmartPinPad, tmp_path: Path) -> AsyncIterator[SmartPinPad]:
    (tmp_path / "prompt").write_bytes(PROMPT)
    options = SmartPinOptions(port=str(simulated.line.name), prompt=tmp_path / "prompt")
    driver = SmartPinPad(options)
    await driver.open()
    yield driver
    await driver.close()


async def keyed(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad, keys: str, minimum: int = 1, maximum: int = 16
) -> Digits:
    simulated.upon("enter-digits", lambda: simulated.fingers.begin(keys))
    return await pad.enter_digits(timeout=5.0, minimum=minimum, maximum=maximum)


async def refused(pad: SmartPinPad, *, timeout: float = 3.0) -> DeviceError:
    with pytest.raises(DeviceError) as raised:
        await pad.enter_digits(timeout=timeout)
    return raised.value


def pin_in(block: bytes, ksn: bytes, account: str = ACCOUNT) -> bytes:
    """What the host gets, which knows the base key."""
    key = dukpt.pin_key(dukpt.initial_key(BASE_KEY, ksn), ksn)
    return bytes(pin_block.decrypted(Format.ISO_0, block, key, account))


@pytest.mark.parametrize("account", [ACCOUNT, "6222000000000016", "622200000016"])
async def test_a_pin_comes_as_a_block_that_the_host_alone_can_open(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad, account: str
) -> None:
    counts: list[int] = []
    simulated.upon("enter-pin", lambda: simulated.fingers.begin("4711 enter"))
    found = await pad.enter_pin(account, timeout=5.0, on_count=counts.append)
    assert pin_in(found.block, found.key_serial, account) == b"4711"
    assert found.iso_format == 0
    assert counts == [1, 2, 3, 4]
    simulated.upon("enter-pin", lambda: simulated.fingers.begin("4711 enter"))
    again = await pad.enter_pin(account, timeout=5.0)
    assert again.block != found.block
    assert again.key_serial != found.key_serial


async def test_a_number_comes_to_who_asked_for_it(pad: SmartPinPad, simulated: SimulatedSmartPinPad) -> None:
    counts: list[int] = []
    simulated.upon("enter-digits", lambda: simulated.fingers.begin("7539 backspace 0916482 enter"))
    with await pad.enter_digits(timeout=5.0, on_count=counts.append) as found:
        assert found.text() == NUMBER
        assert repr(found) == "<10 digits>"
    assert len(found) == 0
    assert counts == list(range(1, 13))  # the pad tells that a key was pressed, not which
    assert simulated.keyed_in == 0


async def test_the_pad_holds_to_the_lengths(pad: SmartPinPad, simulated: SimulatedSmartPinPad) -> None:
    found = await keyed(pad, simulated, "12 enter 34 enter 56789 enter", minimum=6, maximum=8)
    assert found.text() == "12345678"
    error = (await asyncio.gather(pad.enter_digits(timeout=1.0, minimum=17), return_exceptions=True))[0]
    assert isinstance(error, DeviceError)
    assert error.completion is CompletionCode.UNSUPPORTED_DATA


async def test_a_pin_of_other_lengths_than_the_pads_is_refused(pad: SmartPinPad) -> None:
    with pytest.raises(DeviceError) as raised:
        await pad.enter_pin(ACCOUNT, timeout=1.0, minimum=6, maximum=6)
    assert raised.value.completion is CompletionCode.UNSUPPORTED_DATA
    assert "4 to 12" in raised.value.detail


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("star", FunctionKey.STAR),
        ("f2", FunctionKey.F2),
        ("enter", FunctionKey.ENTER),
        ("cancel", FunctionKey.CANCEL),
    ],
)
async def test_a_function_key_is_told(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad, name: str, key: FunctionKey
) -> None:
    simulated.upon("function-key", lambda: simulated.fingers.begin(f"12 {name}"))
    assert await pad.function_key(timeout=3.0) is key


async def test_the_cancel_key_ends_the_entry(pad: SmartPinPad, simulated: SimulatedSmartPinPad) -> None:
    for _ in range(2):
        simulated.upon("enter-digits", lambda: simulated.fingers.begin("123 cancel"))
        error = await refused(pad)
        assert (error.completion, error.code) == (CompletionCode.USER_ERROR, PinPadError.ENTRY_CANCELED)
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


async def test_cancelling_ends_the_entry_on_the_pad_too(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad
) -> None:
    simulated.upon("enter-digits", lambda: simulated.fingers.begin("123"))
    entering = asyncio.create_task(pad.enter_digits(timeout=30.0))
    await until(lambda: simulated.keyed_in == 3)
    began = time.monotonic()
    await pad.cancel()
    assert time.monotonic() - began < 0.5
    with pytest.raises(DeviceError) as raised:
        await entering
    assert raised.value.completion is CompletionCode.CANCELED
    assert simulated.state()["waits_for"] is None
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


async def test_nobody_gets_the_digits_of_somebody_else(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad
) -> None:
    simulated.upon("enter-digits", lambda: simulated.fingers.begin("99999"))
    first = asyncio.create_task(pad.enter_digits(timeout=30.0))
    await until(lambda: simulated.keyed_in == 5)
    first.cancel()
    simulated.fingers.begin("enter")  # at the same moment
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


async def test_the_time_limit_ends_the_entry(pad: SmartPinPad, simulated: SimulatedSmartPinPad) -> None:
    simulated.upon("enter-digits", lambda: simulated.fingers.begin("123"))
    error = await refused(pad, timeout=0.4)
    assert (error.completion, error.code) == (CompletionCode.TIME_OUT, PinPadError.ENTRY_TIMEOUT)
    await until(lambda: simulated.state()["waits_for"] is None)


async def test_what_the_pad_forgets_is_not_counted(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smartpin_pad, "FORGET_SECONDS", 0.2)
    simulated.pace = replace(simulated.pace, forget=0.2)
    simulated.upon("enter-digits", lambda: simulated.fingers.begin("123"))
    error = await refused(pad, timeout=5.0)
    assert (error.completion, error.code) == (CompletionCode.TIME_OUT, PinPadError.ENTRY_TIMEOUT)
    assert (await keyed(pad, simulated, "45 enter")).text() == "45"


async def test_the_pad_waits_no_longer_than_it_does(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smartpin_pad, "ENTRY_SECONDS", 0.5)
    simulated.pace = replace(simulated.pace, entry=0.4)
    simulated.fingers.pause = 0.1
    simulated.upon("enter-digits", lambda: simulated.fingers.begin("12345678"))
    error = await refused(pad, timeout=20.0)
    assert (error.completion, error.code) == (CompletionCode.TIME_OUT, PinPadError.ENTRY_TIMEOUT)


async def test_whoever_reads_first_has_the_pads_time_to_key_in(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time for the whole runs from when it was asked; so it is asked anew until somebody begins."""
    monkeypatch.setattr(smartpin_pad, "RENEW_SECONDS", 0.4)
    monkeypatch.setattr(smartpin_pad, "ENTRY_SECONDS", 1.2)
    simulated.pace = replace(simulated.pace, entry=1.2)
    simulated.fingers.pause = 0.1
    entering = asyncio.create_task(pad.enter_digits(timeout=5.0))
    await asyncio.sleep(1.1)
    simulated.upon("enter-digits", lambda: simulated.fingers.begin("123456 enter"))
    assert (await entering).text() == "123456"


def when_renewed(simulated: SimulatedSmartPinPad, keys: str) -> None:
    """Keys are pressed in the moment in which the pad is told to end an entry that nobody began."""

    def press() -> None:
        for key in keys.split():
            simulated._pressed(key)

    simulated.upon("enter-digits", lambda: simulated.upon("cancel", press))


async def test_a_key_pressed_while_the_entry_begins_anew_is_told_as_let_go(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smartpin_pad, "RENEW_SECONDS", 0.3)
    counts: list[int] = []
    when_renewed(simulated, "7")
    with pytest.raises(DeviceError) as raised:
        await pad.enter_digits(timeout=5.0, on_count=counts.append)
    error = raised.value
    assert (error.completion, error.code) == (CompletionCode.TIME_OUT, PinPadError.ENTRY_TIMEOUT)
    assert error.code in pad.unused, "nothing is wrong with the pad"
    assert counts == [1]
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


async def test_a_number_that_is_entered_at_the_last_moment_is_not_lost(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smartpin_pad, "RENEW_SECONDS", 0.3)
    when_renewed(simulated, "1 2 3 enter")
    assert (await pad.enter_digits(timeout=5.0)).text() == "123"
    monkeypatch.setattr(smartpin_pad, "ENTRY_SECONDS", 0.3)
    simulated.upon("function-key", lambda: simulated.upon("cancel", lambda: simulated._pressed("f1")))
    assert await pad.function_key(timeout=5.0) is FunctionKey.F1


async def test_each_key_gives_time_for_the_next(pad: SmartPinPad, simulated: SimulatedSmartPinPad) -> None:
    simulated.fingers.pause = 0.2
    simulated.upon("enter-digits", lambda: simulated.fingers.begin("12345 enter"))
    assert (await pad.enter_digits(timeout=0.6)).text() == "12345"


async def test_the_status_tells_of_the_keys(pad: SmartPinPad, simulated: SimulatedSmartPinPad) -> None:
    status = await pad.status()
    assert (status.device, status.encryption) == (DeviceStatus.ONLINE, EncryptionState.READY)
    assert status.tamper is Tamper.INTACT
    assert status.findings == ()
    simulated.inflict(PadFault.NO_KEYS_LEFT)
    status = await pad.status()
    assert status.encryption is EncryptionState.NOT_READY
    assert status.findings == ("advice.pin_pad.accessDenied",)
    test = await pad.self_test()
    assert (test.passed, test.findings) == (False, status.findings)


async def test_a_pad_that_was_opened_is_found_out(pad: SmartPinPad, simulated: SimulatedSmartPinPad) -> None:
    assert (await pad.self_test()).passed
    simulated.upon("enter-digits", lambda: simulated.fingers.begin("123"))
    simulated.inflict(PadFault.TAMPERED)
    with pytest.raises(DeviceError) as raised:
        await pad.enter_pin(ACCOUNT, timeout=1.0)
    assert raised.value.code is PinPadError.KEY_NOT_FOUND
    status = await pad.status()
    assert (status.device, status.tamper) == (DeviceStatus.FRAUD_ATTEMPT, Tamper.DETECTED)
    assert status.findings[0] == "advice.pin_pad.tampered"
    assert not (await pad.self_test()).passed


async def test_a_pad_that_was_opened_while_nobody_watched_is_found_out(
    simulated: SimulatedSmartPinPad,
) -> None:
    delivered = SmartPinOptions(port=str(simulated.line.name), has_key=True)
    before = SmartPinPad(delivered)
    await before.open()
    assert (await before.status()).tamper is Tamper.INTACT
    await before.close()
    simulated.inflict(PadFault.TAMPERED)
    pad = SmartPinPad(delivered)  # the terminal was started again, or huimin-diagnose was called
    await pad.open()
    status = await pad.status()
    assert (status.device, status.tamper) == (DeviceStatus.FRAUD_ATTEMPT, Tamper.DETECTED)
    assert status.findings[0] == "advice.pin_pad.tampered"
    assert not (await pad.self_test()).passed
    simulated.inflict(PadFault.NONE)  # another pad
    status = await pad.status()
    assert (status.device, status.tamper) == (DeviceStatus.ONLINE, Tamper.INTACT)
    await pad.close()


async def test_a_pad_that_never_had_a_key_was_not_opened(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad
) -> None:
    simulated.inflict(PadFault.TAMPERED)
    status = await pad.status()
    assert (status.tamper, status.encryption) == (Tamper.UNKNOWN, EncryptionState.NOT_INITIALIZED)


async def test_the_self_test_tells_which_pad_it_is(pad: SmartPinPad) -> None:
    assert (await pad.self_test()).passed
    assert pad.info.details == {
        "firmware": "ID TECH SmartPIN L100 SIMULATED",
        "serial_number": "0000000000",
    }
    assert pad.info.simulated


async def test_a_refusal_that_is_not_public_is_kept_for_the_technician(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad
) -> None:
    simulated.inflict(PadFault.REFUSED, when="enter-digits")
    error = await refused(pad)
    assert error.completion is CompletionCode.HARDWARE_ERROR
    assert error.detail == "refused: FF FF"


async def test_without_a_prompt_it_gives_no_numbers(simulated: SimulatedSmartPinPad) -> None:
    pad = SmartPinPad(SmartPinOptions(port=str(simulated.line.name)))
    await pad.open()
    assert not (await pad.capabilities()).digits
    assert (await refused(pad)).completion is CompletionCode.UNSUPPORTED_COMMAND
    await pad.close()


@pytest.mark.parametrize("size", [None, 255])
def test_a_prompt_that_is_none_is_refused_at_once(tmp_path: Path, size: int | None) -> None:
    if size:
        (tmp_path / "prompt").write_bytes(bytes(size))
    with pytest.raises(ValidationError, match=r"No such file|255 bytes"):
        SmartPinOptions(port="/dev/null", prompt=tmp_path / "prompt")


HARMLESS = [LineFault.BYTE_BY_BYTE, LineFault.NOISE_BEFORE]


@pytest.mark.parametrize("fault", HARMLESS)
async def test_what_the_line_does_without_harm_is_not_noticed(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad, fault: LineFault
) -> None:
    simulated.inflict(fault, seconds=30.0)
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER
    simulated.upon("enter-pin", lambda: simulated.fingers.begin("4711 enter"))
    found = await pad.enter_pin(ACCOUNT, timeout=5.0)
    assert pin_in(found.block, found.key_serial) == b"4711"


HARM = [
    (at, fault)
    for at in ("key-output", "enter-digits")
    for fault in (
        LineFault.WRONG_CHECKSUM,
        LineFault.NOISE_INSIDE,
        LineFault.CUT_SHORT,
        LineFault.LAST_REPLY,
        LineFault.LATE,
    )
    if (at, fault) != ("enter-digits", LineFault.LAST_REPLY)  # two answers of the same bytes
]


@pytest.mark.parametrize(("at", "fault"), HARM)
async def test_what_comes_to_harm_is_an_error_and_the_second_chance_succeeds(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad, fault: LineFault, at: str
) -> None:
    simulated.line.late = 0.4
    simulated.inflict(fault, when=at)
    error = await refused(pad, timeout=3.0)
    assert error.completion in (CompletionCode.CONNECTION_LOST, CompletionCode.INVALID_DATA)
    if fault is LineFault.LATE:
        await until(simulated._answers.empty)
        await asyncio.sleep(simulated.line.late)
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


@pytest.mark.parametrize("fault", [LineFault.WRONG_CHECKSUM, LineFault.CUT_SHORT, LineFault.NOISE_INSIDE])
async def test_a_number_that_comes_to_harm_is_asked_for_again(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad, fault: LineFault
) -> None:
    entering = asyncio.create_task(pad.enter_digits(timeout=5.0))
    await until(lambda: simulated.state()["waits_for"])
    simulated.fingers.begin(NUMBER)
    await until(lambda: simulated.keyed_in == len(NUMBER) and simulated._answers.empty())
    simulated.line.break_down(fault)
    simulated.fingers.begin("enter")
    with pytest.raises(DeviceError) as raised:
        await entering
    assert raised.value.completion is CompletionCode.INVALID_DATA
    assert NUMBER not in str(raised.value)
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


async def test_a_silent_pad_is_found_out(pad: SmartPinPad, simulated: SimulatedSmartPinPad) -> None:
    simulated.silent = True
    began = time.monotonic()
    assert (await refused(pad)).completion is CompletionCode.CONNECTION_LOST
    assert (await pad.status()).device is DeviceStatus.OFFLINE
    assert time.monotonic() - began < 3.0
    simulated.silent = False
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


async def test_a_pulled_plug_is_a_lost_connection_and_plugging_in_repairs_it(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad
) -> None:
    simulated.upon("enter-digits", lambda: simulated.fingers.begin("123"))
    entering = asyncio.create_task(pad.enter_digits(timeout=30.0))
    await until(lambda: simulated.keyed_in == 3)
    simulated.line.unplug()
    with pytest.raises(DeviceError) as raised:
        await entering
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    assert (await pad.status()).device is DeviceStatus.NO_DEVICE
    simulated.line.plug_in()
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


async def test_wiping_leaves_nothing_on_the_pad(pad: SmartPinPad, simulated: SimulatedSmartPinPad) -> None:
    simulated.upon("enter-digits", lambda: simulated.fingers.begin("123"))
    entering = asyncio.create_task(pad.enter_digits(timeout=30.0))
    await until(lambda: simulated.keyed_in == 3)
    await pad.wipe()
    with pytest.raises(DeviceError) as raised:
        await entering
    assert raised.value.completion is CompletionCode.CANCELED
    assert simulated.state() == {"waits_for": None, "keyed_in": None}


async def test_keys_are_pressed_by_hand_and_only_their_count_is_told(
    pad: SmartPinPad, simulated: SimulatedSmartPinPad
) -> None:
    bench = Bench([simulated])
    press = {"do": "act", "device": "pin-pad", "action": "press"}
    entering = asyncio.create_task(pad.enter_digits(timeout=5.0))
    await until(lambda: simulated.state()["waits_for"])
    bench.do({**press, "given": "753"})
    await until(lambda: simulated.keyed_in == 3)
    state = bench.do({**press, "given": "0916482 enter"})
    assert state["pin-pad"]["facts"] == {"waits_for": "enter-digits", "keyed_in": 3}
    assert (await entering).text() == NUMBER
    for given in ("", "12x", "enter12"):
        with pytest.raises(Refused) as raised:
            bench.do({**press, "given": given})
        assert raised.value.name == "simulate.key_unknown"
        assert "12" not in str(raised.value.placeholders).replace("f1, f2", "")
    with pytest.raises(Refused, match="too_many"):
        bench.do({**press, "given": "1" * 201})


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("device", [SimulatedSmartPinPad, SimulatedKeyniusPad])
def test_every_fault_and_fact_of_the_simulated_pads_has_its_sentence(
    language: Language, device: type[SimulatedDevice], tmp_path: Path
) -> None:
    made = device.in_folder(tmp_path, instant=True)
    names = [f"simulate.{device.name}.{fault.value}" for fault in device.own_faults if fault.value != NONE]
    for fact, value in made.state().items():
        names += (
            [f"simulate.state.{fact}.{one}" for one in ("yes", "no")]
            if value is False
            else [f"simulate.state.{fact}"]
        )
    for name in names:
        assert texts(language)(name, value="1") != name
