"""Opening a case by its reference and the last six of its applicant's identity number, not too often."""

from __future__ import annotations

import asyncio

from backend_client.case import Session
from backend_client.errors import Denied, TooManyTries
from foundation.log import logger
from ivr.dialogue.conversation import Conversation

_log = logger(__name__)


async def sign_in(conversation: Conversation, reference: str, suffix: str) -> Session:
    """A session of the applicant's. Who has tried wrongly before waits first; what is heard meanwhile is what
    is heard whenever the backend takes long. Raises BackendError: Denied, TooManyTries."""
    caller, guesses = conversation.call.caller, conversation.guesses
    clock = asyncio.get_running_loop().time
    await asyncio.sleep(guesses.wait(caller, reference, clock()) * conversation.settings.timing.guessing)
    try:
        session = await conversation.client.sign_in_with_reference(reference, suffix, caller=caller)
    except Denied:
        tries = guesses.wrong(caller, clock())
        _log.warning("wrong secret of a reference", call_id=conversation.call.call_id, tries=tries)
        raise
    except TooManyTries as error:
        minutes = round(error.retry_after / 60)
        _log.warning("too many wrong tries", call_id=conversation.call.call_id, closed_minutes=minutes)
        raise
    guesses.right(caller, reference, clock())
    return session
