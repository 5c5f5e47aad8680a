"""A person: the call is handed over, or a message is taken for one."""

from __future__ import annotations

from ivr.call import CallOver
from ivr.dialogue.conversation import Back, Conversation, Why
from ivr.dialogue.leave_message import leave_message
from ivr.records.record import Result


async def reach_person(conversation: Conversation, why: Why) -> None:
    """Transfers the call, which ends it here, or takes a message.

    Returns where the caller wants to go on; a caller who was silent is not asked again.
    """
    if await _transferred(conversation, why):
        raise CallOver(Result.TRANSFERRED)
    try:
        await leave_message(conversation)
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
