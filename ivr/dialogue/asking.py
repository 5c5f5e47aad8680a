"""Asking until there is an answer: menus and entries, with the keys that everybody knows.

In a menu `0` is a person, `*` back, `9` again, `8` the other language, `#` again. In an entry the digits
are digits; `*` as the first key goes back and later clears, `#` ends it. There `0` and `#`, or zeros and a
pause, are a person, unless that is an answer: then it is read back in a menu, where the next `0` is one. Who
is silent twice is told. Silence and wrong keys are counted apart; after three of either a person is called.
What is asked again is asked shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ivr.call import CallOver
from ivr.dialogue.conversation import Back, Conversation, Why
from ivr.entry import ONE_KEY, End, Wanted
from ivr.line import Utterance
from ivr.records.record import Result

TRIES = 3
"""Silences, or wrong entries, at one question."""

PERSON, LANGUAGE, AGAIN = "0", "8", "9"

Said = Callable[[], Sequence[Utterance]]
"""What is said; made anew each time, because the language may have changed."""

T = TypeVar("T")


class Skipped(Exception):
    """The caller leaves a question that may be left."""


class Refused(Exception):
    """An entry cannot be taken; `utterance` says why and what to do."""

    def __init__(self, utterance: Utterance) -> None:
        super().__init__(utterance.name)
        self.utterance = utterance


@dataclass(frozen=True, slots=True)
class Menu:
    """One key of several.

    keys: those that mean something here, `#` among them where it does; full: what is said first and on `9`;
    short: what is said after silence or a wrong key; first: what is said at first in place of `full`;
    private: the key is not kept in the record;
    silence: the key that silence stands for, after `patience` seconds; last: nothing is left to be asked,
    so that silence means that the caller is content.
    """

    keys: str
    full: Said
    short: Said
    private: bool = False
    first: Said | None = None
    silence: str | None = None
    patience: float | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """An entry of several keys.

    judge: makes the answer of the keys, or raises Refused; optional: `#` alone skips it; private: the keys
    are not kept in the record.
    """

    wanted: Wanted
    full: Said
    short: Said
    judge: Callable[[str], T]
    optional: bool = False
    private: bool = True


async def menu(conversation: Conversation, wanted: Menu) -> str:
    """The key that was chosen. Raises Back."""
    call = conversation.call
    tries = Tries(conversation, last=wanted.last)
    lead: Sequence[Utterance] = ()
    said = wanted.first or wanted.full
    while True:
        entry = await call.gather(
            [*lead, *said()], ONE_KEY, private=wanted.private, first_key=wanted.patience
        )
        key = "#" if entry.end is End.HASH else entry.keys
        lead, said = (), wanted.full
        if entry.end is End.SILENCE:
            if wanted.silence is not None:
                return wanted.silence
            lead, said = await tries.silent(), wanted.short
        elif entry.end is End.BACK:
            raise Back
        elif key in wanted.keys:
            return key
        elif key == PERSON:
            if not conversation.with_person:
                await conversation.person(Why.ASKED)
        elif key == LANGUAGE:
            conversation.switch_language()
        elif key not in {AGAIN, "#"}:
            lead, said = await tries.wrong(conversation.prompt("ask.wrong_key")), wanted.short


async def ask(conversation: Conversation, question: Question[T]) -> T:
    """The answer that was keyed. Raises Back, and Skipped where the question is optional."""
    call = conversation.call
    tries = Tries(conversation, how_to_a_person="ask.person_in_entry")
    lead: Sequence[Utterance] = ()
    said = question.full
    while True:
        entry = await call.gather([*lead, *said()], question.wanted, private=question.private)
        lead, said = (), question.short
        if entry.end is End.SILENCE:
            lead = await tries.silent()
        elif entry.end is End.BACK:
            raise Back
        elif entry.end is End.CLEARED:
            lead, said = (conversation.prompt("ask.cleared"),), tuple
        elif not entry.keys:
            if question.optional:
                raise Skipped
            said = question.full
        else:
            try:
                return question.judge(entry.keys)
            except Refused as refused:
                # Zeros that fill an entry are a wrong one; a single 0 is what everybody knows.
                meant = entry.keys == PERSON or (
                    not entry.keys.strip(PERSON) and entry.end is not End.COMPLETE
                )
                if meant and not conversation.with_person:
                    await conversation.person(Why.ASKED)
                    continue
                # The explanation says what to do; the question is repeated to those who are silent then.
                lead = await tries.wrong(refused.utterance)
                said = tuple if lead else question.short


class Tries:
    """Counts the silences and the wrong entries at one question."""

    def __init__(self, conversation: Conversation, *, last: bool = False, how_to_a_person: str = "") -> None:
        """last: silence ends the call; how_to_a_person: the prompt that says it after the second silence."""
        self._conversation = conversation
        self._last = last
        self._how_to_a_person = how_to_a_person
        self._silences = self._wrongs = 0

    async def silent(self) -> Sequence[Utterance]:
        """What is said before the question is asked again; at the third silence, a person or the end."""
        self._silences += 1
        if self._silences < TRIES and self._last:
            return ()
        if self._silences < TRIES:
            prompt, how = self._conversation.prompt, self._how_to_a_person
            tell = how and self._silences == TRIES - 1 and not self._conversation.with_person
            return (prompt("ask.silence"), *([prompt(how)] if tell else []))
        if self._last:
            raise CallOver(Result.GOODBYE)
        await self._give_up(Why.SILENCE)
        return ()

    async def wrong(self, explanation: Utterance) -> Sequence[Utterance]:
        """The same after a wrong entry. What was typed ahead behind it is dropped."""
        await self._conversation.call.forget_keys_typed_ahead()
        self._wrongs += 1
        if self._wrongs < TRIES:
            return (explanation,)
        await self._conversation.call.say(explanation)
        await self._give_up(Why.WRONG_KEYS)
        return ()

    async def _give_up(self, why: Why) -> None:
        if self._conversation.with_person:
            raise CallOver(Result.GOODBYE)
        await self._conversation.person(why)
        self._silences = self._wrongs = 0
