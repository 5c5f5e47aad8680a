"""Policies by the initials of their titles, keyed on the letters of a telephone's keys (ITU-T E.161).

The best are offered by keys; more initials narrow it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Never

from backend_client.policy import Policy
from ivr import prompts
from ivr.dialogue.asking import Question, Refused, Skipped, Tries, ask
from ivr.dialogue.choosing import GROUP, Item, choose
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.fetching import fetch
from ivr.entry import Wanted
from ivr.line import Utterance

MOST = 20
"""Policies that are offered, the best; who has not found it by then narrows it."""
LONGEST = 24
SHORTEST = 2
"""Keys of a search. One alone finds an eighth of everything."""
NO_LETTERS = "01"

Read = Callable[[Conversation, str], Awaitable[None]]
"""Reads out the policy of a name; raises Back where the caller leaves it."""


async def search_policies(conversation: Conversation, read: Read) -> Never:
    """Searches again and again. Raises Back where the caller leaves."""
    tries = Tries(conversation)
    so_far = ""
    while True:
        try:
            keys = so_far + await _initials(conversation, so_far)
        except Back:
            if not so_far:
                raise
            so_far = ""
            continue
        found, many = await _found(conversation, keys)
        if found:
            so_far = await _offer(conversation, keys, found, read, many=many)
            tries = Tries(conversation)
        else:
            so_far = ""
            await conversation.call.say(*await tries.wrong(conversation.prompt("search.none")))


async def _initials(conversation: Conversation, so_far: str) -> str:
    """So many as are keyed now. so_far: those that they narrow. `#` alone says where the letters are."""
    prompt = conversation.prompt

    def judge(keys: str) -> str:
        if len(so_far + keys) < SHORTEST or not keys.strip(NO_LETTERS):
            raise Refused(prompt("search.wrong"))
        return keys

    def again() -> list[Utterance]:
        return [prompt("search.more" if so_far else "search.again")]

    def full() -> list[Utterance]:
        return again() if so_far else [prompt("search.question")]

    said = full
    while True:
        question = Question(Wanted(LONGEST - len(so_far)), said, again, judge, optional=True, private=False)
        try:
            return await ask(conversation, question)
        except Skipped:

            def said() -> list[Utterance]:
                return [prompt("search.letters"), *again()]


async def _found(conversation: Conversation, keys: str) -> tuple[Sequence[Policy], bool]:
    """The best, and whether there are more. Raises Back."""
    search = partial(
        conversation.client.search_policies, keys, conversation.language, page_size=MOST, keypad=True
    )
    page = await fetch(conversation, search)
    await conversation.tell_age(page.as_of)
    conversation.call.note("policies searched")
    return [match.policy for match in page.items], bool(page.next_page_token)


async def _offer(
    conversation: Conversation, keys: str, found: Sequence[Policy], read: Read, *, many: bool
) -> str:
    """Lets the caller choose and hear as many as wanted. Ends with the initials that shall be narrowed, none
    where the caller goes back to begin anew."""
    items = [Item(policy.name, policy.title) for policy in found]
    more = Item("search.narrow", prompts.label("search.narrow"))
    narrow = more if len(items) > GROUP and len(keys) < LONGEST else None

    def lead() -> list[Utterance]:
        if many:
            return [conversation.prompt("search.found_many")]
        return [conversation.prompt("search.found", count=conversation.read.count(len(items)))]

    chosen = 0
    while True:
        try:
            chosen = await choose(conversation, items, lead, start=chosen, standing=narrow)
        except Back:
            return ""
        if chosen >= len(items):
            return keys
        with suppress(Back):
            await read(conversation, items[chosen].name)
