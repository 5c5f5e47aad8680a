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

    async def read_a_policy(self, letters: str, word: str) -> None:
        """Searches by pinyin and reads the first policy found; ends on its text."""
        t = self.terminal
        await t.touch("home.policies")
        await t.screen("policies.topics")
        await self.look("topics")
        await t.touch("policies.search")
        await t.screen("policies.search")
        await t.keys(letters)
        await t.until(
            lambda tree: any(word == c.text for c in tree.controls.values()), f"no candidate {word}"
        )
        await self.look("pinyin")
        await t.touch("keyboard.candidate.", word)
        await t.touch("search.go")
        await t.screen("policies.results")
        await self.look("results")
        await t.touch("policies.", word)
        await t.screen("policies.text")
        await self.look("policy")

    async def claim_medical_costs(self) -> str:
        """Fills in the medical claim with the demonstration card and sends it: its reference."""
        t = self.terminal
        await t.touch("home.services")
        await t.screen("services.list")
        await self.look("services")
        await t.touch("services.rural-medical-claim")
        await t.screen("services.guide")
        await self.look("guide")
        await t.touch("guide.apply")
        await t.screen("form.introduction")
        await t.touch("form.start")
        await t.screen("card")
        await self.look("card")
        await self.present_card()
        await t.screen("card.taken")
        await self.look("card-taken")
        await t.touch("card.next")
        await self.answer_the_claim()
        await t.screen("form.review")
        await self.look("review")
        await self.to_the_last_sheet()
        await t.touch("form.next")
        await t.screen("form.declaration")
        await self.look("declaration")
        await t.touch("form.send")
        await t.screen("form.confirmation")
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
        await self.terminal.pinyin("huimin", "惠民")
        await self.terminal.pinyin("yiyuan", "医院")
        await self.next()
        await self.choose("county")
        await self.look("choice")
        await self.next()
        await self.type("20260230")
        await self.terminal.touch("form.next")
        await self.terminal.until(
            lambda tree: "form.error" in tree.controls or tree.says("日期不存在"), "no word on 30 February"
        )
        await self.look("wrong-date")
        await self.terminal.touch("keyboard.day")
        await self.type("20")
        await self.next()
        await self.type("20260219")
        await self.terminal.touch("form.next")
        await self.terminal.until(lambda tree: tree.says("出院日期不能早于"), "no word on leaving too early")
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

    async def renew_card(self) -> str:
        """Applies for a new card instead of a lost one, and a temporary one; ends on the code that is paid,
        and gives its reference."""
        t = self.terminal
        await t.touch("home.payments")
        await t.screen("services.list")
        await t.touch("services.identity-card-renewal")
        await t.touch("guide.apply")
        await t.screen("form.introduction")
        await t.touch("form.start")
        await t.screen("card")
        await self.present_card()
        await t.screen("card.taken")
        await t.touch("card.next")
        await self.type("13800000000")
        await self.next()
        for option in ("lost", "yes", "no"):
            await self.choose(option)
            await self.next()
        await t.screen("form.review")
        await t.touch("form.next")
        await t.screen("form.charge")
        await self.look("charge")
        await t.touch("form.next")
        await t.screen("form.declaration")
        await t.touch("form.send")
        await t.screen("form.confirmation")
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
        await t.touch("appointments.book.property-registration")
        await t.screen("services.guide")
        await t.touch("guide.apply")
        await t.screen("form.introduction")
        await t.touch("form.start")
        await t.screen("card")
        await self.present_card()
        await t.screen("card.taken")
        await t.touch("card.next")
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
        await t.screen("form.review")
        await t.touch("form.next")
        await t.screen("form.declaration")
        await t.touch("form.send")
        await t.screen("form.confirmation")
        await self.look("booked")
        return await self.reference()

    async def look_up_fines(self) -> None:
        """Asks for the fines of a car; ends on the first of them in full."""
        t = self.terminal
        await t.touch("home.lookups")
        await t.screen("services.list")
        await t.touch("services.traffic-violations")
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
        await t.touch("services.permit-application-paper")
        await t.touch("guide.apply")
        await t.screen("paper.ways")
        await t.touch("paper.blank")
        await t.screen("paper")

    async def _first_free(self, prefix: str) -> str:
        """The first day or time that can be touched."""

        def free(tree: Tree) -> list[str]:
            return [name for name, c in tree.controls.items() if name.startswith(prefix) and c.enabled]

        return free(await self.terminal.until(free, f"nothing free at {prefix}"))[0]

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
        await self.terminal.touch(f"form.option.{option}")

    async def next(self) -> None:
        """Goes on, and waits until another page is there."""
        before = (await self.terminal.tree()).texts
        await self.terminal.touch("form.next")
        await self.terminal.until(lambda tree: tree.texts != before, "the same page")

    async def to_the_last_sheet(self) -> None:
        """Turns to the end of a page of several sheets."""
        while True:
            tree = await self.terminal.tree()
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
