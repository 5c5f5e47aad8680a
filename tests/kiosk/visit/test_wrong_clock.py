"""The terminal's clock is wrong, by hours or years: it serves as ever, and says so to its technician."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from backend_client.alerts import Alerts
from backend_client.door import Door
from kiosk.figures import CLOCK_OFFSET
from kiosk.reporting import reporter
from kiosk.reporting.reporter import Reporter
from kiosk.reporting.survey import Survey
from kiosk.visit import events as did
from kiosk.visit.pages import Confirmation
from tests.backend import house as running
from tests.kiosk.visit.terminal import KEYS, LETTER, eventually, kept, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")
NAME = "hall-3"


@pytest.mark.parametrize("days", [-1500, 1500])
async def test_the_technician_is_told_and_residents_are_served(
    tmp_path: Path, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporter, "FIRST", 0.0)
    monkeypatch.setattr(reporter, "SECONDS", 0.3)
    monkeypatch.setattr(reporter, "GAP", 0.05)
    async with running.house(tmp_path / "data") as house, terminal(house.address, tmp_path) as at:
        survey = Survey(
            NAME, at.visit, at.devices, Door(at.client, at.outbox, Alerts(at.client, NAME), KEYS), at.tally
        )
        telling = Reporter(survey, tmp_path)
        await at.first_question(LETTER)
        with capture_logs() as log:
            async with telling.running():
                await eventually(lambda: telling.clock_offset is not None)
                house.clock.forward(days=days)
                await eventually(lambda: any(line["event"] == "clock_wrong" for line in log))
                assert telling.clock_offset and abs(telling.clock_offset + days * 86_400) < 300
                assert at.question.number == 1, "what was under way goes on"
                assert at.visit.view.seconds_left is None
                house.clock.forward(days=-days)
                await eventually(lambda: any(line["event"] == "clock_right" for line in log))
        assert [line["event"] for line in log if line["event"].startswith("clock")] == [
            "clock_wrong",
            "clock_right",
        ]
        assert abs(CLOCK_OFFSET._value.get()) < 300


@pytest.mark.parametrize("days", [-1500, 1500])
async def test_what_is_sent_by_a_wrong_clock_is_taken_and_dated_by_the_backends(
    tmp_path: Path, days: int
) -> None:
    async with running.house(tmp_path / "data") as house, terminal(house.address, tmp_path) as at:
        await at.declaration()
        house.clock.forward(days=days)
        accepted = (await at.page(Confirmation, did.Send())).accepted
        assert accepted.delivered
        assert await kept(house.database, accepted.reference)
        assert abs((accepted.accept_time - house.clock()).total_seconds()) < 300
