"""Calls held over the console's line: a script is what the caller does, the transcript what was heard."""

from __future__ import annotations

import io
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ivr.console import ConsoleLine, Kind, Step, step
from ivr.line import Line, Utterance
from ivr.settings import Timing
from speech import sound

FAST = Timing(
    first_key=0.15,
    between_keys=0.15,
    reading_pause=0.1,
    please_wait=2.0,
    guessing=0.01,
    wait_again=2.0,
    recording_silence=0.5,
    call=60.0,
    warning=5.0,
)
"""A caller who is a script needs no six seconds to find a key."""


async def hum(utterance: Utterance) -> bytes:
    """What stands for a voice: a tone as long as the text."""
    return sound.to_pcm(sound.tone(440.0, max(0.5, 0.1 * len(utterance.text))))


def line(script: str, **options: Any) -> ConsoleLine:
    """A line whose caller does what the script says, one thing a line, and then hangs up."""
    made = ConsoleLine(hum, output=io.StringIO(), **options)
    made.add(*(found for text in script.splitlines() if (found := step(text))), Step(Kind.HANG_UP))
    return made


def transcript(held: ConsoleLine) -> str:
    """What was said and pressed, as the console prints it."""
    output = held._output
    assert isinstance(output, io.StringIO)
    return output.getvalue()


@dataclass(frozen=True)
class Heard:
    """What was heard in a call, and its record."""

    text: str
    record: dict[str, Any]

    @property
    def prompts(self) -> list[str]:
        """Names of what was said, in order."""
        return re.findall(r"^\[(.+?)\]", self.text, re.MULTILINE)

    @property
    def keys(self) -> str:
        """Keys as the record keeps them."""
        return "".join(entry["key"] for entry in self.record["timeline"] if "key" in entry)

    @property
    def events(self) -> list[str]:
        """Events of the record."""
        return [entry["event"] for entry in self.record["timeline"] if "event" in entry]

    def said(self, name: str) -> str:
        """The last text said under a name."""
        found = re.findall(rf"^\[{re.escape(name)}\] (.*)$", self.text, re.MULTILINE)
        assert found, f"{name} was not said:\n{self.text}"
        return str(found[-1])


Answer = Callable[[Line], Awaitable[None]]
