"""``huimin-backend rating``: what residents were dissatisfied with, and how satisfied they are in all."""

from __future__ import annotations

import csv
import os
import re
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import click
from huimin.v1 import common_pb2, rating_pb2
from sqlalchemy import Connection

from backend import clock
from backend.commands.case_work import DATA, text_of, write
from backend.commands.clerk import clerk
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage import attachments, audit, publishing, ratings
from backend.storage.ratings import MAX_ANSWER, RatingCase, Total
from backend_client.forms.reference import group
from foundation.language import Language, Translate

T = TypeVar("T")

LEVELS = tuple(
    name.removeprefix("SATISFACTION_").lower() for name, number in rating_pb2.Satisfaction.items() if number
)
"""The five levels by name, the best first."""
SMALL = 5
"""Of fewer ratings together no levels are told: whoever knows who came would know what they said."""
_CHANNELS: dict[int, str] = {common_pb2.CHANNEL_TERMINAL: "terminal", common_pb2.CHANNEL_PHONE: "phone"}
_WEEK = re.compile(r"([0-9]{4})-?W([0-9]{2})")


@click.group()
def command() -> None:
    """Looks after ratings."""


@command.command(name="list")
@DATA
@click.option("--all", "everything", is_flag=True, help="Those that were answered too.")
@click.pass_obj
def list_cases(settings: BackendSettings, data: Path | None, *, everything: bool) -> None:
    """Lists what residents were dissatisfied with, the most urgent first."""
    language, translate = words()
    now, actor = clock.now(), clerk()

    def look(connection: Connection) -> tuple[Sequence[RatingCase], dict[str, str]]:
        audit.append(connection, actor.did("rating list", "ratings", now))
        return ratings.cases(connection, answered=None if everything else False), _titles(
            connection, language
        )

    found, titles = write(settings, data, look, translate)
    for case in found:
        click.echo(_line(case, titles, translate))
    if not found:
        click.echo(translate("rating.none"))


@command.command(name="show")
@DATA
@click.argument("number", type=int)
@click.option("--recording", type=click.Path(path_type=Path), metavar="FILE", help="A new file for its WAV.")
@click.pass_obj
def show(settings: BackendSettings, data: Path | None, number: int, recording: Path | None) -> None:
    """Shows what a resident was dissatisfied with, and why."""
    language, translate = words()
    now, actor = clock.now(), clerk()

    def look(connection: Connection) -> tuple[RatingCase | None, dict[str, str], bytes]:
        case = ratings.one(connection, number)
        audit.append(
            connection, actor.did("rating show", f"ratings:{number}", now, "OK" if case else "UNKNOWN")
        )
        sound = b""
        if case is not None and case.recording and recording is not None:
            sound = b"".join(attachments.pieces(connection, case.recording))
        return case, _titles(connection, language), sound

    case, titles, sound = write(settings, data, look, translate)
    if case is None:
        give_up(translate("rating.unknown", number=number))
    click.echo(_line(case, titles, translate))
    if case.reference:
        click.echo(translate("rating.of_case", reference=group(case.reference)))
    if case.reason:
        click.echo(translate("rating.reason", reason=case.reason))
    if case.recording:
        click.echo(translate("rating.recording"))
    if case.answer:
        click.echo(translate("rating.answer", answer=case.answer))
    if recording is not None:
        _save(recording, sound, translate)


@command.command(name="answer")
@DATA
@click.argument("number", type=int)
@click.argument("text")
@click.pass_obj
def answer(settings: BackendSettings, data: Path | None, number: int, text: str) -> None:
    """Notes in TEXT what the office has done about what somebody was dissatisfied with, which ends it."""
    _, translate = words()
    written = text_of(text, MAX_ANSWER, translate)
    now, actor = clock.now(), clerk()

    def change(connection: Connection) -> bool:
        done = ratings.answer(connection, number, written, now)
        outcome = "OK" if done else "UNKNOWN"
        audit.append(connection, actor.did("rating answer", f"ratings:{number}", now, outcome))
        return done

    if not write(settings, data, change, translate):
        give_up(translate("rating.unknown", number=number))
    click.echo(translate("rating.answered", number=number))


@command.command(name="totals")
@DATA
@click.option("--week", metavar="WEEK", help="Such as 2026-W47; the present one by default.")
@click.option("--weeks", type=click.IntRange(1, 520), default=1, show_default=True, help="So many up to it.")
@click.option("--csv", "as_csv", is_flag=True, help="As a table for a spreadsheet, in UTF-8.")
@click.pass_obj
def totals(
    settings: BackendSettings, data: Path | None, week: str | None, weeks: int, *, as_csv: bool
) -> None:
    """Counts ratings by service, door and week.

    Of fewer than five together only the count is told, and not the levels.
    """
    language, translate = words()
    first = _monday(week, translate)
    last = first + timedelta(days=6)
    since = first - timedelta(weeks=weeks - 1)

    def count(connection: Connection) -> tuple[Sequence[Total], dict[str, str]]:
        return ratings.totals(connection, since, last), _titles(connection, language)

    found, titles = write(settings, data, count, translate)
    if as_csv:
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(["week", "service", "title", "channel", "ratings", *LEVELS])
        for total in found:
            named = titles.get(total.service, "")
            counts = [""] * len(LEVELS) if sum(total.counts) < SMALL else list(total.counts)
            channel = _CHANNELS[total.channel]
            table.writerow([_named(total.week), total.service, named, channel, sum(total.counts), *counts])
        return
    for total in found:
        click.echo(_total(total, titles, translate))
    if not found:
        click.echo(translate("rating.no_totals"))


def _total(total: Total, titles: dict[str, str], translate: Translate) -> str:
    whole = sum(total.counts)
    levels = translate("rating.too_few")
    if whole >= SMALL:
        levels = translate("list.comma").join(
            translate("rating.count", level=translate(f"rating.level.{name}"), count=count)
            for name, count in zip(LEVELS, total.counts, strict=True)
        )
    return translate(
        "rating.total",
        week=_named(total.week),
        title=titles.get(total.service, total.service),
        channel=translate(f"channel.{_CHANNELS[total.channel]}"),
        count=whole,
        levels=levels,
    )


def _line(case: RatingCase, titles: dict[str, str], translate: Translate) -> str:
    return translate(
        "rating.line_answered" if case.answer_time else "rating.line",
        number=case.number,
        due=case.due_day.isoformat(),
        title=titles.get(case.service, case.service),
        channel=translate(f"channel.{_CHANNELS[case.channel]}"),
        level=translate(f"rating.level.{LEVELS[case.satisfaction - 1]}"),
    )


def _titles(connection: Connection, language: Language) -> dict[str, str]:
    """The services of the content in force, by name."""
    number = publishing.in_force(connection, clock.now())
    if number is None:
        return {}
    services = publishing.content(connection, number).services
    return {
        service.name: service.title.zh_cn if language is Language.ZH_CN else service.title.en
        for service in services
    }


def _monday(typed: str | None, translate: Translate) -> date:
    if typed is None:
        return ratings.monday(clock.county_day(clock.now()))
    found = _WEEK.fullmatch(typed.strip().upper())
    if found is None or found[1] == "0000" or not 1 <= int(found[2]) <= _weeks(int(found[1])):
        give_up(translate("rating.not_a_week", given=typed[:40]))
    return date.fromisocalendar(int(found[1]), int(found[2]), 1)


def _weeks(year: int) -> int:
    """Of an ISO year: the 28th of December lies in the last."""
    return date(year, 12, 28).isocalendar().week


def _named(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


def _save(to: Path, sound: bytes, translate: Translate) -> None:
    if not sound:
        give_up(translate("rating.no_recording"))
    try:
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(sound)
    except OSError as error:
        give_up(translate("rating.unwritable", file=to, reason=error.strerror))
