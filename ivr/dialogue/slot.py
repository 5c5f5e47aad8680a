"""Choosing a time at counters by keys: the day, the time, and both read back before they count.

Only what is free is offered: who listens cannot look past what is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date

from backend_client.appointment import SlotDay
from backend_client.errors import BackendError
from backend_client.forms.slot import Slot
from foundation.language import Language, LocalizedText
from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.choosing import Item, choose
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.fetching import fetch
from ivr.line import Utterance
from speech.spoken import readout

TAKE, OTHER = "1", "2"


async def choose_slot(
    conversation: Conversation, counters: str, full: Said, *, optional: bool = False
) -> str:
    """The name of a slot. full: the question; optional: `#` raises Skipped. Raises Back, also where nothing
    is free."""
    days = await _free_days(conversation, counters)

    def another_day() -> list[Utterance]:
        return [conversation.prompt("slot.which_day")]

    lead = full
    while True:
        day = days[await choose(conversation, _days(days), lead, optional=optional)]
        slots, lead = [one.slot for one in day.slots if one.free], another_day
        try:
            at = await choose(conversation, _times(slots), lambda: [conversation.prompt("slot.which_time")])
            if await _confirmed(conversation, slots[at]):
                conversation.call.note("slot chosen")
                return slots[at].name
        except Back:
            continue
        days = await _free_days(conversation, counters)  # others have booked meanwhile


async def _free_days(conversation: Conversation, counters: str) -> list[SlotDay]:
    found = await fetch(conversation, lambda: conversation.client.list_slots(counters))
    days = [day for day in found if day.free]
    if not days:
        await conversation.call.forget_keys_typed_ahead()
        tickets = True
        with suppress(BackendError):  # nothing can be booked, whatever else there is
            tickets = (await conversation.client.get_counters(counters))[0].tickets
        await conversation.call.say(conversation.prompt("slot.none" if tickets else "slot.none_no_tickets"))
        raise Back
    return days


async def _confirmed(conversation: Conversation, slot: Slot) -> bool:
    """Reads it back. Raises Back."""

    def full() -> list[Utterance]:
        return [conversation.prompt("slot.confirm", time=conversation.read.moment(slot.start))]

    return await menu(conversation, Menu(TAKE + OTHER, full, full)) == TAKE


def _days(days: Sequence[SlotDay]) -> list[Item]:
    return [Item(f"slot/{one.day.isoformat()}", _label_of_day(one.day)) for one in days]


def _times(slots: Sequence[Slot]) -> list[Item]:
    return [
        Item(
            f"slot/{slot.start:%H%M}",
            LocalizedText(
                readout(Language.ZH_CN).time_of_day(slot.start.time()),
                readout(Language.EN).time_of_day(slot.start.time()),
            ),
        )
        for slot in slots
    ]


def _label_of_day(day: date) -> LocalizedText:
    return LocalizedText(readout(Language.ZH_CN).day(day), readout(Language.EN).day(day))
