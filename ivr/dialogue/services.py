"""Services: what the caller wants to do, one service of the catalogue for it, and how that is held.

A kind of service is a function over a conversation and the service; it returns True once the caller's matter
is done, and raises Back where the caller leaves it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from backend_client.catalog import Service, ServiceKind
from ivr import prompts
from ivr.dialogue.appointment import tell_waiting
from ivr.dialogue.choosing import Item, choose
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.document import take_home
from ivr.dialogue.fetching import fetch
from ivr.dialogue.form import fill_in
from ivr.dialogue.guide import head, read_guide
from ivr.dialogue.lookup import look_up
from ivr.dialogue.offering import Begun, offer_service
from ivr.dialogue.payment_number import by_number
from ivr.dialogue.rating import rate_service

MOST = 200
"""Services that are offered: all that one page of the backend holds."""
FILL_IN, WAITING = "1", "3"


async def services(conversation: Conversation) -> None:
    """Returns once the caller's matter is done; raises Back where the caller leaves."""
    page = await fetch(conversation, lambda: conversation.client.list_services(page_size=MOST))
    await conversation.tell_age(page.as_of)
    groups = offered(page.items)
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
    if [service.kind for service in there] == [ServiceKind.RATING]:
        await _service(conversation, there[0].name)  # it asks itself which service is rated
        return
    items = [Item(service.name, service.title) for service in there]
    if group == "pay":
        items.append(Item("services.by_number", prompts.label("services.by_number")))
    chosen = 0
    while True:
        chosen = await choose(
            conversation, items, lambda: [conversation.prompt(f"services.which_{group}")], start=chosen
        )
        with suppress(Back):
            if chosen == len(there):
                await by_number(conversation)
                return
            if await _service(conversation, items[chosen].name):
                return


async def _service(conversation: Conversation, name: str) -> bool:
    """True once the caller's matter is done. Raises Back."""
    service = await fetch(conversation, lambda: conversation.client.get_service(name))
    await conversation.tell_age(service.as_of)
    await conversation.tell_demonstration(service.demonstration)
    conversation.begin_service(service.name)
    return await HELD[service.kind](conversation, service)


async def _apply(conversation: Conversation, service: Service) -> bool:
    """By form, where there is one, and the guide. Raises Back."""
    if not service.form:
        await read_guide(conversation, service, partial(head, conversation, service))
        return False
    begun = {FILL_IN: partial(_filled_in, conversation, service)}
    return await offer_service(conversation, service, ["services.apply_or_guide"], begun)


async def _book(conversation: Conversation, service: Service) -> bool:
    """By form, with the guide, and how many wait where there is a queue. Raises Back."""
    keys = ["book.keys"]
    begun: dict[str, Begun] = {FILL_IN: partial(_filled_in, conversation, service)}
    if service.counters:
        keys.append("book.waiting_key")
        begun[WAITING] = partial(_waiting, conversation, service)
    return await offer_service(conversation, service, keys, begun)


async def _filled_in(conversation: Conversation, service: Service) -> bool:
    await fill_in(conversation, service.form)
    return True


async def _waiting(conversation: Conversation, service: Service) -> bool:
    await tell_waiting(conversation, service.counters)
    return False


HELD: Mapping[ServiceKind, Callable[[Conversation, Service], Awaitable[bool]]] = {
    ServiceKind.FORM: _apply,
    ServiceKind.GUIDE: _apply,
    ServiceKind.PAYMENT: _apply,
    ServiceKind.LOOKUP: look_up,
    ServiceKind.DOCUMENT: take_home,
    ServiceKind.APPOINTMENT: _book,
    ServiceKind.RATING: rate_service,
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
"""What callers want to do, and the kinds of service for it."""

FEEDBACK = "tell"
"""What residents tell the government, of whatever kind: who is angry does not look among applications."""
ORDER = ("apply", "look_up", "pay", FEEDBACK, "book", "take_home", "rate")
"""As the menu offers them, the most asked for first."""


def offered(found: Sequence[Service]) -> dict[str, list[Service]]:
    """Services by what callers want to do; those with a key of their own in the main menu are left out."""
    groups = {name: [one for one in found if _group(one) == name] for name in ORDER}
    return {name: there for name, there in groups.items() if there}


def _group(service: Service) -> str | None:
    if service.feedback:
        return FEEDBACK
    return next((name for name, kinds in GROUPS.items() if service.kind in kinds), None)
