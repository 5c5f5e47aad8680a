"""Chip cards through Debian's pcscd, in a virtual reader: what is read, and whatever keeps a card from it."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from hardware.drivers import pcsc_card_reader
from hardware.drivers.pcsc_card_reader import PcscCardReader
from hardware.interfaces.card_reader import CardReaderError, CardSource, ChipPower
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus, PortProblem
from hardware.interfaces.media import Media
from hardware.protocols.apdu import StatusWord, select_name
from hardware.protocols.service_card import SSSE
from hardware.simulators.service_card import DEMONSTRATION, CardFault, SimulatedServiceCard
from tests.hardware.conftest import until
from tests.hardware.endurance import open_files
from tests.hardware.pcsc import OTHER_READER, READER, Pcscd, pcscd
from tests.hardware.pcsc_endurance import endure

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def service() -> Iterator[Pcscd]:
    with pcscd() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def card(service: Pcscd) -> AsyncIterator[SimulatedServiceCard]:
    made = SimulatedServiceCard(service.port)
    yield made
    await made.remove()


def of(port: str = READER) -> PcscCardReader:
    return PcscCardReader(PcscCardReader.Options(port=port))


@pytest_asyncio.fixture(loop_scope="module")
async def reader(service: Pcscd, card: SimulatedServiceCard) -> AsyncIterator[PcscCardReader]:
    driver = of()
    await driver.open()
    await empty(driver)
    yield driver
    await driver.close()


async def empty(driver: PcscCardReader) -> None:
    """Waits until the last test's card is gone."""
    await told(driver, Media.NOT_PRESENT)


async def told(driver: PcscCardReader, media: Media) -> None:
    """Waits until the reader says so."""
    async with asyncio.timeout(5):
        while (await driver.status()).media is not media:  # noqa: ASYNC110 (pcscd tells who asks)
            await asyncio.sleep(0.02)


async def refused(driver: PcscCardReader, timeout: float = 10.0) -> DeviceError:
    with pytest.raises(DeviceError) as raised:
        await driver.read_card(timeout=timeout)
    return raised.value


@pytest.mark.parametrize(("by_tag", "exact"), [(True, False), (False, False), (True, True)])
async def test_a_card_is_read_however_it_gives_its_records(
    reader: PcscCardReader, card: SimulatedServiceCard, by_tag: bool, exact: bool
) -> None:
    card.insert(by_tag=by_tag, exact=exact)
    read = await reader.read_card(timeout=5)
    assert (read.number, read.holder) == (DEMONSTRATION.card_number, DEMONSTRATION.holder)
    assert read.identity_number == DEMONSTRATION.identity_number
    assert read.expires == "20310601" and read.source is CardSource.CHIP
    assert read.details["region"] == "119999" and read.details["birth_date"] == "19900307"
    assert DEMONSTRATION.holder not in repr(read) and DEMONSTRATION.card_number not in repr(read)


async def test_a_card_is_waited_for_and_the_status_tells_of_it(
    reader: PcscCardReader, card: SimulatedServiceCard
) -> None:
    before = await reader.status()
    assert (before.device, before.media, before.chip) == (
        DeviceStatus.ONLINE,
        Media.NOT_PRESENT,
        ChipPower.NO_CARD,
    )
    reading = asyncio.create_task(reader.read_card(timeout=5))
    await asyncio.sleep(0.2)
    assert (await reader.status()).device is DeviceStatus.DEVICE_BUSY
    card.insert()
    assert (await reading).number == DEMONSTRATION.card_number
    after = await reader.status()
    assert (after.media, after.chip) == (Media.PRESENT, ChipPower.POWERED_OFF)
    assert reader.info.simulated and reader.info.details["reader"] == READER


async def test_nobody_brings_a_card(reader: PcscCardReader) -> None:
    error = await refused(reader, timeout=0.3)
    assert (error.completion, error.code) == (CompletionCode.TIME_OUT, CardReaderError.NO_MEDIA)


FAULTS = [
    (CardFault.TAKEN_OUT, CompletionCode.USER_ERROR, CardReaderError.MEDIA_REMOVED),
    (CardFault.MUTE, CompletionCode.USER_ERROR, CardReaderError.CHIP_NOT_SUPPORTED),
    (CardFault.OTHER_CARD, CompletionCode.USER_ERROR, CardReaderError.INVALID_MEDIA),
    (CardFault.PROTECTED, CompletionCode.USER_ERROR, CardReaderError.INVALID_MEDIA),
    (CardFault.GARBAGE, CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
    (CardFault.WRONG_NUMBER, CompletionCode.INVALID_DATA, CardReaderError.INVALID_CONTENT),
]


@pytest.mark.parametrize(("fault", "completion", "code"), FAULTS)
async def test_what_is_wrong_with_a_card_is_told_and_the_next_one_is_read(
    reader: PcscCardReader,
    card: SimulatedServiceCard,
    fault: CardFault,
    completion: CompletionCode,
    code: CardReaderError,
) -> None:
    card.insert(fault=fault)
    error = await refused(reader)
    assert (error.completion, error.code) == (completion, code)
    assert DEMONSTRATION.holder_number not in str(error)
    if fault is CardFault.MUTE:
        assert (await reader.status()).findings == ("advice.card_reader.chipNotSupported",)
    await card.remove()
    await empty(reader)
    card.insert()
    assert (await reader.read_card(timeout=5)).number == DEMONSTRATION.card_number


async def test_a_card_that_takes_too_long_is_told_from_one_that_is_not_there(
    reader: PcscCardReader, card: SimulatedServiceCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc_card_reader, "READ_SECONDS", 1.2)
    card.insert(fault=CardFault.SLOW)
    error = await refused(reader)
    assert error.code is CardReaderError.READ_FAILED
    assert (await reader.status()).device is DeviceStatus.ONLINE


async def test_a_reader_that_hangs_with_a_card_is_left_alone_until_it_comes_back(
    reader: PcscCardReader, card: SimulatedServiceCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc_card_reader, "READ_SECONDS", 0.3)
    card.insert(fault=CardFault.HANGS)
    error = await refused(reader)
    assert error.code is CardReaderError.READ_FAILED
    threads = threading.active_count()
    for _ in range(3):
        status = await reader.status()
        assert (status.device, status.findings) == (DeviceStatus.OFFLINE, ("advice.port.blocked",))
    assert threading.active_count() <= threads
    await card.remove()
    monkeypatch.undo()
    await empty(reader)  # nobody changes cards within 0.4 s, for which pcscd does not look
    card.insert()
    assert (await reader.read_card(timeout=8)).number == DEMONSTRATION.card_number


async def test_a_wait_is_ended_at_once_and_as_often_as_one_likes(
    reader: PcscCardReader, card: SimulatedServiceCard
) -> None:
    await reader.cancel()
    loop = asyncio.get_running_loop()
    threads = threading.active_count()
    for pause in (0.0, 0.001, 0.01, 0.1, 0.3):
        waiting = asyncio.create_task(reader.read_card(timeout=30))
        await asyncio.sleep(pause)
        began = loop.time()
        await asyncio.gather(reader.cancel(), reader.cancel())
        assert loop.time() - began < 0.5
        with pytest.raises((DeviceError, asyncio.CancelledError)) as raised:
            await asyncio.wait_for(waiting, 0.2) if waiting.done() else await cancelled(waiting)
        assert not isinstance(raised.value, DeviceError) or raised.value.completion is CompletionCode.CANCELED
    await until(lambda: threading.active_count() <= threads)
    card.insert()
    assert (await reader.read_card(timeout=5)).number == DEMONSTRATION.card_number


async def cancelled(waiting: asyncio.Task[object]) -> None:
    """For a wait that had not even begun when it was to be ended."""
    waiting.cancel()
    await waiting


async def test_a_resident_who_leaves_leaves_the_reader_usable(
    reader: PcscCardReader, card: SimulatedServiceCard
) -> None:
    leaving = asyncio.create_task(reader.read_card(timeout=30))
    await asyncio.sleep(0.1)
    leaving.cancel()
    await asyncio.wait([leaving])
    assert leaving.cancelled()
    assert (await reader.status()).device is DeviceStatus.ONLINE
    card.insert()
    assert (await reader.read_card(timeout=5)).number == DEMONSTRATION.card_number


@pytest.mark.parametrize("kill", [False, True])
async def test_nobody_who_waits_notices_that_pcscd_is_started_anew(
    service: Pcscd, reader: PcscCardReader, card: SimulatedServiceCard, kill: bool
) -> None:
    waiting = asyncio.create_task(reader.read_card(timeout=10))
    await asyncio.sleep(0.1)
    service.stop(kill=kill)
    await asyncio.sleep(0.3)
    assert not waiting.done()
    service.start()
    card.insert()
    assert (await waiting).number == DEMONSTRATION.card_number


async def test_pcscd_that_ends_in_the_middle_of_a_card_is_told_and_the_card_is_read_afterwards(
    service: Pcscd, reader: PcscCardReader, card: SimulatedServiceCard
) -> None:
    card.insert(fault=CardFault.SLOW)
    reading = asyncio.create_task(reader.read_card(timeout=5))
    await until(lambda: card.commands > 0)
    service.stop(kill=True)
    with pytest.raises(DeviceError) as raised:
        await reading
    assert raised.value.code is PortProblem.SERVICE
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    await card.remove()
    service.start()
    card.insert()
    assert (await reader.read_card(timeout=5)).number == DEMONSTRATION.card_number


async def test_without_pcscd_the_technician_is_told_so_and_it_works_once_it_runs(
    service: Pcscd, card: SimulatedServiceCard
) -> None:
    service.stop()
    late = of()
    try:
        with pytest.raises(DeviceError) as raised:
            await late.open()
        assert (raised.value.completion, raised.value.code) == (
            CompletionCode.DEVICE_NOT_READY,
            PortProblem.SERVICE,
        )
        status = await late.status()
        assert (status.device, status.findings) == (DeviceStatus.NO_DEVICE, ("advice.port.service",))
        assert (await late.self_test()).findings == ("advice.port.service",)
    finally:
        service.start()
    try:
        assert (await late.status()).device is DeviceStatus.ONLINE
        card.insert()
        assert (await late.read_card(timeout=5)).number == DEMONSTRATION.card_number
    finally:
        await late.close()


async def test_a_pcscd_that_hangs_neither_holds_who_waits_nor_who_ends_it(
    service: Pcscd, reader: PcscCardReader, card: SimulatedServiceCard
) -> None:
    waiting = asyncio.create_task(reader.read_card(timeout=30))
    await asyncio.sleep(0.1)
    service.freeze()
    try:
        began = asyncio.get_running_loop().time()
        await reader.cancel()
        assert asyncio.get_running_loop().time() - began < 2.0
        with pytest.raises(DeviceError) as raised:
            await waiting
        assert raised.value.completion is CompletionCode.CANCELED
    finally:
        service.thaw()
    card.insert()
    assert (await reader.read_card(timeout=8)).number == DEMONSTRATION.card_number


async def test_a_reader_that_is_unplugged_is_told_and_one_that_comes_back_is_used(
    service: Pcscd, reader: PcscCardReader, card: SimulatedServiceCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc_card_reader, "COME_BACK_SECONDS", 1.0)
    waiting = asyncio.create_task(reader.read_card(timeout=10))
    await asyncio.sleep(0.1)
    service.unplug()
    with pytest.raises(DeviceError) as raised:
        await waiting
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    assert raised.value.code in (PortProblem.LOST, PortProblem.ABSENT)
    assert (await reader.status()).device is DeviceStatus.NO_DEVICE
    monkeypatch.undo()
    waiting = asyncio.create_task(reader.read_card(timeout=10))
    await asyncio.sleep(0.3)
    service.plug()
    card.insert()
    assert (await waiting).number == DEMONSTRATION.card_number


async def test_a_name_that_no_reader_has_is_told_with_those_there_are(service: Pcscd) -> None:
    other = of("ACR39")
    with pytest.raises(DeviceError) as raised:
        await other.open()
    assert raised.value.code is PortProblem.ABSENT
    assert READER in raised.value.detail and OTHER_READER in raised.value.detail
    await other.close()


async def test_apdus_reach_a_card_which_keeps_what_was_selected_and_is_nobody_elses(
    reader: PcscCardReader, card: SimulatedServiceCard
) -> None:
    with pytest.raises(DeviceError) as raised:
        await reader.transmit(select_name(SSSE).encode())
    assert raised.value.code is CardReaderError.NO_MEDIA
    card.insert()
    await told(reader, Media.PRESENT)
    assert (await reader.transmit(select_name(SSSE).encode()))[0] == 0x61
    assert await reader.transmit(bytes.fromhex("00A4020002EF05")) == b"\x90\x00"
    number = await reader.transmit(bytes.fromhex("00B2070000"))
    assert number == b"\x07\x09" + DEMONSTRATION.card_number.encode() + b"\x90\x00"
    wrong = await reader.transmit(bytes.fromhex("80CA000000"))
    assert wrong == StatusWord.CLASS_NOT_SUPPORTED.to_bytes(2, "big")
    assert (await reader.status()).chip is ChipPower.ONLINE
    second = of()
    await second.open()
    try:
        assert (await second.status()).device is DeviceStatus.DEVICE_BUSY
        error = await refused(second, timeout=1.0)
        assert error.code is PortProblem.IN_USE
    finally:
        await second.close()
    await card.remove()
    with pytest.raises(DeviceError) as raised:
        await reader.transmit(bytes.fromhex("00B2070000"))
    assert raised.value.code in (CardReaderError.MEDIA_REMOVED, CardReaderError.NO_MEDIA)


async def test_two_readers_of_one_machine_are_told_apart(service: Pcscd, reader: PcscCardReader) -> None:
    other = of("virtual*00 01")
    await other.open()
    card = SimulatedServiceCard(service.port + 1)
    try:
        card.insert()
        assert (await other.read_card(timeout=5)).number == DEMONSTRATION.card_number
        assert (await reader.status()).media is Media.NOT_PRESENT
        assert other.info.details["reader"] == OTHER_READER
    finally:
        await card.remove()
        await other.close()


async def test_the_simulator_puts_a_card_into_the_reader_until_it_is_told_to_end(
    service: Pcscd, reader: PcscCardReader
) -> None:
    command = [sys.executable, "-m", "hardware.simulate", "service-card", "--reader-port"]
    nobody = await asyncio.create_subprocess_exec(*command, "1", stderr=asyncio.subprocess.PIPE)
    simulator = await asyncio.create_subprocess_exec(
        *command, str(service.port), stdout=asyncio.subprocess.PIPE
    )
    assert simulator.stdout
    assert (await simulator.stdout.readline()).decode() == f"ready service-card 127.0.0.1:{service.port}\n"
    assert (await reader.read_card(timeout=5)).number == DEMONSTRATION.card_number
    simulator.terminate()
    assert await simulator.wait() == 0
    await empty(reader)
    _, said = await nobody.communicate()
    assert nobody.returncode == 2 and b"vsmartcard-vpcd" in said


async def test_a_reader_that_is_closed_leaves_no_thread_and_no_file(service: Pcscd) -> None:
    async def once() -> None:
        driver = of()
        await driver.open()
        waiting = asyncio.create_task(driver.read_card(timeout=10))
        await asyncio.sleep(0.05)
        await driver.close()
        await driver.close()
        with pytest.raises(DeviceError):
            await waiting

    await once()
    threads, files = threading.active_count(), open_files()
    for _ in range(5):
        await once()
    await until(lambda: threading.active_count() <= threads)
    await until(lambda: open_files() <= files)


async def test_pcscd_restarted_and_cards_inserted_over_and_over_leave_nothing_behind(service: Pcscd) -> None:
    """The short form of the endurance run; the long one is for a night."""
    report = await endure(service, restarts=2, insertions=2)
    assert report.turns == 2 + 2
    assert report.grown == {}
