"""A person: the call is handed over, or a message is taken for one."""

from __future__ import annotations

import asyncio
from functools import partial

from backend_client.forms import phone_number
from foundation.log import logger
from ivr.call import CallOver
from ivr.dialogue.asking import Menu, Question, Refused, ask, menu
from ivr.dialogue.conversation import Back, Conversation, Why
from ivr.dialogue.keyed import PHONE_NUMBER, confirmed, own_number
from ivr.dialogue.recording import take_down
from ivr.line import Utterance
from ivr.messages import Message
from ivr.records import Result

_log = logger(__name__)


async def reach_person(conversation: Conversation, why: Why) -> None:
    """Transfers the call, which ends it here, or takes a message.

    Returns where the caller wants to go on; a caller who was silent is not asked again.
    """
    if await _transferred(conversation, why):
        raise CallOver(Result.TRANSFERRED)
    try:
        await _take_message(conversation)
    except Back:
        await conversation.call.say(conversation.prompt("person.back"))


async def _transferred(conversation: Conversation, why: Why) -> bool:
    target = conversation.settings.person
    await conversation.call.say(
        *([] if why is Why.ASKED else [conversation.prompt("person.because")]),
        conversation.prompt("person.transferring" if target else "person.none"),
    )
    if not target:
        return False
    if await conversation.call.transfer(target):
        return True
    await conversation.call.forget_keys_typed_ahead()
    await conversation.call.say(conversation.prompt("person.busy"))
    return False


async def _take_message(conversation: Conversation) -> None:
    """Raises Back where the caller leaves none."""

    def offer() -> list[Utterance]:
        return [conversation.prompt("message.offer")]

    await menu(conversation, Menu("1", offer, offer))
    conversation.call.note("recording agreed to")
    callback = await _callback(conversation)
    recorded = await take_down(conversation, lambda: [conversation.prompt("message.question")])
    call = conversation.call
    message = Message(
        recorded,
        callback,
        call.caller,
        call.call_id,
        conversation.language,
        conversation.local(conversation.now()),
    )
    try:
        await asyncio.to_thread(conversation.messages.store, message)
    except OSError as error:
        _log.error("message not stored", error=error.strerror, call_id=call.call_id)
        await call.say(conversation.prompt("message.not_stored"))
        return
    call.note("message left")
    await call.say(conversation.prompt("message.stored"))


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
