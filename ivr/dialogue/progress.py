"""How far an application has come: its reference and the last six of the identity number open it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import chain
from typing import TypeVar

from backend_client.case import Case, CaseEvent, Session
from backend_client.errors import BackendError, Denied
from backend_client.forms.explain import explain_identity_suffix, explain_reference
from backend_client.forms.identity_number import (
    SUFFIX_LENGTH,
    IdentityNumberError,
    check_identity_suffix,
)
from backend_client.forms.reference import LENGTH, ReferenceError_, check_reference, group
from backend_client.rating import Matter
from backend_client.text import Result, TextOf
from ivr import prompts
from ivr.dialogue import appointment
from ivr.dialogue.asking import Menu, Question, Refused, Skipped, ask, menu
from ivr.dialogue.choosing import GROUP
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.fetching import fetch, tell
from ivr.dialogue.payment import offer as offer_payment
from ivr.dialogue.payment import order_of, pay, told
from ivr.dialogue.replies import hear_reply
from ivr.dialogue.signing_in import sign_in
from ivr.dialogue.text_message import KEY, TextOffer, WithSession
from ivr.entry import Star, Wanted
from ivr.line import Utterance

T = TypeVar("T")

ANOTHER, HISTORY, PAY, REPLY, APPOINTMENT = "1", "2", "3", "4", "5"


async def progress(conversation: Conversation) -> None:
    """Raises Back where the caller leaves."""
    while True:
        reference = await ask_reference(conversation)
        try:
            suffix = await ask_suffix(conversation, optional=True)
        except Skipped:
            with suppress(Back):
                await pay(conversation, reference)
            continue
        except Back:
            continue
        try:
            case = await _open(conversation, reference, suffix)
        except Denied as error:
            await tell(conversation, error)
            continue
        await _tell(conversation, case, _sessions(conversation, reference, suffix))


async def ask_reference(conversation: Conversation, question: str = "progress.reference") -> str:
    """The reference of a case, or of what is to be paid. Raises Back."""

    def judge(keys: str) -> str:
        try:
            return check_reference(keys)
        except ReferenceError_ as error:
            told = explain_reference(error, conversation.language)
            raise Refused(conversation.content(f"reference.{error.problem.value}", told)) from None

    def full() -> list[Utterance]:
        return [conversation.prompt(question)]

    return await ask(conversation, Question(Wanted(LENGTH), full, full, judge))


async def ask_suffix(conversation: Conversation, *, optional: bool = False) -> str:
    """The last six characters of its applicant's identity number. optional: where the reference may be of
    something to be paid, `#` raises Skipped. Raises Back."""

    def judge(keys: str) -> str:
        try:
            return check_identity_suffix(keys)
        except IdentityNumberError as error:
            told = explain_identity_suffix(conversation.language)
            raise Refused(conversation.content(f"suffix.{error.problem.name}", told)) from None

    def full() -> list[Utterance]:
        other = [conversation.prompt("progress.only_payment")] if optional else []
        return [conversation.prompt("progress.suffix"), *other]

    wanted = Wanted(SUFFIX_LENGTH, Star.LAST_X)
    return await ask(conversation, Question(wanted, full, full, judge, optional=optional))


async def _open(conversation: Conversation, reference: str, suffix: str) -> Case:
    """The case; the session that opened it is ended at once."""
    client = conversation.client

    async def work() -> Case:
        return await _with_session(
            conversation, reference, suffix, lambda session: client.get_case(session, reference)
        )

    return await fetch(conversation, work, passing=(Denied,))


def _sessions(conversation: Conversation, reference: str, suffix: str) -> WithSession:
    async def with_session(work: Callable[[Session], Awaitable[T]]) -> T:
        return await _with_session(conversation, reference, suffix, work)

    return with_session


async def _with_session(
    conversation: Conversation, reference: str, suffix: str, work: Callable[[Session], Awaitable[T]]
) -> T:
    """Opens a session, does something with it, and ends it. Raises BackendError."""
    client = conversation.client
    session = await sign_in(conversation, reference, suffix)
    try:
        return await work(session)
    finally:
        with suppress(BackendError):
            await client.sign_out(session)


async def _tell(conversation: Conversation, case: Case, with_session: WithSession) -> None:
    """Says the state, with what the office says to it."""
    if not case.rated:
        conversation.done(Matter(reference=case.reference))
    conversation.call.note(f"case {case.state.name.lower()}")
    language = conversation.language
    conversation.call.send_text(
        prompts.written(
            language,
            "text.progress",
            title=case.title[language],
            reference=group(case.reference),
            state=prompts.written(language, f"state.{case.state.name}"),
        )
    )

    order = await order_of(conversation, case)
    payable = order is not None and order.payable
    offer = TextOffer(conversation, Result(TextOf.CASE, f"cases/{case.reference}"), with_session)

    def keys(text: Sequence[Utterance] = ()) -> list[Utterance]:
        prompt = conversation.prompt
        told = [prompt("progress.reply")] if case.replies else []
        told += [prompt("progress.pay")] if payable else []
        told += [prompt("progress.appointment")] if changeable() else []
        told += [*text, prompt("progress.history"), prompt("progress.another")]
        return [*told[:GROUP], prompt("progress.keys")]

    def changeable() -> bool:
        return case.appointment is not None and case.appointment.changeable

    def latest() -> list[Utterance]:
        title = conversation.content(case.form, case.title)
        event = case.events[-1] if case.events else CaseEvent(case.state, case.update_time, "")
        owed = told(conversation, order) if order is not None else []
        booked = appointment.told(conversation, case)
        return [title, *booked, *_event(conversation, event, "progress.now"), *owed, *keys(offer.said())]

    def history() -> list[Utterance]:
        events = [_event(conversation, event, "progress.state") for event in case.events]
        return [*chain.from_iterable(events), *keys()]

    first = latest
    while True:
        wanted = ANOTHER + HISTORY + (PAY if payable else "") + (REPLY if case.replies else "")
        wanted += (APPOINTMENT if changeable() else "") + offer.key
        key = await menu(conversation, Menu(wanted, latest, keys, first=first, last=True))
        if key == ANOTHER:
            return
        first = history if key == HISTORY else latest
        if key == KEY:
            await offer.take()
            first = keys
        if key == APPOINTMENT:
            with suppress(Back):
                case = await appointment.change(conversation, case, with_session)
        if key == REPLY:
            with suppress(Back):
                case = await hear_reply(conversation, case, with_session)
        if key == PAY and order is not None:
            with suppress(Back):
                await offer_payment(conversation, order)
            order = await order_of(conversation, case)
            payable = order is not None and order.payable


def _event(conversation: Conversation, event: CaseEvent, sentence: str) -> list[Utterance]:
    """A state, since when, and the office's note in the language in which it was written."""
    day = conversation.read.full_date(conversation.local(event.event_time).date())
    state = prompts.written(conversation.language, f"state.{event.state.name}")
    said = [conversation.prompt(sentence, state=state, date=day)]
    if event.note:
        said.append(conversation.prompt("progress.note"))
        said.append(prompts.content(prompts.language_of(event.note), "case/note", event.note, private=True))
    return said
