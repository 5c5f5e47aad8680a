"""What the office replied to a case: heard, and, by who is not satisfied, opened again once."""

from __future__ import annotations

from contextlib import suppress

from backend_client.case import Case, new_reopening_name
from backend_client.errors import Conflict
from backend_client.rating import submission_of
from backend_client.submission import Attachment, new_attachment_name
from ivr import prompts
from ivr.dialogue.asking import Menu, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.fetching import fetch, tell
from ivr.dialogue.recording import Dictation, consented
from ivr.dialogue.text_message import WithSession
from ivr.line import Utterance

NOT_SATISFIED = "1"


async def hear_reply(conversation: Conversation, case: Case, with_session: WithSession) -> Case:
    """Says the last reply, again where that is wanted; the case as it is afterwards.

    Raises Back where the caller leaves it.
    """

    def keys() -> list[Utterance]:
        again = "reply.keys_reopen" if case.reopenable else "reply.keys"
        return [conversation.prompt(again)]

    def full() -> list[Utterance]:
        return [*_reply(conversation, case), *_becomes(conversation, case), *keys()]

    wanted = NOT_SATISFIED if case.reopenable else ""
    while True:
        if await menu(conversation, Menu(wanted, full, keys, last=True)) == NOT_SATISFIED:
            with suppress(Back):
                return await _reopen(conversation, case, with_session)


def _reply(conversation: Conversation, case: Case) -> list[Utterance]:
    """In the language in which it was written, a paragraph at a time."""
    reply = case.replies[-1]
    day = conversation.read.full_date(conversation.local(reply.reply_time).date())
    language = prompts.language_of(reply.text)
    paragraphs = [paragraph for paragraph in reply.text.split("\n") if paragraph]
    return [
        conversation.prompt("reply.of", date=day),
        *(prompts.content(language, "case/reply", paragraph, private=True) for paragraph in paragraphs),
    ]


def _becomes(conversation: Conversation, case: Case) -> list[Utterance]:
    """By when a case that was opened again is answered; once it was, what else can be done."""
    if case.reopening is None:
        return []
    if case.replies[-1].reply_time > case.reopening.reopen_time:
        return [conversation.prompt("reply.once")]
    return [_due(conversation, case)]


def _due(conversation: Conversation, case: Case) -> Utterance:
    assert case.reopening is not None
    due = conversation.read.full_date(case.reopening.due_date)
    return conversation.prompt("reply.reopened", date=due)


async def _reopen(conversation: Conversation, case: Case, with_session: WithSession) -> Case:
    """With the reason as a recording, to which the caller agrees first. Raises Back."""

    def consent() -> list[Utterance]:
        return [conversation.prompt("reply.consent")]

    await menu(conversation, Menu("1", consent, consent))
    dictation = Dictation(conversation, consented(conversation))
    spoken = await dictation.take(lambda: [conversation.prompt("reply.why")])
    name = new_reopening_name()
    recording = Attachment(new_attachment_name(), submission_of(name), "audio/wav", spoken.wav)
    client = conversation.client

    async def work() -> Case:
        await client.upload_attachment(recording, resume=True)
        return await with_session(
            lambda session: client.reopen_case(session, case.reference, name, recording=recording.name)
        )

    try:
        reopened = await fetch(conversation, work, passing=(Conflict,), to_the_end=True)
    except Conflict as error:
        await tell(conversation, error)
        raise Back from None
    conversation.call.note("case opened again")
    await conversation.call.say(_due(conversation, reopened))
    return reopened
