"""A longer text read out in parts: `1` goes on, `9` repeats the part, `*` ends; silence goes on by itself."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.catalog import Section
from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.conversation import Conversation
from ivr.dialogue.text_message import TextOffer
from ivr.line import Utterance

NEXT = "1"


async def read_out(conversation: Conversation, parts: Sequence[Said], offer: TextOffer | None = None) -> None:
    """Reads the parts one after another. offer: made at the end. Raises Back where the caller ends it.

    How to go on is said after the first part; later ones are followed by a short pause only.
    """
    for index, part in enumerate(parts[:-1]):
        await _read(conversation, part, with_hint=index == 0)

    def ending() -> list[Utterance]:
        return [conversation.prompt("reading.end")]

    def last() -> list[Utterance]:
        return [*parts[-1](), *(offer.said() if offer else []), *ending()]

    said: Said = last
    while True:
        await menu(conversation, Menu(offer.key if offer else "", last, ending, first=said, last=True))
        if offer is not None:
            await offer.take()
        said = ending


async def _read(conversation: Conversation, part: Said, *, with_hint: bool) -> None:
    def keys() -> list[Utterance]:
        return [conversation.prompt("reading.keys")]

    def full() -> list[Utterance]:
        return [*part(), *(keys() if with_hint else [])]

    pause = conversation.settings.timing.reading_pause
    await menu(conversation, Menu(NEXT, full, keys, silence=NEXT, patience=pause))


def section(conversation: Conversation, name: str, part: Section) -> list[Utterance]:
    """One part of a text of the backend's, with its heading."""
    return [
        conversation.content(f"{name}/heading", part.heading),
        conversation.content(f"{name}/text", part.text),
    ]
