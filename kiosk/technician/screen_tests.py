"""The screen: dead pixels, touches everywhere, and calibrating where touches fall."""

from __future__ import annotations

from dataclasses import replace

from foundation.log import logger
from foundation.private_file import write_private
from kiosk.technician.calibration import IDENTITY, TARGETS, NotCalibrated, Point, solved, system_file
from kiosk.technician.events import BeginTest, OpenSection, ScreenTest, Section, Touched, Uncalibrate
from kiosk.technician.own_settings import Matrix
from kiosk.technician.pages import TESTS, Colours, Deed, Drawing, Entry, Listing, Targets, Tone
from kiosk.technician.reach import Reach
from kiosk.technician.session import Part, Session
from kiosk.technician.wording import as_it_is, written
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Page

log = logger(__name__)

FILE = "touch-calibration.rules"
"""For the system, in the terminal's data folder."""
COLOURS = 6


class ScreenPart(Part):
    """The owner of the touches on targets."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach
        self._touched: list[Point] = []

    def take(self, page: Page, event: Event) -> bool:
        """Knows the tests of the screen."""
        match page, event:
            case _, OpenSection(Section.SCREEN):
                self._session.open(screen_page(self._matrix))
            case Listing(name=Section.SCREEN.value), BeginTest(test):
                self._touched = []
                self._session.open(TESTS[test]())
            case Listing(name=Section.SCREEN.value), Uncalibrate():
                self._keep(None)
                self._session.show(screen_page(None, told="screen.uncalibrated"))
            case Colours(number=number), did.Next() if number + 1 < COLOURS:
                self._session.show(replace(page, number=number + 1))
            case ((Colours() | Drawing()), did.Next()):
                self._session.close_page()
            case Targets(), Touched(at):
                self._touch(page, at)
            case _:
                return False
        return True

    @property
    def _matrix(self) -> Matrix | None:
        return self._reach.keeper.now.touch_matrix

    def _touch(self, page: Targets, at: Point) -> None:
        self._touched.append(at)
        if len(self._touched) < len(TARGETS):
            self._session.show(replace(page, touched=len(self._touched)))
            return
        touched, self._touched = self._touched, []
        self._session.close_page()
        try:
            matrix = solved(touched)
        except NotCalibrated:
            log.warning("not_calibrated", who=self._session.who)
            self._session.show(screen_page(self._matrix, told="screen.not_calibrated", tone=Tone.WRONG))
            return
        kept = self._keep(matrix)
        told = "screen.calibrated" if kept else "set.not_kept"
        self._session.show(screen_page(matrix, told=told, tone=Tone.FINE if kept else Tone.WRONG))

    def _keep(self, matrix: Matrix | None) -> bool:
        log.warning("technician_set", who=self._session.who, wanted=["touch_matrix"])
        kept = self._reach.keeper.change(touch_matrix=matrix)
        self._reach.correct(matrix)
        try:
            write_private(self._reach.folder / FILE, system_file(matrix or IDENTITY).encode())
        except OSError as error:
            log.error("calibration_not_written", reason=error.strerror)
            return False
        return kept


def screen_page(matrix: Matrix | None, *, told: str = "", tone: Tone = Tone.FINE) -> Listing:
    """The tests of the screen, and whether touches are corrected."""
    tests = tuple(
        Entry(
            f"screen.{test.value}",
            written(f"screen.{test.value}"),
            (written(f"screen.{test.value}.text"),),
            event=BeginTest(test),
            icon="check",
        )
        for test in ScreenTest
    )
    state = Entry(
        "screen.matrix",
        written("screen.correction"),
        (as_it_is("  ".join(f"{value:.4f}" for value in matrix)),) if matrix else (),
        mark=written("screen.corrected" if matrix else "screen.as_felt"),
        tone=Tone.SET if matrix else Tone.PLAIN,
    )
    deeds = (Deed("screen.uncalibrate", written("screen.uncalibrate"), Uncalibrate(), "again"),)
    return Listing(
        Section.SCREEN.value,
        written("menu.screen"),
        (*tests, state),
        note=written(told) if told else None,
        note_tone=tone,
        deeds=deeds if matrix else (),
    )
