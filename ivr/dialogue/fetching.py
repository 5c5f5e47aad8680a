"""Asking the backend while somebody waits on the line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from backend_client.errors import BackendError, BackendFailure, NeedsConnection, Unreachable
from backend_client.sentences import sentence
from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.line import Utterance

T = TypeVar("T")


async def fetch(
    conversation: Conversation,
    work: Callable[[], Awaitable[T]],
    *,
    passing: tuple[type[BackendError], ...] = (),
    to_the_end: bool = False,
) -> T:
    """What the backend answers.

    Where it cannot be reached or fails, the caller is told and may try again with a key: `work` is then
    started anew. Other errors are told too, and Back is raised; those in `passing` are raised as they are.
    to_the_end: `work` is finished even where the caller hangs up meanwhile.
    """
    while True:
        try:
            return await _patiently(conversation, work(), to_the_end=to_the_end)
        except passing:
            raise
        except (Unreachable, BackendFailure) as error:
            told = error
        except BackendError as error:
            await tell(conversation, error)
            raise Back from None
        await offer_again(conversation, told)


async def offer_again(conversation: Conversation, error: BackendError, further: Said = tuple) -> None:
    """Says what went wrong, and what else helps; returns for another try. Raises Back."""
    await conversation.call.forget_keys_typed_ahead(but="0*")

    def short() -> list[Utterance]:
        return [conversation.prompt("backend.retry")]

    def full() -> list[Utterance]:
        return [_told_by(conversation, error), *further(), *short()]

    await menu(conversation, Menu("1", full, short))


async def tell(conversation: Conversation, error: BackendError) -> None:
    """Says what went wrong; keys typed ahead behind it are dropped."""
    await conversation.call.forget_keys_typed_ahead()
    await conversation.call.say(_told_by(conversation, error))


def _told_by(conversation: Conversation, error: BackendError) -> Utterance:
    """The sentence for an error; in the record it stands by its code."""
    name = "NEEDS_CONNECTION" if isinstance(error, NeedsConnection) else error.reason
    return conversation.content(f"error.{name}", sentence(error, conversation.language))


async def _patiently(conversation: Conversation, work: Awaitable[T], *, to_the_end: bool) -> T:
    """Waits, and asks the caller to wait as well where it takes long: a sentence, then a soft tone until the
    answer is there, and now and then that it still goes on."""
    timing, call = conversation.settings.timing, conversation.call
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=timing.please_wait)
        said = "backend.please_wait"
        while not task.done():
            await call.say(conversation.prompt(said))
            await call.cover(task, timing.wait_again)
            said = "backend.still_waiting"
        return task.result()
    finally:
        if not to_the_end:
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
