"""What a resident does at the terminal, step by step. The tour and the tests walk the same ways."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import zxingcpp
from PIL import Image

from hardware.simulators import cards, control
from hardware.simulators.identity_card_reader import SimulatedIdentityCardReader
from tests.end_to_end.terminal import Terminal, Tree

IDENTITY = "11999919900307102X"
"""Of the demonstration card; nobody real."""

Look = Callable[[str], Awaitable[None]]
"""Is told the name of each moment worth a picture."""


async def look_away(_: str) -> None:
    """For those who want no pictures."""


class Resident:
    """Stands before one terminal, with a card for one (simulated) reader."""

    def __init__(self, terminal: Terminal, devices: Path, look: Look = look_away) -> None:
        self.terminal = terminal
        self.devices = devices
        self.look = look

    async def present_card(self) -> None:
        """Lays a card on the reader."""
        await self.act(SimulatedIdentityCardReader.name, "present", cards.DEFAULT)

    async def pick(self, identifier: str, text: str = "") -> None:
        """Touches one of several things alike, where needed after turning to the sheet on which it stands."""
        t = self.terminal
        alike = identifier[: identifier.rindex(".") + 1]

        def listed(tree: Tree) -> bool:
            return tree.has(identifier, text) or (tree.has(alike) and "sheets.forward" in tree.controls)

        while True:
            tree = await t.until(listed, f"no {identifier} {text!r}")
            if tree.has(identifier, text):
                await t.touch(identifier, text)
                return
            await t.touch("sheets.forward")
            await t.until(lambda now, was=tree: now.texts != was.texts, "the same sheet")

    async def write(self, *words: tuple[str, str]) -> None:
        """Words by their pinyin, each with its candidate; among English the letters stay as they are."""
        tree = await self.terminal.tree()
        for letters, word in words:
            if tree.language == "en":
                await self.terminal.keys(letters)
            else:
                await self.terminal.pinyin(letters, word)

    async def begin_with_card(self) -> None:
        """From a guide to the first question that the card leaves open."""
        t = self.terminal
        await t.touch("guide.apply")
        await t.screen("form.introduction")
        await t.touch("form.start")
        await t.screen("card")
        await self.look("card")
        await self.present_card()
        await t.screen("card.taken")
        await self.look("card-taken")
        await t.touch("card.next")
        await t.until(lambda tree: tree.screen in ("form.question", "form.slot"), "no question")

    async def begin_without_card(self) -> None:
        """From a guide to the first question."""
        t = self.terminal
        await t.touch("guide.apply")
        await t.screen("form.introduction")
        await t.touch("form.start")
        await t.screen("card")
        await t.touch("card.skip")
        await t.screen("form.question")

    async def send(self) -> None:
        """From the page of answers to the confirmation."""
        t = self.terminal
        await t.screen("form.review")
        await self.look("review")
        await self.to_the_last_sheet()
        await t.touch("form.next")
        tree = await t.until(lambda now: now.screen in ("form.charge", "form.declaration"), "no end")
        if tree.screen == "form.charge":
            await self.look("charge")
            await self.to_the_last_sheet()
            await t.touch("form.next")
            await t.screen("form.declaration")
        await self.look("declaration")
        await t.touch("form.send")
        await t.screen("form.confirmation")

    async def read_a_policy(self, letters: str, word: str) -> None:
        """Searches by pinyin and opens the first policy found; ends on its text."""
        t = self.terminal
        await t.touch("home.policies")
        await t.screen("policies.topics")
        await self.look("topics")
        await t.touch("policies.search")
        await t.screen("policies.search")
        await t.keys(letters)
        english = (await t.tree()).language == "en"
        if not english:  # else the letters are searched for, which are pinyin all the same
            await t.until(
                lambda tree: any(word == c.text for c in tree.controls.values()), f"no candidate {word}"
            )
            await self.look("pinyin")
            await t.touch("keyboard.candidate.", word)
        await t.touch("search.go")
        await t.screen("policies.results")
        await self.look("results")
        await self.pick("policies.", "" if english else word)
        await t.screen("policies.text")
        await self.look("policy")

    async def claim_medical_costs(self) -> str:
        """Fills in the medical claim with the demonstration card and sends it: its reference."""
        t = self.terminal
        await t.touch("home.services")
        await t.screen("services.list")
        await self.look("services")
        await self.pick("services.rural-medical-claim")
        await t.screen("services.guide")
        await self.look("guide")
        await self.begin_with_card()
        await self.answer_the_claim()
        await self.send()
        await t.touch("confirmation.print")
        await t.until(lambda tree: "confirmation.print" not in tree.controls, "it does not print")
        await self.look("confirmation")
        return await self.reference()

    async def answer_the_claim(self) -> None:
        """The questions that the card leaves open."""
        await self.type("13800000000")
        await self.look("question")
        await self.next()
        await self.choose("hospital_stay")
        await self.next()
        await self.write(("huimin", "惠民"), ("yiyuan", "医院"))
        await self.next()
        await self.choose("county")
        await self.look("choice")
        await self.next()
        await self.type("20260230")
        await self.terminal.touch("form.next")
        await self.terminal.until(lambda tree: tree.errors, "no word on 30 February")
        await self.look("wrong-date")
        await self.terminal.touch("keyboard.day")
        await self.type("20")
        await self.next()
        await self.type("20260219")
        await self.terminal.touch("form.next")
        await self.terminal.until(lambda tree: tree.errors, "no word on leaving too early")
        await self.look("broken-rule")
        await self.terminal.touch("keyboard.day")
        await self.type("26")
        await self.next()
        await self.type("3260.5")
        await self.next()
        await self.choose("receipt")
        await self.choose("charges")
        await self.next()
        await self.choose("no")
        await self.next()
        await self.type("6222000000000000000")
        await self.next()

    async def begin_an_opinion(self) -> None:
        """Begins the form for opinions with a typed name and number; ends on the question for a telephone."""
        t = self.terminal
        await t.touch("home.services")
        await t.screen("services.list")
        await self.pick("services.opinion")
        await t.screen("services.guide")
        await self.begin_without_card()
        await self.write(("huimin", "惠民"))
        await self.next()
        await self.type(IDENTITY)
        await self.next()

    async def give_an_opinion(self) -> str:
        """Fills in the form for opinions without a card, looks at what is masked, sends it: its reference."""
        await self.begin_an_opinion()
        await self.type("13800000000")
        await self.next()
        await self.choose("health")
        await self.next()
        await self.write(("huimin", "惠民"), ("yiyuan", "医院"), ("yiyuan", "医院"))
        await self.next()
        await self.choose("no")
        await self.next()
        masked = await self.terminal.screen("form.review")
        await self.terminal.touch("form.reveal")
        await self.terminal.until(lambda tree: tree.texts != masked.texts, "what is masked stays masked")
        await self.send()
        return await self.reference()

    async def renew_card(self) -> str:
        """Applies for a new card instead of a lost one, and a temporary one; ends on the code that is paid,
        and gives its reference."""
        t = self.terminal
        await t.touch("home.payments")
        await t.screen("services.list")
        await self.pick("services.identity-card-renewal")
        await t.screen("services.guide")
        await self.begin_with_card()
        await self.type("13800000000")
        await self.next()
        for option in ("lost", "yes", "no"):
            await self.choose(option)
            await self.next()
        await self.send()
        await self.look("to-pay")
        reference = await self.reference()
        await t.touch("payment.pay")
        await t.screen("payment.code")
        await self.look("payment-code")
        return reference

    async def book_a_time(self) -> str:
        """Books the first time of the first day for the property counters, with the card: its reference."""
        t = self.terminal
        await t.touch("home.appointments")
        await t.screen("appointments.list")
        await self.look("appointments")
        await self.pick("appointments.book.property-registration")
        await t.screen("services.guide")
        await self.begin_with_card()
        await self.choose("sale")
        await self.next()
        await self.type("13800000000")
        await t.touch("form.next")
        await self._first_free("slot.day.")
        await self.look("slot-days")
        await t.touch(await self._first_free("slot.day."))
        await self.look("slot-times")
        await t.touch(await self._first_free("slot.time."))
        await self.next()
        await self.send()
        await self.look("booked")
        return await self.reference()

    async def look_up_fines(self) -> None:
        """Asks for the fines of a car; ends on the first of them in full."""
        t = self.terminal
        await t.touch("home.lookups")
        await t.screen("services.list")
        await self.pick("services.traffic-violations")
        await t.touch("guide.look_up")
        await t.screen("form.question")
        await self.type("0101")
        await self.next()
        await self.type("2468")
        await t.touch("form.next")
        await t.screen("lookup.records")
        await t.touch("lookup.record.0")
        await t.screen("lookup.record")

    async def take_blank_permit_form(self) -> None:
        """Has the blank application for a permit printed; ends on whatever becomes of it."""
        t = self.terminal
        await t.touch("home.documents")
        await t.screen("services.list")
        await self.pick("services.permit-application-paper")
        await t.touch("guide.apply")
        await t.screen("paper.ways")
        await t.touch("paper.blank")
        await t.screen("paper")

    async def _first_free(self, prefix: str) -> str:
        """The first day or time that can be touched, where needed after turning to its sheet."""

        def free(tree: Tree) -> list[str]:
            return [name for name, c in tree.controls.items() if name.startswith(prefix) and c.enabled]

        def more(tree: Tree) -> bool:
            return "sheets.forward" in tree.controls and tree.controls["sheets.forward"].enabled

        t = self.terminal
        while True:
            tree = await t.until(
                lambda now: free(now) or (now.has(prefix) and more(now)), f"nothing free at {prefix}"
            )
            if found := free(tree):
                return found[0]
            await t.touch("sheets.forward")
            await t.until(lambda now, was=tree: now.texts != was.texts, "the same sheet")

    async def scan(self, file: Path) -> str:
        """What the QR code on the screen holds, read from a picture of the screen."""
        await self.terminal.picture(file)
        with Image.open(file) as picture:
            (code,) = zxingcpp.read_barcodes(picture.convert("L"))
        return str(code.text)

    async def ask_for(self, reference: str, suffix: str) -> None:
        """Asks for a case by its reference; ends on its history."""
        t = self.terminal
        await t.touch("home.progress")
        await t.touch("progress.reference")
        await self.type(reference)
        await t.touch("entry.next")
        await self.type(suffix)
        await self.look("suffix")
        await t.touch("entry.next")
        await t.screen("progress.case")
        await self.look("progress")

    async def type(self, keys: str) -> None:
        """Touches keys that are digits, a point, or X."""
        await self.terminal.keys(keys)

    async def choose(self, option: str) -> None:
        """Touches an option of the question."""
        await self.pick(f"form.option.{option}")

    async def next(self) -> None:
        """Goes on, and waits until another page is there."""
        before = (await self.terminal.tree()).texts
        await self.terminal.touch("form.next")
        await self.terminal.until(lambda tree: tree.texts != before, "the same page")

    async def to_the_last_sheet(self) -> None:
        """Turns to the end of a page of several sheets, once the page takes touches."""
        while True:
            tree = await self.terminal.until(
                lambda now: any(control.enabled for control in now.controls.values()),
                "nothing can be touched",
            )
            forward = tree.controls.get("sheets.forward")
            if forward is None or not forward.enabled:
                return
            await self.terminal.touch("sheets.forward")
            await self.terminal.until(lambda now, was=tree: now.texts != was.texts, "the same sheet")

    async def reference(self) -> str:
        """The reference that the confirmation shows."""
        tree = await self.terminal.tree()
        for text in tree.texts:
            digits = text.replace("-", "").replace(" ", "")
            if len(digits) == 12 and digits.isdigit():
                return digits
        raise AssertionError(f"no reference in {tree.texts}")

    async def leave(self) -> None:
        """Ends the visit, also where something was begun.

        A page that changes by itself at that moment, as when a slip has been printed, takes no touch that was
        meant for the one before: then it is touched again.
        """
        await self.terminal.touch("bar.leave")

        def ends(now: Tree) -> bool:
            return now.screen == "home" or "leave.end" in now.controls

        try:
            tree = await self.terminal.until(ends, "no end", 5)
        except AssertionError:
            await self.terminal.touch("bar.leave")
            tree = await self.terminal.until(ends, "no end")
        if tree.screen != "home":
            await self.terminal.touch("leave.end")
            await self.terminal.screen("home")

    async def act(self, device: str, action: str, given: str = "") -> None:
        """Does to a simulated device what a person does."""
        await self._ask({"do": "act", "device": device, "action": action, "given": given})

    async def fault(self, device: str, fault: str) -> None:
        """Makes something wrong with a simulated device, or puts it right (none)."""
        await self._ask({"do": "fault", "device": device, "fault": fault})

    async def _ask(self, request: dict[str, str]) -> None:
        await asyncio.to_thread(control.ask, self.devices, request)
