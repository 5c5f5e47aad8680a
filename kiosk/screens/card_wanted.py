"""The reader waits for a card."""

from __future__ import annotations

from collections.abc import Sequence

from hardware.interfaces.card_reader import CardReaderError
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.identity_card_reader import CardError
from kiosk.screens.screen import Action, Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import CardWanted
from kiosk.widgets.box import Box, stack
from kiosk.widgets.icon import Icon
from kiosk.widgets.mark import error
from kiosk.widgets.press import PRIMARY, SECONDARY, button
from kiosk.widgets.text import TIGHT, Text

SAID = (
    CardReaderError.NO_MEDIA,
    CardReaderError.MEDIA_REMOVED,
    CardReaderError.INVALID_MEDIA,
    CardReaderError.READ_FAILED,
    CardReaderError.INVALID_CONTENT,
    CardReaderError.CHIP_NOT_SUPPORTED,
)
"""What is the card's at a contact reader; the rest is the reader's."""


def sentence_name(fault: DeviceError) -> str:
    """Which sentence of the catalogue says what to do about a card that was not read."""
    if isinstance(fault.code, CardError):
        return f"card.{fault.code.name}"
    if isinstance(fault.code, CardReaderError) and fault.code in SAID:
        return f"card.service.{fault.code.name}"
    if fault.completion is CompletionCode.TIME_OUT:
        return f"card.{CardError.NO_MEDIA.name}"
    return "card.reader"


class CardWantedScreen(Screen[CardWanted]):
    """A picture of what to do, or what went wrong and the second chance."""

    name = "card"

    def draw(self) -> None:
        """The picture stands in the middle of what is left."""
        use = self.page.use.value
        top = self.heading(self.words(f"card.title.{self._kinds}"), sub=self.words(f"card.{use}.why"))
        group = stack(self.width, self._parts(), theme.space.l)
        if group.height > self.height - top:  # the words matter more than the picture
            group = stack(self.width, self._parts(picture=False), theme.space.m)
        self.put(group, 0, top + max(0, (self.height - top - group.height) * 0.4))

    def _parts(self, *, picture: bool = True) -> list[Box]:
        """What to do, or what went wrong, and what else can be done. picture: whether there is room."""
        parts = [self._fault(picture=picture) if self.page.fault else self._what(picture=picture)]
        if self.page.broken and not self.page.fault:
            parts.append(error(self.words(f"card.only.{self._kinds}"), self.width, theme.type.lead))
        if self.page.known:
            parts.append(
                button(
                    self.words("card.known"),
                    self.width,
                    name="card.known",
                    touched=self.touch(did.UseKnownCard()),
                    icon="card",
                    look=SECONDARY,
                )
            )
        return parts

    def actions(self) -> Sequence[Action]:
        """Do without the card, as easily as with it."""
        text = self.words(f"card.{self.page.use.value}.skip")
        return (Action("card.skip", text, did.Skip(), look=SECONDARY, icon="next", icon_after=True),)

    @property
    def _kinds(self) -> str:
        """Which cards are read here, as the catalogue names it."""
        return "both" if len(self.page.kinds) > 1 else self.page.kinds[0].value

    def _what(self, *, picture: bool) -> Box:
        t, c, space = theme.type, theme.colour, theme.space
        what = Text(
            self.words(f"card.lay.{self._kinds}"),
            self.width,
            size=t.heading,
            bold=True,
            align="centre",
            leading=TIGHT,
            balanced=True,
        )
        how = Text(
            self.words("card.wait"), self.width, size=t.lead, align="centre", colour=c.soft_ink, balanced=True
        )
        if not picture:
            return stack(self.width, [what, how], space.s)
        icon = Icon(
            "card", round(t.display * (2.4 if theme.portrait else 2.0)), c.primary, ground=c.primary_pale
        )
        middle = Box(self.width, icon.height)
        middle.put_centred(icon)
        return stack(self.width, [middle, space.l, what, space.s, how])

    def _fault(self, *, picture: bool = True) -> Box:
        """The sentence is in smaller type where there is no room for a picture."""
        assert self.page.fault
        c, t, side = theme.colour, theme.type, round(theme.type.display * 1.4)
        icon = Icon("card", side, c.danger, ground=c.danger_pale)
        middle = Box(self.width, icon.height)
        middle.put_centred(icon)
        size = t.lead if picture else t.body
        sentence = error(self.words(sentence_name(self.page.fault)), self.width, size)
        again = button(
            self.words("card.again"),
            self.width,
            name="card.again",
            touched=self.touch(did.ReadCard()),
            look=PRIMARY,
            icon="again",
            height=theme.touch * 1.4,
        )
        parts = [middle, sentence, again] if picture else [sentence, again]
        return stack(self.width, parts, theme.space.l)
