"""A message for a person: a number to call back, and what it is about where the caller agrees to be recorded.

It goes the way of every form, sealed, and is delivered later where the backend is away. Who hangs up after
having spoken has left it too, as everybody expects of a machine that takes messages.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

from backend_client.errors import BackendError
from backend_client.forms import phone_number
from backend_client.forms.answer import Recording, Value
from backend_client.forms.voicemail import CALLBACK, MESSAGE, voicemail_form
from backend_client.submission import (
    Accepted,
    Attachment,
    Channel,
    Submission,
    new_attachment_name,
    new_submission_name,
)
from foundation.log import logger
from ivr.call import CallOver
from ivr.dialogue.asking import Menu, Question, Refused, ask, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.fetching import fetch
from ivr.dialogue.keyed import PHONE_NUMBER, confirmed, own_number
from ivr.dialogue.recording import Dictation, consented
from ivr.line import HungUp, Recorded, Utterance

SPOKEN, NUMBER_ONLY = "1", "2"

_log = logger(__name__)


async def leave_message(conversation: Conversation) -> None:
    """Raises Back where the caller leaves none."""

    def offer() -> list[Utterance]:
        return [conversation.prompt("message.offer")]

    if await menu(conversation, Menu(SPOKEN + NUMBER_ONLY, offer, offer)) == NUMBER_ONLY:
        conversation.call.note("recording declined")
        callback = await _callback(conversation)
        await _leave(conversation, callback, None)
        return
    dictation = Dictation(conversation, consented(conversation))
    while True:
        callback = await _callback(conversation)
        with suppress(Back):
            spoken = await _spoken(conversation, dictation, callback)
            break
    await _leave(conversation, callback, spoken)


async def _spoken(conversation: Conversation, dictation: Dictation, callback: str) -> Recorded:
    """What the caller says. Who hangs up while saying it has left it. Raises Back."""
    try:
        return await dictation.take(lambda: [conversation.prompt("message.question")])
    except (HungUp, CallOver, asyncio.CancelledError):
        if dictation.spoken is not None:
            await _hand_over(conversation, callback, dictation.spoken)
        raise


async def _leave(conversation: Conversation, callback: str, spoken: Recorded | None) -> None:
    taken = await fetch(conversation, lambda: _hand_over(conversation, callback, spoken), to_the_end=True)
    if taken:
        await conversation.call.say(conversation.prompt("message.stored" if spoken else "message.noted"))
    else:
        await conversation.call.say(conversation.prompt("message.not_stored"))


async def _hand_over(conversation: Conversation, callback: str, spoken: Recorded | None) -> bool:
    """Whether the message is kept; it is then delivered, if not at once."""
    name = new_submission_name()
    answers: dict[str, Value] = {CALLBACK: callback}
    sound = []
    if spoken is not None:
        sound.append(Attachment(new_attachment_name(), name, "audio/wav", spoken.wav))
        answers[MESSAGE] = Recording(sound[0].name)
    line, now = conversation.settings.line, conversation.now()
    message = Submission(name, voicemail_form(), answers, Channel.PHONE, conversation.language, line, now)
    try:
        accepted: Accepted = await conversation.outbox.send(message, sound)
    except BackendError as error:
        _log.error("message not stored", reason=error.reason, call_id=conversation.call.call_id)
        return False
    conversation.call.note("message left" if accepted.delivered else "message kept")
    return True


async def _callback(conversation: Conversation) -> str:
    """The number to call back: the caller's own, or one that is keyed. Raises Back."""
    own = await own_number(conversation, tuple, "message.own_number")
    if own is not None:
        return own

    def judge(keys: str) -> str:
        if not phone_number.is_phone_number(keys):
            raise Refused(conversation.prompt("message.wrong_number"))
        return keys

    def asked() -> list[Utterance]:
        return [conversation.prompt("message.number"), conversation.prompt("key.phone_number")]

    while True:
        number = await ask(conversation, Question(PHONE_NUMBER, asked, asked, judge))
        if await confirmed(conversation, partial(conversation.read.phone_number, number)):
            return number
