"""A lookup by telephone: its questions, then each record in two sentences, with details, payment and a new
search on keys.

Nothing of what is asked or found outlives the search.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from backend_client.case import Session
from backend_client.catalog import Service
from backend_client.errors import BackendError, Conflict, Denied, InvalidAnswers, ProviderFailed
from backend_client.forms.form import FieldType, Form, OneOf, Rule
from backend_client.forms.lookup import Access, Found, Lookup, Record
from backend_client.forms.present_record import present_line
from backend_client.rating import Matter
from backend_client.text import Result, TextOf
from ivr import prompts
from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.choosing import GROUP
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.draft import Draft
from ivr.dialogue.fetching import fetch, offer_again, tell
from ivr.dialogue.form import answer_all
from ivr.dialogue.offering import offer_service
from ivr.dialogue.payment import pay_record
from ivr.dialogue.progress import ask_reference, ask_suffix
from ivr.dialogue.reading import read_out
from ivr.dialogue.records import said_details, said_record
from ivr.dialogue.signing_in import sign_in
from ivr.dialogue.text_message import KEY as TEXT
from ivr.dialogue.text_message import TextOffer
from ivr.line import Utterance

BEGIN = "1"
DETAILS, NEXT, PAY, ANEW = "1", "2", "3", "4"
AT_ONCE = 3
"""Details that are read out in one go."""


async def look_up(conversation: Conversation, service: Service) -> bool:
    """Holds a service of the kind LOOKUP. Raises Back where the caller leaves."""

    async def search() -> bool:
        while await _search(conversation, service):
            pass
        return True

    return await offer_service(conversation, service, ["lookup.begin_or_guide"], {BEGIN: search})


async def _search(conversation: Conversation, service: Service) -> bool:
    """One search; whether the caller wants another. Raises Back."""
    lookup = await fetch(conversation, lambda: conversation.client.get_lookup(service.lookup))
    await conversation.tell_age(lookup.as_of)
    await conversation.tell_demonstration(lookup.demonstration)
    if lookup.access is Access.CARD:
        await conversation.call.say(
            conversation.prompt("lookup.needs_card"), *_ask_there(conversation, service)
        )
        raise Back
    session = await _session(conversation) if lookup.personal else None
    draft = Draft(by_keys(lookup.questions), conversation.today)
    try:
        await answer_all(conversation, draft)
        found = await _found(conversation, service, lookup, draft, session)
    finally:
        draft.wipe()
        if session is not None:
            with suppress(BackendError):
                await conversation.client.sign_out(session)
    if found is None:
        return True
    conversation.done(Matter())
    if not found.records:
        return await _nothing(conversation, service, lookup)
    return await _tell(conversation, service, lookup, found)


def by_keys(questions: Form) -> Form:
    """The questions that can be answered with the keys of a telephone: those for free text are left out."""
    left_out = {field.id for field in questions.fields if field.type is FieldType.TEXT and not field.required}

    def without(rule: Rule) -> Rule:
        if not isinstance(rule.kind, OneOf):
            return rule
        fields = tuple(name for name in rule.kind.fields if name not in left_out)
        return replace(rule, kind=replace(rule.kind, fields=fields))

    return replace(
        questions,
        fields=tuple(field for field in questions.fields if field.id not in left_out),
        rules=tuple(map(without, questions.rules)),
    )


async def _session(conversation: Conversation) -> Session:
    """A session of the applicant of a case. Raises Back."""
    while True:
        await conversation.call.say(conversation.prompt("lookup.by_reference"))
        reference = await ask_reference(conversation)
        try:
            suffix = await ask_suffix(conversation)
        except Back:
            continue
        try:
            return await fetch(
                conversation,
                lambda: sign_in(conversation, reference, suffix),  # noqa: B023 (at once)
                passing=(Denied,),
            )
        except Denied as error:
            await tell(conversation, error)


async def _found(
    conversation: Conversation, service: Service, lookup: Lookup, draft: Draft, session: Session | None
) -> Found | None:
    """What was found; None where the questions have to be asked anew. Raises Back."""

    async def work() -> Found:
        return await conversation.client.run_lookup(
            lookup, draft.filling.answers, session=session, caller=conversation.call.caller
        )

    while True:
        try:
            found = await fetch(conversation, work, passing=(ProviderFailed, Conflict, InvalidAnswers))
        except (Conflict, InvalidAnswers) as error:
            await tell(conversation, error)
            return None
        except ProviderFailed as error:
            conversation.call.note("lookup failed")
            await offer_again(conversation, error, partial(_ask_there, conversation, service))
        else:
            conversation.call.note("lookup answered")
            return found


def _ask_there(conversation: Conversation, service: Service) -> list[Utterance]:
    """The telephone number of the department, said and shown."""
    if service.guide is None:
        return []
    language, phone = conversation.language, service.guide.phone
    department = service.department[language]
    conversation.call.send_text(
        prompts.written(language, "text.department", department=department, phone=phone)
    )
    return [conversation.prompt("lookup.ask_department", department=department, phone=phone)]


async def _nothing(conversation: Conversation, service: Service, lookup: Lookup) -> bool:
    def short() -> list[Utterance]:
        return [conversation.prompt("lookup.anew")]

    def full() -> list[Utterance]:
        nothing = conversation.content(f"{lookup.name}/nothing", lookup.nothing)
        return [nothing, *_ask_there(conversation, service), *short()]

    await menu(conversation, Menu(BEGIN, full, short, last=True))
    return True


async def _tell(conversation: Conversation, service: Service, lookup: Lookup, found: Found) -> bool:
    """Says the records one after another; whether the caller wants a new search. Raises Back."""
    number, many = 0, len(found.records)
    while True:
        record = found.records[number]
        _show(conversation, lookup, record)
        last = number == many - 1
        said = partial(_record, conversation, lookup, found, number)
        text = Result(TextOf.RECORD, record.text_token) if record.text_token else None
        offer = TextOffer(conversation, text)
        key = await _key(conversation, record, said, offer, last=last)
        while key in (DETAILS, PAY, TEXT):
            with suppress(Back):
                if key == TEXT:
                    await offer.take()
                elif key == DETAILS:
                    await read_out(conversation, _details(conversation, lookup, record))
                elif record.payable is not None:
                    await pay_record(conversation, record.payable)
            key = await _key(conversation, record, said, offer, last=last, again=True)
        if key == ANEW:
            return True
        number += 1


async def _key(
    conversation: Conversation,
    record: Record,
    said: Said,
    offer: TextOffer,
    *,
    last: bool,
    again: bool = False,
) -> str:
    """What the caller wants with a record. again: it was said already. Raises Back."""
    payable = record.payable is not None

    def keys(text: Sequence[Utterance] = ()) -> list[Utterance]:
        prompt = conversation.prompt
        told = [prompt("lookup.details")]
        told += [] if last else [prompt("lookup.next")]
        told += [prompt("lookup.pay")] if payable else []
        return [*[*told, *text][: GROUP - 1], prompt("lookup.anew_or_back")]

    def full() -> Sequence[Utterance]:
        return [*said(), *keys(offer.said())]

    wanted = DETAILS + ("" if last else NEXT) + (PAY if payable else "") + ANEW + offer.key
    return await menu(conversation, Menu(wanted, full, keys, first=keys if again else None, last=last))


def _record(conversation: Conversation, lookup: Lookup, found: Found, number: int) -> list[Utterance]:
    """A record in its sentences; before the first how many there are, before the others which it is."""
    many, read = len(found.records), conversation.read
    said: list[Utterance] = []
    if many > 1 and number == 0:
        said.append(conversation.prompt("lookup.many", count=read.count(many)))
    if found.more and number == 0:
        said.append(conversation.prompt("lookup.more"))
    if many > 1:
        said.append(conversation.prompt("lookup.number", number=read.integer(number + 1)))
    record = found.records[number]
    said += said_record(conversation, lookup, record)
    if record.pay_time is not None:
        day = read.full_date(conversation.local(record.pay_time).date())
        said.append(conversation.prompt("lookup.paid", private=True, day=day))
    return said


def _details(conversation: Conversation, lookup: Lookup, record: Record) -> list[Said]:
    """A few columns at a time, made anew where the language has changed."""
    count = len(record.values)

    def part(start: int) -> list[Utterance]:
        told = said_details(conversation, lookup, record)[start : start + AT_ONCE]
        return [utterance for one in told for utterance in one]

    return [partial(part, start) for start in range(0, count, AT_ONCE)]


def _show(conversation: Conversation, lookup: Lookup, record: Record) -> None:
    """The record in one line, on phones with a screen."""
    language = conversation.language
    line = present_line(lookup, record, language, conversation.settings.time_zone)
    conversation.call.send_text(
        prompts.written(language, "text.record", title=lookup.title[language], line=line)
    )
