"""One of many, in menus of at most four choices: the caller need not keep more in mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foundation.language import LocalizedText
from ivr.dialogue.asking import Menu, Said, Skipped, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.line import Utterance

GROUP = 4
"""Choices said in one go: ISO/IEC 13714."""
MORE = "5"


@dataclass(frozen=True, slots=True)
class Item:
    """One choice. `name` stands for it in the record."""

    name: str
    label: LocalizedText


async def choose(
    conversation: Conversation,
    items: Sequence[Item],
    lead: Said,
    *,
    start: int = 0,
    optional: bool = False,
    private: bool = False,
) -> int:
    """The index of the chosen item.

    lead: what is said before the choices, once; start: an item of the group that is said first; optional: `#`
    raises Skipped; private: the keys are not kept in the record. Raises Back.
    """
    if not items:
        await conversation.call.say(conversation.prompt("menu.empty"))
        raise Back
    start -= start % GROUP
    before = lead
    while True:
        try:
            key = await menu(
                conversation, _menu(conversation, items, start, before, optional=optional, private=private)
            )
        except Back:
            if start == 0:
                raise
            start -= GROUP
        else:
            if key == "#":
                raise Skipped
            if key != MORE:
                return start + int(key) - 1
            start = group_after(items, start)
        before = tuple


def _menu(
    conversation: Conversation,
    items: Sequence[Item],
    start: int,
    lead: Said,
    *,
    optional: bool,
    private: bool,
) -> Menu:
    def short() -> list[Utterance]:
        return listed(conversation, items, start)

    def full() -> list[Utterance]:
        return [*lead(), *short(), *([conversation.prompt("menu.commands")] if start == 0 else [])]

    return Menu(keys_of(items, start) + ("#" if optional else ""), full, short, private=private)


def keys_of(items: Sequence[Item], start: int) -> str:
    """The keys of the group that begins at `start`, and the one for the next group."""
    return "1234"[: len(items) - start] + (MORE if len(items) > GROUP else "")


def listed(conversation: Conversation, items: Sequence[Item], start: int) -> list[Utterance]:
    """The group that begins at `start`: each item with its key, and the key for the next group."""
    said = [
        conversation.choice(item.name, item.label, number)
        for number, item in enumerate(items[start : start + GROUP], 1)
    ]
    if len(items) > GROUP:
        at_end = start + GROUP >= len(items)
        said.append(conversation.prompt("menu.from_the_beginning" if at_end else "menu.more"))
    return said


def group_after(items: Sequence[Item], start: int) -> int:
    """Where the next group begins; after the last one, the first."""
    return start + GROUP if start + GROUP < len(items) else 0
