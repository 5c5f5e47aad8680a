"""Taking down what a caller says: the consent first, and a second try where it went wrong."""

from __future__ import annotations

import io
import wave

from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.line import Recorded, Utterance
from ivr.sip.hearing import Hearing

KEEP, AGAIN, LISTEN = "1", "2", "3"


async def take_down(conversation: Conversation, full: Said) -> Recorded:
    """A recording that the caller wants to keep. full: the question. Raises Back."""
    said = full
    while True:
        recorded = await conversation.call.record([*said(), conversation.prompt("record.speak")])
        said = tuple
        if recorded.key == "*" and not recorded.wav:
            raise Back
        if recorded.key == "*":
            continue
        if not somebody_speaks(recorded):
            conversation.call.note("nothing heard")
            await _offer_again(conversation)
        elif await _kept(conversation, recorded):
            return recorded


def somebody_speaks(recorded: Recorded) -> bool:
    """Whether a voice is heard in a recording, and not only the line."""
    if not recorded.wav:
        return False
    hearing = Hearing()
    with wave.open(io.BytesIO(recorded.wav)) as file:
        hearing.hear(file.readframes(file.getnframes()))
    return hearing.last_speech is not None


async def _offer_again(conversation: Conversation) -> None:
    def told() -> list[Utterance]:
        return [conversation.prompt("record.nothing"), conversation.prompt("record.again_or_back")]

    await menu(conversation, Menu("1", told, told))


async def _kept(conversation: Conversation, recorded: Recorded) -> bool:
    """Whether the caller keeps it, after hearing it as often as wanted."""

    def keys() -> list[Utterance]:
        return [conversation.prompt("record.keys")]

    def told() -> list[Utterance]:
        length = conversation.read.length(max(1, round(recorded.seconds)))
        return [conversation.prompt("record.length", length=length), *keys()]

    first = told
    while True:
        try:
            key = await menu(conversation, Menu(KEEP + AGAIN + LISTEN, keys, keys, first=first))
        except Back:
            return False
        if key != LISTEN:
            return key == KEEP
        await conversation.call.play_back(recorded)
        first = keys
