"""Taking down what a caller says: never without consent; heard and said again as often as wanted.

The consent is asked for where it can be declined in the right way, and kept in the call record and within the
recording (`backend_client.forms.consent`).
"""

from __future__ import annotations

import asyncio
import io
import wave
from dataclasses import replace

from backend_client.forms.consent import Consent, with_consent
from ivr.dialogue.asking import Menu, Said, menu
from ivr.dialogue.conversation import Back, Conversation, Why
from ivr.line import HungUp, Recorded, Utterance
from ivr.sip.hearing import Hearing
from speech import sound

KEEP, AGAIN, LISTEN, GO_ON = "1", "2", "3", "4"
SHORTEST = 5.0
"""Seconds that have to be left for the caller to be offered to go on."""
NOTHING = Recorded(b"", 0.0, None)
NEARLY = 0.5
"""Seconds by which a recording that its longest time ended may be shorter."""


def consented(conversation: Conversation) -> Consent:
    """The caller has agreed to be recorded, just now."""
    conversation.call.note("recording agreed to")
    return Consent(conversation.local(conversation.now()), conversation.call.call_id)


class Dictation:
    """What a caller who has agreed to be recorded says to one question."""

    def __init__(self, conversation: Conversation, consent: Consent) -> None:
        self._conversation = conversation
        self._consent = consent
        self._spoken, self._heard = NOTHING, False

    @property
    def spoken(self) -> Recorded | None:
        """What was said and not taken back, whether the caller has kept it yet or not; None for nothing."""
        if not self._heard:
            return None
        return replace(self._spoken, wav=with_consent(self._spoken.wav, self._consent))

    async def take(self, question: Said) -> Recorded:
        """What the caller wants to keep. `*` raises Back, and after something was said begins anew.

        Where the caller hangs up meanwhile, which raises HungUp, `spoken` is what was said until then.
        """
        said = question
        while True:
            key = await self._record(said)
            said = tuple
            if key == "*" and not self._heard:
                raise Back
            if key == "*":
                self._take_back()
            elif self._heard:
                if key == "0":
                    await self._person()
                if await self._kept() and (spoken := self.spoken) is not None:
                    return spoken
                self._take_back()
            else:
                self._take_back()
                self._conversation.call.note("nothing heard")
                if key == "0" and not self._conversation.with_person:
                    await self._person()
                    said = question
                else:
                    await self._offer_again()

    async def _record(self, said: Said) -> str | None:
        """Records, after what was said before; the key that ended it. Raises HungUp."""
        conversation, longest = self._conversation, self._longest
        prompt = conversation.prompt("record.speak", length=conversation.read.length(round(longest)))
        recorded = await conversation.call.record([*said(), prompt], longest)
        if recorded.wav:
            self._heard |= await asyncio.to_thread(somebody_speaks, recorded)
            self._spoken = joined(self._spoken, recorded)
        if recorded.hung_up:
            raise HungUp
        if recorded.paused:
            await conversation.call.say(conversation.prompt("record.keys_left_out"))
        elif recorded.key is None and recorded.seconds >= longest - NEARLY:
            await conversation.call.say(conversation.prompt("record.time_over"))
        return recorded.key

    async def _person(self) -> None:
        if not self._conversation.with_person:
            await self._conversation.person(Why.ASKED)

    @property
    def _longest(self) -> float:
        """Seconds that may be said now."""
        timing = self._conversation.settings.timing
        return min(timing.recording, timing.recording_all - self._spoken.seconds)

    def _take_back(self) -> None:
        self._spoken, self._heard = NOTHING, False

    async def _offer_again(self) -> None:
        prompt = self._conversation.prompt

        def keys() -> list[Utterance]:
            return [prompt("record.again_or_back")]

        def told() -> list[Utterance]:
            return [prompt("record.nothing"), *keys()]

        await menu(self._conversation, Menu("1", told, keys))

    async def _kept(self) -> bool:
        """Whether the caller keeps it, after hearing it and going on with it as often as wanted."""
        conversation = self._conversation

        def more() -> bool:
            return self._longest >= SHORTEST

        def keys() -> list[Utterance]:
            said = [conversation.prompt("record.keys")]
            return [*said, conversation.prompt("record.go_on")] if more() else said

        def told() -> list[Utterance]:
            length = conversation.read.length(max(1, round(self._spoken.seconds)))
            return [conversation.prompt("record.length", length=length), *keys()]

        first = told
        while True:
            wanted = KEEP + AGAIN + LISTEN + (GO_ON if more() else "")
            try:
                key = await menu(conversation, Menu(wanted, keys, keys, first=first))
            except Back:
                return False
            if key == LISTEN:
                await conversation.call.play_back(self._spoken)
                first = keys
            elif key == GO_ON:
                before = self._spoken
                ended = await self._record(tuple)
                if ended == "*":
                    self._spoken = before
                elif ended == "0":
                    await self._person()
                first = told
            else:
                return key == KEEP


def joined(first: Recorded, second: Recorded) -> Recorded:
    """The one and, behind it, the other."""
    pcm = pcm_of(first) + pcm_of(second)
    return Recorded(sound.wav(pcm), sound.seconds_of(pcm), second.key)


def somebody_speaks(recorded: Recorded) -> bool:
    """Whether a voice is heard in a recording, and not only the line."""
    hearing = Hearing()
    hearing.hear(pcm_of(recorded))
    return hearing.last_speech is not None


def pcm_of(recorded: Recorded) -> bytes:
    """Its samples."""
    if not recorded.wav:
        return b""
    with wave.open(io.BytesIO(recorded.wav)) as file:
        pcm: bytes = file.readframes(file.getnframes())
        return pcm
