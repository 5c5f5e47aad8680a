"""What somebody wants to book, looked up in the content. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from huimin.v1 import form_pb2

from backend.appointments.schedule import is_offered, moment
from backend.authoring.reading import Content
from backend.storage.appointments import Time, Wish
from backend_client.forms.form import Form
from backend_client.forms.slot import Slot, slot_of
from foundation.language import LocalizedText


def wish_of(
    form: Form | None, answers: Iterable[form_pb2.Answer], content: Content, now: datetime
) -> Wish | None:
    """What a submission wants to book; None where it is about no appointment, or names no slot at all."""
    field = form.slot_field if form else None
    if field is None:
        return None
    named = next((answer.slot for answer in answers if answer.field == field.id), "")
    try:
        slot = slot_of(named)
    except ValueError:
        return None
    return Wish(field.id, time_of(slot, content, now), place_of(slot.counters, content))


def time_of(slot: Slot, content: Content, now: datetime) -> Time:
    """A slot as it is kept, without places where it is not offered."""
    counters = content.counters.get(f"counters/{slot.counters}")
    if counters is None or counters.slots is None:
        return Time(slot.counters, moment(slot.start), 0, 0)
    places = counters.slots.places if is_offered(slot, counters, content.calendar, now) else 0
    return Time(slot.counters, moment(slot.start), counters.slots.minutes, places)


def place_of(counters: str, content: Content) -> LocalizedText:
    """Where to come to counters of an identifier."""
    found = content.counters.get(f"counters/{counters}")
    return LocalizedText(found.place.zh, found.place.en) if found else LocalizedText(counters, counters)
