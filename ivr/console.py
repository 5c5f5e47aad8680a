"""The same dialogue in a terminal: what is said is printed, keys are typed. No sound, no telephone.

Each line of input is one of:

- keys, ``1`` or ``12345678#``: pressed one right after another once the line is quiet and a key is awaited;
  spaces are dropped. Several questions answered on one line are keys typed ahead.
- ``^`` and keys: pressed while the next prompt is still being said.
- ``~``: no key at all until the dialogue gives up waiting.
- ``!``, or the end of the input: the caller hangs up.
- anything else: what the caller says when being recorded; it ends with ``#``. The recording holds that text
  as the speech engine says it, so an attachment made here is a real sound.
- ``>`` and a text: the same without the ``#``; the next line happens while the recording goes on.

Printed are ``[name] text`` for what is said, ``> keys``, and events in round brackets.
"""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TextIO
from uuid import uuid4

from ivr.line import HungUp, Line, Recorded, Utterance
from ivr.pausing import ENDING, PERSON
from ivr.prompts import language_of
from speech import sound

LONGEST_LINE = 2000
"""Characters of an input line that are looked at."""

QUIET = 10
"""Rounds of the loop without a prompt after which the line is quiet: another prompt would have begun."""

Voice = Callable[[Utterance], Awaitable[bytes]]
"""An utterance to PCM, 8000 Hz, 16 bit, mono."""


class Kind(Enum):
    """What the caller does next."""

    KEYS = auto()
    INTERRUPT = auto()
    SILENCE = auto()
    SPEECH = auto()
    SPEAKING = auto()
    """As SPEECH, and the recording goes on."""
    HANG_UP = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """One line of input."""

    kind: Kind
    text: str = field(default="", repr=False)


def step(line: str) -> Step | None:
    """What an input line means; None for an empty one."""
    entered = line.strip()[:LONGEST_LINE]
    if not entered:
        return None
    if entered == "!":
        return Step(Kind.HANG_UP)
    if entered == "~":
        return Step(Kind.SILENCE)
    if found := re.fullmatch(r"(\^?)([0-9*#\s]+)", entered):
        keys = re.sub(r"\s", "", found[2])
        return Step(Kind.INTERRUPT if found[1] else Kind.KEYS, keys)
    if entered.startswith(">"):
        return Step(Kind.SPEAKING, entered[1:].strip())
    return Step(Kind.SPEECH, entered)


class ConsoleLine(Line):
    """A line whose caller is a script or somebody at a keyboard."""

    def __init__(
        self,
        voice: Voice,
        *,
        output: TextIO | None = None,
        caller: str = "",
        playing: float = 0.0,
        takes_transfers: bool = True,
    ) -> None:
        """voice: makes recordings; output: where the call is printed; playing: seconds for each prompt;
        takes_transfers: what a transfer comes to."""
        self.call_id = f"console-{uuid4()}"
        self.caller = caller
        self.start_time = datetime.now(UTC)
        self._voice = voice
        self._output = output
        self._playing_time = playing
        self._takes_transfers = takes_transfers
        self._steps: asyncio.Queue[Step] = asyncio.Queue()
        self._next: Step | None = None
        self._keys: deque[str] = deque()
        self._playing = 0
        self._gone = False
        self._changed = asyncio.Event()

    def add(self, *steps: Step) -> None:
        """What the caller will do, after what was added before."""
        for one in steps:
            self._steps.put_nowait(one)

    async def play(self, utterances: Sequence[Utterance]) -> None:
        """Prints them, and takes `playing` seconds for each."""
        await self._say(*(f"[{utterance.name}] {utterance.text}" for utterance in utterances))

    async def next_key(self) -> str:
        """The next key; a step that presses keys is taken only once the line is quiet."""
        while not self._keys:
            self._check()
            if self._playing:
                await self._change()
                continue
            for _ in range(QUIET):
                await asyncio.sleep(0)
            if not self._playing and not self._keys:
                await self._advance()
        return self._keys.popleft()

    def key_waiting(self) -> bool:
        """Whether a key of the present step is left."""
        return bool(self._keys)

    async def record(self, *, max_seconds: float, silence_seconds: float) -> Recorded:
        """Takes the next step as what the caller says."""
        self._check()
        self._print("(recording)")
        said, paused, longest = b"", False, 2 * int(sound.RATE * max_seconds)

        def recorded(key: str | None = None, *, hung_up: bool = False) -> Recorded:
            pcm = said[:longest]
            return Recorded(sound.wav(pcm), sound.seconds_of(pcm), key, hung_up, paused)

        while True:
            if self._keys:
                alone = len(self._keys) == 1
                key = self._keys.popleft()
                if key in ENDING or (key == PERSON and alone and not paused):
                    return recorded(key)
                paused = True
                continue
            if len(said) >= longest:
                return recorded()
            step = self._next or await self._steps.get()
            self._next = None
            match step.kind:
                case Kind.HANG_UP:
                    self._hung_up()
                    return recorded(hung_up=True)
                case Kind.SILENCE:
                    said += bytes(2 * int(sound.RATE * silence_seconds))
                    return recorded()
                case Kind.SPEECH | Kind.SPEAKING:
                    ends = step.kind is Kind.SPEECH
                    self._print(f'> "{step.text}"' + " #" * ends)
                    said += await self._voice(
                        Utterance("caller", step.text, language_of(step.text), private=True)
                    )
                    if ends:
                        return recorded("#" if len(said) <= longest else None)
                case Kind.KEYS | Kind.INTERRUPT:
                    self._press(step.text)

    async def play_back(self, recorded: Recorded) -> None:
        """Prints its length."""
        await self._say(f"(the recording is played back: {recorded.seconds:.1f} s)")

    async def play_waiting_tone(self) -> None:
        """Prints that it is heard."""
        self._check()
        self._print("(a soft tone)")
        while True:
            await self._change()
            self._check()

    async def send_text(self, text: str) -> bool:
        """Prints it, in one line."""
        self._check()
        self._print(f"(on the phone's screen: {' / '.join(text.splitlines())})")
        return True

    async def transfer(self, target: str) -> bool:
        """Ends the call where the transfer is taken."""
        self._check()
        self._print(f"(transfer to {target}: {'taken' if self._takes_transfers else 'refused'})")
        if self._takes_transfers:
            self._leave()
        return self._takes_transfers

    async def hang_up(self) -> None:
        """Ends the call."""
        if not self._gone:
            self._print("(hung up by the line)")
            self._leave()

    # Inside

    async def _say(self, *lines: str) -> None:
        self._check()
        self._playing += 1
        try:
            for line in lines:
                self._print(line)
                await asyncio.sleep(0)
                if self._peek(Kind.INTERRUPT):
                    self._press(self._take().text)
                await asyncio.sleep(self._playing_time)
                self._check()
        finally:
            self._playing -= 1
            self._signal()

    async def _advance(self) -> None:
        """Lets the caller do the next thing; a silence lasts until the dialogue stops waiting."""
        if self._next is None:
            self._next = await self._steps.get()
            return
        match self._next.kind:
            case Kind.SILENCE:
                try:
                    await asyncio.Event().wait()
                finally:
                    self._next = None
            case Kind.HANG_UP:
                self._hung_up()
            case Kind.SPEECH | Kind.SPEAKING:
                self._print("(nothing is being recorded: keys are 0 to 9, * and #)")
                self._next = None
            case Kind.KEYS | Kind.INTERRUPT:
                self._press(self._take().text)

    def _take(self) -> Step:
        taken = self._next if self._next is not None else self._steps.get_nowait()
        self._next = None
        return taken

    def _peek(self, kind: Kind) -> bool:
        """Whether the next step is known already, and of that kind."""
        if self._next is None and not self._steps.empty():
            self._next = self._steps.get_nowait()
        return self._next is not None and self._next.kind is kind

    def _press(self, keys: str) -> None:
        self._print(f"> {keys}")
        self._keys.extend(keys)
        self._signal()

    def _hung_up(self) -> None:
        self._print("(hung up by the caller)")
        self._leave()

    def _leave(self) -> None:
        self._gone = True
        self._signal()

    def _check(self) -> None:
        if self._gone:
            raise HungUp

    def _signal(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self) -> None:
        await self._changed.wait()

    def _print(self, text: str) -> None:
        if self._output is not None:
            print(text, file=self._output, flush=True)


def read_steps(line: ConsoleLine, source: TextIO) -> None:
    """Feeds a line with the input, from a thread of its own: a terminal or pipe cannot be awaited alike.

    The end of the input hangs up.
    """
    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            for entered in source:
                if found := step(entered):
                    loop.call_soon_threadsafe(line.add, found)
            loop.call_soon_threadsafe(line.add, Step(Kind.HANG_UP))
        except RuntimeError:
            return  # the loop has ended: the call is over

    threading.Thread(target=read, daemon=True).start()


async def hold_in_terminal(answer: Callable[[Line], Awaitable[None]], voice: Voice) -> None:
    """One call between the standard input and the standard output."""
    line = ConsoleLine(voice, output=sys.stdout)
    read_steps(line, sys.stdin)
    await answer(line)
