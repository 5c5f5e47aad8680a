"""Somebody who listens in one language and knows by name what they want; what they know of the terminal is
what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from backend_client.client import BackendClient
from foundation.language import Language, LocalizedText, translator
from kiosk.slip import LOCALE
from speech.spoken import readout
from tests.kiosk.by_ear.ear import Ear
from tests.kiosk.by_ear.listener import PATIENCE, Listener

Named = str | LocalizedText
"""Name of a text of the catalogue, or a text of the county's content."""


@dataclass
class Resident:
    """Who does something by ear. client: to know what the county's content calls things."""

    ear: Ear
    language: Language
    client: BackendClient

    @property
    def hear(self) -> Listener:
        """Keys and ears."""
        return self.ear.listener

    def says(self, named: Named, **given: object) -> str:
        """How the terminal calls something."""
        if isinstance(named, LocalizedText):
            return named[self.language]
        return translator("kiosk", LOCALE, self.language)(named, **given)

    def pattern(self, named: Named) -> re.Pattern[str]:
        """The same, with whatever is filled in."""
        return re.compile(".+?".join(map(re.escape, re.split(r"\{\w+\}", self.says(named)))))

    # What it hears.

    async def hears(self, *named: Named, patience: float = PATIENCE) -> str:
        """Waits until one of these is said."""
        patterns = [self.pattern(one) for one in named]
        return await self.hear.until(
            lambda text: any(one.search(text) for one in patterns), f"none of {named}", patience
        )

    async def hears_chosen(self, named: Named) -> None:
        """Waits until it is said of an option that it is chosen."""
        name, end = self.says(named), self.says("speak.chosen", name="")
        await self.hear.until(lambda text: text.startswith(name) and text.endswith(end), f"no chosen {name}")

    async def hears_number(self, digits: int) -> str:
        """Waits for a number of so many digits, said digit by digit, and gives it."""
        return self._number(
            await self.hear.until(lambda text: len(self._number(text)) == digits, "no number")
        )

    def _number(self, text: str) -> str:
        read = readout(self.language)
        digits = {read.digits(str(n)): str(n) for n in range(10)}
        found = re.findall("|".join(map(re.escape, digits)), text)
        rest = re.sub(r"[\W_]+", "", text)
        return "".join(map(digits.__getitem__, found)) if len("".join(found)) == len(rest) else ""

    # What it does.

    async def choose(self, named: Named, *, back: bool = False) -> None:
        """Goes to what is called so, over the sheets of a long page, and presses enter."""
        await self.hear.choose(
            self.says(named), back=back, onward="" if back else self.says("sheets.forward.said")
        )

    async def choose_first(self, wanted: Callable[[str], object], missing: str) -> str:
        """The first item of a kind; gives what it is called."""
        said = await self.hear.step_to(wanted, missing)
        await self.hear.press("enter")
        return said

    async def chooses(self, named: Named) -> None:
        """One of several options, which says that it is chosen; then on."""
        await self.choose(named)
        await self.hears_chosen(named)
        await self.choose("question.next")

    async def puts_digits_aside(self) -> None:
        """From keying in to the buttons of the page, the main one first."""
        await self.hear.press("cancel", entry=True)
        await self.hears("speak.walking")

    # A visit.

    async def begins(self) -> None:
        """At the home page, which is nobody's and in Chinese; then in its language, with the screen dark."""
        await self.hear.hears(self._first_greeting)
        if self.language is Language.EN:
            await self.hear.choose("English", back=True)
            await self.hears("home.greeting")
        await self.choose("bar.display", back=True)
        await self.hears("display.title")
        await self.choose("display.curtain.on")
        await self.hears("speak.dark")
        assert await self.ear.is_dark()
        await self.hear.press("cancel")
        await self.hears("home.greeting")

    async def ends(self) -> None:
        """Ends the visit, which is nobody's then: the next one begins in Chinese."""
        await self.choose("bar.leave", back=True)
        greeting = self._first_greeting
        said = await self.hear.hears(greeting, self.says("leave.title"))
        if greeting not in said:
            await self.choose("leave.end")
            await self.hear.hears(greeting)

    @property
    def _first_greeting(self) -> str:
        return translator("kiosk", LOCALE, Language.ZH_CN)("home.greeting")

    async def goes_home(self) -> None:
        """Back, page by page."""
        await self.choose("confirmation.home", back=True)
        await self.hears("home.greeting")
