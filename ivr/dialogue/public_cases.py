"""What the office has made public of letters and complaints, read out where a caller wants it."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from backend_client.errors import BackendError
from backend_client.public_case import PublicCase
from ivr import prompts
from ivr.dialogue.asking import Said
from ivr.dialogue.choosing import Item, choose
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.reading import read_out
from ivr.line import Utterance

MOST = 20
"""Public replies that are offered, the newest."""


async def published(conversation: Conversation) -> tuple[PublicCase, ...]:
    """What is public; nothing where the backend cannot say, which keeps nobody from the notices."""
    with suppress(BackendError):
        return (await conversation.client.list_public_cases(page_size=MOST)).items
    return ()


async def public_cases(conversation: Conversation, found: tuple[PublicCase, ...]) -> None:
    """Lets the caller choose, four at a time. Raises Back."""
    await conversation.tell_demonstration(any(case.demonstration for case in found))
    items = [Item(case.name, case.title) for case in found]
    chosen = 0
    while True:
        chosen = await choose(
            conversation, items, lambda: [conversation.prompt("public.which")], start=chosen
        )
        with suppress(Back):
            await _read(conversation, found[chosen])


async def _read(conversation: Conversation, case: PublicCase) -> None:
    """When and by whom, what was asked, and the reply, paragraph by paragraph. Raises Back."""
    language = case.only or conversation.language

    def facts() -> list[Utterance]:
        received = conversation.read.full_date(case.receive_date)
        replied = conversation.read.full_date(case.reply_date)
        state = prompts.written(conversation.language, f"state.{case.state.name}")
        said = [conversation.prompt("public.days", received=received, replied=replied, state=state)]
        if case.department is not None:
            said.append(conversation.content(f"{case.name}/department", case.department))
        if case.only not in (None, conversation.language):
            said.append(conversation.prompt("public.only"))
        return [*said, conversation.prompt("public.asked"), text("summary", case.summary[language])]

    def text(name: str, words: str) -> Utterance:
        return prompts.content(language, f"{case.name}/{name}", words)

    def part(number: int, paragraph: str) -> list[Utterance]:
        head = [conversation.prompt("public.reply")] if number == 1 else []
        return [*head, text(f"reply/{number}", paragraph)]

    paragraphs = case.reply[language].split("\n")
    parts: list[Said] = [facts]
    parts += [partial(part, number, paragraph) for number, paragraph in enumerate(paragraphs, 1)]
    await read_out(conversation, parts)
