"""The PIN pad: what is keyed in leaves it as an encrypted PIN block, or to the one who asked.

Whoever else wants to know is told how many keys were pressed, and never which.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, final

from hardware.interfaces.device import CompletionCode, Device, DeviceError, Status

SHORTEST_PIN, LONGEST_PIN = 4, 12
"""ISO 9564-1, 6.1."""
SHORTEST_ACCOUNT, LONGEST_ACCOUNT = 12, 19
"""Digits of an account number (ISO/IEC 7812-1); format 0 needs the 12 before the check digit."""
LONGEST_NUMBER = 32
WIPE_SECONDS = 3.0

OnCount = Callable[[int], None]
"""Is told how many digits are entered now."""


class PinPadError(Enum):
    """Why nothing was entered (XFS4IoT PinPad's and Keyboard's codes where it has one)."""

    ENTRY_TIMEOUT = "entryTimeout"
    """Nobody pressed a key, or the next one, in time. What was keyed in is wiped."""
    ENTRY_CANCELED = "entryCanceled"
    """The person pressed the cancel key."""
    MINIMUM_LENGTH = "minimumLength"
    """Fewer digits than asked for."""
    KEY_NOT_FOUND = "keyNotFound"
    """The pad has no key to encrypt with: a technician has to load one."""
    ACCESS_DENIED = "accessDenied"
    """The pad refuses: its keys are used up or locked."""
    TAMPERED = "tampered"
    """The pad says that it was opened. It has to be replaced."""


class EncryptionState(Enum):
    """The keys of the pad (XFS4IoT KeyManagement, encryptionState)."""

    READY = "ready"
    NOT_READY = "notReady"
    NOT_INITIALIZED = "notInitialized"
    """No key is loaded: it takes digits, and no PIN."""
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class Tamper(Enum):
    """Whether somebody tried to open it."""

    INTACT = "intact"
    DETECTED = "detected"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class FunctionKey(Enum):
    """Keys that are no digits (XFS4IoT Keyboard)."""

    ENTER = "enter"
    CANCEL = "cancel"
    CLEAR = "clear"
    """Takes back all that was keyed in;"""
    BACKSPACE = "backspace"
    """only the last digit."""
    STAR = "star"
    HASH = "hash"
    HELP = "help"
    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"
    F1 = "f1"
    F2 = "f2"
    F3 = "f3"
    F4 = "f4"


class Digits:
    """A number that a person keyed in, for who asked for it. Personal data: no repr shows it.

    It is overwritten when it is wiped, when its `with` block ends, or when nobody holds it any more.
    """

    __slots__ = ("_held",)

    def __init__(self, held: bytearray) -> None:
        """held: in ASCII, from now on this object's own."""
        self._held = held

    def text(self) -> str:
        """The number. What has become a text cannot be overwritten: ask for it as late as possible."""
        return self._held.decode("ascii")

    def wipe(self) -> None:
        """Overwrites it. May be repeated."""
        self._held[:] = bytes(len(self._held))
        self._held.clear()

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return f"<{len(self)} digits>"

    def __enter__(self) -> Digits:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def __del__(self) -> None:
        self.wipe()


@dataclass(frozen=True, slots=True)
class PinBlock:
    """A PIN, encrypted by the pad.

    block: the encrypted ISO 9564-1 block of format `iso_format`; key_serial: of the key that it was encrypted
    with (DUKPT, ANSI X9.24), empty where the pad has one fixed key.
    """

    block: bytes = field(repr=False)
    iso_format: int
    key_serial: bytes = b""


@dataclass(frozen=True, slots=True)
class PinPadCapabilities:
    """pin: it gives PIN blocks; digits: it gives digits; function_keys: those it has; display: it shows texts
    of its own; formats: of ISO 9564-1."""

    pin: bool
    digits: bool
    function_keys: frozenset[FunctionKey] = frozenset()
    display: bool = False
    formats: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPadStatus(Status):
    """How the pad is."""

    WRONG: ClassVar[Mapping[Enum, str]] = {
        Tamper.DETECTED: "advice.pin_pad.tampered",
        EncryptionState.NOT_READY: "advice.pin_pad.accessDenied",
        EncryptionState.NOT_INITIALIZED: "advice.pin_pad.keyNotFound",
    }

    encryption: EncryptionState = EncryptionState.UNKNOWN
    tamper: Tamper = Tamper.UNKNOWN


class PinPad(Device[PinPadCapabilities, PinPadStatus]):
    """Takes PINs and numbers. However a command ends, nothing of what was keyed in stays on the pad."""

    name = "pin_pad"
    status_type = PinPadStatus
    codes = tuple(PinPadError)
    unused = (PinPadError.ENTRY_TIMEOUT, PinPadError.ENTRY_CANCELED)

    async def _enter_pin(self, account: str, minimum: int, maximum: int, on_count: OnCount) -> PinBlock:
        """Waits for a PIN and the enter key, for ever."""
        raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND)

    @abstractmethod
    async def _enter_digits(self, minimum: int, maximum: int, on_count: OnCount) -> Digits:
        """Waits for digits and the enter key, for ever."""

    async def _function_key(self) -> FunctionKey:
        """Waits for a key that is no digit, for ever."""
        raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND)

    @abstractmethod
    async def _wipe(self) -> None:
        """Has the pad forget what was keyed in, and end an entry that it still waits for."""

    @final
    async def enter_pin(
        self,
        account: str,
        *,
        timeout: float,
        minimum: int = SHORTEST_PIN,
        maximum: int = LONGEST_PIN,
        on_count: OnCount = lambda count: None,
    ) -> PinBlock:
        """Lets a person enter a PIN, which leaves the pad encrypted (XFS4IoT Keyboard.PinEntry and
        PinPad.GetPinBlock).

        account: the PAN, its check digit included, that the block is bound to; timeout: seconds without a
        key. DeviceError with a PinPadError; UNSUPPORTED_COMMAND where the pad has no encryption; INVALID_DATA
        where the account or the lengths are none.
        """
        if not (account.isascii() and account.isdigit()):
            raise DeviceError(CompletionCode.INVALID_DATA, detail="the account is not digits")
        if not SHORTEST_ACCOUNT <= len(account) <= LONGEST_ACCOUNT:
            raise DeviceError(CompletionCode.INVALID_DATA, detail="length of the account")
        _check_lengths(SHORTEST_PIN, minimum, maximum, LONGEST_PIN)
        return await self._command(
            "enter_pin",
            lambda: self._enter_pin(account, minimum, maximum, self._waiting_on(on_count, timeout)),
            timeout=timeout,
            late=PinPadError.ENTRY_TIMEOUT,
            counts=lambda _: {"pins_entered": 1},
        )

    @final
    async def enter_digits(
        self,
        *,
        timeout: float,
        minimum: int = 1,
        maximum: int = LONGEST_NUMBER,
        on_count: OnCount = lambda count: None,
    ) -> Digits:
        """Lets a person enter a number, such as a telephone's, and gives it to the caller alone (XFS4IoT
        Keyboard.DataEntry).

        timeout: seconds without a key; a model may have a limit of its own for the whole. DeviceError with a
        PinPadError.
        """
        _check_lengths(1, minimum, maximum, LONGEST_NUMBER)
        return await self._command(
            "enter_digits",
            lambda: self._enter_digits(minimum, maximum, self._waiting_on(on_count, timeout)),
            timeout=timeout,
            late=PinPadError.ENTRY_TIMEOUT,
            counts=lambda _: {"numbers_entered": 1},
        )

    @final
    async def function_key(self, *, timeout: float) -> FunctionKey:
        """Waits up to `timeout` seconds for a key that is no digit. DeviceError with a PinPadError."""
        return await self._command(
            "function_key",
            self._function_key,
            timeout=timeout,
            late=PinPadError.ENTRY_TIMEOUT,
            counts=lambda _: {"function_keys": 1},
        )

    @final
    async def wipe(self) -> None:
        """Ends whatever is under way and has the pad forget what was keyed in (XFS4IoT Keyboard.Reset).
        DeviceError where the pad does not confirm that."""
        await self.cancel()
        await self._command("wipe", self._wipe, timeout=WIPE_SECONDS)

    def _waiting_on(self, on_count: OnCount, timeout: float) -> OnCount:
        """Tells of a key, and gives the time for the next: who reads for long, or is slow, loses nothing. A
        key that changes nothing, such as a jammed one on a number that is full, gives no time."""
        before = 0

        def told(count: int) -> None:
            nonlocal before
            if count != before:
                self._grant(timeout)
            before = count
            on_count(count)

        return told


def _check_lengths(least: int, minimum: int, maximum: int, most: int) -> None:
    if not least <= minimum <= maximum <= most:
        raise DeviceError(CompletionCode.INVALID_DATA, detail=f"lengths {minimum} to {maximum}")
