"""A call's five verbs: say, gather, record, send_text, transfer.

Dialogues use these and nothing else of the line. Every verb leaves its trace in the call record, and raises
HungUp once the caller has gone, and CallOver once the time limit is over.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from foundation.language import Language
from foundation.request_id import begin_request
from ivr import prompts
from ivr.alerts import CallAlerts
from ivr.entry import ONE_KEY, Collector, End, Entry, Wanted
from ivr.line import Line, Recorded, Utterance
from ivr.records.record import CallRecord, Result
from ivr.settings import Timing
from ivr.texts import Texts, masked

TRAILING_HASH = 2.5
"""Seconds in which a `#` after an entry that was complete without it belongs to that entry: people press it
out of habit, and it must not become an answer to the next question."""


class CallOver(Exception):
    """The call is at its end; `result` says why, and what is said last."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.value)
        self.result = result


class Call:
    """One call. Owns the keys that wait, the clock of the time limit, and the language."""

    def __init__(
        self,
        line: Line,
        record: CallRecord,
        timing: Timing,
        language: Language,
        alerts: CallAlerts | None = None,
    ) -> None:
        """alerts: what the caller has to hear before anything else."""
        self._line = line
        self._alerts = alerts
        self._telling = False
        self._keyed = False
        self.timing = timing
        self.language = language
        self._record = record
        self._ahead: deque[str] = deque()
        self._clock = asyncio.get_running_loop().time
        self._trailing_until = 0.0
        self._end = self._clock() + timing.call
        self._warned = False
        self._texts = Texts(line.send_text, record.event)
        self._read_along = False

    @property
    def call_id(self) -> str:
        """What tells the call from all others."""
        return self._line.call_id

    @property
    def caller(self) -> str:
        """The caller's number or address, empty where withheld."""
        return self._line.caller

    @property
    def typed_ahead(self) -> bool:
        """Whether keys wait that were pressed before anything asked for them."""
        return bool(self._ahead) or self._line.key_waiting()

    # The five verbs

    async def say(self, *utterances: Utterance) -> None:
        """Says something to which no answer is wanted. A key cuts it short and goes to the next question."""
        await self._first_things()
        if (key := await self._hear(utterances)) is not None:
            self._ahead.appendleft(key)

    async def play_back(self, recorded: Recorded) -> None:
        """Lets the caller hear a recording, as `say` does with a text."""
        await self._first_things()
        key = await self._listen(lambda: self._line.play_back(recorded), "recording.played_back")
        if key is not None:
            self._ahead.appendleft(key)

    async def gather(
        self,
        utterances: Sequence[Utterance],
        wanted: Wanted,
        *,
        private: bool = False,
        first_key: float | None = None,
    ) -> Entry:
        """Asks, and takes the keys of one entry.

        Keys typed ahead are taken first, and the question is then not said. The first key cuts it short.
        private: the keys do not stand in the record; first_key: seconds to wait for it after the question.
        """
        await self._first_things()
        collector = Collector(wanted)
        patience = self.timing.first_key if first_key is None else first_key
        key = await self._hear(utterances)
        while True:
            if key is None:
                try:
                    key = await self._key_or_alert(patience, begun=bool(collector.keys))
                except TimeoutError:
                    end = End.PAUSE if collector.keys else End.SILENCE
                    self._record.event(end.value)
                    return Entry(collector.keys, end)
                if key is None:
                    await self._first_things()
                    key = await self._hear(utterances)
                    continue
            begin_request()
            self._keyed = True
            self._record.key(key, private=private)
            ended = collector.take(key)
            if ended is not None:
                if ended is End.COMPLETE and len(collector.keys) > 1:
                    self._trailing_until = self._clock() + TRAILING_HASH
                return Entry(collector.keys, ended)
            key, patience = None, self.timing.between_keys

    async def record(self, utterances: Sequence[Utterance], longest: float | None = None) -> Recorded:
        """Asks, and records the answer. A key during the question begins the recording; `*` calls it off,
        which gives a recording of no length with that key. longest: seconds, else those of `timing`.

        Where the caller hangs up while speaking, what was said is returned; the next verb raises HungUp.
        """
        await self._first_things()
        await self.forget_keys_typed_ahead()
        if (key := await self._hear(utterances)) is not None:
            self._record.key(key, private=key.isdigit())  # it may be the first of a number
            if key == "*":
                return Recorded(b"", 0.0, key)
        await self.forget_keys_typed_ahead()
        self._record.event("recording")
        recorded = await self._line.record(
            max_seconds=longest or self.timing.recording, silence_seconds=self.timing.recording_silence
        )
        if recorded.paused:
            self._record.event("keys left out of the recording")
        self._record.event("recorded")
        if recorded.key is not None:
            self._record.key(recorded.key, private=False)
        return recorded

    def send_text(self, text: str) -> None:
        """Shows a text on a phone with a screen, while the dialogue goes on. Phones without one refuse it."""
        self._texts.show(text)

    @property
    def reads_along(self) -> bool:
        """Whether all that is said is shown, too."""
        return self._read_along or self._line.asks_for_texts

    async def read_along(self, text: str) -> bool:
        """From now on all that is said is shown, too, after this text; False where the phone takes none."""
        self._read_along = await self._line.send_text(text)
        self._record.event("reads along" if self._read_along else "text refused")
        return self._read_along

    async def transfer(self, target: str) -> bool:
        """Hands the call to a SIP address. False where it was refused; the call then goes on."""
        self._record.event("transfer")
        taken = await self._line.transfer(target)
        self._record.event("transferred" if taken else "transfer refused")
        return taken

    # Beside them

    def note(self, event: str) -> None:
        """Puts an event into the record: a fixed name, never what the caller said or keyed."""
        self._record.event(event)

    def prompt(self, name: str, /, *, private: bool = False, **placeholders: object) -> Utterance:
        """A text of the catalogue in the call's language."""
        return prompts.prompt(self.language, name, private=private, **placeholders)

    @contextmanager
    def unrecorded(self, event: str) -> Iterator[None]:
        """What is said and keyed in the block stands in the record as one event."""
        self._record.event(event)
        self._record.paused = True
        try:
            yield
        finally:
            self._record.paused = False

    async def forget_keys_typed_ahead(self, but: str = "") -> None:
        """Drops keys that were pressed before something turned out otherwise than the caller thought:
        they answer questions that are not going to be asked.

        but: keys that mean the same whatever is asked next; the first that was pressed is kept if it is one.
        """
        keys = [*self._ahead]
        self._ahead.clear()
        while self._line.key_waiting():
            keys.append(await self._line.next_key())
        if keys and keys[0] in but:
            self._ahead.append(keys.pop(0))
        if keys:
            self._record.event("keys typed ahead dropped")

    async def cover(self, work: asyncio.Future[Any], seconds: float) -> None:
        """Fills the time until `work` is done with a soft tone, for so many seconds at most. Keys wait."""
        self._record.event("waiting tone")
        tone = asyncio.create_task(self._line.play_waiting_tone())
        try:
            await asyncio.wait({work, tone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if tone.done():
                tone.result()
        finally:
            await _end(tone)

    async def last_words(self, *utterances: Utterance) -> None:
        """Says something to the end, whatever is pressed."""
        for utterance in utterances:
            self._record.prompt(utterance.name)
        await self._play(utterances)

    async def close(self) -> None:
        """Ends what still runs beside the dialogue. The line itself stays open."""
        await self._texts.close()

    # Inside

    async def _play(self, utterances: Sequence[Utterance]) -> None:
        """Says something, and shows it to who reads along."""
        if self.reads_along:
            shown = "\n".join(
                masked(utterance.text) if utterance.private else utterance.written or utterance.text
                for utterance in utterances
            )
            self._texts.show(shown, prompt=True)
        await self._line.play(utterances)

    async def _hear(self, utterances: Sequence[Utterance]) -> str | None:
        """Says something until its end or the first key, and gives the key."""
        if not utterances:
            return await self._key_typed_ahead()
        return await self._listen(
            lambda: self._play(utterances), *(utterance.name for utterance in utterances)
        )

    async def _listen(self, play_it: Callable[[], Coroutine[Any, Any, None]], *names: str) -> str | None:
        """Plays something until its end or the first key, and gives the key; nothing where one waits already.

        It begins again where the time limit had to be spoken of. names: for the record.
        """
        while True:
            if (key := await self._key_typed_ahead()) is not None:
                return key
            for name in names:
                self._record.prompt(name)
            play = asyncio.create_task(play_it())
            pressed = asyncio.create_task(self._next_key())
            news = asyncio.create_task(self._alert())
            try:
                await asyncio.wait(
                    {play, pressed, news},
                    timeout=max(0.0, self._next_limit() - self._clock()),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if pressed.done():
                    if not play.done():
                        self._record.event("cut short")
                    return pressed.result()
                if play.done():
                    return play.result()
            finally:
                await _end(play, pressed, news)
                del play, pressed, news  # a task keeps its exception, and that keeps this frame
            await self._first_things()

    async def _next_key(self) -> str:
        while True:
            key = self._ahead.popleft() if self._ahead else await self._line.next_key()
            if self._counts(key):
                return key

    def _counts(self, key: str) -> bool:
        """False for the `#` that people press out of habit after an entry that needed none."""
        trailing = key == "#" and self._clock() < self._trailing_until
        self._trailing_until = 0.0
        if trailing:
            self._record.event("trailing hash")
        return not trailing

    async def _key_typed_ahead(self) -> str | None:
        """The next key where one waits already."""
        while self._ahead or self._line.key_waiting():
            key = self._ahead.popleft() if self._ahead else await self._line.next_key()
            if self._counts(key):
                return key
        return None

    async def _first_things(self) -> None:
        """What the caller has to hear before anything else is said: alerts, and that the time is over."""
        await self._tell_alerts()
        await self._mind_the_limit()

    async def _alert(self) -> None:
        """Waits for an alert for which everything else has to wait; for ever while one is being told."""
        if self._alerts is None or self._telling:
            await asyncio.Event().wait()
        else:
            await self._alerts.serious()

    async def _key_or_alert(self, patience: float, *, begun: bool) -> str | None:
        """The next key; None where such an alert came first, which does not break an answer that was begun.

        Raises TimeoutError after so many seconds.
        """
        pressed = asyncio.create_task(self._next_key())
        first = {pressed} if begun else {pressed, asyncio.create_task(self._alert())}
        try:
            await asyncio.wait(first, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if not any(task.done() for task in first):
                raise TimeoutError
            return pressed.result() if pressed.done() else None
        finally:
            await _end(*first)
            del pressed, first  # a task keeps its exception, and that keeps this frame

    async def _tell_alerts(self) -> None:
        """Tells what the caller was not told yet, in both languages until a key has shown which is wanted.

        A serious alert is said to its end, whatever is pressed; keys wait meanwhile and answer what follows.
        """
        if self._alerts is None or self._telling:
            return
        self._telling = True
        try:
            while told := self._alerts.take():
                self._record.event("alert")
                languages = (self.language,) if self._keyed else (self.language, self.language.other)
                words = self._alerts.words(told, languages)
                self.send_text("\n".join(alert[self.language].headline for alert in told))
                again = True
                while again:
                    await self._announce(words, to_the_end=any(alert.serious for alert in told))
                    again = await self._wanted_again(languages)
                self._alerts.heard(told)
        finally:
            self._telling = False

    async def _announce(self, words: Sequence[Utterance], *, to_the_end: bool) -> None:
        if to_the_end:
            await self.last_words(*words)
        elif (key := await self._hear(words)) is not None:
            self._ahead.appendleft(key)

    async def _wanted_again(self, languages: Sequence[Language]) -> bool:
        """Whether the caller presses `9` to hear it again. Any other key answers what follows."""
        if self._ahead or self._line.key_waiting():
            return False
        key = await self._hear([prompts.prompt(language, "alert.again") for language in languages])
        if key is None:
            try:
                async with asyncio.timeout(self.timing.reading_pause):
                    key = await self._next_key()
            except TimeoutError:
                return False
        if key == "9":
            self._record.key(key, private=False)
            return True
        self._ahead.appendleft(key)
        return False

    async def _mind_the_limit(self) -> None:
        """Near the limit, asks once whether more time is wanted; at the limit, ends the call."""
        if self._clock() >= self._end:
            raise CallOver(Result.TIME_LIMIT)
        if self._warned or self._clock() < self._next_limit() or self._ahead or self._line.key_waiting():
            return
        self._warned = True
        # The key may belong to the private entry that is interrupted.
        entry = await self.gather([self.prompt("limit.more")], ONE_KEY, private=True)
        if entry.keys == "1":
            self._warned = False
            self._end = self._clock() + self.timing.call
            await self.say(self.prompt("limit.extended"))
        elif entry.keys:
            self._ahead.appendleft(entry.keys)

    def _next_limit(self) -> float:
        """When something has to be said about the time, by the loop's clock."""
        return self._end if self._warned else self._end - self.timing.warning


async def _end(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
