"""Operators' commands beside the running line: `drain`, `resume`, `restart`, `top`, `totals`."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from foundation.language import Translate, language_of_environment, translator
from ivr.operating.command_line import give_up, settings_of
from ivr.records import journal
from ivr.records.totals import Totals, totals_by_day
from ivr.workers.requests import Refused, Unanswered, ask_at

PATIENCE = 15.0
"""Seconds; a worker that hangs is waited for."""
_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the line's data; the one of the settings by default.",
)
_LOCALE = Path(__file__).resolve().parents[1] / "locale"


def add_to(group: click.Group) -> None:
    """Adds the commands to that of the phone line."""
    for command in (drain, resume, restart, top, totals):
        group.add_command(command)


@click.command()
@click.argument("worker", type=click.IntRange(min=1))
@_DATA
@click.pass_context
def drain(context: click.Context, worker: int, data: Path | None) -> None:
    """Takes WORKER out of service: no new calls (503), those it has go on.

    It stays so until `resume`, also when it is started anew.
    """
    _told(_asked(context, data, do="drain", worker=worker))


@click.command()
@click.argument("worker", type=click.IntRange(min=1))
@_DATA
@click.pass_context
def resume(context: click.Context, worker: int, data: Path | None) -> None:
    """Lets WORKER take calls again."""
    _told(_asked(context, data, do="resume", worker=worker))


@click.command()
@click.argument("worker", type=click.IntRange(min=1), required=False)
@_DATA
@click.pass_context
def restart(context: click.Context, worker: int | None, data: Path | None) -> None:
    """Starts WORKER anew once its calls have ended; without one, all, one after another."""
    request: dict[str, Any] = {"do": "restart"} | ({"worker": worker} if worker else {})
    _told(_asked(context, data, **request))


@click.command()
@click.option("--once", is_flag=True, help="Shows it once and ends.")
@click.option("--json", "as_json", is_flag=True, help="Once, as JSON.")
@_DATA
@click.pass_context
def top(context: click.Context, *, once: bool, as_json: bool, data: Path | None) -> None:
    """Shows the running line: lines in use, where callers are, what failed."""
    if as_json:
        click.echo(json.dumps(_asked(context, data, do="state"), ensure_ascii=False, indent=2))
    elif once or not sys.stdout.isatty():
        _told(_asked(context, data, do="state"))
    else:
        from ivr.operating.top import live  # noqa: PLC0415

        live(lambda: _asked(context, data, do="state"), _translate())


@click.command()
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="This day only; by the county's clock.")
@click.option("--yesterday", is_flag=True, help="Yesterday only.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a day.")
@click.option(
    "--records",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    help="File of call records, such as an older one; may be repeated.  [default: that of the settings]",
)
@_DATA
@click.pass_context
def totals(
    context: click.Context,
    day: datetime | None,
    *,
    yesterday: bool,
    as_json: bool,
    records: tuple[Path, ...],
    data: Path | None,
) -> None:
    """Adds up the call records by day: how many found what they came for, where they gave up, their waits.

    Nothing of it is about one caller.
    """
    translate = _translate()
    settings = settings_of(context, data=data)
    files = list(records) or _kept(settings.records_file)
    today = datetime.now(settings.time_zone).date()
    wanted = today - timedelta(days=1) if yesterday else day.date() if day else None
    try:
        found = totals_by_day(files, settings.time_zone, wanted)
    except OSError as error:
        give_up(translate("totals.unreadable", file=error.filename, reason=error.strerror))
    if not found and not as_json:
        click.echo(translate("totals.none"))
    for one, its in found.items():
        if as_json:
            click.echo(json.dumps({"day": one.isoformat(), **its.told()}, ensure_ascii=False))
        else:
            click.echo(_written(one, its, translate))


def _written(day: date, its: Totals, translate: Translate) -> str:
    told = its.told()
    lines = [
        translate("totals.day", day=day.isoformat(), calls=its.calls),
        translate("totals.found", found=its.found, share=_share(its.found, its.calls)),
    ]
    lines += [
        translate("totals.gave_up", place=_place(place, translate), count=count)
        for place, count in its.gave_up.most_common(10)
    ]
    lines += [
        translate("totals.result", result=translate(f"result.{result}"), count=count)
        for result, count in its.results.most_common()
    ]
    lines += [translate("totals.error", code=code, count=count) for code, count in its.errors.most_common(10)]
    for kind, waits in told["waits"].items():
        if waits["count"]:
            lines.append(
                translate(
                    f"totals.waited_{kind}",
                    count=waits["count"],
                    mean=waits["mean_seconds"],
                    longest=waits["longest_seconds"],
                    late=waits["longer_than_15_s"],
                )
            )
    if its.damaged:
        lines.append(translate("totals.damaged", count=its.damaged))
    return "\n".join(lines)


def _kept(file: Path) -> list[Path]:
    """The file that is written now, and those of earlier days."""
    return [*(path for path, _ in journal.days(file)), *([file] if file.exists() else [])]


def _place(place: str, translate: Translate) -> str:
    """Services stand by their names."""
    return place if "/" in place or place == "other" else translate(f"place.{place}")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _translate() -> Translate:
    return translator("operator", _LOCALE, language_of_environment())


def _asked(context: click.Context, data: Path | None, **request: Any) -> dict[str, Any]:
    """What the running line answers; says why where it does not, and ends the command."""
    translate = _translate()
    path = settings_of(context, data=data).control_socket
    try:
        return asyncio.run(ask_at(path, PATIENCE, **request))
    except Refused as refused:
        give_up(translate(f"refused.{refused}"))
    except Unanswered as error:
        give_up(translate("line.not_there", path=path, reason=error))


def _told(answer: dict[str, Any]) -> None:
    from rich.console import Console  # noqa: PLC0415 (not in every worker's memory)

    from ivr.operating.top import table  # noqa: PLC0415

    console = Console()
    console.print(table(answer, _translate(), width=console.width if console.is_terminal else 120))
