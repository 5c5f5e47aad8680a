"""How a matter is handled: who, with what, in which steps, how long and at what cost, where and when."""

from __future__ import annotations

from functools import partial

from backend_client.catalog import Guide, Service
from backend_client.text import Result, TextOf
from foundation.language import LocalizedText
from ivr import prompts
from ivr.dialogue.asking import Said
from ivr.dialogue.conversation import Conversation
from ivr.dialogue.reading import read_out
from ivr.dialogue.text_message import TextOffer
from ivr.line import Utterance


def head(conversation: Conversation, service: Service) -> list[Utterance]:
    """What the service is."""
    return [
        conversation.content(service.name, service.title),
        conversation.content(f"{service.name}/summary", service.summary),
    ]


async def read_guide(conversation: Conversation, service: Service, *before: Said) -> None:
    """Reads out how the matter is handled. before: what the caller has not heard yet of the service. Raises
    Back."""
    parts = [*before]
    offer = None
    if service.guide is not None:
        parts += _parts(conversation, service.guide)
        offer = TextOffer(conversation, Result(TextOf.SERVICE, service.name))
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
    await read_out(conversation, parts or [partial(head, conversation, service)], offer)


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
