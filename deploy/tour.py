"""``make tour``: a whole visit, a whole call and every service by themselves, and the pages that show them.

Visits are made with real touches on the window, the call by a SIP caller in a process of its own, and
every service is called by keys over the same dialogue without sound.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from backend_client.client import BackendClient
from deploy.house import House, Plan
from deploy.run import LOCALE, ROOT
from deploy.services_page import write_services
from deploy.tour_page import Moment, Picture, TourPage
from deploy.tour_services import ServicesTour, Shown, configuration, listen, messages
from foundation.language import Language, Translate, translator
from tests.alert_source import Source, source
from tests.end_to_end import calls
from tests.end_to_end.phone import CallerProcess
from tests.end_to_end.resident import Resident
from tests.end_to_end.terminal import Terminal

IDENTITY = "11999919900307102X"
"""Of the card that `huimin-simulate present` lays down; nobody real."""
CALLER = "5550101"
FRONT_PAGE = {"home": "home", "english-home": "home-en", "question": "question", "review": "review"}
"""Pictures that the README shows, by the name of the moment."""


class Tour:
    """Walks through the house and keeps what it sees in `folder`."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.folder = folder
        self.pictures: list[Picture] = []
        assert house.display
        self.terminal = Terminal(house.inspector, house.display)
        self.resident = Resident(self.terminal, house.devices, self.look)

    async def look(self, moment: str) -> None:
        """Takes a picture."""
        await asyncio.sleep(0.3)  # a finger has left, and what it pressed has its colour again
        name = f"{len(self.pictures) + 1:02}-{moment}.png"
        await self.terminal.picture(self.folder / name)
        self.pictures.append(Picture(f"tour.{moment}", name))
        click.echo(name)

    async def visit(self) -> str:
        """A resident reads a policy, sends a form with a card, and asks how it is going: the reference."""
        await self.terminal.screen("home")
        await self.look("home")
        await self.resident.read_a_policy("yibao", "医保")
        await self.resident.leave()
        reference = await self.resident.claim_medical_costs()
        await self.terminal.until(lambda tree: "confirmation.print" not in tree.controls, "no slip")
        await self.resident.leave()
        await self.resident.ask_for(reference, IDENTITY[-6:])
        await self.resident.leave()
        await self.terminal.touch("home.notices")
        await self.terminal.screen("notices.list")
        await self.look("notices")
        await self.terminal.touch("bar.language")
        await self.terminal.until(lambda tree: tree.language == "en", "no English")
        await self.look("english")
        await self.terminal.touch("bar.display")
        await self.terminal.touch("display.size.very_large")
        await self.terminal.touch("display.contrast.on")
        await self.terminal.until(lambda tree: tree.chosen("display.contrast.on"), "no contrast")
        await self.look("display")
        await self.terminal.touch("display.done")
        await self.terminal.screen("notices.list")
        await self.look("large")
        await self.resident.leave()
        await self.terminal.touch("bar.language")
        await self.terminal.until(lambda tree: tree.language == "en", "no English")
        await self.look("english-home")
        await self.terminal.touch("bar.language")
        return reference

    async def call(self, reference: str) -> tuple[str, dict[str, Any]]:
        """A caller asks for that case, rates it, declares a tax: the new reference and the record."""
        voice = self.folder / "name.wav"
        await calls.speak("王小惠", voice)
        caller = CallerProcess(
            self.house.sip_address, self.folder / "call.wav", "--caller", f"sip:{CALLER}@127.0.0.1"
        )
        async with caller:
            await caller.answered()
            await asyncio.sleep(9)  # hears the menu, and knows its way before the end
            await calls.ask_for(caller, reference, IDENTITY[-6:], calls.a_while)
            await caller.press("*")
            await calls.a_while(caller)
            await caller.press("1")  # what was done is rated
            await calls.a_while(caller)
            new = await calls.declare_tax(caller, IDENTITY, voice, calls.a_while)
            await caller.hang_up()
        return new, await calls.record_of(self.house.records, CALLER)

    async def ask_at_the_terminal(self, reference: str) -> None:
        """What was sent by phone is found on the screen."""
        first = len(self.pictures)
        await self.resident.ask_for(reference, IDENTITY[-6:])
        self.pictures[first:] = [Picture("tour.from-phone", self.pictures[-1].file)]
        await self.resident.leave()

    async def services(self, reference: str, office: Source) -> tuple[list[Shown], Path, list[str]]:
        """Every service of the catalogue, at the terminal and by keys; an alert; the messages meanwhile."""
        folder = self.folder / "services"
        folder.mkdir()
        async with BackendClient(self.house.backend_address) as client:
            listed = (await client.list_services(page_size=200)).items
        touring = ServicesTour(self.house, Resident(self.terminal, self.house.devices), folder)
        heard = await listen(self.house, list(listed), reference, self.house.directory / "listener")
        for service in listed:
            heard[service.name].pictures = await touring.visit(service)
            click.echo(service.name)
        alert = await touring.warn(office, self.house.directory / "alert.xml")
        return list(heard.values()), alert, messages(self.house)


def moments(record: dict[str, Any], words: Translate) -> list[Moment]:
    """The timeline of a call record, with the words of the prompts that are always the same."""
    found = []
    for entry in record["timeline"]:
        if "key" in entry:
            found.append(Moment(entry["t"], key=entry["key"]))
        elif "prompt" in entry:
            try:
                said = words(entry["prompt"])
            except KeyError:
                said = ""
            found.append(Moment(entry["t"], said=said if said and "{" not in said else entry["prompt"]))
    return found


async def tour(folder: Path, *, documents: bool) -> None:
    """Makes the tour and writes its page. `folder` is empty."""
    with tempfile.TemporaryDirectory(prefix="huimin-tour-") as scratch:
        office = source(Path(scratch))
        async with House(Plan(Path(scratch), more=configuration(office))) as house:
            here = Tour(house, folder)
            reference = await here.visit()
            slip = max((house.devices / "slips").glob("*.png"))
            shutil.copy(slip, folder / "slip.png")
            visited = list(here.pictures)
            new, record = await here.call(reference)
            await here.ask_at_the_terminal(new)
            shown, alert, sent = await here.services(reference, office)
    (folder / "call.json").write_text(json.dumps(record, ensure_ascii=False, indent=1), "utf-8")
    page = TourPage(*(translator("deploy", LOCALE, language) for language in (Language.ZH_CN, Language.EN)))
    page.visit("tour.visit", visited)
    page.slip("tour.slip", "slip.png")
    words = translator("ivr", ROOT / "ivr" / "locale", Language.ZH_CN)
    page.call("tour.call", "call.wav", moments(record, words), json.dumps(record, ensure_ascii=False))
    page.visit("tour.both", here.pictures[len(visited) :])
    page.write(folder / "index.html")
    if documents:
        keep_for_the_front_page(folder, visited)
        write_services(shown, alert, sent)


def keep_for_the_front_page(folder: Path, pictures: list[Picture]) -> None:
    """Puts the README's pictures, at a third of their size, into docs/pictures."""
    from PIL import Image  # noqa: PLC0415 (only here)

    target = ROOT / "docs" / "pictures"
    target.mkdir(exist_ok=True)
    named = {picture.caption.removeprefix("tour."): picture.file for picture in pictures} | {
        "slip": "slip.png"
    }
    for moment, name in {**FRONT_PAGE, "slip": "slip"}.items():
        with Image.open(folder / named[moment]) as image:
            small = image.convert("RGB")
            small.thumbnail((480, 860), Image.Resampling.LANCZOS)
            small.quantize(128).save(target / f"{name}.png", optimize=True)


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=ROOT / "tour", help="Where the page goes.")
@click.option("--documents", is_flag=True, help="Also renew docs/services.md and the README's pictures.")
def main(folder: Path, documents: bool) -> None:
    """A whole visit, a whole call and every service, with pictures, the slip, the sound and the record."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    asyncio.run(tour(folder, documents=documents))
    click.echo(folder / "index.html")


if __name__ == "__main__":
    main()
