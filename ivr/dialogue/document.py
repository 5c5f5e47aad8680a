"""Forms to take home: a link by SMS, to be opened on a phone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from backend_client.catalog import Service
from backend_client.document import DocumentLink, new_document_name
from backend_client.errors import Conflict, InvalidRequest
from ivr.dialogue.conversation import Conversation
from ivr.dialogue.fetching import fetch, tell
from ivr.dialogue.link import TAIL, counted, mobile_number
from ivr.dialogue.offering import offer_service

SEND = "1"


async def take_home(conversation: Conversation, service: Service) -> bool:
    """True once a link is on its way. Raises Back."""
    begun = {SEND: partial(_send, conversation, service)}
    return await offer_service(conversation, service, ["document.keys"], begun)


async def _send(conversation: Conversation, service: Service) -> bool:
    """Whether the link is on its way; where it is not, the caller has been told why. Raises Back."""
    number = await mobile_number(conversation)
    client, call = conversation.client, conversation.call
    form = await fetch(conversation, lambda: client.get_form(service.form))
    name = new_document_name()  # tried again, it is the same link
    send: Callable[[], Awaitable[DocumentLink]] = lambda: counted(  # noqa: E731
        client.create_document_link(name, form, conversation.language, recipient=number)
    )
    try:
        link = await fetch(conversation, send, passing=(Conflict, InvalidRequest))
    except (Conflict, InvalidRequest) as error:
        await tell(conversation, error)
        return False
    call.note("document link delayed" if link.delayed else "document link sent")
    tail = conversation.read.digits(number[-TAIL:])
    said = "document.delayed" if link.delayed else "document.sent"
    await call.say(conversation.prompt(said, private=True, tail=tail))
    return True
