"""What a caller hears of a form that was sent: when and where to come, the reference, what is to be paid."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from backend_client.forms.charge import bill_for
from backend_client.forms.contact import is_told
from backend_client.forms.reference import group
from backend_client.submission import Accepted
from backend_client.text import Result, TextOf
from ivr import prompts
from ivr.dialogue.appointment import tell_booked
from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.draft import Draft
from ivr.dialogue.payment import pay
from ivr.dialogue.text_message import KEY, TextOffer
from ivr.line import Utterance


async def tell_sent(conversation: Conversation, draft: Draft, accepted: Accepted) -> None:
    """Returns where the caller goes on."""
    await tell_booked(conversation, draft, accepted)
    if await _wants_to_pay(conversation, draft, accepted):
        with suppress(Back):  # it is sent, paid or not
            await pay(conversation, accepted.reference)


async def _wants_to_pay(conversation: Conversation, draft: Draft, accepted: Accepted) -> bool:
    """Says the reference twice, and shows it on phones with a screen. Whether the caller wants to pay now,
    where something is owed."""
    form, offer = draft.form, _offer(conversation, draft, accepted)
    bill = bill_for(form, draft.filling.answers)
    due = bill is not None and bill.total_fen > 0
    now = due and accepted.delivered
    title, reference = form.title[conversation.language], group(accepted.reference)
    conversation.call.send_text(
        prompts.written(conversation.language, "text.reference", title=title, reference=reference)
    )

    def short() -> list[Utterance]:
        reference = conversation.read.reference(accepted.reference)
        return [conversation.prompt("sent.reference", private=True, reference=reference), *keys()]

    def keys(text: Sequence[Utterance] = ()) -> list[Utterance]:
        owed = [conversation.prompt("sent.pay" if now else "sent.pay_later")] if due else []
        return [*owed, *text, conversation.prompt("sent.keys")]

    def by() -> list[Utterance]:
        """The last day of the office's promise, which does not begin before what is owed is paid."""
        if accepted.due_date is None or due:
            return []
        return [conversation.prompt("sent.by", date=conversation.read.day(accepted.due_date))]

    def full() -> list[Utterance]:
        reference = conversation.read.reference(accepted.reference)
        return [
            conversation.prompt("sent.done" if accepted.delivered else "sent.kept"),
            conversation.prompt("sent.reference", private=True, reference=reference),
            conversation.prompt("sent.reference_again", private=True, reference=reference),
            conversation.prompt("sent.how_to_ask"),
            conversation.content(f"{form.name}/next-steps", form.next_steps),
            *by(),
            *keys(offer.said()),
        ]

    said: Said = full
    try:
        while True:
            wanted = ("1" if now else "") + offer.key
            if await menu(conversation, Menu(wanted, full, short, first=said, last=True)) != KEY:
                return True
            await offer.take()
            said = keys
    except Back:
        return False


def _offer(conversation: Conversation, draft: Draft, accepted: Accepted) -> TextOffer:
    """Of what the backend has, where its resident does not get the same by SMS anyway: who is told of changes
    gets the reference, and not when and where to come."""
    told = is_told(draft.form, draft.filling.answers) and draft.form.slot_field is None
    sent = accepted.delivered and not told
    return TextOffer(conversation, Result(TextOf.SUBMISSION, draft.name) if sent else None)
