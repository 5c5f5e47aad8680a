"""What a search found."""

from __future__ import annotations

from backend_client.policy import PolicyMatch
from kiosk.screens.policy_list import origin
from kiosk.screens.screen import Screen
from kiosk.theme import theme
from kiosk.visit import events as did
from kiosk.visit.home import DOORS
from kiosk.visit.pages import PolicyResults
from kiosk.widgets.mark import message
from kiosk.widgets.press import Press, row, row_room
from kiosk.widgets.sheets import Block
from kiosk.widgets.text import Text


class PolicyResultsScreen(Screen[PolicyResults]):
    """What was corrected, one row a service, and one a policy with the passage that was found."""

    name = "policies.results"

    def draw(self) -> None:
        """The best first; where nothing was found, what to do instead."""
        page = self.page
        top = self.heading(self._title())
        if not page.matches and not page.services:
            c = theme.colour
            advice = message(
                self.words("results.advice"),
                self.width,
                icon="information",
                ink=c.primary,
                ground=c.primary_pale,
                size=theme.type.lead,
            )
            self.put(advice, 0, top)
            return
        self.sheets(self._rows, top, more=bool(page.next_page_token))

    def _title(self) -> str:
        page = self.page
        query, count = page.corrected or page.query, len(page.matches)
        if page.services:
            return self.words("results.services", query=query)
        if not count:
            return self.words("results.none", query=query)
        return self.words(
            "results.many" if page.next_page_token else "results.found", query=query, count=count
        )

    def _rows(self, width: float) -> list[Block]:
        page = self.page
        rows = [self._as_typed(width)] if page.corrected else []
        rows += [self._service(number, width) for number in range(len(page.services))]
        rows += [self._policy(match, width) for match in page.matches]
        first = len(rows) - len(page.services) - len(page.matches)
        return [
            Block(entry, theme.space.s, float(max(0, number - first))) for number, entry in enumerate(rows)
        ]

    def _as_typed(self, width: float) -> Press:
        """What was taken for a slip, and the way to search for it all the same."""
        page = self.page
        return row(
            self.words("results.as_typed", query=page.query),
            width,
            name="results.as_typed",
            touched=self.touch(did.SearchAsTyped()),
            above=self.words("results.corrected", query=page.query, corrected=page.corrected),
            icon="change",
        )

    def _service(self, number: int, width: float) -> Press:
        service = self.page.services[number]
        door = DOORS[service.kind]
        return row(
            service.title[self.language],
            width,
            name=f"services.{service.name.partition('/')[2]}",
            touched=self.touch(did.OpenService(service)),
            above=self.words(f"door.{door.value}"),
            icon=door.value,
        )

    def _policy(self, match: PolicyMatch, width: float) -> Press:
        passage = Text(
            match.passage, row_room(width), colour=theme.colour.soft_ink, leading=1.4, marks=match.highlights
        )
        return row(
            match.policy.title[self.language],
            width,
            name=f"policies.{match.policy.name.partition('/')[2]}",
            touched=self.touch(did.OpenPolicy(match.policy)),
            above="" if self.compact else origin(match.policy, self.language, self.words),
            below=passage,
        )
