"""``huimin-backend counter``: for the people who serve at the counters.

COUNTERS is the id of a group of counters in the content, WINDOW the number of one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import click
from sqlalchemy import Connection

from backend import clock
from backend.appointments import serving
from backend.appointments.schedule import local
from backend.appointments.serving import NotDone
from backend.authoring.counter_entries import CountersEntry
from backend.commands.case_work import DATA, write
from backend.commands.clerk import clerk
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage import appointments, audit, publishing, tickets
from backend.storage.appointments import BOOKED, Appointment
from backend.storage.tickets import Line, Pace, Ticket
from foundation.language import Language, Translate

Work = Callable[[Connection, Line, datetime], Ticket | NotDone]
_MOST = 5
_COUNTERS = click.argument("counters")
_WINDOW = click.argument("window", type=click.IntRange(1, 60))


@click.group()
def command() -> None:
    """Works at counters: who is called next, who was served."""


@command.command(name="next")
@DATA
@_COUNTERS
@_WINDOW
@click.pass_obj
def next_(settings: BackendSettings, data: Path | None, counters: str, window: int) -> None:
    """Ends who is at WINDOW as served, and calls who is next."""
    _serve(
        settings,
        data,
        (counters, window),
        "next",
        lambda connection, line, now: serving.call_next(connection, line, window, now),
    )


@command.command()
@DATA
@_COUNTERS
@_WINDOW
@click.option("--ticket", default="", metavar="NUMBER", help="Such as A023; also one that was skipped.")
@click.pass_obj
def recall(settings: BackendSettings, data: Path | None, counters: str, window: int, ticket: str) -> None:
    """Calls once more who was called to WINDOW last."""
    _serve(
        settings,
        data,
        (counters, window),
        "recall",
        lambda connection, line, now: serving.recall(connection, line, window, ticket.strip(), now),
    )


@command.command()
@DATA
@_COUNTERS
@_WINDOW
@click.pass_obj
def done(settings: BackendSettings, data: Path | None, counters: str, window: int) -> None:
    """Ends who is at WINDOW as served, and calls nobody."""
    _serve(
        settings,
        data,
        (counters, window),
        "done",
        lambda connection, line, now: serving.done(connection, line, window, now),
    )


@command.command()
@DATA
@_COUNTERS
@_WINDOW
@click.pass_obj
def skip(settings: BackendSettings, data: Path | None, counters: str, window: int) -> None:
    """Ends who was called to WINDOW and did not come."""
    _serve(
        settings,
        data,
        (counters, window),
        "skip",
        lambda connection, line, now: serving.skip(connection, line, window, now),
    )


@command.command(name="open")
@DATA
@_COUNTERS
@_WINDOW
@click.pass_obj
def open_(settings: BackendSettings, data: Path | None, counters: str, window: int) -> None:
    """Says that somebody works at WINDOW: so waiting times are estimated."""
    _, translate = words()
    now = clock.now()

    def work(connection: Connection) -> None:
        _known(connection, counters, window, translate, now)
        tickets.open_window(connection, counters, window, now)
        _enter(connection, "open", f"counters/{counters}/windows/{window}", now)

    write(settings, data, work, translate)
    click.echo(translate("counter.opened", window=window))


@command.command()
@DATA
@_COUNTERS
@_WINDOW
@click.pass_obj
def close(settings: BackendSettings, data: Path | None, counters: str, window: int) -> None:
    """Says that nobody works at WINDOW any more; who is there was served."""
    _, translate = words()
    now = clock.now()

    def work(connection: Connection) -> None:
        found = _known(connection, counters, window, translate, now)
        serving.done(connection, Line(found.id, local(now).date()), window, now)
        tickets.close_window(connection, counters, window)
        _enter(connection, "close", f"counters/{counters}/windows/{window}", now)

    write(settings, data, work, translate)
    click.echo(translate("counter.closed", window=window))


@command.command(name="list")
@DATA
@click.argument("counters", required=False)
@click.pass_obj
def list_(settings: BackendSettings, data: Path | None, counters: str | None) -> None:
    """Shows the counters: who is served, who waits, and who is expected today."""
    language, translate = words()
    now = clock.now()

    def work(connection: Connection) -> list[str]:
        content = _content(connection, translate, now)
        found = [content[f"counters/{counters}"]] if counters and f"counters/{counters}" in content else []
        if counters and not found:
            give_up(translate("counter.unknown", given=counters[:60], known=_names(content)))
        return [
            line
            for one in found or content.values()
            for line in _lines(connection, one, (language, translate), now)
        ]

    for line in write(settings, data, work, translate):
        click.echo(line)


def _serve(
    settings: BackendSettings, data: Path | None, where: tuple[str, int], verb: str, work: Work
) -> None:
    """Does some work at one counter and says what came of it."""
    _, translate = words()
    (counters, window), now = where, clock.now()

    def change(connection: Connection) -> tuple[Ticket | NotDone, Pace]:
        found = _known(connection, counters, window, translate, now)
        if found.tickets is None:
            give_up(translate("counter.no_tickets", id=counters))
        line = Line(found.id, local(now).date())
        came = work(connection, line, now)
        pace = tickets.pace(connection, line)
        ticket = "" if isinstance(came, NotDone) else f"/tickets/{came.number}"
        _enter(connection, verb, f"counters/{counters}/windows/{window}{ticket}", now)
        return came, pace

    came, pace = write(settings, data, change, translate)
    if isinstance(came, NotDone):
        click.echo(translate(f"counter.{came}"))
        return
    said = translate(f"counter.{verb}", number=came.number, window=window)
    click.echo(f"{said}  {translate('counter.waiting', count=pace.waiting)}")


def _enter(connection: Connection, verb: str, place: str, now: datetime) -> None:
    audit.append(connection, clerk().did(f"counter {verb}", place, now))


def _content(connection: Connection, translate: Translate, now: datetime) -> dict[str, CountersEntry]:
    number = publishing.in_force(connection, now)
    if number is None:
        give_up(translate("publication.none"))
    return dict(publishing.content(connection, number).counters)


def _known(
    connection: Connection, counters: str, window: int, translate: Translate, now: datetime
) -> CountersEntry:
    """The group of counters that is meant; ends the command where there is no such counter."""
    content = _content(connection, translate, now)
    found = content.get(f"counters/{counters}")
    if found is None:
        give_up(translate("counter.unknown", given=counters[:60], known=_names(content)))
    if window > found.windows:
        give_up(translate("counter.no_such_window", window=window, windows=found.windows))
    return found


def _names(content: dict[str, CountersEntry]) -> str:
    return ", ".join(one.id for one in content.values())


def _lines(
    connection: Connection, one: CountersEntry, said: tuple[Language, Translate], now: datetime
) -> list[str]:
    language, translate = said
    day = local(now).date()
    line = Line(one.id, day)
    title = one.title.zh if language is Language.ZH_CN else one.title.en
    pace = tickets.pace(connection, line)
    lines = [f"{one.id}  {title}  {translate('counter.waiting', count=pace.waiting)}"]
    for window in tickets.windows(connection, one.id):
        at = tickets.at_window(connection, line, window)
        lines.append(f"  {translate('counter.window', window=window)}  {at.number if at else '–'}")
    waiting = tickets.waiting(connection, line, _MOST)
    if waiting:
        lines.append(f"  {translate('counter.next_are', numbers=', '.join(t.number for t in waiting))}")
    expected = [time for time in _today(connection, one.id, now) if time.state == BOOKED]
    if expected:
        times = ", ".join(f"{local(time.start):%H:%M}" for time in expected[:_MOST])
        lines.append(f"  {translate('counter.expected', count=len(expected), times=times)}")
    return lines


def _today(connection: Connection, counters: str, now: datetime) -> list[Appointment]:
    tomorrow = clock.midnight(local(now).date() + timedelta(days=1))
    return [*appointments.between(connection, counters, now, tomorrow)]
