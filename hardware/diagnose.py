"""``huimin-diagnose``: which devices there are, how they are, and what a technician does about it."""

from __future__ import annotations

import json
import platform
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, TypeVar

import click
from rich.live import Live

from foundation.private_file import write_private
from hardware.conformance.checks import CHECKS
from hardware.conformance.examination import Result, examine
from hardware.diagnosing.asked import Asked, asking
from hardware.diagnosing.check import CheckResult, Level, check
from hardware.diagnosing.conforming import bench, result_object, result_sentence, trouble
from hardware.diagnosing.export import Material, page
from hardware.diagnosing.figures import as_text
from hardware.diagnosing.history import (
    event_object,
    event_sentences,
    moment,
    record_object,
    record_sentences,
    records,
)
from hardware.diagnosing.listing import listed, sentences
from hardware.diagnosing.report import Report, code_of
from hardware.diagnosing.session import borrowing, ending_in_sentences, work_on
from hardware.diagnosing.technician import ConsoleTechnician
from hardware.diagnosing.watching import Changes, looks, table
from hardware.registry import CLASSES, Devices
from hardware.store import MAX_EVENTS, damaged, events, statistics
from hardware.usage import Commands, Exit, all_fine, exit_of
from hardware.wording import sentence_or

_now_option = click.option(
    "--now", is_flag=True, help="Do not wait for a visit under way at the terminal that has the devices."
)
_device_argument = click.argument("device", required=False, type=click.Choice(list(CLASSES)))


@click.group(
    cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option("--config", "file", type=click.Path(dir_okay=False), help="As of `list`.")
@click.option("--language", help="As of `list`.")
@click.option("--json", "as_json", is_flag=True, help="As of `list`.")
@click.pass_context
def main(context: click.Context, file: str | None, language: str | None, as_json: bool) -> None:
    """Looks at the devices of this terminal; without a command it lists them.

    Exit code: 0 all fine, 1 something to do, 2 wrong usage, 3 it could not be found out.
    """
    given = {"file": file, "language": language, "as_json": as_json or None}
    defaults = {name: value for name, value in given.items() if value is not None}
    context.default_map = dict.fromkeys(main.commands, defaults)
    if context.invoked_subcommand is None:
        with list_devices.make_context("list", [], parent=context) as inner:
            list_devices.invoke(inner)


@main.command("list")
@asking
def list_devices(asked: Asked) -> None:
    """Lists the devices with state and self-test; this is what happens without a command.

    What a running terminal has is told by the terminal, and is not touched.
    """
    reports = ending_in_sentences(asked, lambda: listed(asked.config, asked.lending.folder))
    if asked.as_json:
        devices = [one.as_object(asked.language) for one in reports]
        asked.print({"fine": all_fine(reports), "devices": devices})
    else:
        for line in sentences(reports, asked.simulator, asked.language):
            click.echo(line)
    sys.exit(exit_of(reports))


@main.command("check")
@_device_argument
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    default=Level.INTERNAL.value,
    show_default=True,
    help="internal: it tests itself; external: it does what can be seen; interactive: you act, and judge.",
)
@_now_option
@asking
def check_devices(asked: Asked, device: str | None, level: str, now: bool) -> None:
    """Checks a device, or all of them (UnifiedPOS CheckHealth).

    A terminal that has the devices lends them, and shows "out of service" meanwhile.
    """
    config = asked.only(device)
    technician = ConsoleTechnician(asked.language)

    async def work(devices: Devices) -> list[CheckResult]:
        return [await check(one, Level(level), technician) for one in devices.all.values()]

    results = work_on(asked, config, work, technician, now=now)
    if asked.as_json:
        asked.print({"fine": all_fine(results), "checks": [_check_object(one, asked) for one in results]})
    else:
        for one in results:
            for line in _check_sentences(one, asked):
                click.echo(line)
    sys.exit(exit_of(results))


@main.command("watch")
@_device_argument
@click.option("--for", "seconds", type=click.FloatRange(0), help="Seconds; without it until Ctrl-C.")
@asking
def watch(asked: Asked, device: str | None, seconds: float | None) -> None:
    """Shows how the devices are, live. With --json, one object a line for each change."""
    config = asked.only(device)
    last: list[Report] = []

    async def run() -> None:
        nonlocal last
        changes, since = Changes(), dict[str, datetime]()
        with Live(auto_refresh=False, screen=False) if not asked.as_json else _Nothing() as live:
            async for last in looks(config, asked.lending, seconds):
                now = datetime.now().astimezone()
                for one in changes.of(last):
                    since[one.device] = now
                    if asked.as_json:
                        told = {"time": now.isoformat(timespec="milliseconds")}
                        click.echo(json.dumps(told | one.as_object(asked.language), ensure_ascii=False))
                if isinstance(live, Live):
                    live.update(table(last, since, asked.language), refresh=True)

    ending_in_sentences(asked, run)
    sys.exit(exit_of(last))


@main.command("conformance")
@click.argument("device", type=click.Choice(list(CLASSES)))
@click.option("--unplug", is_flag=True, help="You are asked to pull the device's plug, too.")
@click.option(
    "--check", "names", multiple=True, type=click.Choice(list(CHECKS)), help="Only this one; repeatable."
)
@_now_option
@asking
def conformance(asked: Asked, device: str, unplug: bool, names: tuple[str, ...], now: bool) -> None:
    """Tries what every driver has to keep to on the device that is plugged in. You are told what to do."""
    config = asked.only(device)
    technician = ConsoleTechnician(asked.language)

    async def run() -> list[Result] | Report:
        if (found := await trouble(device, config[device])) is not None:
            return found
        results = []
        tried = bench(device, config[device], technician, unplug=unplug)
        async for result in examine(tried, names or tuple(CHECKS)):
            results.append(result)
            if not asked.as_json:
                click.echo(result_sentence(result, asked.text))
        return results

    results = borrowing(asked, config, run, technician, now=now)
    if isinstance(results, Report):
        advice = " ".join(results.advised(asked.language))
        if results.holder:
            holder = results.holder
            advice += " " + asked.text("diagnose.holder", process=holder.process, command=holder.command)
        asked.fail(exit_of([results]), "diagnose.not_well", advice=advice)
    if asked.as_json:
        told = [result_object(one, asked.text) for one in results]
        asked.print({"fine": all_fine(results), "device": device, "checks": told})
    sys.exit(exit_of(results))


@main.command("statistics")
@click.option("--device", type=click.Choice(list(CLASSES)))
@asking
def show_statistics(asked: Asked, device: str | None) -> None:
    """Says what the devices did and how often they failed, since the terminal was set up."""
    found = [one for one in records(_kept(asked, statistics)) if device in (None, one.device)]
    if asked.as_json:
        asked.print({"statistics": [record_object(one) for one in found]})
    elif found:
        for one in found:
            for line in record_sentences(one, asked.language):
                click.echo(line)
    else:
        click.echo(asked.text("diagnose.nothing_kept", folder=asked.kept))


@main.command("events")
@click.option("--device", type=click.Choice(list(CLASSES)))
@click.option("--since", callback=moment, help="Such as 2026-11-22, 2026-11-22T08:30, 90m, 24h or 7d ago.")
@click.option("--until", callback=moment, help="The same.")
@click.option("--limit", type=click.IntRange(1, MAX_EVENTS), default=200, show_default=True)
@asking
def show_events(
    asked: Asked, device: str | None, since: datetime | None, until: datetime | None, limit: int
) -> None:
    """Says what happened to the devices, the newest last."""
    found = _kept(asked, lambda folder: events(folder, device=device, since=since))
    found = [one for one in found if until is None or one.at < until][-limit:]
    if asked.as_json:
        asked.print({"events": [event_object(one, asked.language) for one in found]})
        return
    for one in found:
        for line in event_sentences(one, asked.language):
            click.echo(line)
    if not found:
        click.echo(asked.text("diagnose.no_events", folder=asked.kept))


@main.command("export")
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--log",
    type=click.File("r", encoding="utf-8", errors="replace"),
    multiple=True,
    help="What the terminal logged; - is standard input, for journalctl -u huimin-kiosk -o cat.",
)
@asking
def export(asked: Asked, target: Path, log: tuple[TextIO, ...]) -> None:
    """Writes one HTML page for whoever is asked for help: devices, faults over time, events, log.

    Whatever may be personal or secret is left out.
    """
    if not target.absolute().parent.is_dir():
        asked.fail(Exit.USAGE, "diagnose.no_folder", folder=target.absolute().parent)
    reports = ending_in_sentences(asked, lambda: listed(asked.config, asked.lending.folder))
    counted, happened = _if_readable(asked, statistics), _if_readable(asked, events)
    material = Material(
        terminal=asked.terminal or platform.node(),
        reports=reports,
        statistics=counted,
        events=happened,
        config=asked.config,
        log=(line for each in log for line in each),
        now=datetime.now(UTC),
    )
    content = page(material, asked.language).encode()
    try:
        write_private(target.absolute(), content)
    except OSError as error:
        asked.fail(Exit.USAGE, "diagnose.not_written", file=target, reason=error.strerror)
    if asked.as_json:
        asked.print({"file": str(target), "bytes": len(content), "events": len(happened or ())})
    else:
        click.echo(asked.text("diagnose.written", file=target))


@main.command("metrics")
@asking
def metrics(asked: Asked) -> None:
    """Says how the devices are in Prometheus's text format, for a textfile collector."""
    reports = ending_in_sentences(asked, lambda: listed(asked.config, asked.lending.folder))
    told = as_text(reports, _kept(asked, statistics))
    if asked.as_json:
        asked.print({"metrics": told})
    else:
        click.echo(told, nl=False)
    sys.exit(exit_of(reports))


T = TypeVar("T")


def _kept(asked: Asked, read: Callable[[Path], T]) -> T:
    """What the terminal keeps; the command ends where that cannot be read."""
    try:
        return read(asked.kept)
    except sqlite3.Error as error:
        name = "diagnose.damaged" if damaged(error) else "diagnose.not_readable"
        asked.fail(Exit.NOT_KNOWN, name, folder=asked.kept, reason=error)


def _if_readable(asked: Asked, read: Callable[[Path], T]) -> T | None:
    """The same, or None: help is asked for also, and above all, where that cannot be read."""
    try:
        return read(asked.kept)
    except sqlite3.Error:
        return None


class _Nothing:
    """Shows nothing."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def _check_object(one: CheckResult, asked: Asked) -> dict[str, object]:
    findings = [
        {"code": code_of(name), "text": sentence_or(asked.text, name, code_of(name))} for name in one.findings
    ]
    return one.model_dump(mode="json") | {"fine": one.fine, "findings": findings}


def _check_sentences(one: CheckResult, asked: Asked) -> list[str]:
    text = asked.text
    mark = f" [{text('diagnose.simulated')}]" if one.simulated else ""
    said = text(
        "check.result",
        device=text(f"device.{one.device}"),
        port=one.port,
        driver=one.driver,
        outcome=text(f"check.outcome.{one.outcome.value}"),
        seconds=one.seconds,
    )
    held = [text("check.held", process=one.held_by)] if one.held_by else []
    return [said + mark, *held, *("  → " + sentence_or(text, name, code_of(name)) for name in one.findings)]


if __name__ == "__main__":
    main()
