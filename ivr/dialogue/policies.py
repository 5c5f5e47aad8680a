"""Policies: a topic or the initials of a title, a policy, and its text in parts."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from backend_client.policy import Policy, Topic
from backend_client.text import Result, TextOf
from ivr import prompts
from ivr.dialogue.asking import Said
from ivr.dialogue.choosing import Item, choose
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.fetching import fetch
from ivr.dialogue.policy_search import search_policies
from ivr.dialogue.reading import read_out, section
from ivr.dialogue.text_message import TextOffer
from ivr.line import Utterance

MOST = 100
"""Policies of a topic that are offered, the newest; nobody listens to more menus than these make."""


async def policies(conversation: Conversation) -> None:
    """Raises Back where the caller leaves."""
    page = await fetch(conversation, conversation.client.list_topics)
    await conversation.tell_age(page.as_of)
    topics = [topic for topic in page.items if topic.policy_count]
    items = [Item(topic.name, topic.title) for topic in topics]
    by_initials = Item("policies.by_initials", prompts.label("policies.by_initials"))
    chosen = 0
    while True:
        chosen = await choose(
            conversation,
            items,
            lambda: [conversation.prompt("policies.topics")],
            start=chosen,
            standing=by_initials,
        )
        with suppress(Back):
            if chosen >= len(topics):
                await search_policies(conversation, _read)
            else:
                await _of_topic(conversation, topics[chosen])


async def _of_topic(conversation: Conversation, topic: Topic) -> None:
    page = await fetch(conversation, lambda: conversation.client.list_policies(topic.name, page_size=MOST))
    await conversation.tell_age(page.as_of)
    items = [Item(policy.name, policy.title) for policy in page.items]

    def lead() -> list[Utterance]:
        count = conversation.read.count(len(items))
        return [conversation.prompt("policies.list", title=topic.title[conversation.language], count=count)]

    chosen = 0
    while True:
        chosen = await choose(conversation, items, lead, start=chosen)
        with suppress(Back):
            await _read(conversation, items[chosen].name)


async def _read(conversation: Conversation, name: str) -> None:
    policy = await fetch(conversation, lambda: conversation.client.get_policy(name))
    await conversation.tell_age(policy.as_of)
    await conversation.tell_demonstration(policy.demonstration)
    language = conversation.language
    conversation.call.send_text(
        prompts.written(
            language, "text.policy", title=policy.title[language], number=policy.document_number
        ).strip()
    )
    parts: list[Said] = [partial(_head, conversation, policy)]
    for number, part in enumerate(policy.sections, 1):
        parts.append(partial(section, conversation, f"{policy.name}/{number}", part))
    await read_out(conversation, parts, TextOffer(conversation, Result(TextOf.POLICY, policy.name)))


def _head(conversation: Conversation, policy: Policy) -> list[Utterance]:
    """What a policy is: title, number, who issued it and when, and what it means."""
    issued = conversation.prompt(
        "policies.issued",
        issuer=policy.issuer[conversation.language],
        date=conversation.read.full_date(policy.issue_date),
    )
    written = policy.document_number
    number = [prompts.content(prompts.language_of(written), f"{policy.name}/number", written)]
    return [
        conversation.content(policy.name, policy.title),
        *(number if written else []),
        issued,
        conversation.content(f"{policy.name}/summary", policy.summary),
    ]
