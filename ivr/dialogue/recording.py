"""Taking down what a caller says: the consent first, and a second try where it went wrong."""

from __future__ import annotations

from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.conversation import Back, Conversation
from ivr.line import Recorded, Utterance
from ivr.voice import has_voice


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
        if not has_voice(recorded.wav):
            conversation.call.note("nothing heard")
            await _offer_again(conversation)
        elif await _kept(conversation, recorded):
            return recorded


async def _offer_again(conversation: Conversation) -> None:
    def told() -> list[Utterance]:
        return [conversation.prompt("record.nothing"), conversation.prompt("record.again_or_back")]

    await menu(conversation, Menu("1", told, told))


async def _kept(conversation: Conversation, recorded: Recorded) -> bool:
    def told() -> list[Utterance]:
        length = conversation.read.length(max(1, round(recorded.seconds)))
        return [
            conversation.prompt("record.length", length=length),
            conversation.prompt("record.keep_or_again"),
        ]

    try:
        return await menu(conversation, Menu("12", told, told)) == "1"
    except Back:
        return False
