"""What every screen has: a page to show, words, a place to put things, and actions at its foot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar, Generic, TypeVar
from zoneinfo import ZoneInfo

from backend_client.submission import Accepted
from foundation.language import Language, LocalizedText, Translate
from kiosk.input.methods import InputMethods
from kiosk.slip import local_time
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.events import Event
from kiosk.visit.pages import Page, Turned
from kiosk.visit.visit import View
from kiosk.widgets.box import Box
from kiosk.widgets.press import PRIMARY, Shades
from kiosk.widgets.sheets import Block, Sheets
from kiosk.widgets.text import TIGHT, Text, fitting


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What screens show of the terminal itself.

    simulated: identifiers of the simulated devices, as in ``device.identity_card_reader`` of the catalogue;
    qr_text: what the QR code of an accepted form says; typing: how text is entered; code_reader:
    whether a slip's code can be held before one; reading_prefix: what stands before the name of a text in its
    QR code.
    """

    office: LocalizedText
    help_phone: str
    zone: ZoneInfo
    demonstration: bool
    simulated: tuple[str, ...]
    qr_text: Callable[[Accepted], str]
    typing: InputMethods
    code_reader: bool = False
    reading_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button at the foot of a screen. `name` is its identifier."""

    name: str
    text: str
    event: Event
    look: Shades = PRIMARY
    icon: str = ""
    icon_after: bool = False


P = TypeVar("P", bound=Page)


class Screen(Box, Generic[P]):
    """Shows one page. It is made anew for each page and language, and dropped after."""

    name: ClassVar[str]
    """As the inspection says it."""
    heard: ClassVar[bool] = False
    """Whether it shows how the visit is heard."""
    bare: ClassVar[bool] = False
    """Whether it has the whole window, without header and foot."""
    for_everybody: ClassVar[bool] = False
    """Whether it shows everybody the same: then its lines are kept drawn for the next one (`Pictures`)."""

    def __init__(
        self,
        page: P,
        view: View,
        width: float,
        height: float,
        *,
        send: Callable[[Event], None],
        words: Translate,
        surroundings: Surroundings,
    ) -> None:
        super().__init__(width, height)
        self.page = page
        self.view = view
        self.language: Language = view.language
        self.send = send
        self.words = words
        self.surroundings = surroundings
        self.draw()

    def draw(self) -> None:
        """Puts everything there."""
        raise NotImplementedError

    def actions(self) -> Sequence[Action]:
        """The buttons at its foot, the main one last."""
        return ()

    def refresh(self, page: P) -> bool:
        """Shows another state of the same page without being made anew; False where it cannot."""
        return False

    def settle(self) -> None:
        """Takes what was begun, before something else happens."""

    # What most screens need.

    @property
    def compact(self) -> bool:
        """Whether height is dear: type as large as it gets, or large type in a window that lies. Lists then
        say less about an entry."""
        return theme.very_large or (theme.large and not theme.portrait)

    def touch(self, event: Event) -> Callable[[], None]:
        """What a button does that sends an event."""
        return partial(self.send, event)

    def when(self, moment: datetime) -> str:
        """A moment in the county's time, to the minute."""
        return local_time(moment, self.surroundings.zone, self.language)

    def heading(self, text: str, *, sub: str = "", lines: int = 2) -> float:
        """Puts the title of the page at its top; gives where what follows begins."""
        t, space = theme.type, theme.space
        size = fitting(text, self.width, (t.title, t.heading, t.lead), lines=lines, bold=True)
        title = Text(
            text,
            self.width,
            size=size,
            bold=True,
            leading=TIGHT,
            role="heading",
            name="page.title",
            balanced=True,
        )
        self.put(title, 0, 0)
        bottom = title.height
        if sub:
            under = Text(sub, self.width, colour=theme.colour.soft_ink, leading=1.4, balanced=True)
            self.put(under, 0, bottom + space.xs)
            bottom += space.xs + under.height
        return bottom + space.m

    def sheets(
        self,
        blocks: Callable[[float], Sequence[Block]],
        top: float,
        *,
        left: float = 0,
        more: bool = False,
        whole: bool = False,
    ) -> None:
        """Puts what may need several sheets below `top` and right of `left`.

        blocks: makes them in a width; more: further entries can be fetched; whole: as in `Sheets`.
        """
        assert isinstance(self.page, Turned)
        self.put(
            Sheets(
                self.width - left,
                self.height - top,
                blocks,
                place=self.page.place,
                words=self.words,
                turn=lambda place: self.send(did.Turn(place)),
                more=self.touch(did.ShowMore()) if more else None,
                whole=whole,
            ),
            left,
            top,
        )
