"""A result as a text message: one key in the menu at its end, and one message a result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from backend_client.case import Session
from backend_client.errors import BackendError, Conflict, Denied, InvalidRequest, NotFound
from backend_client.text import Result, new_text_name
from ivr.dialogue.conversation import Back, Conversation
from ivr.dialogue.fetching import fetch, tell
from ivr.dialogue.link import TAIL, counted, mobile_number
from ivr.line import Utterance

KEY = "7"
"""The same in every menu."""
_NOT_SENT: tuple[type[BackendError], ...] = (Conflict, Denied, InvalidRequest, NotFound)
"""Why none is sent, however often it is tried."""

T = TypeVar("T")


class WithSession(Protocol):
    """Does something with a session of a case, which it opens and ends."""

    async def __call__(self, work: Callable[[Session], Awaitable[T]], /) -> T:
        """What the work gives."""


class TextOffer:
    """The offer to send one result. Owns whether it was taken."""

    def __init__(
        self, conversation: Conversation, result: Result | None, with_session: WithSession | None = None
    ) -> None:
        """result: None where it is not sent; with_session: for a case."""
        self._conversation = conversation
        # Who reads along has it on the screen.
        self._result = None if conversation.call.reads_along else result
        self._with_session = with_session

    @property
    def key(self) -> str:
        """Its key; empty where nothing is offered, or no more."""
        return KEY if self._result is not None else ""

    def said(self) -> list[Utterance]:
        """What its key is for; nothing where it has none."""
        return [self._conversation.prompt("sms.offer")] if self.key else []

    async def take(self) -> None:
        """Asks for the number and sends the result. Where that cannot be, the caller is told why."""
        with suppress(Back):
            number = await mobile_number(self._conversation, own="sms.own_number", which="sms.which_number")
            self._conversation.call.note("text message agreed to")
            await self._send(number)

    async def _send(self, number: str) -> None:
        conversation, result, name = self._conversation, self._result, new_text_name()
        assert result is not None
        caller = conversation.call.caller

        async def send(session: Session | None = None) -> bool:
            return await conversation.client.send_text(
                name, result, number, conversation.language, session=session, caller=caller
            )

        async def work() -> bool:
            return await (counted(send()) if self._with_session is None else self._with_session(with_it))

        async def with_it(session: Session) -> bool:
            return await counted(send(session))

        try:
            delayed = await fetch(conversation, work, passing=_NOT_SENT)
        except _NOT_SENT as error:
            await tell(conversation, error)
            return
        self._result = None
        conversation.call.note("text message delayed" if delayed else "text message sent")
        tail = conversation.read.digits(number[-TAIL:])
        said = "sms.delayed" if delayed else "sms.sent"
        await conversation.call.say(conversation.prompt(said, private=True, tail=tail))
