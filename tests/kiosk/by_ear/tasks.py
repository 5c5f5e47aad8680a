"""What somebody who sees nothing comes to a terminal for, from the dark home page on. Each task knows what it
wants by name, and all else from what it is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import zxingcpp
from PIL import Image

from backend_client.catalog import ServiceKind
from backend_client.forms.form import Form
from foundation.language import Language, LocalizedText
from kiosk.hearing import LEVELS, USUAL
from kiosk.visit.home import DOORS
from tests.alert_source import CHINESE, ENGLISH
from tests.cashier import pay
from tests.kiosk.by_ear.answering import fill_in, spell
from tests.kiosk.by_ear.county import County
from tests.kiosk.by_ear.resident import Resident
from tests.kiosk.hand import IDENTITY

FINE = ("0101", "2468")
"""A plate of the demonstration, and the end of its vehicle's frame number."""


async def application(one: Resident, county: County) -> None:
    """A form with every kind of question; wrong answers are told; sent."""
    await apply(one, "rural-medical-claim", wrongly=True)
    await one.hears("confirmation.title")
    await one.hears_number(12)


async def progress(one: Resident, county: County) -> None:
    """How an application is going, by its reference and the X of an identity number."""
    await apply(one, "labour-registration")
    reference = await one.hears_number(12)
    await one.goes_home()
    await ask_how_it_goes(one, reference, "labour-registration")


async def policy(one: Resident, county: County) -> None:
    """A policy of the first topic is read."""
    await one.choose("door.policies")
    topic = (await one.client.list_topics()).items[0]
    await one.choose(topic.title)
    await one.hears(topic.title)
    first = (await one.client.list_policies(topic.name)).items[0]
    await one.choose(first.title)
    await one.hears(first.title)


async def search(one: Resident, county: County) -> None:
    """What is looked for is keyed in as letters."""
    await one.choose("home.search")
    await one.hears("search.title")
    await spell(one, "yanglao" if one.language is Language.ZH_CN else "pension")
    await one.puts_digits_aside()
    await one.hear.press("enter")
    await one.hears("results.services", "results.found", "results.many")


async def appointment(one: Resident, county: County) -> None:
    """A day and a time are chosen, it is booked, and the rating that is offered is given."""
    await one.choose("door.appointments")
    await one.hears("door.appointments.choose")
    service = await one.client.get_service("services/marriage-registration")
    await one.choose(service.title)
    await one.hears(service.title)
    await one.choose("guide.book", back=True)
    await one.hears("introduction.sub")
    await begin(one)
    form = await one.client.get_form(service.form)
    await fill_in(one, form, "review.title")
    await send(one, form)
    await one.hears("confirmation.booked_title")
    await one.hears("confirmation.booked")
    await one.choose("rating.short.very_satisfied")
    await one.hears("rating.thanked")


async def payment(one: Resident, county: County) -> None:
    """A fine is found and paid with a phone, for which the screen is lit; its receipt is printed."""
    await begin_to_pay(one)
    await one.hears("payment.left")
    await one.hears("speak.code_covered")
    await one.choose("bar.display", back=True)
    await one.hears("display.title")
    await one.choose("display.curtain.off")
    await one.hears("speak.light")
    await one.hear.press("cancel")
    await one.hears("payment.title")
    picture = county.folder / "code.png"
    await one.ear.hand.picture(picture)
    with Image.open(picture) as image:
        (code,) = zxingcpp.read_barcodes(image)
    await pay(code.text)
    await one.hears("payment.state.PAID")
    await one.choose("payment.print_receipt")
    await one.hears("print.printed")


async def payment_later(one: Resident, county: County) -> None:
    """A payment is put off; its number is told, and finds it again."""
    await begin_to_pay(one)
    await one.choose("payment.later")
    await one.hears("payment.later_text")
    number = await one.hears_number(12)
    await one.goes_home()
    await one.choose("door.payments")
    await one.hears("door.payments.choose")
    await one.choose("payment.by_reference")
    await one.hears("progress.order.title")
    await one.hear.key_in(number)
    await one.hears("payment.due_amount")
    assert await one.hears_number(12) == number


async def rating(one: Resident, county: County) -> None:
    """A service is rated, and the reason keyed in."""
    await to_service(one, "rating")
    await one.hears("rating.which")
    service = next(s for s in (await one.client.list_services()).items if s.kind is ServiceKind.FORM)
    await one.choose(service.title)
    await one.hears("rating.asked_of")
    await one.choose("rating.level.dissatisfied")
    await one.hears("rating.thanked_low")
    await one.choose("rating.say_why")
    await one.hears("reason.rating")
    await spell(one)
    await one.puts_digits_aside()
    await one.hear.press("enter")
    await one.hears("rating.thanked_low", "rating.thanked")


async def alert(one: Resident, county: County) -> None:
    """A warning comes in the middle of a question, is read out, and everything is as it was."""
    await to_service(one, "labour-registration")
    form = await begin_form(one, "labour-registration")
    await spell(one)
    await one.puts_digits_aside()
    warning = county.office.send()
    await county.warn(warning)
    said = CHINESE if one.language is Language.ZH_CN else ENGLISH
    await one.hear.hears(said.headline)
    await one.hear.hears(said.instruction)
    await one.hears("alert.understood")
    await one.hear.press("enter")
    await one.hear.hears(form.fields[0].question[one.language])
    await one.hears("speak.field")
    await county.warn(county.office.send(type="Cancel", references=(warning.reference,)))


async def notice(one: Resident, county: County) -> None:
    """A notice is read."""
    await one.choose("door.notices")
    await one.hears("door.notices")
    first = (await one.client.list_notices()).items[0]
    await one.choose(first.title)
    await one.hears(first.title)


async def public_case(one: Resident, county: County) -> None:
    """A reply that was made public is read; where there is none, that is said."""
    await one.choose("door.notices")
    await one.hears("door.notices")
    await one.choose("public.title")
    await one.hears("public.title")
    cases = (await one.client.list_public_cases()).items
    if not cases:
        await one.hears("public.none")
        return
    await one.choose(cases[0].title)
    await one.hears("public.reply")


async def lookup(one: Resident, county: County) -> None:
    """One's own record, with the card."""
    service = await to_service(one, "labour-register")
    await one.hears(service)
    await one.choose("guide.look_up", back=True)
    await one.hears("card.title.identity")
    await one.ear.hand.present()
    await one.hears("records.as_of")
    await one.ear.hand.lift()


async def paper(one: Resident, county: County) -> None:
    """A form on paper comes out of the printer."""
    service = await to_service(one, "labour-registration-paper")
    await one.hears(service)
    await one.choose("guide.take", back=True)
    await one.hears("paper.ways.sub")
    await one.choose("paper.ways.blank")
    await one.hears("paper.printed")
    assert county.paper is None or county.paper.printed


async def take_along(one: Resident, county: County) -> None:
    """What was read is printed in short."""
    await policy(one, county)
    await one.choose("text.take")
    await one.hears("leaflet.title")
    await one.hears("speak.code_covered")
    await one.choose("leaflet.print_slip")
    await one.hears("print.printed")


async def help_call(one: Resident, county: County) -> None:
    """Help is read, a person is called and answers, and the page below is as it was."""
    await to_service(one, "labour-registration")
    form = await begin_form(one, "labour-registration")
    await one.puts_digits_aside()
    await one.choose("bar.help", back=True)
    await one.hears("help.title")
    await one.hears("help.about.question")
    assert county.person is not None
    await one.choose("help.call")
    await county.person.notices("incoming")
    await county.person.does("ring")
    await one.hears("call.ringing")
    await county.person.does("answer")
    await one.hears("call.talking")
    await one.choose("help.close")
    await one.hear.hears(form.fields[0].question[one.language])
    await one.choose("help.hang_up", back=True)  # the keys still walk through that question
    await one.hears("call.short.ended", "call.ended")
    assert (await county.person.notices("ended"))["code"] == 200


async def take_up(one: Resident, county: County) -> None:
    """A form is kept half-way, and taken up with the code that was told."""
    await to_service(one, "labour-registration")
    form = await begin_form(one, "labour-registration")
    await spell(one)
    await one.puts_digits_aside()
    await one.hear.press("enter")
    await one.hear.hears(form.fields[1].question[one.language])
    await one.choose("bar.leave", back=True)
    await one.hears("leave.title")
    await one.choose("leave.keep")
    await one.hears("kept.code")
    code = await one.hears_number(8)
    await one.choose("kept.done", back=True)
    one_more = Resident(one.ear, Language.ZH_CN, one.client)  # the next visit begins in Chinese
    await one_more.hears("home.greeting")
    await one_more.choose("door.continue")
    await one_more.hears("card.title.identity")
    await one_more.choose("card.take-up.skip")
    await one_more.hears("take_up.title")
    await one_more.hear.key_in("00000000")
    await one_more.hears("entry.code-wrong")
    await one_more.hear.key_in(code)
    await one.hear.hears(form.fields[1].question[one.language])


async def more_time(one: Resident, county: County) -> None:
    """Nothing is done for so long that it is asked; any key gives more time, and nothing is lost."""
    await to_service(one, "labour-registration")
    form = await begin_form(one, "labour-registration")
    await spell(one)
    await one.puts_digits_aside()
    await one.hear.press("enter")
    await one.hear.hears(form.fields[1].question[one.language])
    await one.hears("idle.title", patience=120.0)
    await one.hears("idle.more")
    await one.hear.press("enter")
    await one.hear.hears(form.fields[1].question[one.language])


async def display(one: Resident, county: County) -> None:
    """Volume by item and by key, type size and colours; each says that it is chosen."""
    await one.choose("bar.display", back=True)
    await one.hears("display.title")
    for choice in ("display.size.large", "display.contrast.on", "display.volume.4"):
        await one.choose(choice)
        await one.hears_chosen(choice)
    await one.hear.press("f2")
    await one.hear.hears(one.says("speak.volume", level=USUAL - 1, levels=LEVELS))
    await one.choose("display.done", back=True)
    await one.hears("home.greeting")


# Parts of several tasks.


async def to_service(one: Resident, name: str) -> LocalizedText:
    """From the home page to a matter behind its door; gives what it is called."""
    service = await one.client.get_service(f"services/{name}")
    await one.choose(f"door.{DOORS[service.kind].value}")
    await one.hears(f"door.{DOORS[service.kind].value}.choose")
    await one.choose(service.title)
    return service.title


async def begin(one: Resident) -> None:
    """From the introduction to the first question, with the card."""
    await one.choose("introduction.start", back=True)
    await one.hears("card.title.identity")
    await one.ear.hand.present()
    await one.hears("taken.title")
    await one.ear.hand.lift()
    await one.choose("taken.next", back=True)


async def begin_form(one: Resident, name: str) -> Form:
    """From the guide to the first question, without a card."""
    form = await one.client.get_form(f"forms/{name}")
    await one.hears(form.title)
    await one.choose("guide.apply", back=True)
    await one.hears("introduction.sub")
    await one.choose("introduction.start", back=True)
    await one.hears("card.title.identity")
    await one.choose("card.fill-in.skip", back=True)
    await one.hear.hears(form.fields[0].question[one.language])
    return form


async def apply(one: Resident, name: str, *, wrongly: bool = False) -> None:
    """A form with the card, from the home page to its confirmation."""
    title = await to_service(one, name)
    await one.hears(title)
    await one.choose("guide.apply", back=True)
    await one.hears("introduction.sub")
    await begin(one)
    form = await one.client.get_form(f"forms/{name}")
    await fill_in(one, form, "review.title", wrongly=wrongly)
    await send(one, form)


async def send(one: Resident, form: Form) -> None:
    """From the answers, which are to be checked, to the confirmation."""
    await one.choose("review.next", back=True)
    if form.charge:
        await one.hears("charge.title")
        await one.choose("charge.next", back=True)
    await one.hears("declaration.title")
    await one.choose("declaration.send", back=True)


async def begin_to_pay(one: Resident) -> None:
    """From the home page to the code that pays a fine."""
    await look_up_fine(one)
    await one.choose("payment.pay")
    await one.hears("payment.title")


async def look_up_fine(one: Resident) -> None:
    """From the home page to a fine that is not paid."""
    service = await to_service(one, "traffic-violations")
    await one.hears(service)
    await one.choose("guide.look_up", back=True)
    lookup = await one.client.get_lookup("lookups/traffic-violations")
    for asked, answer in zip(lookup.questions.fields, FINE, strict=True):
        await one.hear.hears(asked.question[one.language])
        await one.hear.key_in(answer)
    await one.hears("records.count")
    for _ in range(10):  # what was paid here is said to be
        await one.hear.press("#")
        await one.hears("speak.position")
        if not any(one.says("records.paid_mark") in text for text in one.hear.heard):
            break
    await one.hear.press("enter")
    await one.hears("records.owed")


async def ask_how_it_goes(one: Resident, reference: str, service: str) -> None:
    """From the home page: digits, and the X of the identity number on the keyboard of the screen."""
    await one.choose("door.progress")
    await one.hears("ways.sub")
    await one.choose("ways.reference")
    await one.hears("reference.title")
    await one.hear.key_in(reference)
    await one.hears("suffix.title")
    await one.hear.key_in(IDENTITY[-6:-1])
    await one.hear.hears(*("six", "六", "6"))
    await one.puts_digits_aside()
    await one.choose(LocalizedText("X", "X"), back=True)
    await one.hear.hears(one.says("speak.field_count", count=6))
    await one.choose("question.next")
    await one.hears((await one.client.get_service(f"services/{service}")).title)
    await one.hears("case.RECEIVED")


@dataclass(frozen=True)
class Task:
    """What is done, and how the terminal is set for it."""

    does: Callable[[Resident, County], Awaitable[None]]
    settings: Mapping[str, Any] = field(default_factory=dict)


TASKS: Mapping[str, Task] = {
    "application": Task(application),
    "progress": Task(progress),
    "policy": Task(policy),
    "search": Task(search),
    "appointment": Task(appointment),
    "payment": Task(payment),
    "payment-later": Task(payment_later),
    "rating": Task(rating),
    "alert": Task(alert),
    "notice": Task(notice),
    "public-case": Task(public_case),
    "lookup": Task(lookup),
    "paper": Task(paper),
    "take-along": Task(take_along),
    "help-call": Task(help_call),
    "take-up": Task(take_up),
    "more-time": Task(more_time, {"patience": 4, "countdown": 20}),
    "display": Task(display),
}
"""All of them, by name."""
