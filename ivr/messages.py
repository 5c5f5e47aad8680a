"""Messages that callers leave for a person.

Each is a WAV file in the folder and one line of ``messages.jsonl``, written after it, so that a line always
has its sound: ``{"time", "file", "seconds", "callback", "caller", "call_id", "language"}``. Who answers them
reads the list and deletes what is done.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from foundation.language import Language
from ivr import journal
from ivr.line import Recorded

INDEX = "messages.jsonl"


@dataclass(frozen=True, slots=True)
class Message:
    """One message. callback: the number to call back, digits; time: aware."""

    recorded: Recorded
    callback: str = field(repr=False)
    caller: str = field(repr=False)
    call_id: str
    language: Language
    time: datetime


class Messages:
    """The folder of messages. Only its owner can read it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def store(self, message: Message) -> Path:
        """Keeps a message and gives its WAV file. Blocks until the disk has both. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(suffix=".wav", prefix=".", dir=self._folder)
        sound = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(message.recorded.wav)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp's random part tells apart two messages of one second.
            target = self._folder / f"{message.time:%Y%m%dT%H%M%S}-{sound.name[1:]}"
            sound.rename(target)
        except OSError:
            sound.unlink(missing_ok=True)
            raise
        journal.sync_folder(self._folder)
        journal.append(
            self._folder / INDEX,
            {
                "time": message.time.isoformat(timespec="seconds"),
                "file": target.name,
                "seconds": round(message.recorded.seconds, 1),
                "callback": message.callback,
                "caller": message.caller,
                "call_id": message.call_id,
                "language": message.language.value,
            },
        )
        return target
