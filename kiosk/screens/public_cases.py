"""What the office has made public of letters and complaints: the list, and one to read."""

from __future__ import annotations

from backend_client.forms.present import present_date
from backend_client.public_case import PublicCase
from foundation.language import LocalizedText
from kiosk.screens.case_list import state_chip
from kiosk.screens.reading import heading_block
from kiosk.screens.screen import Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.pages import PublicCaseList, PublicCaseText
from kiosk.widgets.box import Box
from kiosk.widgets.mark import chip, message
from kiosk.widgets.press import row
from kiosk.widgets.sheets import Block, kept_together, text_blocks
from kiosk.widgets.text import Text


class PublicCaseListScreen(Screen[PublicCaseList]):
    """One row a case: what it is about, who answered, when it came and when it was answered."""

    name = "public.list"

    def draw(self) -> None:
        """The newest answer first, as the backend gives them."""
        top = self.heading(self.words("public.title"), sub=self.words("public.sub"))
        if not self.page.cases:
            self.put(Text(self.words("public.none"), self.width, size=theme.type.lead), 0, top)
            return
        self.sheets(self._rows, top, more=bool(self.page.next_page_token))

    def _rows(self, width: float) -> list[Block]:
        return [
            Block(self._row(case, width), theme.space.s, float(number))
            for number, case in enumerate(self.page.cases)
        ]

    def _row(self, case: PublicCase, width: float) -> Box:
        return row(
            case.title[self.language],
            width,
            name=f"public.{case.name.partition('/')[2]}",
            touched=self.touch(did.OpenPublicCase(case.name)),
            above=_dates(self, case, who=not self.compact),
            beside=state_chip(case.state, self.words),
        )


class PublicCaseTextScreen(Screen[PublicCaseText]):
    """What was asked, and the reply."""

    name = "public.text"

    def draw(self) -> None:
        """The texts are anonymised; where they are in one language only, it says so."""
        case = self.page.case
        top = self.heading(case.title[self.language], sub=_dates(self, case))
        self.sheets(self._parts, top)

    def _parts(self, width: float) -> list[Block]:
        case, c = self.page.case, theme.colour
        blocks = [Block(state_chip(case.state, self.words), 0, 0.0)]
        if case.demonstration:
            mark = chip(self.words("public.demonstration"), ink=c.notice, ground=c.notice_pale)
            blocks.append(Block(mark, theme.space.s, 0.1))
        if case.only not in (None, self.language):
            told = message(
                self.words("public.only"), width, icon="language", ink=c.primary, ground=c.primary_pale
            )
            blocks.append(Block(told, theme.space.s, 0.2))
        blocks += self._part("public.asked", case.summary, width, 1.0)
        return blocks + self._part("public.reply", case.reply, width, 2.0)

    def _part(self, heading: str, text: LocalizedText, width: float, place: float) -> list[Block]:
        paragraphs = text[self.language].split("\n")
        parts = [Block(heading_block(self.words(heading), width), theme.space.l, place)]
        step = 1.0 / len(paragraphs)
        for at, paragraph in enumerate(paragraphs):
            gap = theme.space.xs if at == 0 else theme.space.s
            parts += text_blocks(paragraph, width, place=place + at * step, gap=gap, until=step)
        return [kept_together(parts[:2], width), *parts[2:]]


def _dates(
    screen: Screen[PublicCaseList] | Screen[PublicCaseText], case: PublicCase, *, who: bool = True
) -> str:
    """When it came and when it was answered; who: and by whom."""
    received = present_date(case.receive_date, screen.language)
    replied = present_date(case.reply_date, screen.language)
    if case.department is None or not who:
        return screen.words("public.days", received=received, replied=replied)
    department = case.department[screen.language]
    return screen.words("public.about", department=department, received=received, replied=replied)
