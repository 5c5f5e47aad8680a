"""The menu put together: its parts, and the list that leads to them."""

from __future__ import annotations

from kiosk.technician.devices import DevicesPart
from kiosk.technician.entrance import Entrance
from kiosk.technician.events import OpenSection, Section
from kiosk.technician.history import HistoryPart
from kiosk.technician.machine import MachinePart
from kiosk.technician.own_card import OwnCardPart
from kiosk.technician.pages import Entry, Listing, Tone
from kiosk.technician.preferences import PreferencesPart, settings_shown
from kiosk.technician.reach import Reach
from kiosk.technician.screen_tests import ScreenPart
from kiosk.technician.session import Session
from kiosk.technician.wording import written

ICONS = {
    Section.DEVICES: "printer",
    Section.STATISTICS: "number",
    Section.EVENTS: "clock",
    Section.FAULTS: "warning",
    Section.LOG: "policies",
    Section.NETWORK: "offline",
    Section.SCREEN: "show",
    Section.SOUND: "aloud",
    Section.LANGUAGE: "language",
    Section.VERSION: "information",
    Section.SERVICE: "technician",
    Section.EXPORT: "send",
    Section.CARD: "card",
}


def technicians_menu(reach: Reach, *, keep: float) -> Session:
    """What the hidden gesture opens. keep: seconds for which a visit under way is kept."""
    session = Session(reach.visit, keep=keep, patience=reach.settings.technician_patience)
    entrance = Entrance(session, reach.folder, reach.devices, reach.visit.turns, reach.zone)
    session.begin(
        entrance.first,
        lambda: menu_page(reach),
        (
            entrance,
            DevicesPart(session, reach),
            HistoryPart(session, reach),
            MachinePart(session, reach),
            ScreenPart(session, reach),
            PreferencesPart(session, reach),
            OwnCardPart(session, reach),
        ),
    )
    return session


def menu_page(reach: Reach) -> Listing:
    """Where to go. What is not as it should be, or set here, is marked."""
    withdrawn = reach.keeper.now.withdrawn is not None

    def entry(section: Section) -> Entry:
        out = section is Section.SERVICE and withdrawn
        return Entry(
            f"menu.{section.value}",
            written(f"menu.{section.value}"),
            mark=written("service.out") if out else None,
            tone=Tone.WRONG if out else Tone.PLAIN,
            event=OpenSection(section),
            icon=ICONS[section],
        )

    sub = written("menu.set_here") if settings_shown(reach.keeper) else None
    return Listing("menu", written("menu.title"), tuple(map(entry, Section)), sub)
