"""Alerts over a visit: what is shown when, and that the resident loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from backend_client.alert import Acknowledgement, Alert, Severity
from foundation.language import Language
from kiosk.visit import events as did
from kiosk.visit.alerts import Alerted
from kiosk.visit.pages import Declaration, Home, Question
from kiosk.visit.visit import Pace
from tests.backend.house import House
from tests.kiosk.alert_samples import alert, notice
from tests.kiosk.visit.terminal import LETTER, Terminal, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

RAIN, WIND, HEAT = alert("alerts/rain"), alert("alerts/wind", severity=Severity.SEVERE), notice()


def names(alerts: Sequence[Alert]) -> list[str]:
    return [one.name for one in alerts]


def shown(state: Alerted) -> str | None:
    return state.shown.name if state.shown else None


async def test_serious_ones_lie_over_the_page_one_after_another_the_others_do_not() -> None:
    state = Alerted()
    assert not state.update((HEAT,))
    assert state.shown is None
    assert state.update((RAIN, WIND, HEAT))
    assert (shown(state), state.more) == ("alerts/rain", True)
    assert state.understood() is RAIN
    assert (shown(state), state.more) == ("alerts/wind", False)
    assert state.understood() is WIND
    assert state.shown is None
    assert state.understood() is None


async def test_a_banner_lets_all_be_read_again() -> None:
    state = Alerted()
    state.update((RAIN, HEAT))
    state.understood()
    state.read()
    assert (shown(state), state.more) == ("alerts/rain", True)
    state.understood()
    assert (shown(state), state.more) == (HEAT.name, False)
    state.understood()
    assert state.shown is None


async def test_one_that_is_withdrawn_or_updated_is_gone_at_once() -> None:
    state = Alerted()
    state.update((RAIN,))
    assert not state.update(())
    assert state.shown is None
    state.update((RAIN,))
    state.understood()
    newer = alert("alerts/newer", replaces=("alerts/rain",))
    assert state.update((newer,))
    assert shown(state) == "alerts/newer"
    state.place = 3.0
    assert not state.update((newer, HEAT))
    assert state.place == 3.0, "the reader stays where he was"


async def test_an_alert_takes_nothing_from_a_form_that_is_being_filled_in(at: Terminal) -> None:
    told: list[tuple[str, Acknowledgement]] = []
    at.visit.acknowledge = lambda one, what: told.append((one.name, what))
    await at.first_question(LETTER)
    at.do(did.Enter("李试"))
    before = at.visit.view
    at.visit.warn((RAIN, HEAT))
    view = at.visit.view
    assert view.alert is RAIN and names(view.alerts) == ["alerts/rain", HEAT.name]
    at.do(did.Next(), did.Back(), did.GoHome(), did.Leave(), did.Stay())
    assert at.visit.page is before.page, "touches that were meant for the page below do nothing"
    at.do(did.SwitchLanguage(), did.TurnAlert(2.0))
    assert (at.visit.view.language, at.visit.view.alert_place) == (Language.EN, 2.0)
    at.do(did.SwitchLanguage(), did.Understood())
    view = at.visit.view
    assert view.page is before.page and at.question.entered == "李试"
    assert view.alert is None and names(view.alerts) == ["alerts/rain", HEAT.name]
    assert told == [("alerts/rain", Acknowledgement.UNDERSTOOD)]
    at.do(did.ReadAlerts())
    assert at.visit.view.alert is RAIN
    at.do(did.Understood(), did.Understood())
    at.visit.warn(())
    assert at.visit.view == before


async def test_what_is_being_composed_is_taken_when_the_language_is_switched_over_an_alert(
    at: Terminal,
) -> None:
    await at.first_question(LETTER)
    at.visit.warn((RAIN,))
    at.do(did.Enter("王"))  # as the screen does before it is made anew
    assert at.question.entered == "王"


async def test_what_was_under_way_goes_on_below(at: Terminal) -> None:
    await at.review()
    at.do(did.Next())
    at.visit.warn((RAIN,))
    await at.until(lambda: isinstance(at.visit.page, Declaration))
    assert at.visit.view.alert is RAIN
    at.do(did.Understood())
    assert isinstance(at.visit.page, Declaration)


async def test_who_is_there_gets_time_to_read_and_the_clock_goes_on(house: House, tmp_path: Path) -> None:
    async with terminal(house.address, tmp_path, Pace(patience=0.4, countdown=1)) as at:
        await at.first_question(LETTER)
        await at.until(lambda: at.visit.view.seconds_left is not None, 2)
        at.visit.warn((RAIN,))
        assert at.visit.view.seconds_left is None
        await at.until(lambda: at.visit.view.seconds_left is not None, 2)
        at.do(did.MoreTime())
        assert at.visit.view.alert is RAIN and isinstance(at.visit.page, Question)
        await at.until(lambda: isinstance(at.visit.page, Home), 3)
        assert at.visit.view.alert is RAIN, "the next resident is told"


async def test_nobody_there_starts_no_clock_and_the_idle_page_shows_it(house: House, tmp_path: Path) -> None:
    async with terminal(house.address, tmp_path, Pace(patience=0.2, countdown=1)) as at:
        await at.idle()
        at.visit.warn((RAIN,))
        await asyncio.sleep(0.5)
        view = at.visit.view
        assert view.alert is RAIN and view.seconds_left is None
        at.do(did.Understood())
        await at.until(lambda: at.visit.view.alert is None, 1)
        await at.until(lambda: at.visit.view.alert is RAIN, 3)


async def test_each_alert_is_acknowledged_as_shown_once(at: Terminal) -> None:
    told: list[tuple[str, Acknowledgement]] = []
    at.visit.acknowledge = lambda one, what: told.append((one.name, what))
    at.visit.warn((HEAT,))
    at.visit.drawn(at.visit.view)
    at.visit.warn((RAIN, HEAT))
    at.visit.drawn(at.visit.view)
    at.visit.drawn(at.visit.view)
    at.visit.end("left")
    at.visit.drawn(at.visit.view)
    assert told == [(HEAT.name, Acknowledgement.SHOWN), ("alerts/rain", Acknowledgement.SHOWN)]
