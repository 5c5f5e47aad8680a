"""The Keynius keypad GZ-Z001075 on a serial port.

Only its answers are public. What lets it send keys, and the codes of its keys, stand in the supplier's
manual: whoever has that writes them into a file, and the configuration names it (`KeyniusOptions`). Without
the file every entry is UNSUPPORTED_COMMAND.

The keypad sends each key in clear, so that PINs are encrypted here, in this process: a pad that encrypts them
itself protects them better.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from pydantic import field_validator

from hardware.drivers.serial_device import SerialDevice, SerialOptions
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceOptions, DeviceStatus
from hardware.interfaces.pin_pad import (
    Digits,
    EncryptionState,
    FunctionKey,
    OnCount,
    PinBlock,
    PinPad,
    PinPadCapabilities,
    PinPadError,
    PinPadStatus,
    Tamper,
)
from hardware.protocols import keynius
from hardware.protocols.keynius import (
    Broken,
    Done,
    Frame,
    FrameReader,
    Key,
    KeyPressed,
    Message,
    Refusal,
    Refused,
    Table,
)
from hardware.protocols.pin_block import Format, encrypted
from hardware.protocols.wiping import wipe

LISTEN_SECONDS = 30.0
"""One look at the line; how long an entry may take is its caller's affair."""
ANSWER_SECONDS = 1.0
SILENCE_SECONDS = 0.3
"""A line that falls silent for so long inside a frame has cut it short."""
ATTEMPTS = 2
"""A command that came to harm on the line is sent again."""

_KEYS = {
    Key.ENTER: FunctionKey.ENTER,
    Key.CANCEL: FunctionKey.CANCEL,
    Key.CLEAR: FunctionKey.CLEAR,
    Key.STAR: FunctionKey.STAR,
    Key.HASH: FunctionKey.HASH,
    Key.F1: FunctionKey.F1,
    Key.F2: FunctionKey.F2,
}


class KeyniusOptions(SerialOptions):
    """table: a file with what the supplier's manual says, in TOML, every code in hexadecimal::

        keys_on = "…"      # the whole command after which the pad sends keys
        keys_off = "…"     # and the one that ends it
        [keys]             # STATUS and DATA that it sends for a key,
        "…" = "1"          # which is a digit, or enter, cancel, clear, *, #, F1, F2

    pin_key: a file with the TDES key for PINs, 32 or 48 hexadecimal digits. Without it there are none.
    """

    table: Path | None = None
    pin_key: Path | None = None

    @field_validator("table")
    @classmethod
    def _table(cls, table: Path | None) -> Path | None:
        if table is not None:
            read_table(table)
        return table

    @field_validator("pin_key")
    @classmethod
    def _pin_key(cls, pin_key: Path | None) -> Path | None:
        if pin_key is not None:
            _read_key(pin_key)
        return pin_key


class KeyniusPad(PinPad, SerialDevice):
    """Lets the pad send keys for as long as somebody waits for them, and not longer."""

    driver = "keynius"
    Options: ClassVar[type[DeviceOptions]] = KeyniusOptions

    def __init__(self, options: KeyniusOptions) -> None:
        super().__init__(options)
        self._table = read_table(options.table) if options.table else None
        self._pin_key = _read_key(options.pin_key) if options.pin_key else None
        self._frames = FrameReader()

    async def _close(self) -> None:
        self._frames.clear()
        await super()._close()

    async def _ask_capabilities(self) -> PinPadCapabilities:
        keys = set(self._table.keys.values()) if self._table else set()
        return PinPadCapabilities(
            pin=self._table is not None and self._pin_key is not None,
            digits=self._table is not None,
            function_keys=frozenset(_KEYS[key] for key in keys if isinstance(key, Key)),
            formats=frozenset({Format.ISO_0.value}) if self._pin_key else frozenset(),
        )

    async def _ask_status(self) -> PinPadStatus:
        has_key = EncryptionState.READY if self._pin_key else EncryptionState.NOT_SUPPORTED
        if self._table is None:  # nothing that is public could be asked
            advice = ("advice.pin_pad.no_table",)
            return PinPadStatus(encryption=has_key, tamper=Tamper.NOT_SUPPORTED, advice=advice)
        try:
            await self._tell_pad(self._table.keys_off)
        except DeviceError as error:
            if error.completion is not CompletionCode.UNSUPPORTED_COMMAND:
                raise
            advice = ("advice.pin_pad.wrong_table",)
            return PinPadStatus(
                device=DeviceStatus.OFFLINE, encryption=has_key, tamper=Tamper.NOT_SUPPORTED, advice=advice
            )
        return PinPadStatus(device=DeviceStatus.ONLINE, encryption=has_key, tamper=Tamper.NOT_SUPPORTED)

    async def _enter_pin(self, account: str, minimum: int, maximum: int, on_count: OnCount) -> PinBlock:
        if self._table is None or self._pin_key is None:
            raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND, detail="no table, or no key, is configured")
        pin = await self._keyed_in(minimum, maximum, on_count)
        try:
            return PinBlock(encrypted(Format.ISO_0, pin, self._pin_key, account), Format.ISO_0.value)
        finally:
            wipe(pin)

    async def _enter_digits(self, minimum: int, maximum: int, on_count: OnCount) -> Digits:
        return Digits(await self._keyed_in(minimum, maximum, on_count))

    async def _function_key(self) -> FunctionKey:
        messages = await self._tell_pad(self._manual.keys_on)
        try:
            while True:
                for message in messages:
                    if isinstance(message, KeyPressed):
                        if isinstance(message.what, Key):
                            return _KEYS[message.what]
                        wipe(message.what)
                messages = await self._messages(time.monotonic() + LISTEN_SECONDS)
        finally:
            await self._stop()

    async def _wipe(self) -> None:
        """What is keyed in is here, and wiped by then; the pad holds nothing."""
        await self._tell_pad(self._manual.keys_off)

    @property
    def _manual(self) -> Table:
        if self._table is None:
            raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND, detail="no table is configured")
        return self._table

    async def _keyed_in(self, minimum: int, maximum: int, on_count: OnCount) -> bytearray:
        """Digits until the enter key, which counts once there are enough. Wiped where it ends otherwise."""
        held = bytearray()
        try:
            messages = await self._tell_pad(self._manual.keys_on)
            try:
                await self._entry(messages, held, minimum, maximum, on_count)
            finally:
                await self._stop()
        except BaseException:  # a cancel while the pad is switched off, too
            wipe(held)
            raise
        return held

    async def _entry(
        self,
        messages: Sequence[Message | Broken],
        held: bytearray,
        minimum: int,
        maximum: int,
        on_count: OnCount,
    ) -> None:
        """Fills what is held until the enter key counts, beginning with what the pad said already."""
        while True:
            for message in messages:
                if isinstance(message, Broken):
                    raise DeviceError(CompletionCode.INVALID_DATA, detail="a key came to harm")
                if isinstance(message, KeyPressed):
                    entered = _press(message.what, held, minimum, maximum)
                    on_count(len(held))
                    if entered:
                        return
            messages = await self._messages(time.monotonic() + LISTEN_SECONDS)

    async def _stop(self) -> None:
        """Keys that come from now on are nobody's."""
        with suppress(DeviceError):  # the entry's own end matters more, and what comes later is thrown away
            await self._tell_pad(self._manual.keys_off)
        self._frames.clear()

    async def _tell_pad(self, command: bytes) -> Sequence[Message | Broken]:
        """Has a command done, and gives what the pad said behind its answer; what it said before is wiped.
        DeviceError where the pad does not say that it did it."""
        for _ in range(ATTEMPTS):
            self._frames.clear()
            await self._port.discard_input()
            await self._port.write(command)
            deadline = time.monotonic() + ANSWER_SECONDS
            harmed = False
            while time.monotonic() < deadline and not harmed:
                messages = await self._messages(deadline)
                for at, message in enumerate(messages):
                    match message:
                        case Done():
                            return messages[at + 1 :]
                        case Refused(Refusal.WRONG_CHECK):
                            harmed = True
                        case Refused():
                            detail = "refused: no such command"
                            raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND, detail=detail)
                        case KeyPressed(bytearray() as digit):
                            wipe(digit)
        raise DeviceError(CompletionCode.CONNECTION_LOST, detail="the pad does not confirm a command")

    async def _messages(self, until: float) -> Sequence[Message | Broken]:
        """What comes next, at the latest at a time of the monotonic clock; nothing where nothing came."""
        left = max(0.0, until - time.monotonic())
        inside = self._frames.begun
        data = await self._port.read(min(left, SILENCE_SECONDS) if inside else left)
        found = self._frames.feed(data)
        if inside and not data:
            found += self._frames.give_up()
        whole = [keynius.message(one.body, self._table) for one in found if isinstance(one, Frame)]
        # Broken beginnings before a whole frame are noise.
        return whole or [one for one in found if isinstance(one, Broken)][:1]


def read_table(file: Path) -> Table:
    """The supplier's table in a file. ValueError that says what is wrong with it."""
    try:
        content: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        keys = {bytes.fromhex(code): _key(name) for code, name in content["keys"].items()}
        return Table(bytes.fromhex(content["keys_on"]), bytes.fromhex(content["keys_off"]), keys)
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from None
    except KeyError as error:
        raise ValueError(f"{file}: {error} is missing") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{file}: {error}") from None


def _key(name: str) -> Key | int:
    return int(name) if len(name) == 1 and name in "0123456789" else Key(name)


def _read_key(file: Path) -> bytes:
    try:
        key = bytes.fromhex(file.read_text("ascii"))
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from None
    except ValueError:
        key = b""
    if len(key) not in (16, 24):
        raise ValueError(f"{file}: a TDES key has 32 or 48 hexadecimal digits")
    return key


def _press(key: Key | bytearray, held: bytearray, minimum: int, maximum: int) -> bool:
    """What a key does to what is held; whether that is the end of it."""
    if isinstance(key, bytearray):
        if len(held) < maximum:
            held += key
        wipe(key)
        return False
    match key:
        case Key.ENTER:
            return len(held) >= minimum
        case Key.CLEAR:
            wipe(held)
        case Key.CANCEL:
            raise DeviceError(CompletionCode.USER_ERROR, PinPadError.ENTRY_CANCELED)
    return False
