"""Notices, read out one after another, power cuts first: that is why people call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Never

from backend_client.notice import Notice, NoticeCategory
from ivr import prompts
from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.choosing import Item, choose
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.fetching import fetch
from ivr.dialogue.public_cases import public_cases, published
from ivr.dialogue.reading import read_out, section
from ivr.line import Utterance

MOST = 100
"""Notices that are offered, the newest: all that one page of the backend holds."""

NEXT, DETAILS = "1", "2"

GROUPS: Mapping[str, frozenset[NoticeCategory]] = {
    "questions": frozenset({NoticeCategory.QUESTION}),
    "open_government": frozenset(
        {NoticeCategory.GAZETTE, NoticeCategory.PROCUREMENT, NoticeCategory.PROJECT}
    ),
    "products": frozenset({NoticeCategory.PRODUCT}),
}
"""Notices that few callers want to hear between those of the day, and are chosen for themselves."""

ORDER = ("news", "questions", "open_government", "public_replies", "products")
"""As the menu offers them, the most asked for first."""

Held = Callable[[], Awaitable[None]]
"""What a choice of that menu begins."""


async def notices(conversation: Conversation) -> None:
    """Notices of the day, or what else there is to hear. Raises Back where the caller leaves."""
    page = await fetch(conversation, lambda: conversation.client.list_notices(page_size=MOST))
    await conversation.tell_age(page.as_of)
    replies = await published(conversation)
    offered: dict[str, Held] = {}
    for name in ORDER:
        if there := [notice for notice in page.items if _group(notice) == name]:
            offered[name] = partial(_in_turn, conversation, there)
        elif name == "public_replies" and replies:
            offered[name] = partial(public_cases, conversation, replies)
    if not offered:
        await conversation.call.say(conversation.prompt("notices.none"))
        raise Back
    if list(offered) == ["news"]:
        await offered["news"]()
    items = [Item(f"notices.{name}", prompts.label(f"notices.{name}")) for name in offered]
    chosen = 0
    while True:
        chosen = await choose(
            conversation, items, lambda: [conversation.prompt("notices.which")], start=chosen
        )
        with suppress(Back):
            await list(offered.values())[chosen]()


def _group(notice: Notice) -> str:
    return next((name for name, categories in GROUPS.items() if notice.category in categories), "news")


async def _in_turn(conversation: Conversation, there: Sequence[Notice]) -> Never:
    """Raises Back where the caller leaves, or has heard all."""
    found = sorted(there, key=_order)
    await conversation.tell_demonstration(any(notice.demonstration for notice in found))
    await conversation.call.say(_how_many(conversation, found))
    for number, notice in enumerate(found):
        await _offer(conversation, notice, first=number == 0, last=notice is found[-1])
    raise Back


def _order(notice: Notice) -> tuple[bool, float]:
    """Power cuts first, those that come soonest before others; the rest by age, the newest first."""
    if notice.category is NoticeCategory.POWER_CUT and notice.start_time is not None:
        return False, notice.start_time.timestamp()
    return True, -notice.publish_time.timestamp()


def _how_many(conversation: Conversation, found: list[Notice]) -> Utterance:
    count = conversation.read.count(len(found))
    cuts = sum(notice.category is NoticeCategory.POWER_CUT for notice in found)
    if not cuts:
        return conversation.prompt("notices.count", count=count)
    return conversation.prompt("notices.count_power_cuts", count=count, cuts=conversation.read.count(cuts))


async def _offer(conversation: Conversation, notice: Notice, *, first: bool, last: bool) -> None:
    """Says a notice in short, and its text where the caller wants it. Raises Back."""

    def keys() -> list[Utterance]:
        return [conversation.prompt("notices.keys_last" if last else "notices.keys")]

    def full() -> list[Utterance]:
        hint = keys() if first or last else []
        return [*_in_short(conversation, notice), *hint]

    timing = conversation.settings.timing
    asked = Menu(
        DETAILS if last else NEXT + DETAILS,
        full,
        keys,
        silence=None if last else NEXT,
        patience=None if last else timing.reading_pause,
        last=last,
    )
    if await menu(conversation, asked) == DETAILS:
        with suppress(Back):
            await _read(conversation, notice.name)


def _in_short(conversation: Conversation, notice: Notice) -> list[Utterance]:
    said = [conversation.content(notice.name, notice.title)]
    if notice.area is not None:
        said.append(conversation.prompt("notices.area", area=notice.area[conversation.language]))
    if notice.start_time is not None:
        start = conversation.local(notice.start_time)
        if notice.end_time is None:
            said.append(conversation.prompt("notices.from", moment=conversation.read.moment(start)))
        else:
            period = conversation.read.period(start, conversation.local(notice.end_time))
            said.append(conversation.prompt("notices.period", period=period))
    said.append(conversation.content(f"{notice.name}/summary", notice.summary))
    return said


async def _read(conversation: Conversation, name: str) -> None:
    notice = await fetch(conversation, lambda: conversation.client.get_notice(name))
    await conversation.tell_age(notice.as_of)
    parts: list[Said] = [
        partial(section, conversation, f"{notice.name}/{number}", part)
        for number, part in enumerate(notice.sections, 1)
    ]
    await read_out(conversation, parts or [partial(_in_short, conversation, notice)])
