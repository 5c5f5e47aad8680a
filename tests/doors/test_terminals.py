"""A terminal reports for itself, and a line not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from huimin.v1 import door_pb2

from backend.storage import doors, terminals
from backend_client.errors import BackendError
from backend_client.terminal import (
    Counts,
    DeviceState,
    Finding,
    OutOfServiceCause,
    ReportedDevice,
    Room,
    TerminalReport,
    TerminalState,
    Versions,
    Waiting,
)
from tests.certificates import door_folder
from tests.doors.running import Office
from tests.postgres import BOTH


def report(origin: str) -> TerminalReport:
    now = datetime.now(UTC)
    printer = ReportedDevice(
        "receipt_printer",
        "escpos",
        simulated=True,
        state=DeviceState.OFFLINE,
        findings=tuple(Finding(f"receipt_printer.{n}" + "x" * 200, "换" * 500, "y" * 500) for n in range(20)),
        parts={"paper": "out" * 40},
    )
    return TerminalReport(
        origin=origin,
        start_time=now,
        send_time=now,
        state=TerminalState.OUT_OF_SERVICE,
        cause=OutOfServiceCause.TECHNICIAN,
        devices=(printer,),
        versions=Versions("1.0", "Linux " * 100, "0123", now),
        counts=Counts(1, 2, 3),
        queue=Waiting(4, now, 5, 6),
        room=Room(7, 8, 9, 10, 11),
        alerts=12,
        alerts_watched=True,
    )


@BOTH
async def test_what_a_terminal_says_is_of_the_door_that_its_certificate_names(office: Office) -> None:
    mine, other = await office.enrolled("hall-1"), await office.enrolled("hall-2")
    async with office.client(mine) as client, office.client(other) as another:
        told = await client.report_terminal(report("hall-1"))
        await another.report_terminal(report("hall-1"))  # calls itself like its neighbour
        await another.report_terminal(report("somebody-else"))
    assert abs((told - datetime.now(UTC)).total_seconds()) < 3600
    known = await office.house.database.read(terminals.everyone)
    assert [(one.name, one.door, one.report.origin) for one in known] == [
        ("hall-1", "doors/hall-1", "hall-1"),
        ("hall-2", "doors/hall-2", "somebody-else"),
    ]
    first = known[0].report
    assert len(first.devices[0].findings) == 16
    assert (first.counts.slips, first.queue.set_aside, first.room.program_bytes) == (3, 5, 11)
    assert first.versions.HasField("catalogue_time") and first.queue.HasField("oldest_time")


async def test_a_line_and_a_revoked_terminal_report_nothing(office: Office) -> None:
    line = door_folder(office.folder / "line-1", office.authority, "line-1")
    kind = door_pb2.DOOR_KIND_LINE
    await office.house.database.write(doors.add, "doors/line-1", kind, office.house.clock())
    async with office.client(line) as client:
        with pytest.raises(BackendError) as caught:
            await client.report_terminal(report("line-1"))
    assert caught.value.reason == "NOT_THROUGH_THIS_DOOR"
    stolen = await office.enrolled("hall-9")
    await office.revoke("hall-9")
    async with office.client(stolen) as client:
        with pytest.raises(BackendError):
            await client.report_terminal(report("hall-9"))
    assert await office.house.database.read(terminals.everyone) == []
