"""The fleet: what terminals report, what is kept of it, and what operators and monitors see."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from huimin.v1 import terminal_pb2 as told
from huimin.v1 import terminal_pb2_grpc
from prometheus_client import CollectorRegistry, generate_latest

from backend.fleet.changes import Change, What, changes
from backend.fleet.figures import FleetFigures
from backend.fleet.standing import Hearing, Problem, Terminal
from backend.storage import terminals
from tests.backend.house import House, command, failed
from tests.postgres import BOTH

START = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
OUT = told.DeviceFinding(
    code="receipt_printer.paperOut",
    advice_zh_cn="请装入新的纸卷。",
    advice_en="Put in a new roll of paper.",
)


def moment(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def printer(
    state: told.DeviceState.ValueType = told.DEVICE_STATE_ONLINE, *findings: told.DeviceFinding
) -> told.TerminalDevice:
    return told.TerminalDevice(device="receipt_printer", driver="escpos", state=state, findings=findings)


def report(now: datetime, **other: object) -> told.TerminalReport:
    """Of a terminal where all is well. other: fields that are otherwise."""
    fields = {
        "origin": "hall-3",
        "start_time": moment(START),
        "send_time": moment(now),
        "state": told.TERMINAL_STATE_IN_SERVICE,
        "devices": [printer()],
        "versions": told.TerminalVersions(software="1.0", system="Linux 6.1", catalogue="0123456789ab"),
        "counts": told.TerminalCounts(visits=12, applications=3, slips=2),
        "queue": told.TerminalQueue(references=400),
        "room": told.TerminalRoom(
            disk_free_bytes=30 * 2**30,
            disk_bytes=60 * 2**30,
            memory_free_bytes=2**30,
            memory_bytes=4 * 2**30,
            program_bytes=2**28,
        ),
        "alerts_watched": True,
    }
    return told.TerminalReport(**(fields | other))  # type: ignore[arg-type]


async def tell(house: House, **other: object) -> told.ReportTerminalResponse:
    stub = terminal_pb2_grpc.TerminalServiceStub(house.stubs.channel)
    return await stub.ReportTerminal(told.ReportTerminalRequest(report=report(house.clock(), **other)))


async def fleet(house: House, *words: str, language: str = "C") -> tuple[int, str]:
    """What the command says; its clock is the machine's, and so is the house's here."""
    variables = {"HUIMIN_BACKEND_DATABASE": house.database.url.render_as_string(hide_password=False)}
    if house.database.url.get_backend_name() == "sqlite":
        variables = {}
    code, out, err = await command(
        "--data", house.data, "terminals", *words, language=language, variables=variables
    )
    assert err == ""
    return code, out


# What is kept.


@BOTH
async def test_a_report_takes_the_place_of_the_last_and_changes_are_kept(house: House) -> None:
    answer = await tell(house)
    assert answer.receive_time.ToDatetime(UTC) == house.clock()
    first = house.clock()
    house.clock.forward(seconds=30)
    await tell(house)  # nothing changed
    house.clock.forward(seconds=30)
    await tell(house, devices=[printer(told.DEVICE_STATE_OFFLINE, OUT)])
    house.clock.forward(minutes=10)
    await tell(
        house,
        start_time=moment(house.clock()),
        state=told.TERMINAL_STATE_OUT_OF_SERVICE,
        cause=told.OUT_OF_SERVICE_CAUSE_POWER,
        versions=told.TerminalVersions(software="1.1", system="Linux 6.1"),
    )
    [known] = await house.database.read(terminals.everyone)
    assert (known.name, known.first_time, known.last_time) == ("hall-3", first, house.clock())
    assert known.report.versions.software == "1.1"
    entries = await house.database.read(terminals.history, "hall-3", 50)
    assert [(entry.change.what, entry.change.subject, entry.change.value) for entry in reversed(entries)] == [
        (What.FIRST, "", "1.0"),
        (What.DEVICE, "receipt_printer", "offline receipt_printer.paperOut"),
        (What.SILENT, "", "600"),
        (What.STARTED, "", "1.1"),
        (What.VERSION, "software", "1.1"),
        (What.SERVICE, "out_of_service", "power"),
        (What.DEVICE, "receipt_printer", "online"),
    ]
    await house.database.write(terminals.sweep, house.clock() + terminals.KEPT - timedelta(minutes=5))
    assert len(await house.database.read(terminals.history, "hall-3", 50)) == 5


@BOTH
async def test_the_history_of_a_device_that_comes_and_goes_is_bounded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminals, "MAX_EVENTS", 5)
    for number in range(12):
        gone = number % 2
        await tell(
            house, devices=[printer(told.DEVICE_STATE_NO_DEVICE if gone else told.DEVICE_STATE_ONLINE)]
        )
    entries = await house.database.read(terminals.history, "hall-3", 50)
    assert [entry.change.value for entry in entries] == [
        "no_device",
        "online",
        "no_device",
        "online",
        "no_device",
    ]


async def test_a_door_without_a_certificate_speaks_for_so_many_terminals(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminals, "MAX_LOCAL", 2)
    await tell(house, origin="one")
    await tell(house, origin="two")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await tell(house, origin="three")
    assert failed(caught.value).reason == "TOO_MANY_ORIGINS"
    await tell(house, origin="two")
    assert [one.name for one in await house.database.read(terminals.everyone)] == ["one", "two"]


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"origin": ""}, "report.origin"),
        ({"origin": "hall 3"}, "report.origin"),
        ({"state": 0}, "report.state"),
        ({"devices": [printer()] * 33}, "report.devices"),
        ({"counts": told.TerminalCounts(visits=-1)}, "report.counts.visits"),
        ({"devices": [told.TerminalDevice(device="x" * 64)]}, "report.devices[0].device"),
    ],
)
async def test_what_is_out_of_bounds_is_refused(house: House, wrong: dict[str, object], place: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await tell(house, **wrong)
    assert list(failed(caught.value).violations) == [place]
    assert await house.database.read(terminals.everyone) == []


# What changed.


def test_a_device_that_is_used_or_was_not_asked_yet_is_no_change() -> None:
    before = report(START, devices=[printer(told.DEVICE_STATE_UNSPECIFIED)])
    for state in (told.DEVICE_STATE_ONLINE, told.DEVICE_STATE_BUSY):
        assert changes(before, report(START, devices=[printer(state)])) == []


def test_a_device_that_failed_and_is_no_longer_configured_is_well() -> None:
    before = report(START, devices=[printer(told.DEVICE_STATE_NO_DEVICE)])
    assert changes(before, report(START, devices=[])) == [Change(What.DEVICE, "receipt_printer", "online")]


# How it stands.


def known(now: datetime, **other: object) -> Terminal:
    return Terminal("hall-3", "doors/hall-3", START, now, report(now, **other))


@pytest.mark.parametrize(
    ("silent", "hearing"), [(60, Hearing.WELL), (76, Hearing.LATE), (180, Hearing.LATE), (181, Hearing.LOST)]
)
def test_a_terminal_that_is_not_heard_of_is_late_and_then_lost(silent: int, hearing: Hearing) -> None:
    one = known(START)
    assert one.hearing(START + timedelta(seconds=silent)) is hearing
    assert (Problem.LOST in one.problems(START + timedelta(seconds=silent))) == (hearing is Hearing.LOST)


@pytest.mark.parametrize(
    ("other", "problems"),
    [
        ({}, []),
        ({"state": told.TERMINAL_STATE_OUT_OF_SERVICE}, [Problem.OUT_OF_SERVICE]),
        (
            {"devices": [printer(told.DEVICE_STATE_ONLINE, OUT), printer(told.DEVICE_STATE_OFFLINE)]},
            [Problem.DEVICE_FAILS, Problem.DEVICE_NEEDS],
        ),
        ({"devices": [printer(told.DEVICE_STATE_BUSY)]}, []),
        ({"queue": told.TerminalQueue(set_aside=1)}, [Problem.SET_ASIDE]),
        (
            {"queue": told.TerminalQueue(waiting=1, oldest_time=moment(START - timedelta(minutes=61)))},
            [Problem.QUEUE_OLD],
        ),
        ({"queue": told.TerminalQueue(waiting=1, oldest_time=moment(START - timedelta(minutes=59)))}, []),
        ({"room": told.TerminalRoom(disk_bytes=2**36, disk_free_bytes=2**20)}, [Problem.DISK_LOW]),
        ({"room": told.TerminalRoom(memory_bytes=2**32, memory_free_bytes=2**27)}, [Problem.MEMORY_LOW]),
        ({"room": told.TerminalRoom()}, []),
        ({"send_time": moment(START - timedelta(minutes=2))}, [Problem.CLOCK_OFF]),
        (
            {  # two hours behind, and so is the time since which the application waits
                "send_time": moment(START - timedelta(hours=2)),
                "queue": told.TerminalQueue(
                    waiting=1, oldest_time=moment(START - timedelta(hours=2, minutes=5))
                ),
            },
            [Problem.CLOCK_OFF],
        ),
    ],
)
def test_what_somebody_has_to_look_after(other: dict[str, object], problems: list[Problem]) -> None:
    assert known(START, **other).problems(START) == problems


# What operators see.


@BOTH
async def test_an_operator_sees_the_fleet_and_what_to_do(house: House) -> None:
    assert await fleet(house) == (0, "No terminal has reported itself yet.\n")
    house.clock.moment = datetime.now(UTC)
    await tell(house, origin="hall-1")
    code, out = await fleet(house)
    assert code == 0
    assert out.splitlines()[0] == "1 terminals: 0 lost, 0 late, 0 to be looked after"
    assert "hall-1" in out and "in service  version 1.0  waiting 0" in out
    await tell(house, devices=[printer(told.DEVICE_STATE_OFFLINE, OUT)])
    code, out = await fleet(house)
    assert code == 1
    assert "    Receipt printer (offline): Put in a new roll of paper.\n" in out
    code, out = await fleet(house, language="zh_CN.UTF-8")
    assert "    回执打印机（脱机）：请装入新的纸卷。\n" in out

    code, out = await fleet(house, "--json")
    assert code == 1
    first, second = json.loads(out)
    assert (first["name"], first["hearing"], first["problems"]) == ("hall-1", "well", [])
    assert second["problems"] == ["device_fails"]
    assert second["report"]["devices"][0]["findings"][0]["code"] == "receipt_printer.paperOut"

    code, out = await fleet(house, "show", "hall-3")
    assert code == 1
    for part in ("12 visits, 3 applications, 2 slips", "400 references left", "catalogue 0123456789ab"):
        assert part in out
    assert "Receipt printer: offline receipt_printer.paperOut" in out
    code, out = await fleet(house, "show", "hall-1", "--json")
    assert code == 0
    assert [entry["what"] for entry in json.loads(out)["history"]] == ["first"]

    assert await fleet(house, "forget", "hall-3") == (0, "The terminal hall-3 is off the list.\n")
    assert (await fleet(house))[0] == 0


@pytest.mark.parametrize(("language", "said"), [("C", "No terminal named"), ("zh_CN.UTF-8", "没有名为")])
async def test_a_terminal_that_is_not_known_is_said_to_be_so(house: House, language: str, said: str) -> None:
    for word in ("show", "forget"):
        code, out, err = await command("--data", house.data, "terminals", word, "nobody", language=language)
        assert (code, out) == (2, "")
        assert said in err


async def test_a_lost_terminal_is_said_to_be_lost(house: House) -> None:
    house.clock.moment = datetime.now(UTC) - timedelta(minutes=10)
    await tell(house)
    code, out = await fleet(house)
    assert code == 1
    assert "1 lost" in out and "LOST, heard of 10 min ago" in out and "check its power" in out


def test_a_monitor_sees_the_fleet() -> None:
    figures = FleetFigures(lambda: START + timedelta(minutes=4))
    registry = CollectorRegistry()
    registry.register(figures)
    waits = told.TerminalQueue(waiting=2, oldest_time=moment(START - timedelta(hours=2)), set_aside=1)
    broken = [printer(told.DEVICE_STATE_OFFLINE, OUT)]
    figures.terminals = (known(START, queue=waits, devices=broken, state=told.TERMINAL_STATE_OUT_OF_SERVICE),)
    seen = generate_latest(registry).decode()
    at = START.timestamp()
    place = 'terminal="hall-3"'
    for name, value in (
        ('huimin_backend_terminals{hearing="lost"}', 1.0),
        ('huimin_backend_terminals{hearing="well"}', 0.0),
        (f"huimin_backend_terminal_heard_timestamp_seconds{{{place}}}", at),
        (f"huimin_backend_terminal_out_of_service{{{place}}}", 1.0),
        (f"huimin_backend_terminal_oldest_waiting_timestamp_seconds{{{place}}}", at - 7200),
        (f"huimin_backend_terminal_set_aside{{{place}}}", 1.0),
        (f'huimin_backend_terminal_device_up{{device="receipt_printer",{place}}}', 0.0),
        (f'huimin_backend_terminal_device_findings{{device="receipt_printer",{place}}}', 1.0),
    ):
        found = registry.get_sample_value(
            name.partition("{")[0],
            dict(pair.split("=") for pair in name.partition("{")[2].rstrip("}").replace('"', "").split(",")),
        )
        assert found == value, (name, seen)
    figures.terminals = ()
    assert place not in generate_latest(registry).decode()
