"""A door that is told of alerts: over lost connections, over two backends, over a restart, and by none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.alerts.intake import Intake
from backend.settings import BackendSettings
from backend.storage import alerts as kept
from backend.storage.audit import Actor
from backend_client import alerts as watching
from backend_client.alert import Acknowledgement, Alert, news_from_proto, snapshot_to_proto
from backend_client.alerts import Alerts
from backend_client.cache import ReadCache
from backend_client.client import BackendClient
from foundation.language import Language
from tests.alert_source import Sent, Source, source
from tests.backend.house import House, house
from tests.backend_client.county import County, serving
from tests.ivr.cable import Cable

CLERK = Actor("office/test", "command", "")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return source(tmp_path_factory.mktemp("office"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LONGEST_PAUSE", 0.3)


def by_the_clock() -> datetime:
    """The system's time."""
    return datetime.now(UTC)


async def publish(at: House, office: Source, **changes: Any) -> Sent:
    sent = office.send(**changes)
    intake = Intake(BackendSettings(alert_sources=office.trusted), at.database, at.clock)
    await intake.take(sent.data, CLERK)
    return sent


async def until(is_so: Callable[[], bool], seconds: float = 8) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 (what is awaited has no event of its own)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def door(
    target: str, cache: ReadCache | None = None, now: Callable[[], datetime] = by_the_clock
) -> AsyncIterator[Alerts]:
    async with BackendClient(target, cache=cache) as client:
        alerts = Alerts(client, "terminal-1", now=now)
        async with alerts.running():
            yield alerts


def running(folder: Path, **more: Any) -> Any:
    return house(folder, clock=by_the_clock, **more)  # type: ignore[arg-type]


async def test_what_is_in_force_is_known_changes_are_told_and_arrival_is_acknowledged(
    tmp_path: Path, office: Source
) -> None:
    async with running(tmp_path / "data") as at, door(at.address) as alerts:
        first = await publish(at, office)
        await until(lambda: len(alerts.in_force) == 1)
        (alert,) = alerts.in_force
        assert alert.serious and alert[Language.ZH_CN].headline == "暴雨红色预警"
        alerts.acknowledge(alert, Acknowledgement.SHOWN)
        await publish(at, office, severity="Minor")
        await until(lambda: len(alerts.in_force) == 2)
        assert alerts.in_force[0] is alert, "the worst first"
        await publish(at, office, type="Cancel", references=(first.reference,))
        await until(lambda: len(alerts.in_force) == 1)
        found: list[kept.Acknowledged] = []
        async with asyncio.timeout(5):
            while not found or found[0].show_time is None:
                found = await at.database.read(kept.acknowledged, alert.name)
                await asyncio.sleep(0.05)
        assert found[0].origin == "terminal-1" and found[0].receive_time is not None


async def test_over_a_cut_line_it_stays_until_it_expires_and_the_truth_comes_with_the_line(
    tmp_path: Path, office: Source
) -> None:
    ahead = timedelta()
    async with running(tmp_path / "data") as at:
        cable = Cable(at.address)
        await cable.plug_in()
        async with door(cable.address, now=lambda: datetime.now(UTC) + ahead) as alerts:
            first = await publish(at, office)
            await publish(at, office, severity="Minor", hours=1)
            await until(lambda: len(alerts.in_force) == 2)
            await cable.pull_out()
            await until(lambda: not alerts.connected)
            await publish(at, office, type="Cancel", references=(first.reference,))
            await asyncio.sleep(0.6)
            assert len(alerts.in_force) == 2
            ahead = timedelta(hours=2)
            await until(lambda: len(alerts.in_force) == 1)
            await cable.plug_in()
            await until(lambda: alerts.connected)
            await until(lambda: [alert.severity for alert in alerts.in_force] == [1], 3)
        await cable.pull_out()


async def test_another_backend_goes_on_where_one_stops(tmp_path: Path, office: Source) -> None:
    data = tmp_path / "data"
    async with running(data) as stays:
        async with running(data) as goes, door(f"{goes.address},{stays.address}") as alerts:
            await publish(goes, office)
            await until(lambda: len(alerts.in_force) == 1)
        # One backend is gone; whichever told this door, another does now.
        async with door(f"{goes.address},{stays.address}") as alerts:
            await publish(stays, office)
            await until(lambda: len(alerts.in_force) == 2)


async def test_it_is_remembered_over_a_restart_without_a_backend(tmp_path: Path, office: Source) -> None:
    async with running(tmp_path / "data") as at:
        cache = await ReadCache.open(tmp_path / "answers")
        async with door(at.address, cache) as alerts:
            await publish(at, office)
            await until(lambda: len(alerts.in_force) == 1)
            before = alerts.in_force
        await cache.close()
        address = at.address
    cache = await ReadCache.open(tmp_path / "answers")
    async with door(address, cache) as alerts:
        assert alerts.in_force == before
    async with door(address, cache, lambda: datetime.now(UTC) + timedelta(hours=7)) as alerts:
        assert alerts.in_force == ()
    await cache.close()


async def test_a_county_whose_backend_has_no_alerts_is_left_in_peace() -> None:
    async with serving(County()) as address, door(address) as alerts:
        await asyncio.sleep(1.0)
        assert alerts.in_force == () and not alerts.connected


async def test_a_listener_hears_of_changes_until_it_listens_no_more(tmp_path: Path, office: Source) -> None:
    async with running(tmp_path / "data") as at, door(at.address) as alerts:
        heard: list[tuple[Alert, ...]] = []
        deaf = alerts.listen(lambda: heard.append(alerts.in_force))
        await publish(at, office)
        await until(lambda: bool(heard))
        deaf()
        await publish(at, office, identifier="second")
        await until(lambda: len(alerts.in_force) == 2)
        assert len(heard) == 1
        assert news_from_proto(snapshot_to_proto(alerts.in_force)).alerts == alerts.in_force
