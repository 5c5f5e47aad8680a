"""What is owed or paid, found by its number alone."""

from __future__ import annotations

from contextlib import suppress

from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.payment import pay
from ivr.dialogue.progress import ask_reference


async def by_number(conversation: Conversation) -> None:
    """Asks for a number and holds its order, again and again. Raises Back where the caller leaves."""
    while True:
        reference = await ask_reference(conversation, "payment.which_reference")
        with suppress(Back):
            await pay(conversation, reference)
            return
