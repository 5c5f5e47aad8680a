"""Appointments by telephone: booking, how many are waiting, and changing what was booked."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from backend_client.appointment import AppointmentState, Counters, Queue
from backend_client.case import Case, Session
from backend_client.errors import BackendError, Conflict, InvalidAnswers
from backend_client.forms.answer import AnswerError
from backend_client.forms.explain import explain
from backend_client.forms.form import Field, FieldType
from backend_client.forms.slot import slot_of
from backend_client.submission import Accepted
from foundation.language import LocalizedText
from ivr.dialogue.asking import Menu, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.draft import Draft
from ivr.dialogue.fetching import fetch, tell
from ivr.dialogue.slot import choose_slot
from ivr.dialogue.text_message import WithSession
from ivr.line import Utterance

MOVE, CANCEL = "1", "2"
_FIELD = Field("slot", FieldType.SLOT, LocalizedText("", ""), LocalizedText("", ""))
"""Where an appointment is moved: for the sentences about what is wrong with a slot."""


async def tell_waiting(conversation: Conversation, name: str) -> None:
    """Says how many wait at a group of counters. Raises Back."""
    counters, queue = await fetch(conversation, lambda: conversation.client.get_counters(name))
    await conversation.call.say(*_queue(conversation, counters, queue))


def _queue(conversation: Conversation, counters: Counters, queue: Queue | None) -> list[Utterance]:
    said = [conversation.content(f"{counters.name}/title", counters.title)]
    if queue is None:
        return [*said, conversation.prompt("queue.none")]
    if queue.giving_tickets:
        if not queue.waiting:
            return [*said, conversation.prompt("queue.nobody")]
        count = conversation.read.count(queue.waiting)
        minutes = conversation.read.count(queue.wait_minutes)
        return [*said, conversation.prompt("queue.waiting", count=count, minutes=minutes)]
    if queue.opens is None:
        return [*said, conversation.prompt("queue.closed")]
    return [*said, conversation.prompt("queue.opens", time=conversation.read.moment(queue.opens))]


async def tell_booked(conversation: Conversation, draft: Draft, accepted: Accepted) -> None:
    """Says when and where to come, where a form that was sent books a time; or that it is not booked yet."""
    field = draft.form.slot_field
    name = draft.filling.answers.get(field.id) if field else None
    if field is None or not isinstance(name, str):
        return
    time = conversation.read.moment(slot_of(name).start)
    if not accepted.delivered:
        await conversation.call.say(conversation.prompt("booked.not_confirmed", time=time))
        return
    said: list[Utterance] = []
    tickets = True
    with suppress(BackendError):  # it is booked, wherever it is
        counters, _ = await conversation.client.get_counters(field.counters)
        tickets = counters.tickets
        said.append(conversation.prompt("booked.place"))
        said.append(conversation.content(f"{counters.name}/place", counters.place))
    name = "booked.time" if tickets else "booked.time_no_ticket"
    await conversation.call.say(conversation.prompt(name, time=time), *said)


def told(conversation: Conversation, case: Case) -> list[Utterance]:
    """How the appointment of a case stands; nothing where it has none."""
    appointment = case.appointment
    if appointment is None:
        return []
    time = conversation.read.moment(appointment.slot.start)
    said = [conversation.prompt(f"appointment.{appointment.state.name}", time=time)]
    if appointment.state is AppointmentState.BOOKED:
        said.append(conversation.prompt("booked.place"))
        said.append(conversation.content(f"{appointment.counters}/place", appointment.place))
    return said


async def change(conversation: Conversation, case: Case, with_session: WithSession) -> Case:
    """Moves or cancels the appointment of a case; the case as it is then. Raises Back."""
    appointment = case.appointment
    assert appointment is not None

    unconfirmed = appointment.state is AppointmentState.UNCONFIRMED

    def full() -> list[Utterance]:
        return [conversation.prompt("appointment.choose_keys" if unconfirmed else "appointment.keys")]

    if await menu(conversation, Menu(MOVE + CANCEL, full, full)) == CANCEL:
        return await _cancel(conversation, case, with_session)
    return await _move(conversation, case, appointment.counters, with_session)


async def _move(conversation: Conversation, case: Case, counters: str, with_session: WithSession) -> Case:
    client = conversation.client
    while True:
        slot = await choose_slot(conversation, counters, lambda: [conversation.prompt("appointment.move_to")])

        async def move(session: Session, slot: str = slot) -> Case:
            await client.move_appointment(session, case.reference, slot, conversation.language)
            return await client.get_case(session, case.reference)

        try:
            moved = await fetch(
                conversation,
                partial(with_session, move),
                passing=(InvalidAnswers, Conflict),
                to_the_end=True,
            )
        except InvalidAnswers as error:
            wrong = AnswerError(_FIELD.id, error.violations[0].problem)
            await conversation.call.forget_keys_typed_ahead()
            why = explain(wrong, _FIELD, conversation.language)
            await conversation.call.say(conversation.content(f"problem.{wrong.problem.name}", why))
            continue
        except Conflict as error:
            await tell(conversation, error)
            raise Back from None
        conversation.call.note("appointment moved")
        return moved


async def _cancel(conversation: Conversation, case: Case, with_session: WithSession) -> Case:
    def full() -> list[Utterance]:
        return [conversation.prompt("appointment.cancel_sure")]

    if await menu(conversation, Menu("12", full, full)) != "1":
        raise Back
    client = conversation.client

    async def cancel(session: Session) -> Case:
        await client.cancel_appointment(session, case.reference, conversation.language)
        return await client.get_case(session, case.reference)

    try:
        cancelled = await fetch(
            conversation, partial(with_session, cancel), passing=(Conflict,), to_the_end=True
        )
    except Conflict as error:
        await tell(conversation, error)
        raise Back from None
    conversation.call.note("appointment cancelled")
    return cancelled
