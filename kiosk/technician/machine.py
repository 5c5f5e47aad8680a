"""The machine: its network, its version, a file for whoever is asked for help, a restart."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from foundation.language import LocalizedText
from foundation.log import logger
from foundation.private_file import write_private
from hardware.diagnosing.export import Material
from hardware.diagnosing.export import page as export_page
from hardware.store import Event as Happened
from hardware.store import Statistic, events, statistics
from kiosk.figures import reports
from kiosk.technician import network
from kiosk.technician.events import Again, OpenSection, Restart, Section, WriteExport
from kiosk.technician.network import NetworkState
from kiosk.technician.pages import Deed, Entry, Listing, Tone
from kiosk.technician.reach import Reach
from kiosk.technician.session import Part, Session
from kiosk.technician.version import Update, system
from kiosk.technician.wording import as_it_is, written
from kiosk.visit.events import Event
from kiosk.visit.pages import Page

log = logger(__name__)

KEPT_EXPORTS = 5
"""Files that stay in the data folder; older ones are removed."""


class MachinePart(Part):
    """Looks when it is asked to."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    def take(self, page: Page, event: Event) -> bool:
        """Knows the network, the version, the export and the restart."""
        match page, event:
            case _, OpenSection(Section.NETWORK):
                self._session.open(looking(Section.NETWORK))
                self._session.do(self._look())
            case Listing(name=Section.NETWORK.value), Again():
                self._session.show(looking(Section.NETWORK))
                self._session.do(self._look())
            case _, OpenSection(Section.VERSION):
                self._session.do(self._version())
            case Listing(name=Section.VERSION.value), Restart():
                self._session.open(restart_page())
            case Listing(name="restart"), Restart(sure=True):
                log.warning("technician_restarts", who=self._session.who)
                self._session.close("restart")
                self._reach.restart()
            case _, OpenSection(Section.EXPORT):
                self._session.open(export_listing(self._target(), None))
            case Listing(name=Section.EXPORT.value), WriteExport():
                self._session.do(self._export())
            case _:
                return False
        return True

    async def _look(self) -> None:
        reach = self._reach
        state = await network.look(reach.settings, reach.client, reach.clock_offset())
        page = self._session.page
        if isinstance(page, Listing) and page.name == Section.NETWORK.value:
            self._session.show(network_page(state, datetime.now(UTC)))

    async def _version(self) -> None:
        updates = await self._reach.updates
        update = await asyncio.to_thread(updates.look)
        self._session.open(version_page(update, self._reach))

    # The file.

    def _target(self) -> Path:
        """The folder that the file goes to: of media that are there, or else of the data."""
        media = self._reach.settings.export_folder
        if media is not None and media.is_mount() and os.access(media, os.W_OK):
            return media
        return self._reach.folder / "exports"

    async def _export(self) -> None:
        folder = self._target()
        now = datetime.now(UTC)
        name = f"huimin-{self._reach.settings.terminal}-{now:%Y%m%d-%H%M%S}.html"
        lines = list(self._reach.log())
        try:
            await asyncio.to_thread(self._write, folder / name, now, lines)
        except OSError as error:
            log.error("export_not_written", reason=error.strerror)
            told = written("export.failed", folder=str(folder), reason=error.strerror or "")
            self._session.show(export_listing(folder, told, Tone.WRONG))
        else:
            log.warning("technician_exported", who=self._session.who)
            self._session.show(export_listing(folder, written("export.written", file=str(folder / name))))

    def _write(self, file: Path, now: datetime, lines: Sequence[str]) -> None:
        reach = self._reach
        found: list[Happened] | None = None
        counted: list[Statistic] | None = None
        try:
            found, counted = events(reach.folder), statistics(reach.folder)
        except sqlite3.Error as error:
            log.warning("export_without_history", reason=type(error).__name__)
        material = Material(
            terminal=reach.settings.terminal,
            reports=reports(reach.devices),
            statistics=counted,
            events=found,
            config=reach.devices.config,
            log=lines,
            now=now,
        )
        write_private(file, export_page(material, reach.visit.language).encode())
        if file.parent == reach.folder / "exports":
            for old in sorted(file.parent.glob("huimin-*.html"))[:-KEPT_EXPORTS]:
                old.unlink(missing_ok=True)


def looking(section: Section) -> Listing:
    """While it is being found out."""
    return Listing(section.value, written(f"menu.{section.value}"), (), sub=written("looking"))


def network_page(state: NetworkState, now: datetime) -> Listing:
    """The network in words."""
    entries = [_addresses(state), *(_backend(*one) for one in state.backends.items())]
    if state.expires is None:
        entries.append(Entry("certificate", written("network.certificate"), (written("network.plain"),)))
    else:
        soon = state.expires - now < timedelta(days=network.CERTIFICATE_DAYS)
        lines = (written("network.renewed_late"),) if soon else ()
        entries.append(
            Entry(
                "certificate",
                written("network.certificate"),
                lines,
                mark=written("network.until", date=f"{state.expires.astimezone():%Y-%m-%d}"),
                tone=Tone.WRONG if soon else Tone.FINE,
            )
        )
    entries.append(_clock(state.clock_offset))
    deeds = (Deed("network.again", written("again"), Again(), "again"),)
    return Listing(Section.NETWORK.value, written("menu.network"), tuple(entries), deeds=deeds)


def _addresses(state: NetworkState) -> Entry:
    if state.addresses is None:
        return Entry("addresses", written("network.addresses"), (written("network.not_told"),))
    lines = tuple(as_it_is(f"{name}  {', '.join(own)}") for name, own in state.addresses.items())
    return Entry(
        "addresses",
        written("network.addresses"),
        lines or (written("network.no_address"),),
        tone=Tone.PLAIN if lines else Tone.WRONG,
    )


def _backend(address: str, seconds: float | None) -> Entry:
    title = written("network.backend", address=address)
    if seconds is None:
        lines = (written("network.away_advice"),)
        return Entry(f"backend.{address}", title, lines, mark=written("network.away"), tone=Tone.WRONG)
    slow = seconds > network.SLOW_SECONDS
    return Entry(
        f"backend.{address}",
        title,
        (written("network.slow"),) if slow else (),
        mark=written("network.answered", milliseconds=round(seconds * 1000)),
        tone=Tone.WRONG if slow else Tone.FINE,
    )


def _clock(offset: float | None) -> Entry:
    title = written("network.clock")
    if offset is None:
        return Entry("clock", title, (written("network.clock_unknown"),))
    off = abs(offset) > network.CLOCK_SECONDS
    return Entry(
        "clock",
        title,
        (written("network.clock_wrong"),) if off else (),
        mark=written("network.clock_by", seconds=f"{offset:+.1f}"),
        tone=Tone.WRONG if off else Tone.FINE,
    )


def version_page(update: Update, reach: Reach) -> Listing:
    """Which version runs, and whether another is installed."""
    unknown = written("version.unknown")

    def named(text: str) -> LocalizedText:
        return as_it_is(text) if text else unknown

    entries = [
        Entry("version", written("version.package"), mark=named(update.running.package)),
        Entry("commit", written("version.commit"), mark=named(update.running.commit)),
        Entry(
            "update",
            written("version.update"),
            (written("version.pending_text", version=str(update.installed)),) if update.pending else (),
            mark=written("version.pending" if update.pending else "version.current"),
            tone=Tone.WRONG if update.pending else Tone.FINE,
        ),
        Entry(
            "machine",
            written("version.machine"),
            (written("version.reboot_text"),) if update.machine else (),
            mark=written("version.reboot" if update.machine else "version.no_reboot"),
            tone=Tone.WRONG if update.machine else Tone.FINE,
        ),
        Entry(
            "started",
            written("version.started"),
            mark=as_it_is(f"{update.started.astimezone(reach.zone):%Y-%m-%d %H:%M}"),
        ),
        Entry("system", written("version.system"), (as_it_is(system()),)),
        Entry("terminal", written("version.terminal"), mark=as_it_is(reach.settings.terminal)),
    ]
    deeds = (Deed("version.restart", written("version.restart"), Restart(), "again"),)
    return Listing(Section.VERSION.value, written("menu.version"), tuple(entries), deeds=deeds)


def restart_page() -> Listing:
    """Whether that is meant."""
    deeds = (Deed("restart.sure", written("restart.sure"), Restart(sure=True), "again"),)
    return Listing("restart", written("restart.title"), (), sub=written("restart.text"), deeds=deeds)


def export_listing(folder: Path, told: LocalizedText | None, tone: Tone = Tone.FINE) -> Listing:
    """Where the file goes, and what became of it."""
    entries = (Entry("folder", written("export.folder"), (as_it_is(str(folder)),)),)
    deeds = (Deed("export.write", written("export.write"), WriteExport(), "send"),)
    return Listing(
        Section.EXPORT.value,
        written("menu.export"),
        entries,
        sub=written("export.text"),
        note=told,
        note_tone=tone,
        deeds=deeds,
    )
