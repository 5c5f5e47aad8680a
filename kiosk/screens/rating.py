"""Rating a service on one's own account: which, and how satisfied; and why somebody is not."""

from __future__ import annotations

from collections.abc import Sequence

from kivy.uix.widget import Widget

from backend_client.forms.explain import explain
from backend_client.rating import Satisfaction
from kiosk.screens.question import QuestionScreen, Sizes
from kiosk.screens.rating_bar import ICONS
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import RatingServices, ReasonEntry, ServiceRating
from kiosk.widgets.box import Box, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.mark import error, message
from kiosk.widgets.press import SECONDARY, Press, row
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import TIGHT, Text, fitting


class RatingServicesScreen(Screen[RatingServices]):
    """One row a service."""

    name = "rating.services"

    def draw(self) -> None:
        """In the catalogue's order."""
        top = self.heading(self.words("rating.which"), sub=self.words("rating.confidential"))
        self.sheets(self._rows, top)

    def _rows(self, width: float) -> list[Block]:
        return [
            Block(
                row(
                    service.title[self.language],
                    width,
                    name=f"rating.services.{service.name.partition('/')[2]}",
                    touched=self.touch(did.OpenService(service)),
                    above=service.department[self.language],
                ),
                theme.space.s,
                float(number),
            )
            for number, service in enumerate(self.page.services)
        ]


class ServiceRatingScreen(Screen[ServiceRating]):
    """Five levels below one another; then thanks, and for a low one the way to a reason."""

    name = "rating.service"

    def draw(self) -> None:
        """All five on one sheet, in every type size; side by side in a wide window that lies."""
        title = self.page.service.title[self.language]
        top = self.heading(self.words("rating.asked_of", title=title), sub=self.words("rating.confidential"))
        if self.page.given is not None:
            self.put(self._thanks(), 0, top)
            return
        gap = theme.space.s
        wide = (self.width - gap * (len(ICONS) - 1)) / len(ICONS)
        if not theme.portrait and self._fit(wide):
            high = min(self.height - top, theme.touch * 3.2)
            for number, level in enumerate(ICONS):
                self.put(self._tile(level, wide, high), number * (wide + gap), top)
            return
        high = min((self.height - top - gap * (len(ICONS) - 1)) / len(ICONS), theme.touch * 1.5)
        for number, level in enumerate(ICONS):
            self.put(self._level(level, self.width, high), 0, top + number * (high + gap))

    def _fit(self, width: float) -> bool:
        """Whether all levels have their words, none of them parted, in two lines of a tile so wide."""
        size, room = theme.type.lead, width - 2 * theme.space.s
        texts = [self.words(f"rating.level.{level.name.lower()}") for level in ICONS]
        return all(
            fitting(text, room, (size, 0), lines=1 + (" " in text), bold=True) == size for text in texts
        )

    def _press(self, level: Satisfaction, width: float, high: float) -> Press:
        name = level.name.lower()
        text = self.words(f"rating.level.{name}")
        touched = self.touch(did.Rate(level))
        return Press(width, high, look=SECONDARY, name=f"rating.{name}", text=text, touched=touched)

    def _tile(self, level: Satisfaction, width: float, high: float) -> Press:
        """The face above the words, at one height in all of them."""
        c, t, space = theme.colour, theme.type, theme.space
        press = self._press(level, width, high)
        side, room = round(t.display * 1.2), width - 2 * space.s
        label = Text(
            press.inspect_text,
            room,
            size=t.lead,
            bold=True,
            colour=c.primary,
            align="centre",
            leading=TIGHT,
            role="",
            balanced=True,
        )
        top = (high - side - space.s - 2 * label.pitch) / 2
        press.put(Icon(ICONS[level], side, c.primary), (width - side) / 2, top)
        press.put(label, space.s, top + side + space.s)
        return press

    def actions(self) -> Sequence[Action]:
        """To the reason, where one may be given; and away."""
        home = Action("confirmation.home", self.words("confirmation.home"), did.GoHome(), icon="home")
        given = self.page.given
        if given is None:
            return ()
        if not given.low:
            return (home,)
        home = Action(home.name, home.text, home.event, look=SECONDARY, icon=home.icon)
        return (home, Action("rating.say_why", self.words("rating.say_why"), did.SayWhy(), icon="change"))

    def _level(self, level: Satisfaction, width: float, high: float) -> Press:
        c, t, space = theme.colour, theme.type, theme.space
        press = self._press(level, width, high)
        side = round(min(high * 0.6, t.heading * 1.2))
        room = width - side - 3 * space.l
        label = Text(
            press.inspect_text, room, size=t.lead, bold=True, colour=c.primary, leading=TIGHT, role=""
        )
        press.put(Icon(ICONS[level], side, c.primary), space.l, (high - side) / 2)
        press.put(label, 2 * space.l + side, (high - label.height) / 2)
        return press

    def _thanks(self) -> Box:
        c = theme.colour
        given = self.page.given
        low = given is not None and given.low
        text = self.words("rating.thanked_low" if low else "rating.thanked")
        size = theme.type.lead
        return message(text, self.width, icon="done", ink=c.primary, ground=c.primary_pale, size=size)


class ReasonScreen(QuestionScreen):
    """Why somebody is not satisfied, written as any text is."""

    name = "reason"
    page: ReasonEntry  # type: ignore[assignment]  # it is read as a Question is

    def actions(self) -> Sequence[Action]:
        """Send it."""
        return (Action("reason.send", self.words("reason.send"), did.Next(), icon="send"),)

    def _above_in(self, width: float, sizes: Sizes) -> Box:
        use, c, space = self.page.use.value, theme.colour, theme.space
        what = self.words(f"reason.{use}.of")
        parts: list[Widget | int] = [
            Text(what, width, size=theme.type.caption, colour=c.soft_ink, leading=TIGHT),
            space.xs,
            Text(
                self.words(f"reason.{use}"),
                width,
                size=sizes.question,
                bold=True,
                leading=TIGHT,
                role="heading",
                name="page.title",
                balanced=True,
            ),
        ]
        if sizes.hint or not self.page.error:
            hint = Text(
                self.words(f"reason.{use}.hint"),
                width,
                size=sizes.small,
                colour=c.soft_ink,
                leading=1.4,
                balanced=True,
            )
            parts += [space.xs, hint]
        if self.page.error:
            self._error = error(explain(self.page.error, self.page.field, self.language), width, sizes.small)
            parts += [space.s, self._error]
        return stack(width, parts)
