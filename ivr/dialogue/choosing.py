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
    standing: Item | None = None,
) -> int:
    """The index of the chosen item.

    lead: what is said before the choices, once; start: an item of the group that is said first; optional: `#`
    raises Skipped; private: the keys are not kept in the record; standing: a choice that every group has, on
    its last key; its index is that of the group's first item beyond the last item. Raises Back.
    """
    if not items and standing is None:
        await conversation.call.say(conversation.prompt("menu.empty"))
        raise Back
    size = GROUP if standing is None else GROUP - 1
    start -= len(items) if start >= len(items) else 0
    start -= start % size
    before = lead
    while True:
        group = Group(items, start, size, standing)
        try:
            key = await menu(
                conversation, _menu(conversation, group, before, optional=optional, private=private)
            )
        except Back:
            if start == 0:
                raise
            start -= size
        else:
            if key == "#":
                raise Skipped
            if key != MORE:
                return group.chosen(key)
            start = group.after
        before = tuple


@dataclass(frozen=True, slots=True)
class Group:
    """The choices that are said in one go: `size` items from `start` on, and the standing one."""

    items: Sequence[Item]
    start: int
    size: int = GROUP
    standing: Item | None = None

    @property
    def keys(self) -> str:
        """Those of the choices, and the one for the next group."""
        here = "1234"[: min(self.size, len(self.items) - self.start)]
        return here + ("" if self.standing is None else str(GROUP)) + (MORE if self._several else "")

    @property
    def after(self) -> int:
        """Where the next group begins; after the last one, the first."""
        return 0 if self._at_end else self.start + self.size

    def chosen(self, key: str) -> int:
        """The index of the choice that a key stands for."""
        if self.standing is not None and int(key) == GROUP:
            return len(self.items) + self.start
        return self.start + int(key) - 1

    def said(self, conversation: Conversation) -> list[Utterance]:
        """Each choice with its key, and the key for the next group."""
        here = self.items[self.start : self.start + self.size]
        said = [conversation.choice(item.name, item.label, number) for number, item in enumerate(here, 1)]
        if self.standing is not None:
            said.append(conversation.choice(self.standing.name, self.standing.label, GROUP))
        if self._several:
            said.append(conversation.prompt("menu.from_the_beginning" if self._at_end else "menu.more"))
        return said

    @property
    def _several(self) -> bool:
        return len(self.items) > self.size

    @property
    def _at_end(self) -> bool:
        return self.start + self.size >= len(self.items)


def _menu(
    conversation: Conversation,
    group: Group,
    lead: Said,
    *,
    optional: bool,
    private: bool,
) -> Menu:
    def short() -> list[Utterance]:
        return group.said(conversation)

    def full() -> list[Utterance]:
        return [*lead(), *short(), *([conversation.prompt("menu.commands")] if group.start == 0 else [])]

    return Menu(group.keys + ("#" if optional else ""), full, short, private=private)
