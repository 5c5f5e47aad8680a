"""Which screen shows which page of the hidden menu."""

from __future__ import annotations

from typing import Any

from kiosk.screens.screen import Screen
from kiosk.technician import pages
from kiosk.technician.screens.bare import ColoursScreen, DrawingScreen, TargetsScreen
from kiosk.technician.screens.faults import FaultsScreen
from kiosk.technician.screens.listing import ListingScreen
from kiosk.technician.screens.pin_entry import PinEntryScreen
from kiosk.technician.screens.testing import RunningTestScreen
from kiosk.visit.pages import Page

TECHNICIAN_SCREENS: dict[type[Page], type[Screen[Any]]] = {
    pages.PinEntry: PinEntryScreen,
    pages.Listing: ListingScreen,
    pages.Faults: FaultsScreen,
    pages.RunningTest: RunningTestScreen,
    pages.Colours: ColoursScreen,
    pages.Drawing: DrawingScreen,
    pages.Targets: TargetsScreen,
}
