"""Alerts from their arrival to the doors: what goes out, what takes its place, who is told when."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest
import pytest_asyncio
from huimin.v1 import alert_pb2, alert_pb2_grpc, common_pb2

from backend.alerts.cap import Area, CapError, Info, Message, Reference
from backend.alerts.deciding import Kept, Policy, State, concerns, decide
from backend.alerts.intake import Intake
from backend.services import alert as service
from backend.settings import BackendSettings
from backend.storage import alerts, audit
from backend.storage.alerts import Outcome, Taken
from backend.storage.audit import Actor
from tests.alert_source import CHINESE, ENGLISH, SENDER, Sent, Source, source
from tests.backend import house as running
from tests.backend.house import Clock, House, command, failed
from tests.keys import put_keys
from tests.ports import free_port
from tests.postgres import BOTH

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CLERK = Actor("office/test", "command", "")
EARLIER = (Reference(SENDER, "first", NOW - timedelta(hours=1)),)
COUNTY = {"GB/T 2260": "371621"}


# What becomes of a message.


def info(language: str = "zh-CN", area: tuple[Area, ...] = (), **changes: Any) -> Info:
    given: dict[str, Any] = {
        "language": language,
        "event": "暴雨" if language.startswith("zh") else "Rain",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "effective": None,
        "onset": None,
        "expires": NOW + timedelta(hours=1),
        "sender_name": "",
        "headline": "",
        "description": "",
        "instruction": "",
        "contact": "",
        "areas": area,
    }
    return Info(**(given | changes))


def message(**changes: Any) -> Message:
    given: dict[str, Any] = {
        "identifier": "second",
        "sender": SENDER,
        "sent": NOW,
        "status": "Actual",
        "msg_type": "Alert",
        "scope": "Public",
        "note": "",
        "references": (),
        "infos": (info(), info("en-US")),
    }
    return Message(**(given | changes))


OUT, KEPT = State.IN_FORCE, State.KEPT
TABLE: list[tuple[dict[str, Any], Policy, State, Kept | None, bool]] = [
    ({}, Policy(), OUT, None, False),
    ({"msg_type": "Update", "references": EARLIER}, Policy(), OUT, None, True),
    ({"msg_type": "Cancel", "references": EARLIER, "infos": ()}, Policy(), KEPT, Kept.CANCEL, True),
    ({"msg_type": "Ack", "references": EARLIER}, Policy(), KEPT, Kept.ACK, False),
    ({"msg_type": "Error", "references": EARLIER}, Policy(), KEPT, Kept.ERROR, False),
    ({"status": "Exercise"}, Policy(), KEPT, Kept.STATUS, False),
    ({"status": "Exercise"}, Policy(drills=True), OUT, None, False),
    ({"status": "Test"}, Policy(), KEPT, Kept.STATUS, False),
    ({"status": "Test"}, Policy(drills=True), OUT, None, False),
    ({"status": "Draft"}, Policy(drills=True), KEPT, Kept.STATUS, False),
    ({"status": "System"}, Policy(drills=True), KEPT, Kept.STATUS, False),
    (
        {"status": "Test", "msg_type": "Cancel", "references": EARLIER},
        Policy(),
        KEPT,
        Kept.STATUS,
        False,
    ),
    ({"infos": (info(expires=NOW),)}, Policy(), KEPT, Kept.EXPIRED, False),
    (
        {"sent": NOW - timedelta(hours=25), "infos": (info(expires=None),)},
        Policy(),
        KEPT,
        Kept.EXPIRED,
        False,
    ),
    (
        {"infos": (info(area=(Area("elsewhere", (("GB/T 2260", "371622"),)),)),)},
        Policy(COUNTY),
        KEPT,
        Kept.AREA,
        False,
    ),
    (
        {
            "msg_type": "Update",
            "references": EARLIER,
            "infos": (info(area=(Area("elsewhere", (("GB/T 2260", "371622"),)),)),),
        },
        Policy(COUNTY),
        KEPT,
        Kept.AREA,
        True,
    ),
]


@pytest.mark.parametrize(("changes", "policy", "state", "reason", "ends"), TABLE)
def test_what_becomes_of_a_message(
    changes: dict[str, Any], policy: Policy, state: State, reason: Kept | None, ends: bool
) -> None:
    decision = decide(message(**changes), policy, NOW)
    assert (decision.state, decision.reason, bool(decision.ends)) == (state, reason, ends)
    assert (decision.alert is not None) == (state is OUT)
    if decision.alert is not None:
        assert decision.alert.exercise == (changes.get("status", "Actual") != "Actual")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"scope": "Private"}, "NOT_PUBLIC"),
        ({"scope": "Restricted"}, "NOT_PUBLIC"),
        ({"sent": NOW + timedelta(minutes=11)}, "SENT_IN_FUTURE"),
        ({"msg_type": "Update"}, "ELEMENT_MISSING"),
        ({"msg_type": "Cancel"}, "ELEMENT_MISSING"),
        ({"infos": ()}, "ELEMENT_MISSING"),
        ({"msg_type": "Cancel", "references": (Reference("other@x", "first", NOW),)}, "REFERENCES_FOREIGN"),
        ({"msg_type": "Update", "references": (Reference(SENDER, "second", NOW),)}, "REFERENCES_ITSELF"),
    ],
)
def test_what_is_not_taken_at_all(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(CapError) as caught:
        decide(message(**changes), Policy(drills=True), NOW)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("code", "near"),
    [
        ("371621", True),
        ("371621100", True),
        ("371621100203", True),
        ("371600", True),
        ("370000", True),
        ("371622", False),
        ("371500", False),
        ("110000", False),
    ],
)
def test_codes_of_places_lie_in_one_another(code: str, near: bool) -> None:
    assert concerns(info(area=(Area("x", (("GB/T 2260", code),)),)), COUNTY) is near


def test_a_place_whose_code_is_not_known_may_be_here() -> None:
    assert concerns(info(area=(Area("a polygon", ()),)), COUNTY)
    assert concerns(info(area=(Area("x", (("SAME", "006109"),)),)), COUNTY)
    assert concerns(info(), COUNTY)


def test_what_is_missing_in_a_language_is_told_in_the_other_and_marked() -> None:
    alert = decide(message(infos=(info("en-GB", headline="Flood"),)), Policy(), NOW).alert
    assert alert is not None
    assert alert.zh_cn.headline == alert.en.headline == "Flood"
    assert alert.zh_cn.language == common_pb2.LANGUAGE_EN
    both = decide(message(), Policy(), NOW).alert
    assert both is not None
    assert (both.zh_cn.language, both.en.language) == (common_pb2.LANGUAGE_ZH_CN, common_pb2.LANGUAGE_EN)
    assert both.zh_cn.headline == "暴雨"


def test_of_several_infos_the_worst_is_told() -> None:
    several = (info(severity="Minor", headline="小"), info(severity="Extreme", headline="大"), info("en"))
    alert = decide(message(infos=several), Policy(), NOW).alert
    assert alert is not None
    assert alert.zh_cn.headline == "大"
    assert alert.severity == alert_pb2.ALERT_SEVERITY_EXTREME


# Over both databases, at the doors.


class Moving(Clock):
    """A clock that goes on by itself, too."""

    def __call__(self) -> datetime:
        return datetime.now(UTC) + (self.moment - self._start)

    def __init__(self) -> None:
        super().__init__()
        self._start = self.moment


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return source(tmp_path_factory.mktemp("office"))


class Office:
    """A backend, its alerts' source, and a door that is told of them."""

    def __init__(self, house: House, office: Source, settings: BackendSettings) -> None:
        self.house = house
        self.source = office
        self.stub = alert_pb2_grpc.AlertServiceStub(house.stubs.channel)
        self._intake = Intake(settings, house.database, house.clock)

    async def take(self, sent: Sent) -> Taken:
        return await self._intake.take(sent.data, CLERK)

    async def send(self, **changes: Any) -> tuple[Sent, Taken]:
        sent = self.source.send(self.house.clock(), **changes)
        return sent, await self.take(sent)

    def watch(self) -> Any:
        return self.stub.WatchAlerts(alert_pb2.WatchAlertsRequest())


@asynccontextmanager
async def opened(folder: Path, office: Source, database: str = "", **more: Any) -> AsyncIterator[Office]:
    given = {"alert_sources": office.trusted} | more
    async with running.house(folder / "data", clock=Moving(), database=database, **given) as house:
        yield Office(house, office, BackendSettings(**given))


@pytest_asyncio.fixture
async def open_office(tmp_path: Path, office: Source, database: str) -> AsyncIterator[Office]:
    async with opened(tmp_path, office, database) as started:
        yield started


async def told(stream: Any, within: float = 3.0) -> alert_pb2.WatchAlertsResponse:
    """The next message but those that only say that the line is well."""
    async with asyncio.timeout(within):
        while True:
            found: alert_pb2.WatchAlertsResponse = await stream.read()
            if found.change != alert_pb2.ALERT_CHANGE_ALIVE:
                return found


@BOTH
async def test_a_door_is_told_of_all_in_force_and_then_of_every_change(open_office: Office) -> None:
    first, taken = await open_office.send()
    stream = open_office.watch()
    while not (await told(stream)).alerts:
        pass
    snapshot = await told(open_office.watch())
    assert snapshot.change == alert_pb2.ALERT_CHANGE_SNAPSHOT
    assert [alert.name for alert in snapshot.alerts] == [taken.name]
    updated, newer = await open_office.send(type="Update", references=(first.reference,))
    change = await told(stream)
    assert change.change == alert_pb2.ALERT_CHANGE_UPDATED
    assert ([a.name for a in change.alerts], list(change.ended)) == ([newer.name], [taken.name])
    _, cancel = await open_office.send(type="Cancel", references=(updated.reference,))
    assert cancel.outcome is Outcome.KEPT
    change = await told(stream)
    assert (change.change, list(change.ended)) == (alert_pb2.ALERT_CHANGE_WITHDRAWN, [newer.name])
    _, short = await open_office.send(hours=0.0005)
    assert (await told(stream)).change == alert_pb2.ALERT_CHANGE_ISSUED
    change = await told(stream)
    assert (change.change, list(change.ended)) == (alert_pb2.ALERT_CHANGE_EXPIRED, [short.name])


@BOTH
async def test_whatever_the_order_in_which_they_arrive_the_same_are_in_force(open_office: Office) -> None:
    at = open_office.house.clock() - timedelta(minutes=5)
    make = open_office.source.send
    first = make(at, "first")
    older = make(at + timedelta(minutes=1), "older", type="Update", references=(first.reference,))
    newer = make(at + timedelta(minutes=2), "newer", type="Update", references=(first.reference,))
    lone = make(at, "lone")
    ends = make(at + timedelta(minutes=1), "ends", type="Cancel", references=(lone.reference,))
    outcomes = [(await open_office.take(one)).outcome for one in (newer, older, first, ends, lone)]
    assert outcomes == [
        Outcome.IN_FORCE,
        Outcome.OUTDATED,
        Outcome.OUTDATED,
        Outcome.KEPT,
        Outcome.OUTDATED,
    ]
    now = open_office.house.clock()
    in_force = await open_office.house.database.read(alerts.coming, now)
    assert list(in_force) == [alert_pb2.Alert(name=next(iter(in_force))).name]
    assert [
        one.identifier for one in await open_office.house.database.read(alerts.found, next(iter(in_force)))
    ] == ["newer"]


@BOTH
async def test_replays_are_known_again_and_identifiers_cannot_be_used_twice(open_office: Office) -> None:
    sent, taken = await open_office.send(identifier="same")
    assert (await open_office.take(sent)).outcome is Outcome.KNOWN
    _, other = await open_office.send(identifier="same", severity="Minor")
    assert (other.outcome, other.name) == (Outcome.REUSED, taken.name)
    assert len(await open_office.house.database.read(alerts.coming, open_office.house.clock())) == 1
    await open_office.send(type="Cancel", references=(sent.reference,))
    assert (await open_office.take(sent)).outcome is Outcome.KNOWN
    assert not await open_office.house.database.read(alerts.coming, open_office.house.clock())
    assert (await open_office.house.database.read(audit.verify)).findings == ()


@BOTH
async def test_acknowledgements_are_kept_by_terminal_and_counted(open_office: Office) -> None:
    _, taken = await open_office.send()

    async def acknowledge(what: int, origin: str = "terminal-1", name: str = taken.name) -> None:
        await open_office.stub.AcknowledgeAlert(
            alert_pb2.AcknowledgeAlertRequest(name=name, acknowledgement=what, origin=origin)  # type: ignore[arg-type]
        )

    for what in (1, 1, 2, 4, 4):
        await acknowledge(what)
    await acknowledge(3, "phone-1")
    found = await open_office.house.database.read(alerts.acknowledged, taken.name)
    assert [(one.origin, one.spoken, one.understood) for one in found] == [
        ("phone-1", 1, 0),
        ("terminal-1", 0, 2),
    ]
    assert found[1].receive_time is not None and found[1].show_time is not None
    assert found[0].receive_time is None and found[0].speak_time is not None
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await acknowledge(1, name="alerts/none")
    assert failed(caught.value).reason == "ALERT_UNKNOWN"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await acknowledge(9)
    assert failed(caught.value).violations == {"acknowledgement": "UNKNOWN_VALUE"}


async def test_a_drill_ends_no_alert_and_is_marked(tmp_path: Path, office: Source) -> None:
    async with opened(tmp_path, office, alert_drills=True) as started:
        real, taken = await started.send()
        await started.send(status="Exercise", type="Cancel", references=(real.reference,))
        assert taken.name in await started.house.database.read(alerts.coming, started.house.clock())
        late = office.send(started.house.clock() - timedelta(minutes=5), "late")
        await started.send(status="Exercise", type="Update", references=(late.reference,))
        assert (await started.take(late)).outcome is Outcome.IN_FORCE
        _, drill = await started.send(status="Exercise")
        shown = await started.house.database.read(alerts.told, [drill.name])
        assert shown[drill.name].exercise


async def test_an_alert_comes_into_force_at_its_time(open_office: Office) -> None:
    stream = open_office.watch()
    assert not (await told(stream)).alerts
    message = open_office.source.plain(open_office.house.clock())
    for one in message.iter("{urn:oasis:names:tc:emergency:cap:1.2}effective"):
        one.text = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    await open_office.take(Sent(open_office.source.sign(message), ""))
    with pytest.raises(TimeoutError):
        await told(stream, 1.0)
    stream = open_office.watch()
    assert not (await told(stream)).alerts
    open_office.house.clock.forward(hours=1.01)
    assert (await told(stream)).change == alert_pb2.ALERT_CHANGE_ISSUED


async def test_a_stream_ends_before_its_time_is_over(
    open_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "STREAM_SECONDS", 0.6)
    monkeypatch.setattr(service, "ALIVE_SECONDS", 0.1)
    changes = [found.change async for found in open_office.watch()]
    assert changes[0] == alert_pb2.ALERT_CHANGE_SNAPSHOT
    assert set(changes[1:]) == {alert_pb2.ALERT_CHANGE_ALIVE}
    assert len(changes) > 3


async def test_a_backend_that_stops_ends_its_streams_at_once(tmp_path: Path, office: Source) -> None:
    async with opened(tmp_path, office, stop_seconds=20) as started:
        stream = started.watch()
        await told(stream)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert await stream.code() in {grpc.StatusCode.OK, grpc.StatusCode.CANCELLED}


async def test_a_third_stream_of_a_door_ends_the_oldest(open_office: Office) -> None:
    from backend.alerts.board import Board

    board = Board(open_office.house.database, open_office.house.clock)
    with (
        board.watched("doors/a", 2) as first,
        board.watched("doors/a", 2) as second,
        board.watched("doors/b", 2) as other,
    ):
        assert not first.over
        with board.watched("doors/a", 2) as third:
            assert (first.over, second.over, third.over, other.over) == (True, False, False, False)


async def test_fifty_doors_are_told_within_two_seconds(open_office: Office) -> None:
    streams = [open_office.watch() for _ in range(50)]
    for stream in streams:
        await told(stream)

    async def arrival(stream: Any) -> float:
        await told(stream)
        return time.monotonic()

    waiting = [asyncio.create_task(arrival(stream)) for stream in streams]
    began = time.monotonic()
    await open_office.send()
    assert max(await asyncio.gather(*waiting)) - began < 2


# The ways in.


async def test_a_program_posts_a_message(tmp_path: Path, office: Source) -> None:
    web = f"127.0.0.1:{free_port()}"
    async with opened(tmp_path, office, web_listen=web) as started, aiohttp.ClientSession() as session:

        async def post(data: bytes) -> tuple[int, dict[str, str]]:
            async with session.post(f"http://{web}/alerts", data=data) as answer:
                return answer.status, json.loads(await answer.text())

        sent = office.send(started.house.clock(), "web")
        status, said = await post(sent.data)
        assert (status, said["outcome"]) == (201, "in_force")
        assert (await post(sent.data))[0] == 200
        other = office.send(started.house.clock(), "web", severity="Minor")
        assert (await post(other.data))[0] == 409
        status, said = await post(sent.data.replace("红色".encode(), "蓝色".encode()))
        assert (status, said["reason"]) == (403, "SIGNATURE_WRONG")
        status, said = await post(b"<alert/>")
        assert (status, said["reason"]) == (422, "NOT_CAP")
        assert (await post(b" " * (300 << 10)))[0] == 413


async def test_files_in_the_watched_folder_are_taken_in(tmp_path: Path, office: Source) -> None:
    folder = tmp_path / "incoming"
    async with opened(tmp_path, office, alert_folder=folder) as started:
        stream = started.watch()
        await told(stream)
        good, bad = folder / "good.xml", folder / "bad.xml"
        running.write(bad, b"<alert/>")
        running.write(folder / "half.part", b"<alert")
        running.write(good, office.send(started.house.clock()).data)
        assert (await told(stream)).change == alert_pb2.ALERT_CHANGE_ISSUED
        async with asyncio.timeout(5):
            while not running.is_absent(good) or not running.is_absent(bad):  # noqa: ASYNC110 (a folder)
                await asyncio.sleep(0.05)
        assert not running.is_absent(folder / "taken" / "good.xml")
        assert running.read(folder / "refused" / "bad.reason") == "NOT_CAP §3.4\n".encode()
        assert not running.is_absent(folder / "half.part")


async def test_an_operator_signs_publishes_lists_withdraws_and_sees_who_knows(
    tmp_path: Path, office: Source
) -> None:
    draft = tmp_path / "drill.yaml"
    running.write(
        draft,
        f"""status: Actual
severity: Severe
urgency: Immediate
certainty: Observed
zh: {{event: 暴雨, headline: {CHINESE.headline}, instruction: 上高处, area: 清河镇}}
en: {{event: Rain, headline: {ENGLISH.headline}, area: Qinghe}}
""".encode(),
    )
    configuration = tmp_path / "backend.toml"
    running.write(configuration, f'[backend.alert_sources]\n"{SENDER}" = "{office.certificate}"\n'.encode())
    data, signed = tmp_path / "data", tmp_path / "drill.xml"
    running.make(data)
    put_keys(data)
    async with running.process(data):
        pass  # makes the database
    keys = ("--key", office.key, "--certificate", office.certificate)
    assert (await command("alert", "sign", draft, "--sender", SENDER, *keys, "--out", signed))[0] == 0
    ours = ("--config", configuration, "alert")
    code, out, err = await command(*ours, "publish", "--data", data, signed)
    assert (code, err) == (0, ""), err
    name = out.split()[-1].rstrip(".")
    code, out, _ = await command(*ours, "list", "--data", data)
    assert name in out and CHINESE.headline in out
    running.write(signed, running.read(signed).replace("上高处".encode(), "别动".encode()))
    code, _, err = await command(*ours, "publish", "--data", data, signed)
    assert (code, "SIGNATURE_WRONG" in err) == (1, True)
    code, out, _ = await command(*ours, "acknowledgements", "--data", data, name)
    assert (code, "No terminal" in out) == (0, True)
    assert (await command(*ours, "withdraw", "--data", data, name))[0] == 0
    code, _, err = await command(*ours, "withdraw", "--data", data, name)
    assert (code, "in force" in err) == (2, True)
    assert name not in (await command(*ours, "list", "--data", data))[1]
    code, _, err = await command("alert", "publish", "--data", data, signed, language="zh_CN.UTF-8")
    assert (code, "alert_sources" in err) == (2, True)


async def test_two_backends_tell_of_what_one_of_them_took_in(
    tmp_path: Path, office: Source, empty_database: str
) -> None:
    async with opened(tmp_path, office, empty_database) as one:
        other = tmp_path / ("data" if not empty_database else "other")
        async with running.house(other, clock=Moving(), database=empty_database) as house:
            stream = alert_pb2_grpc.AlertServiceStub(house.stubs.channel).WatchAlerts(
                alert_pb2.WatchAlertsRequest()
            )
            await told(stream)
            sent = one.source.send()
            settings = BackendSettings(alert_sources=office.trusted)
            beside = Intake(settings, house.database, house.clock)
            taken = await asyncio.gather(one.take(sent), beside.take(sent.data, CLERK))
            assert {each.outcome for each in taken} == {Outcome.IN_FORCE, Outcome.KNOWN}
            assert [alert.name for alert in (await told(stream)).alerts] == [taken[0].name]
