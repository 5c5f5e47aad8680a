"""Statistics and events: what became of real drivers on real lines, and is still known after a restart."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hardware import store as module
from hardware.drivers.escpos_printer import EscposOptions, EscposPrinter
from hardware.drivers.gat467_reader import Gat467Reader
from hardware.interfaces.device import DeviceError, DeviceStatus
from hardware.interfaces.receipt_printer import Rule, TextLine
from hardware.simulators import cards
from hardware.simulators.identity_card_reader import CardFault, SimulatedIdentityCardReader
from hardware.simulators.receipt_printer import PrinterFault, SimulatedReceiptPrinter
from hardware.store import FILE, Event, Store, events, statistics


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = Store(tmp_path / "data")
    yield made
    await made.flush()


def values(folder: Path) -> dict[tuple[str, str, str], float]:
    return {(each.device, each.name, each.reason): each.value for each in statistics(folder)}


def event(detail: str = "", *, device: str = "receipt_printer") -> Event:
    return Event(datetime.now(UTC), device, "print_slip", "timeOut", "", ("advice.port.lost",), detail)


async def test_what_a_reader_does_is_counted_and_what_fails_has_its_reason(
    store: Store, reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader, tmp_path: Path
) -> None:
    store.follow(reader)
    simulated_reader.present(cards.load("default").content())
    await reader.read_card(timeout=3.0)
    with pytest.raises(DeviceError):
        await reader.read_card(timeout=0.1)  # the card has been read, and no other one comes
    simulated_reader.lift()
    simulated_reader.inflict(CardFault.REFUSED)
    simulated_reader.present(cards.load("default").content())
    with pytest.raises(DeviceError):
        await reader.read_card(timeout=3.0)
    await store.flush()
    found = values(tmp_path / "data")
    assert found["identity_card_reader", "cards_read", ""] == 1
    assert found["identity_card_reader", "commands", "read_card"] == 1
    assert found["identity_card_reader", "unused", ""] == 1
    assert found["identity_card_reader", "failures", "invalidMedia"] == 1
    (failed,) = [one for one in events(tmp_path / "data") if one.name == "read_card"]
    assert (failed.completion, failed.code) == ("userError", "invalidMedia")
    assert failed.advice == ("advice.identity_card_reader.invalidMedia",)


async def test_lines_and_changes_of_the_status_are_kept(
    store: Store, printer: EscposPrinter, simulated_printer: SimulatedReceiptPrinter, tmp_path: Path
) -> None:
    store.follow(printer)
    await printer.status()
    await printer.print_slip((TextLine("one"), Rule(), TextLine("three")))
    simulated_printer.fault = PrinterFault.COVER_OPEN
    await printer.status()
    await asyncio.sleep(0.05)
    simulated_printer.fault = PrinterFault.NONE
    await printer.status()
    await store.flush()
    found = values(tmp_path / "data")
    assert found["receipt_printer", "slips_printed", ""] == 1
    assert found["receipt_printer", "lines_printed", ""] >= 3
    assert found["receipt_printer", "seconds_online", ""] > 0
    assert found["receipt_printer", "seconds_watched", ""] > found["receipt_printer", "seconds_online", ""]
    told = [(one.completion, one.advice) for one in events(tmp_path / "data") if one.name == "status"]
    assert told[-2:] == [("offline", ("advice.receipt_printer.coverOpen",)), ("online", ())]


async def test_a_device_whose_port_another_program_has_is_not_up(
    store: Store, printer: EscposPrinter, tmp_path: Path
) -> None:
    await printer.status()
    second = EscposPrinter(EscposOptions(port=printer.info.port))
    with pytest.raises(DeviceError):
        await second.open()
    store.follow(second)
    assert (await second.status()).device is DeviceStatus.DEVICE_BUSY
    await asyncio.sleep(0.1)
    await store.flush()
    found = values(tmp_path / "data")
    assert found["receipt_printer", "seconds_watched", ""] > 0
    assert ("receipt_printer", "seconds_online", "") not in found
    await printer.close()
    assert (await second.status()).device is DeviceStatus.ONLINE
    await asyncio.sleep(0.1)
    await store.flush()
    assert values(tmp_path / "data")["receipt_printer", "seconds_online", ""] > 0
    await second.close()


async def test_counts_go_on_after_a_restart(tmp_path: Path) -> None:
    for _ in range(3):
        store = Store(tmp_path)
        store.count("pin_pad", "pins_entered", 2)
        store.record(event())
        await store.flush()
    assert values(tmp_path) == {("pin_pad", "pins_entered", ""): 6}
    assert len(events(tmp_path)) == 3
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


async def test_events_are_asked_for_by_device_time_and_number(store: Store, tmp_path: Path) -> None:
    for number in range(4):
        store.record(event(str(number), device=("pin_pad", "card_reader")[number % 2]))
    await store.flush()
    folder = tmp_path / "data"
    assert [one.detail for one in events(folder)] == ["0", "1", "2", "3"]
    assert [one.detail for one in events(folder, limit=2)] == ["2", "3"]
    assert [one.detail for one in events(folder, device="pin_pad")] == ["0", "2"]
    assert events(folder, since=datetime.now(UTC) + timedelta(minutes=1)) == []
    assert len(events(folder, since=datetime.now(UTC) - timedelta(minutes=1))) == 4


async def test_the_oldest_events_are_forgotten(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_EVENTS", 10)
    for number in range(25):
        store.record(event(str(number)))
        if number % 7 == 0:
            await store.flush()
    await store.flush()
    assert [one.detail for one in events(tmp_path / "data")] == [str(number) for number in range(15, 25)]


async def test_a_detail_has_a_bound(store: Store, tmp_path: Path) -> None:
    store.record(event("x" * 10_000))
    await store.flush()
    assert len(events(tmp_path / "data")[0].detail) == module.MAX_DETAIL


async def test_a_disk_that_fails_is_waited_for_within_bounds(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 5)
    (tmp_path / "data").write_text("a file where the folder should be")
    for number in range(8):
        store.record(event(str(number)))
    store.count("pin_pad", "pins_entered")
    await store.flush()
    (tmp_path / "data").unlink()
    await store.flush()
    assert values(tmp_path / "data") == {("pin_pad", "pins_entered", ""): 1}
    kept = events(tmp_path / "data")
    assert "events_lost" in {one.name for one in kept}
    assert len(kept) == 5


async def test_a_damaged_file_is_set_aside_and_a_new_one_begun(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / FILE).write_bytes(b"no database at all " * 100)
    store.record(event("after"))
    await store.flush()
    assert [one.detail for one in events(folder)] == ["after"]
    assert (folder / FILE).with_suffix(".damaged").exists()


async def filled(folder: Path, numbers: int = 900) -> None:
    """A file with events, and a count."""
    before = Store(folder)
    for number in range(numbers):
        before.record(event(f"{number} {'x' * 100}"))
    before.count("card_reader", "cards_read", 5)
    await before.flush()


def pages(folder: Path, table: str) -> tuple[int, int, list[int]]:
    """The size of a page, the root of a table, and its leaves."""
    with sqlite3.connect(folder / FILE) as database:
        (size,) = database.execute("PRAGMA page_size").fetchone()
        asked = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (root,) = database.execute(asked, (table,)).fetchone()
    database.close()
    content = (folder / FILE).read_bytes()
    leaves = [at for at in range(1, len(content) // size + 1) if content[(at - 1) * size] == 0x0D and at > 1]
    return size, root, leaves


def lose(folder: Path, page: int, size: int) -> None:
    """The disk has nothing any more where a page was."""
    with (folder / FILE).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size))


async def test_a_page_that_is_lost_costs_no_count(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    await filled(folder)
    size, root, _ = pages(folder, "event")
    lose(folder, root, size)
    store.count("card_reader", "cards_read")
    store.record(event("after"))
    await store.flush()
    assert values(folder) == {("card_reader", "cards_read", ""): 6}
    assert [one.detail for one in events(folder)] == ["after"]
    assert (folder / FILE).with_suffix(".damaged").exists()


async def test_of_a_file_that_lost_a_page_all_others_are_kept(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    await filled(folder)
    size, _, leaves = pages(folder, "event")
    lose(folder, leaves[len(leaves) // 2], size)
    with pytest.raises(sqlite3.DatabaseError):
        events(folder)
    store.record(event("after"))
    await store.flush()
    kept = [one.detail.split()[0] for one in events(folder)]
    assert kept[0] == "0" and kept[-2:] == ["899", "after"]
    assert 800 < len(kept) < 901
    assert kept[:-1] == sorted(kept[:-1], key=int)
    assert values(folder) == {("card_reader", "cards_read", ""): 5}


async def test_a_page_that_is_lost_while_the_terminal_runs_is_noticed(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    await filled(folder)
    store.record(event("before"))
    await store.flush()
    size, root, _ = pages(folder, "event")
    lose(folder, root, size)
    store.record(event("after"))
    await store.flush()
    assert [one.detail for one in events(folder)] == ["after"]
    assert values(folder) == {("card_reader", "cards_read", ""): 5}


async def test_lost_counts_leave_the_events(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    await filled(folder)
    size, root, _ = pages(folder, "statistic")
    lose(folder, root, size)
    store.count("card_reader", "cards_read")
    await store.flush()
    assert values(folder) == {("card_reader", "cards_read", ""): 1}
    assert len(events(folder)) == 900


async def test_the_journal_of_a_damaged_file_goes_with_it(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    await filled(folder)
    crash = (
        "import os, sqlite3, sys; database = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "database.execute('PRAGMA cache_size = 1'); database.execute('BEGIN');"
        "database.execute('UPDATE event SET detail = name'); os._exit(0)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", crash, str(folder / FILE))
    await process.wait()
    assert (folder / f"{FILE}-journal").exists()
    (folder / FILE).write_bytes(b"no database at all " * 100)
    store.record(event("after"))
    await store.flush()
    assert [one.detail for one in events(folder)][-1] == "after"
    assert not (folder / f"{FILE}-journal").exists()
    with sqlite3.connect(folder / FILE) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


async def test_a_locked_file_is_waited_for_and_not_set_aside(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.1)
    folder = tmp_path / "data"
    await filled(folder, 3)
    other = sqlite3.connect(folder / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store.record(event("after"))
    await store.flush()
    other.execute("ROLLBACK")
    other.close()
    await store.flush()
    assert len(events(folder)) == 4
    assert sorted(file.name for file in folder.iterdir()) == [FILE]


async def test_what_is_being_written_at_the_end_is_written_to_its_end(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    await filled(folder, 3)
    other = sqlite3.connect(folder / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    running = asyncio.create_task(store.run())
    store.record(event("after"))
    await asyncio.sleep(0.3)
    running.cancel()
    asyncio.get_running_loop().call_later(0.3, other.execute, "ROLLBACK")
    await asyncio.gather(running, return_exceptions=True)
    assert len(events(folder)) == 4
    other.close()


def test_of_a_folder_where_nothing_was_written_nothing_is_known(tmp_path: Path) -> None:
    assert events(tmp_path) == []
    assert statistics(tmp_path) == []


async def test_it_can_be_read_while_it_is_written(store: Store, tmp_path: Path) -> None:
    store.record(event("first"))
    await store.flush()
    running = asyncio.create_task(store.run())
    for number in range(20):
        store.record(event(str(number)))
        assert len(await asyncio.to_thread(events, tmp_path / "data")) >= 1
        await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(events(tmp_path / "data")) == 21


WRITER = """
import asyncio, sys
from pathlib import Path
from datetime import UTC, datetime
from hardware.store import Event, Store

async def main():
    store = Store(Path(sys.argv[1]))
    number = 0
    while True:
        store.record(Event(datetime.now(UTC), "pin_pad", "x", detail=str(number)))
        store.count("pin_pad", "written")
        await store.flush()
        print(number, flush=True)
        number += 1

asyncio.run(main())
"""


def test_what_was_written_is_there_after_the_power_failed(tmp_path: Path) -> None:
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        written = 0
        for line in process.stdout:
            written = int(line)
            if written >= 15:
                process.send_signal(signal.SIGKILL)
                break
        process.wait()
        process.stdout.close()
        kept = [int(one.detail) for one in events(tmp_path)]
        assert written in kept[-2:]
        assert values(tmp_path)["pin_pad", "written", ""] == len(kept)
        with sqlite3.connect(tmp_path / FILE) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
