"""Services: what the caller wants to do, one service of the catalogue for it, and how that is held.

A kind of service is a function over a conversation and the service; it returns True once the caller's matter
is done, and raises Back where the caller leaves it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from backend_client.catalog import Guide, Service, ServiceKind
from foundation.language import LocalizedText
from ivr import prompts
from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.choosing import Item, choose
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.fetching import fetch
from ivr.dialogue.form import fill_in
from ivr.dialogue.reading import read_out
from ivr.line import Utterance

MOST = 200
"""Services that are offered: all that one page of the backend holds."""
APPLY, GUIDE = "1", "2"


async def services(conversation: Conversation) -> None:
    """Returns once the caller's matter is done; raises Back where the caller leaves."""
    page = await fetch(conversation, lambda: conversation.client.list_services(page_size=MOST))
    await conversation.tell_age(page.as_of)
    groups = {
        name: there
        for name, kinds in GROUPS.items()
        if (there := [service for service in page.items if service.kind in kinds])
    }
    if len(groups) < 2:
        await _of_group(conversation, "apply", groups.get("apply", []))
        return
    items = [Item(f"services.{name}", prompts.label(f"services.{name}")) for name in groups]
    chosen = 0
    while True:
        chosen = await choose(
            conversation, items, lambda: [conversation.prompt("services.which_group")], start=chosen
        )
        name = list(groups)[chosen]
        with suppress(Back):
            await _of_group(conversation, name, groups[name])
            return


async def _of_group(conversation: Conversation, group: str, there: Sequence[Service]) -> None:
    """Returns once the caller's matter is done. Raises Back."""
    items = [Item(service.name, service.title) for service in there]
    chosen = 0
    while True:
        chosen = await choose(
            conversation, items, lambda: [conversation.prompt(f"services.which_{group}")], start=chosen
        )
        with suppress(Back):
            if await _service(conversation, items[chosen].name):
                return


async def _service(conversation: Conversation, name: str) -> bool:
    """True once the caller's matter is done. Raises Back."""
    service = await fetch(conversation, lambda: conversation.client.get_service(name))
    await conversation.tell_age(service.as_of)
    await conversation.tell_demonstration(service.demonstration)
    return await HELD[service.kind](conversation, service)


async def _apply(conversation: Conversation, service: Service) -> bool:
    """By form, where there is one, and the guide."""
    head = partial(_head, conversation, service)
    if not service.form:
        await _read_guide(conversation, service, head)
        return False

    def short() -> list[Utterance]:
        return [conversation.prompt("services.apply_or_guide")]

    def full() -> list[Utterance]:
        return [*head(), *short()]

    while True:
        key = await menu(conversation, Menu(APPLY + GUIDE, full, short))
        if key == APPLY:
            await fill_in(conversation, service.form)
            return True
        with suppress(Back):
            await _read_guide(conversation, service)


def _head(conversation: Conversation, service: Service) -> list[Utterance]:
    return [
        conversation.content(service.name, service.title),
        conversation.content(f"{service.name}/summary", service.summary),
    ]


async def _read_guide(conversation: Conversation, service: Service, *head: Said) -> None:
    """head: what the caller has not heard yet of the service."""
    parts = [*head]
    if service.guide is not None:
        parts += _parts(conversation, service.guide)
        language = conversation.language
        conversation.call.send_text(
            prompts.written(
                language,
                "text.guide",
                title=service.title[language],
                place=service.guide.place[language],
                phone=service.guide.phone,
            )
        )
    await read_out(conversation, parts or [partial(_head, conversation, service)])


def _parts(conversation: Conversation, guide: Guide) -> list[Said]:
    """Who, with what, in which steps, how long and at what cost, where and when."""

    def text(name: str, value: LocalizedText) -> Utterance:
        return conversation.prompt(f"guide.{name}", text=value[conversation.language])

    def numbered(name: str, values: tuple[LocalizedText, ...]) -> list[Utterance]:
        return [
            conversation.prompt(f"guide.{name}"),
            *(
                conversation.prompt(
                    "guide.item",
                    number=conversation.read.integer(number),
                    text=value[conversation.language],
                )
                for number, value in enumerate(values, 1)
            ),
        ]

    def place() -> list[Utterance]:
        phone = conversation.prompt("guide.phone", phone=guide.phone)
        return [text("place", guide.place), text("opening_hours", guide.opening_hours), phone]

    return [
        lambda: [text("eligibility", guide.eligibility)],
        lambda: numbered("materials", guide.materials),
        lambda: numbered("steps", guide.steps),
        lambda: [text("duration", guide.duration), text("fee", guide.fee)],
        place,
    ]


HELD: Mapping[ServiceKind, Callable[[Conversation, Service], Awaitable[bool]]] = {
    ServiceKind.FORM: _apply,
    ServiceKind.GUIDE: _apply,
}
"""How a service of each kind is held. Kinds that are not here have a key of their own in the main menu."""

GROUPS: Mapping[str, frozenset[ServiceKind]] = {
    name: kinds & HELD.keys()
    for name, kinds in {
        "apply": frozenset({ServiceKind.FORM, ServiceKind.GUIDE}),
        "look_up": frozenset({ServiceKind.LOOKUP}),
        "pay": frozenset({ServiceKind.PAYMENT}),
        "book": frozenset({ServiceKind.APPOINTMENT}),
        "take_home": frozenset({ServiceKind.DOCUMENT}),
        "rate": frozenset({ServiceKind.RATING}),
    }.items()
}
"""What callers want to do, as the menu offers it, and the kinds of service for it."""
