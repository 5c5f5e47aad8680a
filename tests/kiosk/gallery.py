"""Draws every kind of page in a real window, in both languages and type sizes, and judges each.

``python -m tests.kiosk.gallery SIZE BACKEND [--pictures DIR] [--all] [--only PAGE]`` prints one JSON object:
how many pictures were judged, and what is wrong with them. The pages hold what a real backend gave.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from backend_client import errors
from backend_client.case import Case, CaseEvent, CaseReply, CaseState, Reopening
from backend_client.catalog import Service
from backend_client.client import BackendClient
from backend_client.forms.answer import AnswerError, Problem
from backend_client.forms.filling import Filling
from backend_client.forms.form import FieldType, Form
from backend_client.notice import Notice
from backend_client.policy import Policy, PolicyMatch, Topic
from backend_client.public_case import PublicCase
from backend_client.rating import Matter, Satisfaction
from backend_client.submission import Accepted
from foundation.language import Language, LocalizedText
from foundation.log import start_log
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.identity_card_reader import CardError
from hardware.interfaces.receipt_printer import PrintError
from kiosk.hearing import Hearing
from kiosk.look import Look, TypeSize
from kiosk.settings import KioskSettings
from kiosk.speaking.shown import Area
from kiosk.theme import Arrangement
from kiosk.visit import pages
from kiosk.visit.home import doors
from kiosk.visit.keypad import LENGTHS
from kiosk.visit.pages import Page
from kiosk.window import prepare, require_window
from tests.kiosk import alert_samples
from tests.kiosk.gallery_appointments import appointments
from tests.kiosk.gallery_help import calls, helps
from tests.kiosk.gallery_papers import papers
from tests.kiosk.gallery_payments import payments
from tests.kiosk.gallery_texts import texts, to_be_heard
from tests.kiosk.gallery_typing import typing
from tests.kiosk.gallery_visits import KEEPING, visits
from tests.kiosk.lookup_samples import Looked, look_up, lookup_pages
from tests.kiosk.references import reference

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
ENTERED = {
    FieldType.TEXT: "幸福路一号 Peace Road",
    FieldType.DIGITS: "6222000011112222",
    FieldType.DATE: "2026-02-30",
    FieldType.MONEY: "9999999.99",
    FieldType.IDENTITY_NUMBER: "119999199003071020",
    FieldType.PHONE_NUMBER: "13800138000",
    FieldType.YES_NO: "no",
}
PROBLEMS = {
    FieldType.TEXT: Problem.TOO_LONG,
    FieldType.DIGITS: Problem.NOT_DIGITS,
    FieldType.DATE: Problem.NO_SUCH_DATE,
    FieldType.MONEY: Problem.NOT_AN_AMOUNT,
    FieldType.IDENTITY_NUMBER: Problem.WRONG_CHECK_DIGIT,
    FieldType.PHONE_NUMBER: Problem.NOT_A_PHONE_NUMBER,
}
GOOD = {
    FieldType.DIGITS: "6222000011112222333",
    FieldType.DATE: "1990-03-07",
    FieldType.MONEY: "3260.50",
    FieldType.IDENTITY_NUMBER: "11999919900307102X",
    FieldType.PHONE_NUMBER: "13800138000",
    FieldType.YES_NO: "yes",
}


Way = tuple[Language, Look]
"""How a resident may have everything shown."""
EVERY_WAY: list[Way] = [
    (language, Look(size, contrast, low))
    for size in TypeSize
    for contrast in (False, True)
    for low in (False, True)
    for language in Language
]
_ZH, _EN = Language
LOW_EDGE = 850.0
"""Millimetres from the floor to the panel: the highest at which what is touched keeps its size when low."""
WAYS: dict[Arrangement, list[Way]] = {
    Arrangement.PORTRAIT: [(_ZH, Look()), (_EN, Look(TypeSize.VERY_LARGE, contrast=True, low=True))],
    Arrangement.LANDSCAPE: [(_EN, Look()), (_ZH, Look(TypeSize.VERY_LARGE, contrast=True))],
    Arrangement.WIDE: [(_ZH, Look(TypeSize.LARGE)), (_EN, Look(TypeSize.VERY_LARGE, contrast=True))],
}
"""Those in which every page is judged: English at its largest needs the most room."""


@dataclass(frozen=True)
class County:
    """What a backend has."""

    topics: tuple[Topic, ...]
    policies: tuple[Policy, ...]
    matches: dict[str, tuple[PolicyMatch, ...]]
    services: tuple[Service, ...]
    forms: tuple[Form, ...]
    notices: tuple[Notice, ...]
    looked: tuple[Looked, ...]


async def county(address: str) -> County:
    """Asks a backend for everything."""
    async with BackendClient(address) as client:
        services = (await client.list_services()).items
        listed = (await client.list_policies(page_size=100)).items
        queries = (("医保", Language.ZH_CN), ("pension", Language.EN), ("xyzzy", Language.EN))
        return County(
            (await client.list_topics()).items,
            tuple([await client.get_policy(policy.name) for policy in listed]),
            {query: (await client.search_policies(query, language)).items for query, language in queries},
            tuple([await client.get_service(s.name) for s in services]),
            tuple([await client.get_form(s.form) for s in services if s.form]),
            tuple([await client.get_notice(n.name) for n in (await client.list_notices()).items]),
            await look_up(client, [await client.get_service(s.name) for s in services if s.lookup]),
        )


def every_page(has: County, *, complete: bool) -> Iterator[Page]:
    """A page of every kind and state; complete: every text, matter and question of the content, too."""

    from tests.kiosk.gallery_technician import technician_pages  # it needs the window's settings

    def some(things: Iterable[Any]) -> list[Any]:
        """The longest; all where that is wanted."""
        ordered = sorted(things, key=lambda thing: -len(repr(thing)))
        return ordered if complete else ordered[:1]

    guided = [service for service in has.services if service.guide]
    yield pages.Home(doors(has.services), has.services)
    yield pages.Home(failure=errors.Unreachable("BACKEND_UNREACHABLE"))
    yield pages.Display()
    yield pages.OutOfService()
    yield pages.OutOfService(NOW)
    yield pages.OutOfService(NOW, pages.Cause.POWER)
    yield pages.Topics(has.topics)
    yield pages.PolicySearch()
    yield pages.PolicySearch("医疗保障 medical care")
    yield pages.PolicySearch(empty=True)
    for query, matches in has.matches.items():
        yield pages.PolicyResults(query, matches, "more" if matches else "")
    yield from typing(has.services, has.matches["医保"])
    for topic in some(has.topics):
        yield pages.PolicyList(topic, tuple(p for p in has.policies if p.topic == topic.name))
    yield pages.PolicyList(has.topics[0], ())
    yield pages.Topics(has.topics, as_of=NOW)
    yield pages.ServiceList(pages.Door.SERVICES, tuple(guided), as_of=NOW)
    yield from (pages.PolicyText(replace(policy, as_of=NOW)) for policy in some(has.policies))
    yield from (pages.PolicyText(policy) for policy in some(has.policies))
    yield pages.ServiceList(pages.Door.SERVICES, tuple(guided))
    yield from (pages.ServiceGuide(service) for service in some(guided))
    for form in some(has.forms):
        yield pages.Introduction(form, begun=True)
        yield pages.Introduction(form, begun=True, changed=True)
        yield from (pages.Declaration(form, told) for told in (False, True))
        yield _review(form)
        yield replace(_review(form), revealed=True)
        yield pages.CardTaken(tuple(field for field in form.fields if field.prefill))
        yield from _confirmations(form)
    yield from _questions(has.forms, complete=complete)
    yield from _cards()
    yield from payments(has.forms)
    yield from papers(has.services, has.forms)
    yield from visits(has.services)
    yield from texts(some(has.policies)[0], some(has.notices)[0], some(guided)[0])
    yield from appointments(has.services, has.forms)
    yield from technician_pages()
    yield pages.CardTaken(())
    yield pages.ProgressWays()
    yield from lookup_pages(has.looked)
    yield from _references()
    yield from _cases(has.forms)
    yield from _replies(has.forms)
    yield from _public(has.services)
    yield pages.RatingServices(has.services)
    yield pages.ServiceRating(has.services[0])
    yield from (pages.ServiceRating(has.services[0], level) for level in Satisfaction)
    for use in pages.ReasonFor:
        yield pages.ReasonEntry(use, "ratings/1")
        wrong = AnswerError("reason", Problem.TOO_LONG, 500)
        yield pages.ReasonEntry(use, "ratings/1", "等了两个小时。Two hours." * 30, wrong)
    yield pages.NoticeList(has.notices, "more")
    yield pages.NoticeList(())
    yield from (pages.NoticeText(notice) for notice in some(has.notices))


def _questions(forms: Iterable[Form], *, complete: bool) -> Iterator[Page]:
    seen: set[FieldType] = set()
    fields = [(form, field) for form in forms for field in form.fields if field.type is not FieldType.SLOT]
    for form, field in sorted(fields, key=lambda pair: -len(repr(pair[1]))):
        if not complete and field.type in seen:
            continue
        seen.add(field.type)
        number, total = form.fields.index(field) + 1, len(form.fields)
        options = ",".join(option.id for option in field.options[:2])
        entered = ENTERED.get(field.type, options)
        problem = PROBLEMS.get(field.type, Problem.TOO_MANY)
        bound = 40 if problem in (Problem.TOO_LONG, Problem.TOO_MANY) else None
        yield pages.Question(field, number, total)
        yield pages.Question(field, number, total, entered, from_card=True, checking=True)
        if field.type in LENGTHS:
            yield pages.Question(field, number, total, entered, keypad=pages.KeypadTrouble.FORGOTTEN)
        yield pages.Question(field, number, total, entered, AnswerError(field.id, problem, bound))


def _review(form: Form) -> pages.Review:
    filling = Filling(form, lambda: date(2026, 11, 22))
    for field in form.fields:
        size = min(field.max_length or 300, 300)
        text = ("请尽快处理，谢谢。" * 40)[:size]
        options = ",".join(option.id for option in field.options[: max(1, field.min_length)])
        good = {**GOOD, FieldType.TEXT: text}.get(field.type, options)
        if field.type is FieldType.DIGITS:
            good = ("6222000011112222" * 2)[: field.max_length or 16]
        try:
            filling.answer(field.id, good)
        except AnswerError:
            continue
    return pages.Review(form, {language: filling.summary(language) for language in Language})


def _confirmations(form: Form) -> Iterator[Page]:
    accepted = Accepted(reference(), NOW, due_date=date(2026, 12, 21))
    takes = LocalizedText("20个工作日。", "20 working days.")
    yield pages.Confirmation(form, accepted, pages.Slip.NO_PRINTER, takes=takes)
    yield pages.Confirmation(form, accepted, pages.Slip.OFFERED, takes=takes)
    yield pages.Confirmation(form, accepted, pages.Slip.PRINTING)
    yield pages.Confirmation(form, accepted, pages.Slip.PRINTED)
    kept = replace(accepted, delivered=False, due_date=None)
    yield pages.Confirmation(form, kept, pages.Slip.OFFERED, takes=takes)
    yield pages.Confirmation(form, kept, pages.Slip.PRINTED)
    for code in (PrintError.UNKNOWN_OUTCOME, PrintError.CUTTER_FAIL, None):
        fault = DeviceError(CompletionCode.HARDWARE_ERROR, code)
        yield pages.Confirmation(form, accepted, pages.Slip.FAILED, fault)


def _cards() -> Iterator[Page]:
    for use in pages.CardUse:
        yield pages.CardWanted(use)
        yield pages.CardWanted(use, known=True)
    for code in (CardError.INVALID_CONTENT, CardError.INVALID_MEDIA, None):
        fault = DeviceError(CompletionCode.INVALID_DATA, code)
        yield pages.CardWanted(pages.CardUse.FILL_IN, fault, known=code is CardError.INVALID_CONTENT)


def _references() -> Iterator[Page]:
    yield pages.ReferenceEntry()
    yield pages.ReferenceEntry("1234567")
    yield pages.ReferenceEntry("1234", keyed=8)
    yield pages.ReferenceEntry("1234", keypad=pages.KeypadTrouble.OUT)
    yield pages.SuffixEntry("123456789012", "07", keypad=pages.KeypadTrouble.LOST)
    yield pages.ReferenceEntry("123456789012", pages.EntryFault.TOO_SHORT)
    yield pages.ReferenceEntry("123456789012", pages.EntryFault.CODE_FOREIGN)
    yield pages.SuffixEntry("123456789012", "07102X", pages.EntryFault.OPENS_NOTHING)
    yield pages.SuffixEntry("123456789012")


def _cases(forms: tuple[Form, ...]) -> Iterator[Page]:
    note = "请补交户口簿首页和本人页的复印件，可以到劳动就业服务中心三号窗口提交，也可以邮寄。"
    yield pages.CaseList(())
    yield pages.CaseList(
        tuple(
            Case(reference(), form.name, form.title, state, NOW, NOW)
            for form, state in zip(forms * 2, CaseState, strict=False)
        ),
        "more",
    )
    for state in (CaseState.REJECTED, CaseState.RECEIVED):
        events = (CaseEvent(CaseState.RECEIVED, NOW, ""), CaseEvent(CaseState.ACCEPTED, NOW, note))
        case = Case(
            reference(),
            forms[0].name,
            forms[0].title,
            state,
            NOW,
            NOW,
            (*events, CaseEvent(state, NOW, note)),
        )
        yield pages.CaseHistory(case)


REPLY = (
    "您反映的路灯问题已经核实，供电所已于昨天更换灯具和控制器，并对全村路灯做了一次检查。\n"
    "感谢您的来信，欢迎继续监督。"
)


def _replies(forms: tuple[Form, ...]) -> Iterator[Page]:
    """A case that was answered, one that was opened again, and one that was answered again."""
    form = max(forms, key=lambda form: len(form.title.en))
    done = CaseEvent(CaseState.COMPLETED, NOW, "")
    reopening = Reopening(NOW, date(2026, 12, 14))
    again = CaseEvent(CaseState.IN_REVIEW, NOW, "")
    reply = CaseReply(REPLY, NOW - timedelta(days=1))
    base = Case(reference(), form.name, form.title, CaseState.COMPLETED, NOW, NOW, (done,), replies=(reply,))
    yield pages.CaseHistory(replace(base, reopenable=True))
    yield pages.CaseHistory(
        replace(base, state=CaseState.IN_REVIEW, events=(done, again), reopening=reopening)
    )
    twice = (reply, CaseReply(REPLY, NOW + timedelta(days=3)))
    yield pages.CaseHistory(replace(base, events=(done, again, done), replies=twice, reopening=reopening))


def _public(services: tuple[Service, ...]) -> Iterator[Page]:
    department = max((one.department for one in services), key=lambda text: len(text.en))
    case = PublicCase(
        name="publicCases/1",
        title=LocalizedText("柳林村路灯坏了两个月没有修", "Street lights in a village broken for two months"),
        summary=LocalizedText(
            "路灯坏了两个月，多次反映没有人修。", "Broken for two months, reported several times."
        ),
        reply=LocalizedText(REPLY * 8, "The lights were repaired, and all others were looked at.\n" * 12),
        only=None,
        department=department,
        state=CaseState.COMPLETED,
        receive_date=date(2026, 11, 2),
        reply_date=date(2026, 11, 20),
        demonstration=True,
    )
    other = replace(case, name="publicCases/2", state=CaseState.IN_REVIEW, department=None)
    titles = [LocalizedText(f"{case.title.zh_cn}（{n}）", f"{case.title.en} ({n})") for n in range(1, 9)]
    several = tuple(
        replace(one, name=f"publicCases/{n}", title=title)
        for n, (one, title) in enumerate(zip((case, other) * 4, titles, strict=True))
    )
    yield pages.PublicCaseList(several, "more")
    yield pages.PublicCaseList(())
    yield pages.PublicCaseText(case)
    yield pages.PublicCaseText(replace(case, only=Language.ZH_CN))


def every_trouble() -> list[errors.BackendError]:
    """What can be said over a page."""
    return [
        errors.Unreachable("BACKEND_UNREACHABLE"),
        errors.Unreachable("BACKEND_TOO_SLOW"),
        errors.NotFound("POLICY_UNKNOWN"),
        *(errors.TooManyTries("TOO_MANY_TRIES", 900, of) for of in errors.Guessed),
        errors.Conflict("PAYMENT_UNAVAILABLE"),
        errors.SessionEnded("SESSION_EXPIRED"),
        errors.BackendFailure("TERMINAL_FAULT"),
    ]


def main() -> None:
    """Judges, and says what is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("size")
    parser.add_argument("backend")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="", help="pages of these classes, such as Home,Review")
    wanted = parser.parse_args()
    settings = KioskSettings.model_validate({"size": wanted.size})
    start_log("gallery")
    has = asyncio.run(county(wanted.backend))
    prepare(settings)
    require_window()
    gallery = Gallery(wanted.pictures, complete=wanted.all, only=wanted.only)
    shown = list(every_page(has, complete=wanted.all))
    for page in (*shown, *helps(shown, complete=wanted.all)):
        gallery.hang(page)
    for page in to_be_heard(shown):
        gallery.hang(page, hearing=Hearing(possible=True))
    gallery.hang_offers(has.forms)
    gallery.hang_overlays(has.forms)
    told = {"pictures": gallery.count, "faults": gallery.faults, "smaller": gallery.smaller}
    print(json.dumps(told, ensure_ascii=False))


_ALONE = (pages.Home, pages.OutOfService)
"""Pages with nothing to end."""
_LAST = (pages.Confirmation, pages.KeptForLater, pages.StillThere, pages.CardLeft)
"""Pages from which nothing leads back, and that lie over no other."""


class Gallery:
    """One window, through which every page goes in turn."""

    def __init__(self, pictures: Path | None, *, complete: bool, only: str) -> None:
        """only: pages of those classes alone, named with commas."""
        from kivy.clock import Clock

        from kiosk.app import shows  # it needs the window
        from kiosk.fonts import register_fonts
        from kiosk.input.deploy import deploy
        from kiosk.input.methods import InputMethods, open_all
        from kiosk.screens.screen import Surroundings
        from kiosk.screens.stage import Stage
        from kiosk.theme import theme
        from kiosk.visit.visit import Pace, Visit

        register_fonts()
        surroundings = Surroundings(
            office=LocalizedText("惠民县政务服务", "Huimin County Government Services"),
            help_phone="0871-12345",
            zone=ZoneInfo("Asia/Shanghai"),
            demonstration=True,
            simulated=("identity_card_reader", "receipt_printer"),
            qr_text=lambda accepted: accepted.reference,
            typing=InputMethods(partial(open_all, deploy(), shows)),
            code_reader=True,
        )
        theme.mount(None, LOW_EDGE)
        self._stage = Stage(Visit(language=Language.ZH_CN, pace=Pace()), surroundings)
        Clock.tick()  # what the stage shows of itself
        self._pictures = pictures
        self._ways = EVERY_WAY if complete else WAYS[theme.arrangement]
        self._only = only.split(",") if only else []
        self.count = 0
        self.faults: list[str] = []
        self.smaller: list[str] = []
        """Pages without room for the type size that was chosen, and the one they took."""

    def hang(self, page: Page, **over: object) -> None:
        """Shows a page in the ways that a resident can choose."""
        from kiosk.visit.visit import View

        for language, look in self._ways:
            view = View(
                page=page,
                language=language,
                look=look,
                back=not isinstance(page, (*_LAST, *_ALONE, pages.Display, pages.Help)),
                leave=not isinstance(page, _ALONE),
                unsent=True,
                waiting=False,
                stoppable=True,
                trouble=None,
                leaving=False,
                seconds_left=None,
            )
            self._judge(replace(view, **over))  # type: ignore[arg-type]

    def hang_offers(self, forms: tuple[Form, ...]) -> None:
        """Every stage of a rating, below the fullest of the pages that it is offered on."""
        form = max(forms, key=lambda form: len(form.next_steps.en))
        matter = Matter(reference="123456789012")
        for page in _confirmations(form):
            self.hang(page, offer=pages.Offer(matter))
        for stage in pages.OfferStage:
            self.hang(next(_replies(forms)), offer=pages.Offer(matter, stage))

    def hang_overlays(self, forms: tuple[Form, ...]) -> None:
        """Everything that lies over a page."""
        under = pages.ProgressWays()
        heard = Hearing(speaking=True, possible=True)
        for place in (0.0, 4.0, 6.0):
            self.hang(pages.Display(place=place), hearing=heard)
        self.hang(under, seconds_left=30)
        code = next(page for page in payments(forms) if isinstance(page, pages.Paying))
        self.hang(code, seconds_left=20)
        self.hang(under, leaving=True)
        for keeping in (KEEPING, replace(KEEPING, by_card=False)):
            self.hang(under, leaving=True, keeping=keeping)
            self.hang(under, seconds_left=120, keeping=keeping)
        for call in calls():
            self.hang(under, call=call)
        self.hang(under, ending=pages.Ending(pages.Cause.POWER, 60))
        self.hang(under, waiting=True)
        self.hang(under, waiting=True, stoppable=False)
        for stoppable in (True, False):
            self.hang(under, waiting=True, stoppable=stoppable, long_wait=True)
        for trouble in every_trouble():
            self.hang(under, trouble=trouble)
        rain, heat, leak = alert_samples.alert(), alert_samples.notice(), alert_samples.long()
        for shown in (rain, heat, leak):
            self.hang(under, alerts=(shown,))
            self.hang(under, alerts=(shown, heat), alert=shown, more_alerts=shown is rain)
        self.hang(under, alerts=(leak,), alert=leak, alert_place=2.5, unsent=False)
        self.hang(under, alerts=(leak, rain))

    def _judge(self, view: Any) -> None:
        from kivy.core.window import Window

        from kiosk.accessibility import shown as spoken
        from kiosk.inspect import tree
        from tests.kiosk.layout import faults
        from tests.kiosk.speaking.unheard import astray, unheard

        if self._only and type(view.page).__name__ not in self._only:
            return
        Window.clear()
        self._stage.show(view)
        self.count += 1
        if self._stage.view != view:  # it shows what was there before
            self.faults.append(f"{type(view.page).__name__} {view.language}: it broke; the log says how")
            return
        shown = tree(self._stage)
        look = view.look
        chosen = [look.size.value, "contrast" if look.contrast else "", "low" if look.low else ""]
        way = " ".join(filter(None, (shown["screen"], shown["overlay"], view.language, *chosen)))
        self.faults += [f"{way}: {fault}" for fault in faults(shown)]
        if not shown["screen"].startswith("technician."):  # they are for somebody who sees
            heard = spoken(self._stage)
            self.faults += [f"{way}: {fault}" for fault in unheard(heard)]
            stands = {control["id"]: control["bounds"] for control in shown["controls"]}
            order = [
                (piece.id, piece.area, stands[piece.id])
                for piece in heard.controls
                if piece.area is not Area.OVERLAY  # there the first is what most want
            ]
            self.faults += [f"{way}: {fault}" for fault in astray(order)]
        if self._stage.type_size is not look.size:
            self.smaller.append(f"{way} {self._stage.type_size.value}")
        if self._pictures:
            self._save(re.sub(r"\W+", "-", f"{self.count:04d}-{way}").strip("-"))

    def _save(self, name: str) -> None:
        from kivy.clock import Clock
        from kivy.core.window import Window
        from kivy.lang import Builder

        from kiosk.inspect import picture

        assert self._pictures
        self._pictures.mkdir(parents=True, exist_ok=True)
        if self._stage.parent is None:
            Window.add_widget(self._stage)
        for _ in range(2):
            Clock.tick()
            Builder.sync()
        asyncio.run(picture(self._pictures / f"{name}.png"))


if __name__ == "__main__":
    main()
