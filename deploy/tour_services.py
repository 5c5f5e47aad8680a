"""Every service once: touched on the window and called by keys, with pictures and the words said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import zxingcpp
from PIL import Image

from backend_client.catalog import Service, ServiceKind
from deploy.house import House
from foundation.language import Language
from kiosk.visit.home import DOORS
from tests.alert_source import SENDER, Source
from tests.cashier import pay
from tests.end_to_end.resident import Resident
from tests.ivr.calling import Heard
from tests.ivr.conftest import Phone
from tests.ivr.county import SHIPPED, County
from tests.ivr.people import suffix
from tests.services.answering import OWNER
from tests.services.calling import CALLS, way

MOBILE = "13800000000"


@dataclass
class Shown:
    """What a service looks and sounds like. keys: from the main menu; words: of the call."""

    service: Service
    pictures: list[Path] = field(default_factory=list)
    keys: str = ""
    words: list[str] = field(default_factory=list)


class Listener(Phone):
    """A phone line that keeps what was heard last."""

    heard = Heard("", {})

    async def call(self, script: str, language: Language = Language.ZH_CN, **options: object) -> Heard:
        """Holds a whole call."""
        self.heard = await super().call(script, language, **options)
        return self.heard


class ServicesTour:
    """Goes to every service at the terminal; one of each kind to its end."""

    def __init__(self, house: House, resident: Resident, folder: Path) -> None:
        self.house = house
        self.resident = resident
        self.terminal = resident.terminal
        self.folder = folder
        self._driven: set[ServiceKind] = set()

    async def visit(self, service: Service) -> list[Path]:
        """Touches the way to a service; its pictures."""
        taken: list[Path] = []
        identifier = service.name.partition("/")[2]

        async def look(what: str) -> None:
            await asyncio.sleep(0.3)
            file = self.folder / f"{identifier}{'-' if what else ''}{what}.png"
            await self.terminal.picture(file)
            taken.append(file)

        await self.terminal.screen("home")
        await self.terminal.touch(f"home.{DOORS[service.kind].value}")
        if service.kind in BY_DOOR:
            await BY_DOOR[service.kind](self, look)
        else:
            booked = service.kind is ServiceKind.APPOINTMENT
            await self.terminal.screen("appointments.list" if booked else "services.list")
            await self.resident.pick(f"{'appointments.book' if booked else 'services'}.{identifier}")
            if service.kind is not ServiceKind.RATING:
                await self.terminal.screen("services.guide")
                await look("")
            drive = DRIVEN.get(identifier)
            if drive is not None:
                await drive(self, look)
        await self.resident.leave()
        return taken

    async def look_up_fines(self, look: Callable[[str], Awaitable[None]]) -> None:
        """Two questions, the records, one in full."""
        t = self.terminal
        await t.touch("guide.look_up")
        await t.screen("form.question")
        await self.resident.type("0101")
        await self.resident.next()
        await self.resident.type("2468")
        await t.touch("form.next")
        await t.screen("lookup.records")
        await look("records")
        await t.touch("lookup.record.", "")
        await t.screen("lookup.record")
        await look("record")

    async def renew_card(self, look: Callable[[str], Awaitable[None]]) -> None:
        """A form with a fee, paid with the code by somebody who scans it."""
        t = self.terminal
        await self.resident.begin_with_card()
        await self.resident.type(MOBILE)
        await self.resident.next()
        await self.resident.choose("lost")
        await self.resident.next()
        for answer in ("yes", "no"):
            await self.resident.choose(answer)
            await self.resident.next()
        await t.screen("form.review")
        await self.resident.to_the_last_sheet()
        await t.touch("form.next")
        await t.screen("form.charge")
        await look("charge")
        await t.touch("form.next")
        await t.screen("form.declaration")
        await t.touch("form.send")
        await t.screen("form.confirmation")
        await t.touch("payment.pay")
        await t.screen("payment.code")
        await look("code")
        with Image.open(self.folder / "identity-card-renewal-code.png") as image:
            (code,) = zxingcpp.read_barcodes(image)
        await pay(code.text)
        await t.screen("payment.order")
        await look("paid")

    async def book(self, look: Callable[[str], Awaitable[None]]) -> None:
        """A vaccination: a day, a time, booked."""
        t = self.terminal
        await self.resident.begin_with_card()
        await self.resident.choose("influenza")
        await self.resident.next()
        await self.resident.choose("no")
        await self.resident.next()
        await self.resident.type(MOBILE)
        await t.touch("form.next")
        await t.screen("form.slot")
        await t.until(lambda tree: any(name.startswith("slot.day.") for name in tree.controls), "no days")
        await look("days")
        await t.touch("slot.day.", "")
        await t.until(lambda tree: any(name.startswith("slot.time.") for name in tree.controls), "no times")
        await t.touch("slot.time.", "")
        await look("times")
        await t.touch("form.next")
        await self.resident.send()
        await look("booked")

    async def take_paper(self, look: Callable[[str], Awaitable[None]]) -> None:
        """The ways of taking a form, and its code."""
        t = self.terminal
        await t.touch("guide.apply")
        await t.screen("paper.ways")
        await look("ways")
        await t.touch("paper.blank")
        await t.until(lambda tree: tree.screen == "paper" and "paper.code" in tree.controls, "no code")
        await look("code")

    async def rate(self, look: Callable[[str], Awaitable[None]]) -> None:
        """One service of the list, with the best level."""
        t = self.terminal
        await t.screen("rating.services")
        await t.touch("rating.services.rural-medical-claim")
        await t.screen("rating.service")
        await look("")
        await t.touch("rating.very_satisfied")
        await t.until(lambda tree: tree.says("谢谢"), "nobody was thanked")

    async def read_policies(self, look: Callable[[str], Awaitable[None]]) -> None:
        """The topics, the policies of one, the text."""
        t = self.terminal
        await t.screen("policies.topics")
        await look("")
        await t.touch("topics.medical-care")
        await t.screen("policies.list")
        await t.touch("policies.", "医")
        await t.screen("policies.text")
        await look("text")

    async def read_notices(self, look: Callable[[str], Awaitable[None]]) -> None:
        """The list, and one of them."""
        t = self.terminal
        await t.screen("notices.list")
        await look("")
        await self.resident.pick("notices.gazette-village-clinics")
        await t.screen("notices.text")
        await look("gazette")

    async def ask(self, look: Callable[[str], Awaitable[None]]) -> None:
        """With the card, all cases of its holder."""
        t = self.terminal
        await t.screen("progress.ways")
        await t.touch("progress.card")
        await t.screen("card")
        await self.resident.present_card()
        await t.screen("progress.cases")
        await look("")

    async def warn(self, source: Source, message: Path) -> Path:
        """An alert over whatever is shown, understood, and withdrawn."""
        await asyncio.to_thread(message.write_bytes, source.send().data)
        said = (await self.house.clerk("alert", "publish", str(message))).split()
        await self.terminal.until(lambda tree: "alert.understood" in tree.controls, "no alert")
        await asyncio.sleep(0.3)
        file = self.folder / "alert.png"
        await self.terminal.picture(file)
        await self.terminal.touch("alert.understood")
        withdrawn = next(word.strip(":;,.。") for word in said if word.startswith("alerts/"))
        await self.house.clerk("alert", "withdraw", withdrawn)
        await self.terminal.until(lambda tree: "bar.alert" not in tree.controls, "still in force")
        return file


Step = Callable[[ServicesTour, Callable[[str], Awaitable[None]]], Awaitable[None]]
BY_DOOR: Mapping[ServiceKind, Step] = {
    ServiceKind.POLICY: ServicesTour.read_policies,
    ServiceKind.NOTICE: ServicesTour.read_notices,
    ServiceKind.STATUS: ServicesTour.ask,
}
"""What stands behind a door by itself."""
DRIVEN: Mapping[str, Step] = {
    "traffic-violations": ServicesTour.look_up_fines,
    "identity-card-renewal": ServicesTour.renew_card,
    "vaccination": ServicesTour.book,
    "permit-application-paper": ServicesTour.take_paper,
    "rating": ServicesTour.rate,
}
"""One of each kind, to its end. The claim of the tour's visit is the form."""


async def listen(house: House, services: list[Service], reference: str, folder: Path) -> dict[str, Shown]:
    """Calls every service by keys alone; what was heard, by its name. reference: of a case of OWNER."""
    line = Listener(County(house.backend_data, SHIPPED), folder, house.backend_address)
    await line.open()
    try:
        found = {}
        for service in services:
            shown = Shown(service)
            if service.kind is ServiceKind.STATUS:
                shown.keys = "3"
                await line.call(f"3\n{reference}\n{suffix(OWNER)}\n!")
            else:
                shown.keys = KEYS.get(service.kind) or (await way(line, service)).replace("\n", "")
                await CALLS[service.kind](line, service, reference)
            shown.words = words(line.heard, len(shown.keys))
            found[service.name] = shown
        return found
    finally:
        await line.close()


KEYS = {ServiceKind.POLICY: "1", ServiceKind.NOTICE: "4"}


def words(heard: Heard, keys: int) -> list[str]:
    """What is said and pressed once so many keys of the menus were pressed, as long as the keys are right."""
    lines: list[str] = []
    pressed = 0
    for entry in heard.text.splitlines():
        if entry.startswith("> "):
            pressed += 1
            if pressed > keys:
                lines.append(f"▶ {entry[2:]}")
        elif pressed < keys:
            continue
        elif entry.startswith("[ask.wrong_key]"):
            return lines[:-1]
        elif entry.startswith("["):
            said = entry.partition("] ")[2]
            lines += [said] if [said] != lines[-1:] else []
        elif entry.startswith(">"):
            lines.append(entry)
    return lines


def messages(house: House) -> list[str]:
    """The text messages that were sent meanwhile."""
    file = house.backend_data / "messages.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [json.loads(line)["text"] for line in lines]


def configuration(source: Source) -> str:
    """Believes a source of alerts, and tells of cases at night too."""
    return f'\n[backend]\nquiet_hours = ""\n\n[backend.alert_sources]\n"{SENDER}" = "{source.certificate}"\n'
