"""A service that is booked: the appointment, the guide, and how many are waiting now."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from backend_client.catalog import Service
from ivr.dialogue.appointment import tell_waiting
from ivr.dialogue.asking import Menu, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.form import fill_in
from ivr.dialogue.guide import head, read_guide
from ivr.line import Utterance

BOOK, GUIDE, WAITING = "1", "2", "3"


async def book(conversation: Conversation, service: Service) -> bool:
    """By form, with the guide, and how many wait where there is a queue. Raises Back."""
    before = partial(head, conversation, service)

    def short() -> list[Utterance]:
        queue = [conversation.prompt("book.waiting_key")] if service.counters else []
        return [conversation.prompt("book.keys"), *queue]

    def full() -> list[Utterance]:
        return [*before(), *short()]

    keys = BOOK + GUIDE + (WAITING if service.counters else "")
    while True:
        key = await menu(conversation, Menu(keys, full, short))
        if key == BOOK:
            await fill_in(conversation, service.form)
            return True
        with suppress(Back):
            if key == GUIDE:
                await read_guide(conversation, service)
            else:
                await tell_waiting(conversation, service.counters)
