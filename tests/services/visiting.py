"""Every kind of service at the terminal, from the home page to its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date

from backend_client.catalog import Service, ServiceKind
from backend_client.forms.form import Field, FieldType, Form
from backend_client.rating import Satisfaction
from kiosk.visit import events as did
from kiosk.visit.home import DOORS
from kiosk.visit.pages import (
    AppointmentServices,
    CardWanted,
    CaseHistory,
    ChargeReview,
    Confirmation,
    Declaration,
    Home,
    Introduction,
    LookupRecord,
    LookupRecords,
    NoticeList,
    NoticeText,
    Page,
    Paper,
    PaperState,
    PaperWays,
    PolicyList,
    PolicyText,
    ProgressWays,
    Question,
    RatingServices,
    ReferenceEntry,
    Review,
    ServiceGuide,
    ServiceList,
    ServiceRating,
    SlotQuestion,
    SuffixEntry,
    Topics,
)
from tests.kiosk.visit.terminal import Terminal
from tests.services.answering import OWNER, entry


async def home(at: Terminal) -> None:
    """To the home page, within the visit."""
    await at.page(Home, did.GoHome())


async def open_service(at: Terminal, service: Service) -> None:
    """From the home page to the guide, or to what else is behind the matter."""
    await home(at)
    at.do(did.OpenDoor(DOORS[service.kind]))
    await at.until(lambda: not isinstance(at.visit.page, Home))  # how many wait is asked first
    listed = at.visit.page
    assert isinstance(listed, ServiceList | AppointmentServices), listed
    (one,) = [found for found in listed.services if found.name == service.name]
    at.do(did.OpenService(one))


async def begin(at: Terminal, service: Service) -> ServiceGuide:
    """From the home page to the guide."""
    await open_service(at, service)
    return await at.page(ServiceGuide)


async def answer_all(at: Terminal, asking: Form) -> None:
    """Every question; in a lookup those that a telephone asks too."""
    while isinstance(page := at.visit.page, Question):
        if isinstance(page, SlotQuestion):
            at.do(did.ChooseDay(await free_day(at)), did.Choose(await free_slot(at)))
        elif (
            asking.name.startswith("lookups/")
            and not page.field.required
            and page.field.type is FieldType.TEXT
        ):
            at.do(did.Skip())
            await moved(at, page)
            continue
        else:
            at.do(did.Enter(entry(asking, page.field)))
        entered = at.visit.page
        at.do(did.Next())
        await moved(at, entered)
        shown = at.visit.page
        assert not (isinstance(shown, Question) and shown.error), (asking.name, page.field.id, shown)


async def moved(at: Terminal, page: Page) -> None:
    """Waits for another page than that."""
    await at.until(lambda: at.visit.page is not page)


def is_left_out(field: Field) -> bool:
    """Whether a telephone does not ask it in a lookup."""
    return field.type is FieldType.TEXT and not field.required


async def free_day(at: Terminal) -> date:
    """The first day with a free place."""
    await at.until(lambda: isinstance(page := at.visit.page, SlotQuestion) and bool(page.days))
    page = at.visit.page
    assert isinstance(page, SlotQuestion)
    assert page.days
    return next(day.day for day in page.days if day.free)


async def free_slot(at: Terminal) -> str:
    """The first free time of that day."""
    wanted, page = await free_day(at), at.visit.page
    assert isinstance(page, SlotQuestion)
    assert page.days
    slots = next(day.slots for day in page.days if day.day == wanted)
    return next(found.slot.name for found in slots if found.free)


async def apply(at: Terminal, service: Service) -> str:
    """With a form: the reference."""
    await begin(at, service)
    await at.page(Introduction, did.Apply())
    page = at.do(did.Next())
    if isinstance(page, CardWanted):
        at.do(did.Skip())
    await at.page(Question)
    form = await at.client.get_form(service.form)
    await answer_all(at, form)
    await at.page(Review)
    if form.charge:
        await at.page(ChargeReview, did.Next())
    await at.page(Declaration, did.Next())
    accepted = (await at.page(Confirmation, did.Send())).accepted
    assert accepted.delivered
    return accepted.reference


async def look_up(at: Terminal, service: Service) -> str:
    """With a card where it is asked for: the records, as they are shown."""
    await begin(at, service)
    at.do(did.Apply())
    lookup = await at.client.get_lookup(service.lookup)
    if lookup.personal:
        await at.page(CardWanted)
        at.lay()
    if lookup.questions.fields:
        await at.page(Question)
        await answer_all(at, lookup.questions)
    await at.until(lambda: isinstance(at.visit.page, LookupRecord | LookupRecords))
    page = at.visit.page
    assert isinstance(page, LookupRecord | LookupRecords)
    return str(len(page.found.records))


async def take_paper(at: Terminal, service: Service) -> str:
    """As a code, this terminal having no printer for A4: the form."""
    await begin(at, service)
    await at.page(PaperWays, did.Apply())
    page = await at.page(Paper, did.TakeLink())
    assert page.state is PaperState.LINK
    assert page.link
    return page.form.name


async def read_guide(at: Terminal, service: Service) -> str:
    """The matter whose guide is shown."""
    page = await begin(at, service)
    assert page.service.guide
    return page.service.name


async def read_policy(at: Terminal, service: Service) -> str:
    """The newest policy of the first topic."""
    await home(at)
    topics = await at.page(Topics, did.OpenDoor(DOORS[service.kind]))
    listed = await at.page(PolicyList, did.OpenTopic(topics.topics[0]))
    page = await at.page(PolicyText, did.OpenPolicy(listed.policies[0]))
    return page.policy.name


async def read_notice(at: Terminal, service: Service) -> str:
    """The whole list, and the notice that comes first by telephone."""
    await home(at)
    page = await at.page(NoticeList, did.OpenDoor(DOORS[service.kind]))
    while page.next_page_token:
        at.do(did.ShowMore())
        await moved(at, page)
        page = await at.page(NoticeList)
    cuts = [one for one in page.notices if one.category.name == "POWER_CUT" and one.start_time]
    first = min(cuts, key=lambda one: one.start_time.timestamp() if one.start_time else 0.0)
    return (await at.page(NoticeText, did.OpenNotice(first.name))).notice.name


async def ask_for(at: Terminal, reference: str, who: str = OWNER) -> CaseHistory:
    """How far a case has come, by its reference. who: identity number."""
    await home(at)
    await at.page(ProgressWays, did.OpenDoor(DOORS[ServiceKind.STATUS]))
    await at.page(ReferenceEntry, did.ByReference())
    at.do(*map(did.Insert, reference), did.Next())
    await at.page(SuffixEntry)
    return await at.page(CaseHistory, *map(did.Insert, who[-6:]), did.Next())


async def rate(at: Terminal, service: Service) -> str:
    """The first service in the list of those that can be rated, with the best level."""
    await open_service(at, service)
    page = await at.page(RatingServices)
    rated = page.services[0]
    await at.page(ServiceRating, did.OpenService(rated))
    at.do(did.Rate(Satisfaction.VERY_SATISFIED))
    return rated.name


VISITS: Mapping[ServiceKind, Callable[[Terminal, Service], Awaitable[str]]] = {
    ServiceKind.FORM: apply,
    ServiceKind.PAYMENT: apply,
    ServiceKind.APPOINTMENT: apply,
    ServiceKind.LOOKUP: look_up,
    ServiceKind.DOCUMENT: take_paper,
    ServiceKind.GUIDE: read_guide,
    ServiceKind.POLICY: read_policy,
    ServiceKind.NOTICE: read_notice,
    ServiceKind.RATING: rate,
}
"""A visit of each kind, and what it ends with. A case is asked for after every application."""
