"""Services: one of the catalogue, its guide, and the form where it can be applied for."""

from __future__ import annotations

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
OFFERED = {ServiceKind.FORM, ServiceKind.GUIDE}
"""The other kinds have a key of their own in the main menu."""

APPLY, GUIDE = "1", "2"


async def services(conversation: Conversation) -> None:
    """Returns once an application was sent; raises Back where the caller leaves."""
    page = await fetch(conversation, lambda: conversation.client.list_services(page_size=MOST))
    await conversation.tell_age(page.as_of)
    items = [Item(service.name, service.title) for service in page.items if service.kind in OFFERED]
    chosen = 0
    while True:
        chosen = await choose(
            conversation, items, lambda: [conversation.prompt("services.which")], start=chosen
        )
        with suppress(Back):
            if await _service(conversation, items[chosen].name):
                return


async def _service(conversation: Conversation, name: str) -> bool:
    """True once an application was sent. Raises Back."""
    service = await fetch(conversation, lambda: conversation.client.get_service(name))
    await conversation.tell_age(service.as_of)
    await conversation.tell_demonstration(service.demonstration)
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
