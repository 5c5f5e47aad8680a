"""A power supply that Debian's NUT looks after."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress

import pytest
from pydantic import ValidationError

from foundation.language import Language
from hardware.drivers import nut_power_supply
from hardware.drivers.nut_power_supply import Address, NutOptions, NutPowerSupply, NutProblem, address
from hardware.interfaces.device import DeviceError, DeviceStatus, Event, PortProblem, StatusChanged
from hardware.interfaces.power_supply import (
    Battery,
    Load,
    PowerSource,
    PowerSupplyCapabilities,
    PowerSupplyStatus,
)
from hardware.wording import texts
from tests.hardware.nut import Nut, nut
from tests.ports import free_port


@pytest.fixture(scope="module")
def running() -> Iterator[Nut]:
    with nut() as made:
        yield made


@pytest.fixture
async def supply(running: Nut) -> AsyncIterator[NutPowerSupply]:
    running.tell()
    running.start()
    driver = NutPowerSupply(NutOptions(port=running.address))
    await becomes(driver, lambda now: now.source is PowerSource.MAINS and now.charge == 100)
    yield driver
    await driver.close()


async def becomes(
    driver: NutPowerSupply, so: Callable[[PowerSupplyStatus], bool], seconds: float = 8.0
) -> PowerSupplyStatus:
    """Waits until the supply is so; NUT needs a second or two to notice."""
    async with asyncio.timeout(seconds):
        while True:
            with suppress(DeviceError):
                await driver.open()
            now = await driver.status()
            if so(now):
                return now
            await asyncio.sleep(0.05)


async def test_on_the_mains_all_is_well(supply: NutPowerSupply) -> None:
    status = await supply.status()
    assert status == PowerSupplyStatus(
        device=DeviceStatus.ONLINE,
        source=PowerSource.MAINS,
        battery=Battery.FULL,
        load=Load.OK,
        charge=100,
        runtime=1800.0,
    )
    assert status.findings == ()
    assert (await supply.self_test()).passed
    assert await supply.capabilities() == PowerSupplyCapabilities("Huimin Test 600", True, True)
    assert supply.info.simulated
    assert supply.info.details == {"model": "Huimin Test 600"}


async def test_the_mains_fail_the_battery_runs_down_and_has_to_be_replaced(
    supply: NutPowerSupply, running: Nut
) -> None:
    told: list[PowerSupplyStatus] = []

    def take(event: Event) -> None:
        if isinstance(event, StatusChanged):
            assert isinstance(event.now, PowerSupplyStatus)
            told.append(event.now)

    supply.subscribe(take)
    running.tell(ups_status="OB DISCHRG", battery_charge="64", battery_runtime="700")
    status = await becomes(supply, lambda now: now.charge == 64)
    assert (status.source, status.battery, status.runtime) == (
        PowerSource.BATTERY,
        Battery.OPERATIONAL,
        700.0,
    )
    assert status.findings == ("advice.power_supply.onBattery",)
    running.tell(ups_status="OB LB DISCHRG", battery_charge="9", battery_runtime="60")
    status = await becomes(supply, lambda now: now.battery is Battery.LOW)
    assert status.findings == ("advice.power_supply.batteryLow", "advice.power_supply.onBattery")
    running.tell(ups_status="OL CHRG RB", battery_charge="12", battery_runtime="")
    status = await becomes(supply, lambda now: now.source is PowerSource.MAINS)
    assert (status.battery, status.findings) == (Battery.FAILURE, ("advice.power_supply.batteryFailure",))
    assert [now.battery for now in told] == [Battery.OPERATIONAL, Battery.LOW, Battery.FAILURE]


async def test_a_supply_may_call_itself_what_it_likes(supply: NutPowerSupply, running: Nut) -> None:
    running.tell(device_mfr="山特", device_model="°C \x7f 600", battery_charge="99")
    status = await becomes(supply, lambda now: now.charge == 99)
    assert (status.device, status.source) == (DeviceStatus.ONLINE, PowerSource.MAINS)
    assert (await supply.capabilities()).model.endswith("C 600")  # Debian's upsd leaves out what is not ASCII


async def test_data_that_is_stale_is_not_told_as_the_state(supply: NutPowerSupply, running: Nut) -> None:
    running.hold_driver()
    try:
        status = await becomes(supply, lambda now: now.device is not DeviceStatus.ONLINE)
    finally:
        running.release_driver()
    assert (status.device, status.source) == (DeviceStatus.OFFLINE, PowerSource.UNKNOWN)
    assert status.findings == ("advice.power_supply.dataStale",)
    await becomes(supply, lambda now: now.device is DeviceStatus.ONLINE)


async def test_a_driver_of_nut_that_ended_is_said_so(supply: NutPowerSupply, running: Nut) -> None:
    running.stop_driver()
    status = await becomes(supply, lambda now: now.device is DeviceStatus.OFFLINE)
    assert status.findings in (("advice.power_supply.notConnected",), ("advice.power_supply.dataStale",))
    running.start()
    await becomes(supply, lambda now: now.source is PowerSource.MAINS)


async def test_upsd_may_be_restarted(supply: NutPowerSupply, running: Nut) -> None:
    running.stop_daemon()
    status = await supply.status()
    assert (status.device, status.findings) == (DeviceStatus.NO_DEVICE, ("advice.port.service",))
    running.start()
    await becomes(supply, lambda now: now.source is PowerSource.MAINS)


async def test_a_name_that_nut_does_not_know_is_a_mistake_of_the_configuration(running: Nut) -> None:
    running.start()
    driver = NutPowerSupply(NutOptions(port=f"other@127.0.0.1:{running.port}"))
    await driver.open()
    status = await driver.status()
    assert (status.device, status.findings) == (DeviceStatus.OFFLINE, ("advice.power_supply.unknownSupply",))
    await driver.close()


async def test_where_nobody_listens_it_is_the_service_that_is_missing() -> None:
    driver = NutPowerSupply(NutOptions(port=f"terminal@127.0.0.1:{free_port()}"))
    with pytest.raises(DeviceError) as raised:
        await driver.open()
    assert raised.value.code is PortProblem.SERVICE
    assert (await driver.status()).device is DeviceStatus.NO_DEVICE
    await driver.close()


async def test_a_question_that_is_cancelled_does_not_spoil_the_next(supply: NutPowerSupply) -> None:
    for _ in range(20):
        testing = asyncio.create_task(supply.self_test())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await supply.cancel()
        await asyncio.gather(testing, return_exceptions=True)
        assert (await supply.status()).source is PowerSource.MAINS


# A server that answers what a test tells it to


async def told_by(answers: Callable[[bytes], bytes | None]) -> tuple[PowerSupplyStatus, float, str | None]:
    """What is made of a server's answers, how long that took, and what the supply calls itself. None: it says
    nothing more."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            answer = answers(line)
            if answer is None:
                await asyncio.sleep(30)
            elif not answer:
                break
            else:
                writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    driver = NutPowerSupply(NutOptions(port=f"ups@127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    began = time.monotonic()
    try:
        with suppress(DeviceError):
            await driver.open()
        return await driver.status(), time.monotonic() - began, driver.info.details.get("model")
    finally:
        await driver.close()
        server.close()


BEGIN, END = b"BEGIN LIST VAR ups\n", b"END LIST VAR ups\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\xff\xfe\n",
        BEGIN,
        BEGIN + b"VAR ups\n" + END,
        BEGIN + b'VAR ups battery.charge "1',
        BEGIN + b"VAR ups " + b"x" * 200_000 + b"\n" + END,
        b"x" * 200_000,
        BEGIN + 'VAR ups ups.status "正常"\n'.encode() + END,
        b"",
    ],
)
async def test_nonsense_is_a_service_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(nut_power_supply, "ANSWER_SECONDS", 0.2)
    said = [answer] * 20

    def answers(_: bytes) -> bytes | None:
        return said.pop() if len(said) > 10 else b""

    status, seconds, _ = await told_by(answers)
    assert (status.device, status.findings) == (DeviceStatus.NO_DEVICE, ("advice.port.service",))
    assert seconds < 3


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (b"ACCESS-DENIED", "refused"),
        (b"INVALID-ARGUMENT", "refused"),
        (b"DATA-STALE", "dataStale"),
        (b"DRIVER-NOT-CONNECTED", "notConnected"),
        (b"UNKNOWN-UPS", "unknownSupply"),
    ],
)
async def test_each_refusal_has_its_advice(code: bytes, advice: str) -> None:
    status, _, _ = await told_by(lambda _: b"ERR " + code + b"\n")
    assert (status.device, status.findings) == (DeviceStatus.OFFLINE, (f"advice.power_supply.{advice}",))


async def test_what_a_supply_tells_is_believed_within_bounds() -> None:
    lines = b'VAR ups ups.status "OL"\nVAR ups battery.charge "1e9"\nVAR ups battery.runtime "-5"\n'
    status, _, _ = await told_by(lambda _: BEGIN + lines + END)
    assert (status.source, status.charge, status.runtime) == (PowerSource.MAINS, None, None)


@pytest.mark.parametrize(
    ("maker", "model"), [("山特".encode(), "山特"), (b"A\xb0C", "A\ufffdC"), (b"\x85\xff", "\ufffd\ufffd")]
)
async def test_what_a_supply_calls_itself_may_be_in_any_coding(maker: bytes, model: str) -> None:
    lines = b'VAR ups device.mfr "' + maker + b'"\nVAR ups ups.status "OL"\nVAR ups battery.charge "80"\n'
    status, _, named = await told_by(lambda _: BEGIN + lines + END)
    assert (status.device, status.source, status.charge) == (DeviceStatus.ONLINE, PowerSource.MAINS, 80)
    assert named == model


def test_a_supply_is_named_as_nut_names_it() -> None:
    assert address("ups") == Address("ups", "localhost", 3493)
    assert address("ups@10.0.0.7") == Address("ups", "10.0.0.7", 3493)
    assert address("smart-600@power.example:3494") == Address("smart-600", "power.example", 3494)
    for wrong in ("", "@host", "ups@", "ups@host:0", "ups@host:99999", "ups host", "ups\nLOGOUT"):
        with pytest.raises(ValidationError):
            NutOptions(port=wrong)


@pytest.mark.parametrize("language", Language)
def test_every_advice_has_its_sentence(language: Language) -> None:
    for name in (*(problem.value for problem in NutProblem), "alarm"):
        assert texts(language)(f"advice.power_supply.{name}")
