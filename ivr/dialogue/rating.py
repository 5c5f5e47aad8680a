"""Ratings by telephone: one key once a matter is done, and as easily none; or a service that is chosen.

In the call record, which knows who called, it is one word; neither the level nor whether a reason was given.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from backend_client.catalog import Service, ServiceKind
from backend_client.errors import BackendError
from backend_client.forms.consent import Consent
from backend_client.rating import Matter, Rating, Satisfaction, new_rating_name
from backend_client.submission import Channel, new_attachment_name
from foundation.log import logger
from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.choosing import Item, choose
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.fetching import fetch
from ivr.dialogue.recording import Dictation
from ivr.line import Recorded, Utterance

MOST = 200
"""Services that are offered: all that one page of the backend holds."""
LEVELS = {str(level.value): level for level in Satisfaction}
"""By key: a scale, the best first, which callers know as 好差评."""
SKIP = "#"
_log = logger(__name__)


async def offer_rating(conversation: Conversation) -> None:
    """Asks once for what was done last and not rated; nobody is pressed.

    Who types ahead knows where he wants to go, and is not asked. Silence, `*` and `#` skip it.
    """
    matter = conversation.take_unrated()
    if matter is None or conversation.call.typed_ahead:
        return

    def asked() -> list[Utterance]:
        return [conversation.prompt("rating.question"), conversation.prompt("rating.keys")]

    with suppress(Back), conversation.call.unrecorded("rating"):
        level = await _level(conversation, asked, silence=SKIP)
        if level is not None:
            await _rate(conversation, matter, level)


async def rate_service(conversation: Conversation, service: Service) -> bool:
    """Holds a service of the kind RATING: which one, and how satisfied. Raises Back."""
    page = await fetch(conversation, lambda: conversation.client.list_services(page_size=MOST))
    services = [one for one in page.items if one.kind is not ServiceKind.RATING]
    items = [Item(one.name, one.title) for one in services]
    chosen = 0
    while True:
        chosen = await choose(
            conversation, items, lambda: [conversation.prompt("rating.which")], start=chosen
        )
        rated = services[chosen]

        def asked(rated: Service = rated) -> list[Utterance]:
            title = rated.title[conversation.language]
            return [conversation.prompt("rating.of", title=title), conversation.prompt("rating.keys")]

        with suppress(Back), conversation.call.unrecorded("rating"):
            level = await _level(conversation, asked)
            if level is not None:
                await _rate(conversation, Matter(service=rated.name), level)
                return True


async def _level(conversation: Conversation, asked: Said, silence: str | None = None) -> Satisfaction | None:
    """The level; None where it is skipped. Raises Back."""

    def keys() -> list[Utterance]:
        return [conversation.prompt("rating.keys")]

    key = await menu(conversation, Menu("".join(LEVELS) + SKIP, asked, keys, private=True, silence=silence))
    return LEVELS.get(key)


async def _rate(conversation: Conversation, matter: Matter, level: Satisfaction) -> None:
    """Keeps a rating for the backend. A low one waits for its reason; who hangs up meanwhile has rated."""
    rating = Rating(
        name=new_rating_name(),
        matter=matter,
        visit=conversation.visit,
        satisfaction=level,
        channel=Channel.PHONE,
    )
    spoken: Recorded | None = None
    try:
        if level.low:
            spoken = await _reason(conversation)
    finally:
        await _keep(conversation, rating, spoken)
    await conversation.call.say(conversation.prompt("rating.thanks_low" if level.low else "rating.thanks"))


async def _reason(conversation: Conversation) -> Recorded | None:
    """What was wrong, as a recording; None where the caller would not say."""

    def asked() -> list[Utterance]:
        return [conversation.prompt("rating.why")]

    try:
        key = await menu(conversation, Menu("1" + SKIP, asked, asked, private=True, silence=SKIP))
        if key == SKIP:
            return None
        # A rating must not lead to its caller: its consent names neither the call nor the time.
        dictation = Dictation(conversation, Consent())
        return await dictation.take(lambda: [conversation.prompt("rating.speak")])
    except Back:
        return None


async def _keep(conversation: Conversation, rating: Rating, spoken: Recorded | None) -> None:
    ratings = conversation.outbox.ratings
    try:
        if spoken is None:
            await ratings.keep(rating)
        else:
            await ratings.keep(replace(rating, recording=new_attachment_name()), spoken.wav)
    except BackendError as error:
        _log.warning("rating lost", reason=error.reason)
