"""A chapter that breaks: the terminal stays, whoever is there is told, and the others wipe all the same."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from foundation.language import Language
from kiosk.look import Look, TypeSize
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Home, Page, Topics
from kiosk.visit.rating import Ratings
from kiosk.visit.visit import Chapter, Pace, Visit
from tests.kiosk.visit.terminal import Terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "欧阳试擦"


class Breaking(Chapter):
    """Breaks wherever it is told to, with what it was told in its words."""

    def __init__(self, *places: str) -> None:
        self.places = set(places)
        self.wiped = 0

    def _reach(self, place: str) -> None:
        if place in self.places:
            raise ValueError(SECRET)

    def take(self, page: Page, event: Event) -> bool:
        self._reach("take")
        return isinstance(event, did.Next)

    def page_changed(self, page: Page) -> None:
        self._reach("page_changed")

    def ending(self, reason: str) -> None:
        self._reach("ending")

    def left_behind(self) -> Page | None:
        self._reach("left_behind")
        return None

    def wipe(self) -> None:
        self._reach("wipe")
        self.wiped += 1


def _visit(*chapters: Chapter) -> Visit:
    visit = Visit(language=Language.ZH_CN, pace=Pace())
    visit.begin(chapters)
    return visit


def _trouble(visit: Visit) -> str | None:
    trouble = visit.view.trouble
    return None if trouble is None else trouble.reason


@pytest.mark.parametrize("place", ["take", "page_changed"])
async def test_whoever_is_there_is_told_and_can_try_again(place: str) -> None:
    chapter = Breaking(place)
    visit = _visit(chapter)
    with capture_logs() as log:
        if place == "take":
            visit.send(did.Next())
        else:
            visit.open(Topics(()))
        assert _trouble(visit) == "TERMINAL_FAULT"
        visit.send(did.TryAgain())
        assert _trouble(visit) == "TERMINAL_FAULT"
    assert [(entry["event"], entry["page"]) for entry in log] == [
        ("visit_broke", type(visit.page).__name__)
    ] * 2
    assert SECRET not in str(log)
    assert "test_broken:" in log[0]["trace"]
    chapter.places.clear()
    visit.send(did.TryAgain())
    assert _trouble(visit) is None
    visit.end("left")


async def test_a_chapter_that_breaks_at_the_end_keeps_no_other_from_wiping() -> None:
    first = Breaking("ending", "left_behind", "wipe", "page_changed")
    second = Breaking()
    visit = _visit(first, second)
    visit.send(did.SwitchLanguage())
    visit.send(did.SetLook(Look(TypeSize.LARGE)))
    visit.open(Topics(()))
    with capture_logs() as log:
        visit.send(did.LeaveAnyway())
    assert second.wiped == 1
    view = visit.view
    assert (view.page, view.language, view.look) == (Home(), Language.ZH_CN, Look())
    assert (view.trouble, visit.under_way) == (None, False)
    assert [entry.get("chapter") for entry in log if entry["event"] == "chapter_broke"] == ["Breaking"] * 4
    assert SECRET not in str(log)


async def test_all_that_is_under_way_is_waited_for_though_one_of_it_broke(at: Terminal) -> None:
    async def broken() -> None:
        raise ValueError

    async def slow() -> None:
        await asyncio.wait(under_way - {running[1]})
        await asyncio.sleep(0)

    ratings = Ratings(at.visit, at.outbox)
    for under_way, settle in (
        (ratings._sending, ratings.settle),
        (at.progress._signing_out, at.progress.settle),
    ):
        running = [asyncio.create_task(broken()), asyncio.create_task(slow())]
        under_way.update(running)
        await settle()
        assert all(task.done() for task in running)
        assert isinstance(running[0].exception(), ValueError)
        under_way.clear()
