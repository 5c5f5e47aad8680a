"""To which mobile number a link, or a result, goes by SMS."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from backend_client.errors import Conflict, Unreachable
from ivr.dialogue.asking import Question, Refused, ask
from ivr.dialogue.conversation import Conversation
from ivr.dialogue.keyed import MOBILE, PHONE_NUMBER, callers_number, confirmed, own_number
from ivr.line import Utterance

TAIL = 4
"""Digits of a telephone number that are said back once a link was sent."""

_ENOUGH = ("TOO_MANY_LINKS", "TOO_MANY_TEXTS")

T = TypeVar("T")


async def counted(sending: Awaitable[T]) -> T:
    """Raises Conflict where enough was sent to this number: trying again would change nothing."""
    try:
        return await sending
    except Unreachable as error:
        if error.reason in _ENOUGH:
            raise Conflict(error.reason) from None
        raise


async def mobile_number(
    conversation: Conversation, *, own: str = "payment.own_number", which: str = "payment.which_number"
) -> str:
    """The caller's own number, or one that is keyed; either is read back before it counts. own, which: the
    names of the questions. Raises Back."""
    number = callers_number(conversation.call.caller)
    if number is not None and MOBILE.fullmatch(number):
        offered = await own_number(conversation, tuple, own)
        if offered is not None:
            return offered

    def judge(keys: str) -> str:
        found = MOBILE.fullmatch(keys)
        if found is None:
            raise Refused(conversation.prompt("payment.not_mobile"))
        return found[1]

    def question() -> list[Utterance]:
        return [conversation.prompt(which)]

    while True:
        keyed = await ask(conversation, Question(PHONE_NUMBER, question, question, judge))
        if await confirmed(conversation, lambda: conversation.read.phone_number(keyed)):  # noqa: B023 (at once)
            return keyed
