"""One service: what it is, and a key for each thing that can be done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from backend_client.catalog import Service
from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.guide import head, read_guide
from ivr.line import Utterance

GUIDE = "2"

Begun = Callable[[], Awaitable[bool]]
"""What a key begins; True once the matter is done with it. Raises Back where the caller leaves it."""


async def offer_service(
    conversation: Conversation, service: Service, keys: Sequence[str], begun: Mapping[str, Begun]
) -> bool:
    """Holds what the caller chooses, `2` for the guide, until the matter is done, which is True.

    Who comes back from what was begun stands here again, and hears the keys only. keys: the prompts that name
    them; begun: what each begins. Raises Back where the caller leaves the service.
    """

    def short() -> list[Utterance]:
        return [conversation.prompt(name) for name in keys]

    def full() -> list[Utterance]:
        return [*head(conversation, service), *short()]

    said: Said = full
    while True:
        key = await menu(conversation, Menu(GUIDE + "".join(begun), full, short, first=said))
        said = short
        with suppress(Back):
            if key == GUIDE:
                await read_guide(conversation, service)
            elif await begun[key]():
                return True
