"""Whole tasks as residents do them, a function each: `tests.end_to_end.tasks` has them done in every way.

Each begins on the home page, in whatever type, language and arrangement was chosen there, and ends where the
resident has what they came for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import zxingcpp
from PIL import Image

from backend_client.client import BackendClient
from backend_client.forms.filling import Filling
from backend_client.submission import Channel, Submission, new_submission_name
from deploy.house import House
from foundation.language import Language, translator
from hardware.simulators.crt188_reader import SimulatedCrt188Reader
from kiosk.slip import LOCALE
from tests.alert_source import Source
from tests.cashier import pay
from tests.end_to_end.resident import Resident
from tests.end_to_end.terminal import Tree
from tests.services.answering import OWNER, entry


@dataclass(frozen=True)
class County:
    """What is around the terminal: the house, and who warns."""

    house: House
    office: Source


Task = Callable[[Resident, County], Awaitable[None]]


async def read_a_policy(resident: Resident, county: County) -> None:
    """Found by pinyin, read in larger type from the first part of its contents to its end, taken along."""
    t = resident.terminal
    await resident.read_a_policy("yibao", "医保")
    await t.touch("bar.display")
    await t.screen("display")
    if not (await t.tree()).chosen("display.size.very_large"):
        await resident.pick("display.size.large")
        await t.until(lambda tree: tree.chosen("display.size.large"), "type does not grow")
    await t.touch("display.done")
    tree = await t.screen("policies.text")
    if "text.contents" in tree.controls:
        await t.touch("text.contents")
        await t.screen("contents")
        await t.touch("contents.0")
        await t.screen("policies.text")
    await resident.to_the_last_sheet()
    await take_along(resident, county)


async def take_along(resident: Resident, county: County) -> None:
    """The text that is shown: its code can be scanned, its slip is printed."""
    t = resident.terminal
    title = (await t.tree()).named["page.title"]
    await t.touch("text.take")
    await t.screen("text.take_along")
    held = await resident.scan(county.house.directory / "code.png")
    assert title in held, f"the code holds {held!r}, not {title!r}"
    before = slips(resident)
    await t.touch("leaflet.slip")
    await printed(resident, before)


async def apply_with_a_card(resident: Resident, county: County) -> None:
    """A claim for medical costs, with two slips of the pen, to its confirmation and its slip."""
    before = slips(resident)
    reference = await resident.claim_medical_costs()
    assert reference in code_on(await printed(resident, before))


async def apply_without_a_card(resident: Resident, county: County) -> None:
    """An opinion with a typed number, to its confirmation and its slip."""
    reference = await resident.give_an_opinion()
    before = slips(resident)
    await resident.terminal.touch("confirmation.print")
    assert reference in code_on(await printed(resident, before))


async def ask_how_it_is_going(resident: Resident, county: County) -> None:
    """With the reference and the end of the identity number."""
    reference = await applied(county.house)
    await resident.ask_for(reference, OWNER[-6:])
    tree = await resident.terminal.tree()
    assert tree.says(said(tree, "case.RECEIVED")), tree.texts


async def book_a_time(resident: Resident, county: County) -> None:
    """At the property counters, with the card."""
    await resident.book_a_time()
    tree = await resident.terminal.tree()
    assert tree.says(said(tree, "confirmation.booked_title")), tree.texts


async def pay_a_fee(resident: Resident, county: County) -> None:
    """A new card is applied for and paid by somebody who scans the code; the receipt is printed."""
    t = resident.terminal
    reference = await resident.renew_card()
    assert "paid" in await pay(await resident.scan(county.house.directory / "code.png"))
    tree = await t.screen("payment.order")
    assert tree.says(said(tree, "payment.state.PAID")), tree.texts
    before = slips(resident)
    await t.touch("payment.print")
    assert reference in code_on(await printed(resident, before))


async def look_up_a_fine(resident: Resident, county: County) -> None:
    """Those of a car, one of them in full, printed."""
    await resident.look_up_fines()
    before = slips(resident)
    await resident.terminal.touch("lookup.print")
    await printed(resident, before)


async def read_a_notice(resident: Resident, county: County) -> None:
    """The longest of them, to its end, and taken along."""
    t = resident.terminal
    await t.touch("home.notices")
    await t.screen("notices.list")
    await resident.pick("notices.power-cut-qinghe")
    await t.screen("notices.text")
    await resident.to_the_last_sheet()
    await take_along(resident, county)


async def read_an_alert(resident: Resident, county: County) -> None:
    """It comes over a question that is half answered, is read to its end, and once more from the banner."""
    t = resident.terminal
    await to_a_question(resident)
    message = county.house.directory / "alert.xml"
    await asyncio.to_thread(message.write_bytes, county.office.send().data)
    published = (await county.house.clerk("alert", "publish", str(message))).split()
    await t.until(lambda tree: "alert.understood" in tree.controls, "no alert")
    await resident.to_the_last_sheet()
    await t.touch("alert.understood")
    await t.until(lambda tree: answer(tree) == HALF_A_NUMBER, "what was entered is not there")
    await t.touch("bar.alert")
    await t.until(lambda tree: "alert.understood" in tree.controls, "it cannot be read again")
    await t.touch("alert.understood")
    withdrawn = next(word.strip(":;,.") for word in published if word.startswith("alerts/"))
    await county.house.clerk("alert", "withdraw", withdrawn)
    tree = await t.until(lambda now: "bar.alert" not in now.controls, "it is still in force")
    assert answer(tree) == HALF_A_NUMBER


async def switch_the_language(resident: Resident, county: County) -> None:
    """In the middle of a question, to and fro; what was entered stays."""
    t = resident.terminal
    await to_a_question(resident)
    before = await t.tree()
    for _ in range(2):
        now = await t.tree()
        await t.touch("bar.language")
        tree = await t.until(
            lambda there, was=now: there.language != was.language, "it stays in one language"
        )
        assert answer(tree) == HALF_A_NUMBER
        assert tree.named["page.title"] != now.named["page.title"]
    assert (await t.tree()).texts == before.texts


async def look_at_help(resident: Resident, county: County) -> None:
    """From a question, read to its end; what was entered stays."""
    t = resident.terminal
    await to_a_question(resident)
    await t.touch("bar.help")
    await t.screen("help")
    await resident.to_the_last_sheet()
    await t.touch("help.close")
    tree = await t.screen("form.question")
    assert answer(tree) == HALF_A_NUMBER


async def take_up_a_visit(resident: Resident, county: County) -> None:
    """Left in the middle of a number, kept, and taken up with the code where it was left."""
    t = resident.terminal
    await to_a_question(resident)
    await t.touch("bar.leave")
    await t.touch("leave.keep")
    tree = await t.screen("kept")
    code = "".join(filter(str.isdigit, tree.named["kept.code"]))
    before = slips(resident)
    await t.touch("kept.print")
    await printed(resident, before, "kept.printed")
    await t.touch("kept.done")
    await t.screen("home")
    await t.touch("home.continue")
    await t.screen("card")
    await t.touch("card.skip")
    await t.screen("progress.resume")
    await resident.type(code)
    await t.touch("entry.next")
    tree = await t.screen("form.question")
    assert answer(tree) == HALF_A_NUMBER
    await resident.type(MOBILE[len(HALF_A_NUMBER) :])
    await resident.next()


async def rate_a_service(resident: Resident, county: County) -> None:
    """Badly, and says why."""
    t = resident.terminal
    await t.touch("home.services")
    await t.screen("services.list")
    await resident.pick("services.rating")
    await t.screen("rating.services")
    await resident.pick("rating.services.rural-medical-claim")
    await t.screen("rating.service")
    await t.touch("rating.dissatisfied")
    await t.touch("rating.say_why")
    await t.screen("reason")
    await resident.write(("yiyuan", "医院"))
    await t.touch("reason.send")
    tree = await t.screen("rating.service")
    assert tree.says(said(tree, "rating.thanked_low")), tree.texts


async def leave_a_card_behind(resident: Resident, county: County) -> None:
    """Signs in with the service card, looks at a case, goes without the card, and comes back for it."""
    t, reader = resident.terminal, SimulatedCrt188Reader.name
    reference = await applied(county.house)
    await t.touch("home.progress")
    await t.screen("progress.ways")
    await t.touch("progress.card")
    await t.screen("card")
    await resident.act(reader, "insert")
    await t.screen("progress.cases")
    await resident.pick(f"cases.{reference}")
    await t.screen("progress.case")
    await t.touch("bar.leave")
    await t.screen("card.left")
    await resident.act(reader, "take")
    await t.screen("home")


TASKS: Mapping[str, Task] = {
    "policy": read_a_policy,
    "form-card": apply_with_a_card,
    "form-typed": apply_without_a_card,
    "progress": ask_how_it_is_going,
    "appointment": book_a_time,
    "payment": pay_a_fee,
    "lookup": look_up_a_fine,
    "notice": read_a_notice,
    "alert": read_an_alert,
    "language": switch_the_language,
    "help": look_at_help,
    "continue": take_up_a_visit,
    "rating": rate_a_service,
    "card-left": leave_a_card_behind,
}
"""By short names."""

MOBILE = "13800000000"
HALF_A_NUMBER = MOBILE[:6]


async def to_a_question(resident: Resident) -> None:
    """A form without a card, up to half a telephone number."""
    await resident.begin_an_opinion()
    await resident.type(HALF_A_NUMBER)
    await resident.terminal.until(lambda tree: answer(tree) == HALF_A_NUMBER, "it is not entered")


def answer(tree: Tree) -> str:
    """What stands in the field of a question, without the gaps that make it easier to read."""
    field = tree.controls.get("form.entry")
    return field.text.replace(" ", "") if field else ""


def said(tree: Tree, name: str) -> str:
    """A text of the terminal's catalogue, in the language that is shown."""
    return translator("kiosk", LOCALE, Language(tree.language))(name)


async def applied(house: House) -> str:
    """The reference of a form that was sent some time before."""
    async with BackendClient(house.backend_address) as client:
        filling = Filling(await client.get_form("forms/opinion"), date.today)
        while (field := filling.next_field()) is not None:
            filling.answer(field.id, entry(filling.form, field))
        accepted = await client.create_submission(
            Submission(
                *(new_submission_name(), filling.form, filling.answers, Channel.TERMINAL),
                *(Language.ZH_CN, "another-terminal", datetime.now(UTC)),
            )
        )
    return accepted.reference


def slips(resident: Resident) -> set[Path]:
    """The pictures of the slips that were printed."""
    return set((resident.devices / "slips").glob("*.png"))


async def printed(resident: Resident, before: set[Path], told: str = "print.printed") -> Path:
    """The picture of the slip that was not among those before, once the page says that it is printed.

    told: name of the text that says so.
    """
    await resident.terminal.until(
        lambda tree: tree.errors or tree.says(said(tree, told)), "it does not print"
    )
    async with asyncio.timeout(30):
        while not (new := slips(resident) - before):  # noqa: ASYNC110 (a file of another's)
            await asyncio.sleep(0.1)
    assert len(new) == 1, new
    return new.pop()


def code_on(slip: Path) -> str:
    """What the QR code of a slip holds."""
    with Image.open(slip) as image:
        (code,) = zxingcpp.read_barcodes(image)
    return str(code.text).replace("-", "")
