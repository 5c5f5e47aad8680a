"""Questions answered by choosing: yes or no, one of several, some of several."""

from __future__ import annotations

from collections.abc import Sequence

from backend_client.forms.answer import Value
from backend_client.forms.form import Field, Option
from ivr.dialogue.answers import is_private, said
from ivr.dialogue.asking import Menu, Said, Skipped, menu
from ivr.dialogue.choosing import MORE, Group, Item, choose
from ivr.dialogue.conversation import Conversation
from ivr.line import Utterance


async def ask_yes_no(
    conversation: Conversation, field: Field, full: Said, short: Said, *, optional: bool
) -> bool:
    """The answer. Raises Back, and Skipped where it is optional."""
    keys = conversation.prompt
    key = await menu(
        conversation,
        Menu(
            "12#" if optional else "12",
            lambda: [*full(), keys("key.yes_no")],
            lambda: [*short(), keys("key.yes_no")],
            private=is_private(field),
        ),
    )
    if key == "#":
        raise Skipped
    return key == "1"


async def ask_choice(conversation: Conversation, field: Field, full: Said, *, optional: bool) -> str:
    """The identifier of the option; it is said back. Raises Back, and Skipped where it is optional."""
    chosen = await choose(conversation, _items(field), full, optional=optional, private=is_private(field))
    option = field.options[chosen].id
    await _say_back(conversation, field, option)
    return option


async def ask_choices(
    conversation: Conversation, field: Field, full: Said, chosen: Sequence[str]
) -> tuple[str, ...]:
    """The identifiers of the options, none where none was chosen. A key takes an option, or takes it back,
    and `#` ends. chosen: those that were chosen before. Raises Back."""
    items = _items(field)
    picked = set(chosen)
    group = Group(items, 0)

    def listed_group() -> list[Utterance]:
        return [*group.said(conversation), conversation.prompt("choices.keys")]

    def from_the_start() -> list[Utterance]:
        return [*full(), *listed_group()]

    first: Said = from_the_start
    while True:
        asked = Menu(group.keys + "#", listed_group, listed_group, first=first, private=is_private(field))
        key = await menu(conversation, asked)
        if key == "#":
            chosen = tuple(option.id for option in field.options if option.id in picked)
            if chosen:
                await _say_back(conversation, field, chosen)
            return chosen
        if key == MORE:
            group = Group(items, group.after)
            first = listed_group
            continue
        option = field.options[group.chosen(key)]
        picked ^= {option.id}
        name = "choices.taken" if option.id in picked else "choices.taken_back"

        def echo(name: str = name, option: Option = option) -> list[Utterance]:
            label = option.label[conversation.language]
            return [
                conversation.prompt(name, private=True, value=label),
                conversation.prompt("choices.go_on"),
            ]

        first = echo


async def _say_back(conversation: Conversation, field: Field, value: Value) -> None:
    words = said(conversation, field, value)
    await conversation.call.say(conversation.prompt("choice.chosen", private=True, value=words))


def _items(field: Field) -> list[Item]:
    return [Item(f"option/{option.id}", option.label) for option in field.options]
