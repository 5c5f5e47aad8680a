"""The Keynius driver, against the simulated keypad on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from hardware.drivers import keynius_pad
from hardware.drivers.keynius_pad import KeyniusOptions, KeyniusPad
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.pin_pad import Digits, EncryptionState, FunctionKey, PinPadError
from hardware.protocols import pin_block
from hardware.protocols.pin_block import Format
from hardware.simulators.keynius_pad import INSTANT, KeypadFault, SimulatedKeyniusPad, table
from hardware.simulators.line import LineFault
from tests.hardware.conftest import running, until

ACCOUNT = "6222000000000000016"
NUMBER = "7530916482"
KEY = "0123456789ABCDEFFEDCBA9876543210"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keynius_pad, "ANSWER_SECONDS", 0.25)
    monkeypatch.setattr(keynius_pad, "SILENCE_SECONDS", 0.1)


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[SimulatedKeyniusPad]:
    device = SimulatedKeyniusPad(tmp_path / "keypad", INSTANT)
    async with running(device):
        yield device


@pytest.fixture
def options(simulated: SimulatedKeyniusPad, tmp_path: Path) -> KeyniusOptions:
    (tmp_path / "table").write_text(table(), "utf-8")
    (tmp_path / "key").write_text(KEY, "ascii")
    return KeyniusOptions(port=str(simulated.line.name), table=tmp_path / "table", pin_key=tmp_path / "key")


@pytest.fixture
async def pad(options: KeyniusOptions) -> AsyncIterator[KeyniusPad]:
    driver = KeyniusPad(options)
    await driver.open()
    yield driver
    await driver.close()


async def keyed(
    pad: KeyniusPad, simulated: SimulatedKeyniusPad, keys: str, minimum: int = 1, maximum: int = 16
) -> Digits:
    press_later(simulated, keys)
    return await pad.enter_digits(timeout=5.0, minimum=minimum, maximum=maximum)


def press_later(simulated: SimulatedKeyniusPad, keys: str) -> None:
    """Once the pad sends keys."""
    simulated.upon("keys-on", lambda: simulated.fingers.begin(keys))


async def refused(pad: KeyniusPad, *, timeout: float = 3.0) -> DeviceError:
    with pytest.raises(DeviceError) as raised:
        await pad.enter_digits(timeout=timeout)
    return raised.value


async def test_a_number_comes_to_who_asked_for_it(pad: KeyniusPad, simulated: SimulatedKeyniusPad) -> None:
    counts: list[int] = []
    press_later(simulated, "99 clear 7530916482 enter")
    with await pad.enter_digits(timeout=5.0, on_count=counts.append) as found:
        assert found.text() == NUMBER
    assert counts[:4] == [1, 2, 0, 1]
    assert counts[-1] == 10
    assert not simulated.sends_keys


async def test_enter_counts_once_there_are_enough_and_no_more_are_taken_than_asked_for(
    pad: KeyniusPad, simulated: SimulatedKeyniusPad
) -> None:
    found = await keyed(pad, simulated, "12 enter 34 enter 56789 enter", minimum=6, maximum=8)
    assert found.text() == "12345678"


async def test_a_pin_leaves_the_driver_encrypted(pad: KeyniusPad, simulated: SimulatedKeyniusPad) -> None:
    press_later(simulated, "471108 enter")
    found = await pad.enter_pin(ACCOUNT, timeout=5.0, minimum=6, maximum=6)
    assert pin_block.decrypted(Format.ISO_0, found.block, bytes.fromhex(KEY), ACCOUNT) == b"471108"
    assert (found.iso_format, found.key_serial) == (0, b"")


@pytest.mark.parametrize(
    ("name", "key"), [("*", FunctionKey.STAR), ("#", FunctionKey.HASH), ("enter", FunctionKey.ENTER)]
)
async def test_a_function_key_is_told_and_digits_before_it_are_not(
    pad: KeyniusPad, simulated: SimulatedKeyniusPad, name: str, key: FunctionKey
) -> None:
    press_later(simulated, f"12 {name}")
    assert await pad.function_key(timeout=3.0) is key


async def test_the_cancel_key_ends_the_entry(pad: KeyniusPad, simulated: SimulatedKeyniusPad) -> None:
    press_later(simulated, "123 cancel")
    error = await refused(pad)
    assert (error.completion, error.code) == (CompletionCode.USER_ERROR, PinPadError.ENTRY_CANCELED)
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


async def test_what_somebody_left_behind_is_not_the_next_ones(
    pad: KeyniusPad, simulated: SimulatedKeyniusPad
) -> None:
    counts: list[int] = []
    press_later(simulated, "99999")
    first = asyncio.create_task(pad.enter_digits(timeout=30.0, on_count=counts.append))
    await until(lambda: 5 in counts)
    await pad.cancel()
    with pytest.raises(DeviceError) as raised:
        await first
    assert raised.value.completion is CompletionCode.CANCELED
    assert not simulated.sends_keys
    simulated.fingers.begin("88888")  # on a pad that is switched off
    await simulated.fingers.done()
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


async def test_each_key_gives_time_for_the_next_and_then_the_digits_are_forgotten(
    pad: KeyniusPad, simulated: SimulatedKeyniusPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keynius_pad, "LISTEN_SECONDS", 0.1)
    simulated.fingers.pause = 0.2
    press_later(simulated, "12345 enter")
    assert (await pad.enter_digits(timeout=0.6)).text() == "12345"
    counts: list[int] = []
    press_later(simulated, "123")
    with pytest.raises(DeviceError) as raised:
        await pad.enter_digits(timeout=0.6, on_count=counts.append)
    error = raised.value
    assert (error.completion, error.code) == (CompletionCode.TIME_OUT, PinPadError.ENTRY_TIMEOUT)
    assert counts == [1, 2, 3]
    assert (await keyed(pad, simulated, "45 enter")).text() == "45"


async def test_a_jammed_key_makes_no_entry_that_never_ends(
    pad: KeyniusPad, simulated: SimulatedKeyniusPad
) -> None:
    simulated.fingers.pause = 0.1
    press_later(simulated, "5" * 100)
    with pytest.raises(DeviceError) as raised:
        await asyncio.wait_for(pad.enter_digits(timeout=0.5, maximum=4), 5.0)
    assert raised.value.code is PinPadError.ENTRY_TIMEOUT


async def test_without_the_suppliers_table_nothing_is_guessed(simulated: SimulatedKeyniusPad) -> None:
    pad = KeyniusPad(KeyniusOptions(port=str(simulated.line.name)))
    await pad.open()
    abilities = await pad.capabilities()
    assert (abilities.pin, abilities.digits, abilities.function_keys) == (False, False, frozenset())
    for attempt in (
        pad.enter_digits(timeout=1.0),
        pad.enter_pin(ACCOUNT, timeout=1.0),
        pad.function_key(timeout=1.0),
        pad.wipe(),
    ):
        with pytest.raises(DeviceError) as raised:
            await attempt
        assert raised.value.completion is CompletionCode.UNSUPPORTED_COMMAND
    status = await pad.status()
    assert (status.device, status.findings) == (DeviceStatus.UNKNOWN, ("advice.pin_pad.no_table",))
    assert not (await pad.self_test()).passed
    await pad.close()


async def test_a_table_of_another_pad_is_found_out(pad: KeyniusPad, simulated: SimulatedKeyniusPad) -> None:
    assert (await pad.self_test()).passed
    assert (await pad.status()).encryption is EncryptionState.READY
    simulated.inflict(KeypadFault.INVALID_COMMAND)
    status = await pad.status()
    assert (status.device, status.findings) == (DeviceStatus.OFFLINE, ("advice.pin_pad.wrong_table",))
    assert (await refused(pad)).completion is CompletionCode.UNSUPPORTED_COMMAND


async def test_a_command_that_came_to_harm_is_sent_again(
    pad: KeyniusPad, simulated: SimulatedKeyniusPad
) -> None:
    simulated.inflict(KeypadFault.WRONG_CHECK)
    entering = asyncio.create_task(pad.enter_digits(timeout=5.0))
    await until(lambda: simulated.sends_keys)
    simulated.fingers.begin(NUMBER + " enter")
    assert (await entering).text() == NUMBER


@pytest.mark.parametrize("fault", [LineFault.BYTE_BY_BYTE, LineFault.NOISE_BEFORE])
async def test_what_the_line_does_without_harm_is_not_noticed(
    pad: KeyniusPad, simulated: SimulatedKeyniusPad, fault: LineFault
) -> None:
    simulated.inflict(fault, seconds=30.0)
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


@pytest.mark.parametrize(
    "fault", [LineFault.WRONG_CHECKSUM, LineFault.NOISE_INSIDE, LineFault.CUT_SHORT, LineFault.LATE]
)
async def test_an_answer_that_comes_to_harm_is_asked_for_again(
    pad: KeyniusPad, simulated: SimulatedKeyniusPad, fault: LineFault
) -> None:
    simulated.line.late = 0.3
    simulated.inflict(fault, when="keys-on")
    found = asyncio.create_task(pad.enter_digits(timeout=5.0))
    await until(lambda: simulated.sends_keys)
    press_later(simulated, NUMBER + " enter")  # the pad is told once more
    assert (await found).text() == NUMBER


@pytest.mark.parametrize("fault", [LineFault.WRONG_CHECKSUM, LineFault.NOISE_INSIDE, LineFault.CUT_SHORT])
async def test_a_key_that_comes_to_harm_is_not_passed_over(
    pad: KeyniusPad, simulated: SimulatedKeyniusPad, fault: LineFault
) -> None:
    counts: list[int] = []
    press_later(simulated, "12")
    entering = asyncio.create_task(pad.enter_digits(timeout=5.0, on_count=counts.append))
    await until(lambda: 2 in counts)
    simulated.line.break_down(fault)
    simulated.fingers.begin("3")
    with pytest.raises(DeviceError) as raised:
        await entering
    assert raised.value.completion is CompletionCode.INVALID_DATA
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


async def test_a_silent_pad_and_a_pulled_plug_are_lost_connections(
    pad: KeyniusPad, simulated: SimulatedKeyniusPad
) -> None:
    simulated.silent = True
    assert (await refused(pad)).completion is CompletionCode.CONNECTION_LOST
    assert (await pad.status()).device is DeviceStatus.OFFLINE
    simulated.silent = False
    entering = asyncio.create_task(pad.enter_digits(timeout=30.0))
    await until(lambda: simulated.sends_keys)
    simulated.line.unplug()
    with pytest.raises(DeviceError) as raised:
        await entering
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    assert (await pad.status()).device is DeviceStatus.NO_DEVICE
    simulated.line.plug_in()
    assert (await keyed(pad, simulated, NUMBER + " enter")).text() == NUMBER


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "keys"),
        ("keys_on = 5", "keys"),
        ('keys_on = "zz"\nkeys_off = "00"\n[keys]\n', "hexadecimal"),
        ('keys_on = "01"\nkeys_off = "00"\n[keys]\n"AA" = "1"\n', "one of the pad's answers"),
        ('keys_on = "01"\nkeys_off = "00"\n[keys]\n"D1" = "eleven"\n', "eleven"),
        ('keys_on = "01"\nkeys_off = "00"\n[keys]\n"D1" = "1"\n', "no code is given for: 0, 2"),
        ("= 3", "line 1"),
    ],
)
def test_a_table_that_is_none_is_refused_at_once(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "table"
    file.write_text(content, "utf-8")
    with pytest.raises(ValidationError, match=says):
        KeyniusOptions(port="/dev/null", table=file)


def test_files_that_are_not_there_and_keys_that_are_none_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="No such file"):
        KeyniusOptions(port="/dev/null", table=tmp_path / "none")
    (tmp_path / "key").write_text("0123456789", "ascii")
    with pytest.raises(ValidationError, match="32 or 48") as raised:
        KeyniusOptions(port="/dev/null", pin_key=tmp_path / "key")
    assert "0123456789" not in str(raised.value)
