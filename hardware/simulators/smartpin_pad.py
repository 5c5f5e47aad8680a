"""A simulated SmartPIN pad: the pad's side of the language, with a pad's behaviour in time.

It makes real PIN blocks, with a key of its own for each (DUKPT) from the base key of the standard's examples.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from foundation.log import logger
from hardware.protocols import pin_block, smartpin
from hardware.protocols.pin_block import Format
from hardware.protocols.smartpin import (
    ACCEPTED,
    KEY_PRESSED,
    PIN_DUKPT_KEY,
    REFUSED,
    Broken,
    Command,
    Frame,
    FrameReader,
    FunctionKey,
    KeyState,
    KeyType,
    Refusal,
)
from hardware.protocols.wiping import wipe
from hardware.simulators import dukpt
from hardware.simulators.device import Fact, SimulatedDevice
from hardware.simulators.keypresses import Fingers

log = logger(__name__)

BASE_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
FIRST_KSN = bytes.fromhex("FFFF9876543210E00000")
"""Of the examples in ANSI X9.24-1: keys that everybody knows."""
VERSION = b"ID TECH SmartPIN L100 SIMULATED"
SERIAL_NUMBER = b"0000000000"
PIN_LENGTHS = (4, 12)
MOST_WAITING = 64
NOT_PUBLIC = bytes.fromhex("FFFF")
"""A reason for refusing that no manual has."""
PROMPT = bytes(smartpin.PROMPT_BYTES)
"""Any prompt will do: a simulated pad has no key to decrypt it with."""

_NAMES = {
    Command.GET_ENCRYPTED_PIN: "enter-pin",
    Command.GET_NUMERIC_KEY: "enter-digits",
    Command.GET_FUNCTION_KEY: "function-key",
    Command.CANCEL: "cancel",
    Command.SET_KEY_OUTPUT: "key-output",
    Command.GET_LENGTHS: "lengths",
    Command.GET_KEY_STATUS: "keys",
    Command.GET_VERSION: "version",
    Command.GET_SERIAL_NUMBER: "serial",
}
_KEYS = {
    "enter": FunctionKey.ENTER,
    "cancel": FunctionKey.CANCEL,
    "backspace": FunctionKey.BACKSPACE,
    "star": FunctionKey.STAR,
    "hash": FunctionKey.HASH,
    "help": FunctionKey.BLANK,
    "f1": FunctionKey.F1,
    "f2": FunctionKey.F2,
    "f3": FunctionKey.F3,
}


class PadFault(Enum):
    """What is wrong with the pad; the values are the command line's."""

    NONE = "none"
    TAMPERED = "tampered"
    """It was opened, and has erased its keys, until it is put right."""
    NO_KEYS_LEFT = "no-keys-left"
    """It has made as many keys as it may, until it is put right."""
    REFUSED = "refused"
    """It refuses the next command, for a reason that no manual has."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from one key to the next; how long it waits for an entry in all, and after the last key."""

    key: float = 0.25
    entry: float = 30.0
    forget: float = 10.0
    baud: int = 115200


INSTANT = Pace(key=0.0, baud=0)


class _Entry:
    """What the pad waits for."""

    def __init__(self, command: Command, lengths: tuple[int, int], pan: str) -> None:
        self.command = command
        self.shortest, self.longest = lengths
        self.pan = pan
        self.digits = bytearray()


class SimulatedSmartPinPad(SimulatedDevice):
    """Answers on a pseudo-terminal as a pad would. It shows nothing: what a pad shows is not on its line."""

    name = "pin-pad"
    own_faults = PadFault
    commands = tuple(_NAMES.values())
    actions = ("press",)

    def __init__(self, port: Path, pace: Pace = Pace()) -> None:
        super().__init__(port, pace.baud, spoil=_check_wrong)
        self.pace = pace
        self.fingers = Fingers(tuple(_KEYS), self._pressed, pace.key)
        self.ksn = FIRST_KSN
        self._initial = dukpt.initial_key(BASE_KEY, FIRST_KSN)
        self._frames = FrameReader()
        self._answers: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        self._entry: _Entry | None = None
        self._ends: asyncio.TimerHandle | None = None
        self._forgets: asyncio.TimerHandle | None = None

    @classmethod
    def in_folder(cls, folder: Path, *, instant: bool) -> SimulatedSmartPinPad:
        """See `SimulatedDevice`. A prompt for numbers lies beside its port, as NAME.prompt."""
        (folder / f"{cls.name}.prompt").write_bytes(PROMPT)
        return cls(folder / cls.name, INSTANT if instant else Pace())

    @property
    def keyed_in(self) -> int:
        """How many digits it holds."""
        return len(self._entry.digits) if self._entry else 0

    def act(self, action: str, given: str) -> None:
        """``press``: see `Fingers`."""
        self.fingers.begin(given)

    def state(self) -> Mapping[str, Fact]:
        """What it waits for, and how many digits it holds."""
        return {
            "waits_for": _NAMES[self._entry.command] if self._entry else None,
            "keyed_in": self.keyed_in if self._entry else None,
        }

    async def _serve(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.fingers.work())
            while True:
                await self.line.send(await self._answers.get())

    def _received(self, data: bytes) -> None:
        for found in self._frames.feed(data):
            if isinstance(found, Frame):
                self._told(bytes(found.body))
            elif isinstance(found, Broken):
                log.warning("simulated_pad_got_noise", fault=found.fault.value)

    def _told(self, body: bytes) -> None:
        command = next((one for one in Command if body.startswith(one.value)), None)
        if command is None:
            self._refuse(NOT_PUBLIC)
            return
        self._notice(_NAMES[command])
        if self.fault is PadFault.REFUSED:
            self._used_up()
            self._refuse(NOT_PUBLIC)
            return
        data = body[len(command.value) :]
        match command:
            case Command.CANCEL:
                self._end_entry()
                self._refuse(Refusal.CANCELED.value)
            case Command.GET_ENCRYPTED_PIN | Command.GET_NUMERIC_KEY | Command.GET_FUNCTION_KEY:
                self._begin_entry(command, data)
            case Command.SET_KEY_OUTPUT:
                self._say(b"") if data == b"\x00" else self._refuse(NOT_PUBLIC)
            case Command.GET_LENGTHS:
                self._say(bytes((0x75, 2, 1, 2, *PIN_LENGTHS, 2, 2, 1, smartpin.MOST_DIGITS)))
            case Command.GET_VERSION:
                self._say(VERSION)
            case Command.GET_SERIAL_NUMBER:
                self._say(SERIAL_NUMBER)
            case Command.GET_KEY_STATUS:
                self._say(bytes((1, 0, PIN_DUKPT_KEY, 0, 0, self._key_state.value)))

    @property
    def _key_state(self) -> KeyState:
        match self.fault:
            case PadFault.TAMPERED:
                return KeyState.ABSENT
            case PadFault.NO_KEYS_LEFT:
                return KeyState.EXHAUSTED
            case _:
                return KeyState.PRESENT

    def _begin_entry(self, command: Command, data: bytes) -> None:
        self._end_entry()
        lengths, pan = (0, 0), ""
        if command is Command.GET_ENCRYPTED_PIN:
            if self._key_state is not KeyState.PRESENT:
                self._refuse(Refusal.NO_PIN_KEY.value)
                return
            lengths, pan = PIN_LENGTHS, data[1:17].decode("ascii", "replace")
            whole = len(data) > 18 and data[17] == len(data) - 18
            if not whole or not pan.isdigit() or data[0] != KeyType.DUKPT.value:
                self._refuse(Refusal.WRONG_PAN.value)
                return
        elif command is Command.GET_NUMERIC_KEY:
            if len(data) != 3 + smartpin.PROMPT_BYTES or not 1 <= data[2] <= data[1] <= smartpin.MOST_DIGITS:
                self._refuse(NOT_PUBLIC)
                return
            lengths = data[2], data[1]
        self._entry = _Entry(command, lengths, pan)
        self._ends = asyncio.get_running_loop().call_later(self.pace.entry, self._end_entry)
        if command is not Command.GET_FUNCTION_KEY:
            self._say(b"")

    def _pressed(self, name: str) -> None:
        entry = self._entry
        if entry is None:
            return
        key = _KEYS.get(name)
        if entry.command is Command.GET_FUNCTION_KEY:
            if key is not None:
                self._end_entry()
                self._say(key.value)
            return
        match key:
            case FunctionKey.ENTER:
                if len(entry.digits) >= entry.shortest:
                    self._enter(entry)
                return
            case FunctionKey.CANCEL:
                self._end_entry()
                self._refuse(Refusal.CANCELED.value)
                return
            case FunctionKey.BACKSPACE:
                del entry.digits[-1:]
            case None if len(entry.digits) < entry.longest:
                entry.digits += name.encode("ascii")
            case _:
                return
        self._put(smartpin.frame(KEY_PRESSED))
        self._forget_later()

    def _enter(self, entry: _Entry) -> None:
        if entry.command is Command.GET_NUMERIC_KEY:
            self._say(bytes(smartpin.packed(entry.digits)))
        else:
            self.ksn = dukpt.next_ksn(self.ksn)
            key = dukpt.pin_key(self._initial, self.ksn)
            block = pin_block.encrypted(Format.ISO_0, entry.digits, key, entry.pan)
            self._say((self.ksn + block).hex().upper().encode("ascii"))
        self._end_entry()

    def _forget_later(self) -> None:
        if self._forgets is not None:
            self._forgets.cancel()
        self._forgets = asyncio.get_running_loop().call_later(self.pace.forget, self._forget)

    def _forget(self) -> None:
        if self._entry is not None:
            wipe(self._entry.digits)

    def _end_entry(self) -> None:
        self._forget()
        self._entry = None
        for timer in (self._ends, self._forgets):
            if timer is not None:
                timer.cancel()

    def _become(self, fault: Enum) -> None:
        super()._become(fault)
        if fault is PadFault.TAMPERED:
            self._end_entry()

    def _say(self, data: bytes) -> None:
        self._put(smartpin.frame(bytes((ACCEPTED,)) + data))

    def _refuse(self, reason: bytes) -> None:
        self._put(smartpin.frame(bytes((REFUSED,)) + reason))

    def _put(self, answer: bytes) -> None:
        if self.silent:
            return
        if self._answers.full():
            log.warning("simulated_pad_overrun")
        else:
            self._answers.put_nowait(answer)


def _check_wrong(answer: bytes) -> bytes:
    """LRC, the third byte from the end."""
    return answer[:-3] + bytes((answer[-3] ^ 0x01,)) + answer[-2:]
