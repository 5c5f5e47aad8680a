"""The framework under every driver, with a driver that does what a test tells it to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from hardware.interfaces import device as module
from hardware.interfaces.code_reader import (
    CodeError,
    CodeReader,
    CodeReaderCapabilities,
    CodeReaderStatus,
    Scanner,
)
from hardware.interfaces.device import (
    CommandEnded,
    CompletionCode,
    DeviceError,
    DeviceOptions,
    DeviceStatus,
    Event,
    PortProblem,
    StatusChanged,
    advice_on,
)

WELL = CodeReaderStatus(device=DeviceStatus.ONLINE, scanner=Scanner.ON)


async def _forever() -> str:
    await asyncio.Event().wait()
    return ""


async def _well() -> CodeReaderStatus:
    return WELL


async def _nothing() -> None:
    pass


@dataclass
class Script:
    """What the driver's methods do."""

    read: Callable[[], Awaitable[str]] = _forever
    status: Callable[[], Awaitable[CodeReaderStatus]] = _well
    open: Callable[[], Awaitable[None]] = _nothing
    close: Callable[[], Awaitable[None]] = _nothing
    calls: list[str] = field(default_factory=list)


class Scripted(CodeReader):
    driver = "scripted"

    def __init__(self, script: Script) -> None:
        super().__init__(DeviceOptions(port="none"))
        self.script = script

    async def _open(self) -> None:
        self.script.calls.append("open")
        await self.script.open()

    async def _close(self) -> None:
        self.script.calls.append("close")
        await self.script.close()

    async def _ask_capabilities(self) -> CodeReaderCapabilities:
        return CodeReaderCapabilities(triggers=False, asks=True, longest=100)

    async def _ask_status(self) -> CodeReaderStatus:
        return await self.script.status()

    async def _read_code(self) -> str:
        return await self.script.read()


async def opened(script: Script) -> Scripted:
    device = Scripted(script)
    await device.open()
    return device


async def refusal(device: Scripted, timeout: float = 1.0) -> DeviceError:
    with pytest.raises(DeviceError) as raised:
        await device.read_code(timeout=timeout)
    return raised.value


async def test_a_drivers_mistake_is_an_error_of_its_own_and_tells_no_personal_data(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    async def mistake() -> str:
        raise KeyError("11010519491231002X")

    caplog.set_level(logging.DEBUG)
    error = await refusal(await opened(Script(read=mistake)))
    assert error.completion is CompletionCode.INTERNAL_ERROR
    assert "KeyError at test_device.py:" in error.detail
    said = str(error) + caplog.text + capsys.readouterr().out
    assert "driver_failed" in said
    assert "11010519491231002X" not in said


async def test_a_time_limit_of_the_drivers_own_is_not_the_commands() -> None:
    async def impatient() -> str:
        async with asyncio.timeout(0.01):
            return await _forever()

    error = await refusal(await opened(Script(read=impatient)), timeout=5.0)
    assert error.completion is CompletionCode.INTERNAL_ERROR


async def test_a_card_that_comes_at_the_last_moment_is_read_to_its_end() -> None:
    script = Script()
    device = await opened(script)

    async def late() -> str:
        await asyncio.sleep(0.1)
        device._grant(5.0)
        assert 4.0 < device._time_left <= 5.0
        await asyncio.sleep(0.4)
        return "in time"

    script.read = late
    assert await device.read_code(timeout=0.3) == "in time"
    script.read = _forever
    assert (await refusal(device, 0.1)).code is CodeError.NO_CODE


@pytest.mark.parametrize("direct", [True, False])
async def test_a_connection_that_is_gone_is_opened_anew_by_the_next_command(direct: bool) -> None:
    async def gone() -> str:
        lost = DeviceError(CompletionCode.CONNECTION_LOST, PortProblem.LOST)
        if direct:
            raise lost
        raise DeviceError(CompletionCode.HARDWARE_ERROR, CodeError.BARCODE_INVALID) from lost

    async def there() -> str:
        return "back"

    script = Script(read=gone)
    device = await opened(script)
    await refusal(device)
    script.read = there
    assert await device.read_code(timeout=1.0) == "back"
    assert script.calls == ["open", "close", "open"]


async def test_another_error_leaves_the_connection_open() -> None:
    async def silent() -> str:
        raise DeviceError(CompletionCode.CONNECTION_LOST, detail="no answer")

    script = Script(read=silent)
    device = await opened(script)
    await refusal(device)
    await refusal(device)
    assert script.calls == ["open"]


async def test_a_connection_that_stays_away_is_tried_with_growing_pauses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "REOPEN_SECONDS", 0.9)
    tried: list[float] = []

    async def absent() -> None:
        tried.append(asyncio.get_running_loop().time())
        raise DeviceError(CompletionCode.DEVICE_NOT_READY, PortProblem.ABSENT)

    device = Scripted(Script(open=absent))
    with pytest.raises(DeviceError):
        await device.open()
    assert device.last_status.findings == ("advice.port.absent",)
    error = await refusal(device, 10.0)
    assert (error.completion, error.code) == (CompletionCode.CONNECTION_LOST, PortProblem.ABSENT)
    pauses = [later - earlier for earlier, later in pairwise(tried[1:])]
    assert len(pauses) == 3
    assert pauses[0] < pauses[1] < pauses[2]
    status = await device.status()
    assert (status.device, status.findings) == (DeviceStatus.NO_DEVICE, ("advice.port.absent",))
    assert len(tried) == 6, "a status tries once"


async def test_a_status_is_asked_once_for_all_who_want_it_at_once() -> None:
    asked = 0

    async def slow() -> CodeReaderStatus:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.1)
        return WELL

    device = await opened(Script(status=slow))
    first = asyncio.create_task(device.status())
    leaving = asyncio.create_task(device.status())
    await asyncio.sleep(0.02)
    leaving.cancel()
    assert await first == await device.status() == WELL
    assert leaving.cancelled() or await leaving
    assert asked == 2


async def test_a_status_that_takes_too_long_is_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STATUS_SECONDS", 0.1)

    async def hanging() -> CodeReaderStatus:
        await _forever()
        return WELL

    device = await opened(Script(status=hanging))
    status = await device.status()
    assert (status.device, status.findings) == (DeviceStatus.OFFLINE, ("advice.completion.timeOut",))


async def test_closing_ends_a_status_that_is_being_asked() -> None:
    async def hanging() -> CodeReaderStatus:
        await _forever()
        return WELL

    device = await opened(Script(status=hanging))
    asking = asyncio.create_task(device.status())
    await asyncio.sleep(0.02)
    await asyncio.wait_for(device.close(), 1.0)
    assert (await asking).device is DeviceStatus.OFFLINE


async def test_cancel_ends_those_who_wait_for_their_turn_too() -> None:
    device = await opened(Script())
    tasks = [asyncio.create_task(device.read_code(timeout=30.0)) for _ in range(3)]
    await asyncio.sleep(0.05)
    assert (await device.status()).device is DeviceStatus.DEVICE_BUSY
    await device.cancel()
    for task in tasks:
        error = task.exception()
        assert isinstance(error, DeviceError) and error.completion is CompletionCode.CANCELED
    assert (await device.status()) == WELL


async def test_events_tell_what_became_of_commands_and_what_a_driver_noticed() -> None:
    async def read() -> str:
        device._notice(CodeReaderStatus(device=DeviceStatus.HARDWARE_ERROR, scanner=Scanner.INOPERATIVE))
        return "a code"

    told: list[Event] = []
    device = await opened(Script(read=read))
    end = device.subscribe(told.append)
    await device.read_code(timeout=1.0)
    changed, ended = told
    assert isinstance(changed, StatusChanged)
    assert changed.now.findings == ("advice.code_reader.inoperative",)
    assert isinstance(ended, CommandEnded)
    assert (ended.command, ended.error, ended.counts) == ("read_code", None, {"codes_read": 1})
    end()
    end()
    await device.read_code(timeout=1.0)
    assert len(told) == 2


async def test_a_close_that_fails_is_closed() -> None:
    async def failing() -> None:
        raise OSError("no")

    device = await opened(Script(close=failing))
    await device.close()
    await device.close()
    assert (await refusal(device)).completion is CompletionCode.SEQUENCE_ERROR
    await device.open()
    assert await device.status() == WELL


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (DeviceError(CompletionCode.DEVICE_NOT_READY, PortProblem.IN_USE), "advice.port.in_use"),
        (DeviceError(CompletionCode.TIME_OUT, CodeError.NO_CODE), "advice.code_reader.noCode"),
        (DeviceError(CompletionCode.HARDWARE_ERROR), "advice.completion.hardwareError"),
    ],
)
def test_every_error_has_its_advice(error: DeviceError, advice: str) -> None:
    assert advice_on("code_reader", error) == advice


def test_a_status_says_the_worst_first_and_what_no_part_says_besides() -> None:
    status = CodeReaderStatus(
        device=DeviceStatus.OFFLINE, scanner=Scanner.INOPERATIVE, advice=("advice.port.lost",)
    )
    assert status.findings == ("advice.code_reader.inoperative", "advice.port.lost")
    assert CodeReaderStatus(device=DeviceStatus.POWER_OFF).findings == ("advice.state.powerOff",)
    assert WELL.findings == ()
