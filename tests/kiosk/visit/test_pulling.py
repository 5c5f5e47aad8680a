"""Each part is pulled in the middle of each step of an application, and put back: nothing that was entered is
lost, the resident is told, and the terminal goes on by itself."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import pytest

import backend_client.client
from backend_client.errors import Unreachable
from hardware.simulators.line import LineFault
from hardware.simulators.receipt_printer import PrinterFault
from kiosk.visit import events as did
from kiosk.visit.pages import (
    CardTaken,
    CardWanted,
    Cause,
    Confirmation,
    Declaration,
    Door,
    Home,
    Introduction,
    OutOfService,
    Page,
    Question,
    Review,
    ServiceGuide,
    ServiceList,
    Slip,
    StillThere,
)
from tests.backend.house import House
from tests.kiosk.visit.terminal import (
    BY_HAND,
    PERMIT,
    Terminal,
    eventually,
    kept,
    submissions,
    terminal,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def open_service(at: Terminal) -> None:
    page = at.visit.page
    assert isinstance(page, ServiceList)
    at.do(did.OpenService(next(service for service in page.services if service.name == PERMIT)))


def half_a_number(at: Terminal) -> None:
    at.do(did.Next(), did.Enter("1380"))


def the_rest(at: Terminal) -> None:
    at.do(did.Enter(BY_HAND["phone"]))
    at.answer_to("")


@dataclass(frozen=True)
class Step:
    """leads_to: the page after it; act: what the resident does."""

    leads_to: type[Page]
    act: Callable[[Terminal], object]


STEPS = (
    Step(ServiceList, lambda at: at.do(did.OpenDoor(Door.SERVICES))),
    Step(ServiceGuide, open_service),
    Step(Introduction, lambda at: at.do(did.Apply())),
    Step(CardWanted, lambda at: at.do(did.Next())),
    Step(CardTaken, lambda at: at.lay()),
    Step(Question, half_a_number),
    Step(Review, the_rest),
    Step(Declaration, lambda at: at.do(did.Next())),
    Step(Confirmation, lambda at: at.do(did.Send())),
    Step(Confirmation, lambda at: at.do(did.PrintSlip())),
)
ASKS_THE_BACKEND = {ServiceGuide, Introduction}
"""Pages that cannot come without it, where they were never read before."""
COMES_BACK: dict[type[Page], type[Page]] = {CardTaken: Introduction}
"""The page in whose place another comes back after the power did; the card is known there."""


def shown(at: Terminal, step: Step) -> bool:
    return isinstance(at.visit.page, step.leads_to) and at.visit.view.trouble is None


def once(at: Terminal) -> AbstractContextManager[object]:
    """A backend that is away is known to be away at the first try."""
    if at.cable.plugged_in:
        return nullcontext()
    client = backend_client.client
    return patch.multiple(
        client, **{name: replace(getattr(client, name), tries=1) for name in ("READ", "SUBMIT")}
    )


async def walk(at: Terminal, steps: tuple[Step, ...] = STEPS) -> AsyncIterator[Step]:
    """Gives each step, still to be done; sees that its page came once it was."""
    for step in steps:
        yield step
        await at.until(lambda step=step: shown(at, step))  # type: ignore[misc]


async def stored(house: House, at: Terminal) -> None:
    """The application is with the backend, whole and once."""
    page = at.visit.page
    assert isinstance(page, Confirmation)
    await eventually(lambda: at.outbox.waiting == 0, 20)
    sent = await kept(house.database, page.accepted.reference)
    answers = {answer.field: answer for answer in sent.answers}
    assert set(answers) == set(BY_HAND)
    assert BY_HAND["phone"] in str(answers["phone"])


async def test_the_backend(house: House, at: Terminal) -> None:
    before = await submissions(house.database)
    told = set()
    async for step in walk(at):
        await at.cable.pull_out()
        with once(at):
            step.act(at)
            await at.until(lambda step=step: shown(at, step) or at.visit.view.trouble is not None)  # type: ignore[misc]
        if at.visit.view.trouble is not None:
            assert isinstance(at.visit.view.trouble, Unreachable)
            told.add(step.leads_to)
        if isinstance(page := at.visit.page, Confirmation) and page.slip is Slip.OFFERED:
            assert not page.accepted.delivered, "and the page says that it waits"
        await at.cable.plug_in()
        if at.visit.view.trouble is not None:
            at.do(did.TryAgain())
    assert told == ASKS_THE_BACKEND
    await stored(house, at)
    assert len(await submissions(house.database) - before) == 1


async def test_the_card_reader(house: House, at: Terminal) -> None:
    told = 0
    async for step in walk(at):
        at.reader.inflict(LineFault.SILENCE, seconds=60)
        step.act(at)
        if step.leads_to is CardTaken:
            await at.until(lambda: getattr(at.visit.page, "fault", None) is not None)
            told += 1
            at.reader.lift()
            at.reader.inflict(LineFault.NONE)
            at.do(did.ReadCard())
            at.lay()
        else:
            await at.until(lambda step=step: shown(at, step))  # type: ignore[misc]
            at.reader.inflict(LineFault.NONE)
    assert told == 1
    await stored(house, at)


async def test_the_card_reader_for_good(house: House, at: Terminal) -> None:
    for step in STEPS[:4]:
        step.act(at)
        await at.until(lambda step=step: shown(at, step))  # type: ignore[misc]
    at.reader.inflict(LineFault.SILENCE, seconds=60)
    at.lay()
    await at.until(lambda: getattr(at.visit.page, "fault", None) is not None)
    at.do(did.Skip())  # what the card would have said is typed
    at.answer_to("")
    await at.page(Declaration, did.Next())
    await at.page(Confirmation, did.Send())
    await stored(house, at)


async def test_the_printer(house: House, at: Terminal) -> None:
    async for step in walk(at):
        at.printer.inflict(PrinterFault.PAPER_OUT)
        step.act(at)
        await at.until(lambda step=step: shown(at, step))  # type: ignore[misc]
        if step is STEPS[-1]:
            await at.until(lambda: getattr(at.visit.page, "slip", None) is Slip.FAILED)
            page = at.visit.page
            assert isinstance(page, Confirmation) and page.slip_fault is not None
            at.printer.inflict(PrinterFault.NONE)
            at.do(did.PrintSlip())
            await at.until(lambda: getattr(at.visit.page, "slip", None) is Slip.PRINTED)
        at.printer.inflict(PrinterFault.NONE)
    await stored(house, at)


async def test_the_mains_until_the_battery_is_low(house: House, at: Terminal) -> None:
    async for step in walk(at):
        step.act(at)
        at.visit.interrupt(60, Cause.POWER)  # in the middle of it
        assert isinstance(at.visit.view.page, OutOfService)
        at.visit.resume(Cause.POWER)
        at.do(did.MoreTime())
    await stored(house, at)


@asynccontextmanager
async def after_a_power_cut(at: Terminal, house: House, folder: Path) -> AsyncIterator[Terminal]:
    """Another terminal with the disk as the power left it."""
    await at.shelf.settle()
    if (drafts := folder.parent / "drafts").exists():
        shutil.copytree(drafts, folder / "drafts")
    async with terminal(house.address, folder) as again:
        yield again


async def test_the_power(house: House, at: Terminal, tmp_path: Path) -> None:
    before = await submissions(house.database)
    async for step in walk(at, STEPS[:8]):
        step.act(at)
        await at.until(lambda step=step: shown(at, step))  # type: ignore[misc]
        if step in STEPS[:4] and step.leads_to is not Introduction:
            continue  # alike: nothing was entered yet
        async with after_a_power_cut(at, house, tmp_path / step.leads_to.__name__) as again:
            if not at.applications.begun:
                assert isinstance(again.visit.page, Home)
                continue
            assert isinstance(again.visit.page, StillThere)
            page = await again.page(COMES_BACK.get(step.leads_to, step.leads_to), did.TakeUp())
            if isinstance(page, Question) and step.leads_to is Question:
                assert page.entered == "1380"
            if isinstance(page, Declaration):
                await again.page(Confirmation, did.Send())
                await stored(house, again)
    assert len(await submissions(house.database) - before) == 1
