"""A simulated Keynius keypad: the answers that are public, and commands and codes that are its own.

The real ones are in the supplier's manual. So the simulator brings its own table, in the form in which the
driver takes the supplier's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from foundation.log import logger
from hardware.protocols import keynius
from hardware.protocols.keynius import DONE, REFUSED, Frame, FrameReader, Key, Refusal
from hardware.simulators.device import Fact, SimulatedDevice
from hardware.simulators.keypresses import Fingers

log = logger(__name__)

MOST_WAITING = 64
KEYS_ON, KEYS_OFF = b"\x4b\x01", b"\x4b\x00"
CODES = {
    **{str(digit): bytes((0xD0, digit)) for digit in range(10)},
    **{key.value: bytes((0xF0, at)) for at, key in enumerate(Key)},
}
"""STATUS and DATA of each key. Of no real pad: invented, and only here."""


class KeypadFault(Enum):
    """What is wrong with the keypad; the values are the command line's."""

    NONE = "none"
    INVALID_COMMAND = "invalid-command"
    """It knows no command, until it is put right."""
    WRONG_CHECK = "wrong-check"
    """The next command comes to harm on its way to it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from one key to the next, and the line's speed."""

    key: float = 0.25
    baud: int = 9600


INSTANT = Pace(0.0, 0)


class SimulatedKeyniusPad(SimulatedDevice):
    """Answers on a pseudo-terminal as the keypad would."""

    name = "keypad"
    own_faults = KeypadFault
    commands = ("keys-on", "keys-off")
    actions = ("press",)

    def __init__(self, port: Path, pace: Pace = Pace()) -> None:
        super().__init__(port, pace.baud, spoil=_check_wrong)
        self.sends_keys = False
        self.fingers = Fingers(tuple(key.value for key in Key), self._pressed, pace.key)
        self._frames = FrameReader()
        self._answers: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)

    @classmethod
    def in_folder(cls, folder: Path, *, instant: bool) -> SimulatedKeyniusPad:
        """See `SimulatedDevice`. Its table lies beside its port, as NAME.toml."""
        (folder / f"{cls.name}.toml").write_text(table(), "utf-8")
        return cls(folder / cls.name, INSTANT if instant else Pace())

    def act(self, action: str, given: str) -> None:
        """``press``: see `Fingers`."""
        self.fingers.begin(given)

    def state(self) -> Mapping[str, Fact]:
        """Whether it sends keys now."""
        return {"sends_keys": self.sends_keys}

    async def _serve(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.fingers.work())
            while True:
                await self.line.send(await self._answers.get())

    def _received(self, data: bytes) -> None:
        for found in self._frames.feed(data):
            if isinstance(found, Frame):
                self._told(bytes(found.body))
            else:
                self._put(bytes((REFUSED, Refusal.WRONG_CHECK.value)))

    def _told(self, body: bytes) -> None:
        if body in (KEYS_ON, KEYS_OFF):
            self._notice("keys-on" if body == KEYS_ON else "keys-off")
        if self.fault is KeypadFault.WRONG_CHECK:
            self._used_up()
            self._put(bytes((REFUSED, Refusal.WRONG_CHECK.value)))
        elif self.fault is KeypadFault.INVALID_COMMAND or body not in (KEYS_ON, KEYS_OFF):
            self._put(bytes((REFUSED, Refusal.INVALID_COMMAND.value)))
        else:
            self.sends_keys = body == KEYS_ON
            self._put(bytes((DONE,)))

    def _pressed(self, name: str) -> None:
        if self.sends_keys:
            self._put(CODES[name])

    def _put(self, body: bytes) -> None:
        if self.silent:
            return
        if self._answers.full():
            log.warning("simulated_keypad_overrun")
        else:
            self._answers.put_nowait(keynius.frame(body))


def table() -> str:
    """The simulator's codes as a file for the driver."""
    lines = [
        "# Codes of the simulated keypad; they are no real pad's.",
        f'keys_on = "{keynius.frame(KEYS_ON).hex(" ")}"',
        f'keys_off = "{keynius.frame(KEYS_OFF).hex(" ")}"',
        "[keys]",
        *(f'"{code.hex(" ")}" = "{name}"' for name, code in CODES.items()),
    ]
    return "\n".join(lines) + "\n"


def _check_wrong(answer: bytes) -> bytes:
    """BCC, the last byte but one."""
    return answer[:-2] + bytes((answer[-2] ^ 0x01,)) + answer[-1:]
