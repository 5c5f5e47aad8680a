"""The greeting and the main menu. A whole call is one of these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Never

from ivr import prompts
from ivr.call import CallOver
from ivr.dialogue.asking import Menu, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.notices import notices
from ivr.dialogue.policies import policies
from ivr.dialogue.progress import progress
from ivr.dialogue.rating import offer_rating
from ivr.dialogue.services import services
from ivr.line import Utterance
from ivr.records.record import Result

PARTS: dict[str, Callable[[Conversation], Awaitable[None]]] = {
    "1": policies,
    "2": services,
    "3": progress,
    "4": notices,
}


READ = "6"
"""Everything is shown on the phone's screen, too. It is not said: who needs it cannot hear."""


async def hold(conversation: Conversation) -> Never:
    """Serves one call until it ends by HungUp or CallOver."""

    def short() -> list[Utterance]:
        return [conversation.prompt("main.menu_short")]

    def full() -> list[Utterance]:
        return [conversation.prompt("main.menu"), conversation.prompt("main.person")]

    def greeting() -> list[Utterance]:
        other = conversation.language.other
        return [
            conversation.prompt("main.greeting"),
            prompts.prompt(other, "main.this_language"),
            *full(),
        ]

    first = greeting
    while True:
        with suppress(Back):
            key = await menu(conversation, Menu("".join(PARTS) + READ, full, short, first=first))
            if key == READ:
                await _read_along(conversation)
                first = full
                continue
            conversation.begin_topic()
            await _part(conversation, key)
        await offer_rating(conversation)
        first = full


async def _read_along(conversation: Conversation) -> None:
    """Says to others who are with the caller what has become of it."""
    call = conversation.call
    shown = await call.read_along(prompts.written(conversation.language, "text.read_along"))
    if not shown:
        await call.say(conversation.prompt("main.no_screen"))


async def _part(conversation: Conversation, key: str) -> None:
    """Raises Back, HungUp, CallOver. Before a goodbye what was done can be rated."""
    try:
        await PARTS[key](conversation)
    except CallOver as over:
        if over.result is Result.GOODBYE:
            await offer_rating(conversation)
        raise
