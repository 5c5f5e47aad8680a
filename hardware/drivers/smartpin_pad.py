"""ID TECH's SmartPIN pads with a display, such as the L100, on a serial port.

The pad encrypts PINs itself; digits of a PIN never leave it. A number leaves it in clear, once, when the
enter key is pressed, and only where the pad's owner has encrypted a prompt for numbers (`SmartPinOptions`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from pydantic import Field, field_validator

from foundation.log import logger
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
from hardware.protocols import smartpin
from hardware.protocols.smartpin import (
    Accepted,
    Answer,
    Broken,
    Command,
    Frame,
    FrameReader,
    KeyPressed,
    KeyState,
    KeyType,
    Refusal,
    Refused,
)
from hardware.protocols.wiping import wipe

log = logger(__name__)

ENTRY_SECONDS = 30.0
"""The pad waits for an entry so long in all,"""
FORGET_SECONDS = 10.0
"""and forgets what was keyed in so long after the last key."""
RENEW_SECONDS = 15.0
"""Where nobody has begun for so long, the entry begins anew: the pad's time is to be theirs."""
ANSWER_SECONDS = 1.0
"""Longest wait for an answer that needs nobody to press a key."""
SILENCE_SECONDS = 0.3
"""A line that falls silent for so long inside a frame has cut it short."""
SETTLE_SECONDS = 0.3
"""After an answer that did not come, the line has to be silent for so long before the next command,"""
LONGEST_SETTLE_SECONDS = 3.0
"""but a line that never falls silent is not waited for longer than this."""
ISO_FORMAT = 0
"""Of its PIN blocks."""

_KEYS = {
    smartpin.FunctionKey.BACKSPACE: FunctionKey.BACKSPACE,
    smartpin.FunctionKey.CANCEL: FunctionKey.CANCEL,
    smartpin.FunctionKey.ENTER: FunctionKey.ENTER,
    smartpin.FunctionKey.STAR: FunctionKey.STAR,
    smartpin.FunctionKey.HASH: FunctionKey.HASH,
    smartpin.FunctionKey.BLANK: FunctionKey.HELP,
    smartpin.FunctionKey.F1: FunctionKey.F1,
    smartpin.FunctionKey.F2: FunctionKey.F2,
    smartpin.FunctionKey.F3: FunctionKey.F3,
}
_REFUSALS: dict[Refusal | bytes, tuple[CompletionCode, PinPadError | None]] = {
    Refusal.CANCELED: (CompletionCode.USER_ERROR, PinPadError.ENTRY_CANCELED),
    Refusal.NO_PIN_KEY: (CompletionCode.HARDWARE_ERROR, PinPadError.KEY_NOT_FOUND),
    Refusal.WRONG_PAN: (CompletionCode.INVALID_DATA, None),
    Refusal.NOT_PAIRED: (CompletionCode.HARDWARE_ERROR, PinPadError.ACCESS_DENIED),
    Refusal.NO_PAN_KEY: (CompletionCode.HARDWARE_ERROR, PinPadError.ACCESS_DENIED),
    Refusal.PAIRING_FAILED: (CompletionCode.HARDWARE_ERROR, PinPadError.ACCESS_DENIED),
    Refusal.PAIRING_TROUBLE: (CompletionCode.HARDWARE_ERROR, PinPadError.ACCESS_DENIED),
}
_ENCRYPTION = {
    KeyState.PRESENT: EncryptionState.READY,
    KeyState.ABSENT: EncryptionState.NOT_INITIALIZED,
    KeyState.EXHAUSTED: EncryptionState.NOT_READY,
}
_KEY_NAMES = {KeyType.DUKPT: smartpin.PIN_DUKPT_KEY, KeyType.MASTER_SESSION: smartpin.PIN_SESSION_KEY}

T = TypeVar("T")


class SmartPinOptions(SerialOptions):
    """key: which of its keys the pad encrypts PINs with; message: what it shows then; prompt: a file with the
    prompt for numbers, encrypted for this pad by its owner. Without it the pad gives no numbers; has_key: it
    was delivered with its key, so that a pad without one was opened, also where nobody here saw it before."""

    key: Literal["dukpt", "master_session"] = "dukpt"
    message: str = Field(
        default="ENTER PIN", min_length=1, max_length=smartpin.LONGEST_MESSAGE, pattern=r"^[ -~]+$"
    )
    prompt: Path | None = None
    has_key: bool = False

    @field_validator("prompt")
    @classmethod
    def _whole(cls, prompt: Path | None) -> Path | None:
        if prompt is not None:
            try:
                length = prompt.stat().st_size
            except OSError as error:
                raise ValueError(f"{prompt}: {error.strerror}") from None
            if length != smartpin.PROMPT_BYTES:
                raise ValueError(f"{prompt} has {length} bytes; a prompt has {smartpin.PROMPT_BYTES}")
        return prompt


class SmartPinPad(PinPad, SerialDevice):
    """Before every entry the pad is made to end the one before, so that nobody gets another's digits."""

    driver = "smartpin"
    Options: ClassVar[type[DeviceOptions]] = SmartPinOptions

    def __init__(self, options: SmartPinOptions) -> None:
        super().__init__(options)
        self._key = KeyType[options.key.upper()]
        self._message = options.message.encode("ascii")
        self._prompt = options.prompt.read_bytes() if options.prompt else None
        self._frames = FrameReader()
        self._unanswered = False
        self._had_key = options.has_key

    async def _close(self) -> None:
        self._frames.clear()
        await super()._close()

    async def _ask_capabilities(self) -> PinPadCapabilities:
        return PinPadCapabilities(
            pin=True,
            digits=self._prompt is not None,
            function_keys=frozenset(_KEYS.values()),
            display=True,
            formats=frozenset({ISO_FORMAT}),
        )

    async def _ask_status(self) -> PinPadStatus:
        keys = await self._asked(Command.GET_KEY_STATUS, smartpin.key_states)
        state = keys.get((_KEY_NAMES[self._key], 0), KeyState.ABSENT)
        # A pad that is opened erases its keys. One that never had any may be new; but whoever opens one cuts
        # the power first, and afterwards only the configuration knows that it had one.
        self._had_key = self._had_key or state is not KeyState.ABSENT
        if state is not KeyState.ABSENT:
            tamper, device = Tamper.INTACT, DeviceStatus.ONLINE
        elif self._had_key:
            tamper, device = Tamper.DETECTED, DeviceStatus.FRAUD_ATTEMPT
        else:
            tamper, device = Tamper.UNKNOWN, DeviceStatus.ONLINE
        return PinPadStatus(device=device, encryption=_ENCRYPTION[state], tamper=tamper)

    async def _self_test(self) -> tuple[str, ...]:
        self._details["firmware"] = await self._asked(Command.GET_VERSION, _text)
        try:
            self._details["serial_number"] = await self._asked(Command.GET_SERIAL_NUMBER, _text)
        except DeviceError as error:
            if error.detail != _refused(Refusal.NO_SERIAL_NUMBER).detail:
                raise
        now = self.last_status
        return () if now.encryption is EncryptionState.READY else now.findings

    async def _enter_pin(self, account: str, minimum: int, maximum: int, on_count: OnCount) -> PinBlock:
        shortest, longest = await self._asked(Command.GET_LENGTHS, smartpin.pin_lengths)
        if shortest < minimum or longest > maximum:
            detail = f"the pad is set to PINs of {shortest} to {longest} digits"
            raise DeviceError(CompletionCode.UNSUPPORTED_DATA, detail=detail)
        asked = smartpin.pin_entry(self._key, account, self._message)
        found = await self._enter(Command.GET_ENCRYPTED_PIN, asked, smartpin.pin_block, on_count)
        return PinBlock(found.block, ISO_FORMAT, found.ksn)

    async def _enter_digits(self, minimum: int, maximum: int, on_count: OnCount) -> Digits:
        if self._prompt is None:
            raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND, detail="no prompt is configured")
        if minimum > smartpin.MOST_DIGITS:
            detail = f"the pad takes {smartpin.MOST_DIGITS} digits"
            raise DeviceError(CompletionCode.UNSUPPORTED_DATA, detail=detail)
        asked = smartpin.number_entry(minimum, min(maximum, smartpin.MOST_DIGITS), self._prompt)
        found = Digits(await self._enter(Command.GET_NUMERIC_KEY, asked, smartpin.digits, on_count))
        if not minimum <= len(found) <= maximum:
            found.wipe()
            raise DeviceError(CompletionCode.INVALID_DATA, detail="another length than was asked for")
        return found

    async def _function_key(self) -> FunctionKey:
        key = await self._enter(Command.GET_FUNCTION_KEY, b"", smartpin.function_key, lambda count: None)
        return _KEYS[key]

    async def _wipe(self) -> None:
        await self._quiet()

    async def _enter(
        self, command: Command, data: bytes, read: Callable[[bytearray], T], on_count: OnCount
    ) -> T:
        """Lets a person key something in. Whatever ends it, the pad waits for nothing afterwards."""
        await self._quiet()
        await self._asked(Command.SET_KEY_OUTPUT, _nothing, b"\x00")
        ended = False
        try:
            while True:
                await self._send(command, data)
                found = await self._keyed_in(read, on_count, begun=command is Command.GET_FUNCTION_KEY)
                if found is None:
                    found = await self._last_moment(read, on_count)
                if found is not None:
                    ended = True
                    return found
        except DeviceError as error:
            ended = error.code is PinPadError.ENTRY_CANCELED
            raise
        finally:
            self._unanswered = False
            if not ended:
                with suppress(DeviceError):  # `_unanswered` says so, and the entry's own error matters more
                    await self._quiet()

    async def _keyed_in(self, read: Callable[[bytearray], T], on_count: OnCount, *, begun: bool) -> T | None:
        """None where nobody has pressed a key, and the pad is to begin anew: its time for the whole entry
        runs from when it was asked, not from the first key.

        begun: the pad does not say that it has begun to wait.
        """
        idle = ENTRY_SECONDS if begun else RENEW_SECONDS
        since = last = time.monotonic()
        count = 0
        while True:
            if not begun:
                ends = since + ANSWER_SECONDS
            elif not count:
                ends = since + idle
            else:
                ends = min(since + ENTRY_SECONDS, last + FORGET_SECONDS)
            answers = await self._answers(ends)
            for answer in answers:
                begun = True
                match answer:
                    case KeyPressed():
                        count, last = count + 1, time.monotonic()
                        on_count(count)
                    case Accepted(entered) if entered:
                        return _understood(read, entered)
                    case Refused(reason):
                        raise _refused(reason)
                    case Broken():
                        raise DeviceError(CompletionCode.INVALID_DATA, detail="an answer came to harm")
            if answers or time.monotonic() < ends:
                continue
            if not begun:
                raise DeviceError(CompletionCode.CONNECTION_LOST, detail="the entry does not begin")
            if not count:
                return None
            raise DeviceError(CompletionCode.TIME_OUT, PinPadError.ENTRY_TIMEOUT)

    async def _last_moment(self, read: Callable[[bytearray], T], on_count: OnCount) -> T | None:
        """Has the pad end the entry, and gives what was entered at that very moment. A key that was pressed
        then is told of, and as one that the pad let go of."""
        late: list[Answer | Broken] = []
        try:
            self._unanswered = False
            await self._quiet(late)
            for answer in late:
                match answer:
                    case Accepted(entered) if entered:
                        return _understood(read, entered)
            if any(isinstance(answer, KeyPressed) for answer in late):
                on_count(1)
                raise DeviceError(CompletionCode.TIME_OUT, PinPadError.ENTRY_TIMEOUT)
            return None
        finally:
            _let_go(late)

    async def _quiet(self, heard: list[Answer | Broken] | None = None) -> None:
        """Ends whatever the pad waits for, and lets go of what it still says, or appends it to what was
        heard. DeviceError where it does not confirm that."""
        await self._send(Command.CANCEL)
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            for answer in await self._answers(deadline):
                if answer == Refused(Refusal.CANCELED):
                    self._unanswered = False
                    return
                if heard is None:
                    _let_go([answer])
                else:
                    heard.append(answer)
        raise DeviceError(CompletionCode.CONNECTION_LOST, detail="no answer to cancel")

    async def _asked(self, command: Command, read: Callable[[bytearray], T], data: bytes = b"") -> T:
        """Asks, and waits for the answer. DeviceError where none comes."""
        await self._send(command, data)
        deadline = time.monotonic() + ANSWER_SECONDS
        harmed = False
        while time.monotonic() < deadline:
            for answer in await self._answers(deadline):
                match answer:
                    case Accepted(found):
                        try:
                            result = read(found)
                        except ValueError:
                            log.warning("late_answer_skipped", asked=command.name)
                            continue
                        self._unanswered = False
                        return result
                    case Refused(Refusal.CANCELED):
                        log.warning("late_answer_skipped", asked=command.name)
                    case Refused(reason):
                        self._unanswered = False
                        raise _refused(reason)
                    case Broken():
                        harmed = True
        detail = "the answer came to harm" if harmed else f"no answer to {command.name}"
        raise DeviceError(CompletionCode.CONNECTION_LOST, detail=detail)

    async def _send(self, command: Command, data: bytes = b"") -> None:
        if self._unanswered:
            settled = time.monotonic() + LONGEST_SETTLE_SECONDS
            while await self._port.read(SETTLE_SECONDS) and time.monotonic() < settled:
                pass
        self._frames.clear()
        await self._port.discard_input()
        self._unanswered = True  # stays so where we are cancelled, or no answer comes
        await self._port.write(command.encode(data))

    async def _answers(self, until: float) -> Sequence[Answer | Broken]:
        """What comes next, at the latest at a time of the monotonic clock; nothing where nothing came."""
        left = max(0.0, until - time.monotonic())
        inside = self._frames.begun
        data = await self._port.read(min(left, SILENCE_SECONDS) if inside else left)
        found = self._frames.feed(data)
        if inside and not data:
            found += self._frames.give_up()
        whole = [one for one in found if isinstance(one, Frame)]
        if not whole:  # broken beginnings before a whole frame are noise
            return [one for one in found if isinstance(one, Broken)][:1]
        answers: list[Answer | Broken] = []
        for frame in whole:
            try:
                answers.append(smartpin.answer(frame.body))
            except ValueError:
                answers.append(Broken(smartpin.Fault.CHECK))
        return answers


def _let_go(answers: Sequence[Answer | Broken]) -> None:
    """Wipes what was entered."""
    for answer in answers:
        if isinstance(answer, Accepted):
            wipe(answer.data)


def _understood(read: Callable[[bytearray], T], entered: bytearray) -> T:
    try:
        return read(entered)
    except ValueError as error:
        raise DeviceError(CompletionCode.INVALID_DATA, detail=str(error)) from None


def _refused(reason: Refusal | bytes) -> DeviceError:
    completion, code = _REFUSALS.get(reason, (CompletionCode.HARDWARE_ERROR, None))
    said = reason.value if isinstance(reason, Refusal) else reason
    return DeviceError(completion, code, f"refused: {said.hex(' ').upper() or 'no reason'}")


def _text(data: bytearray) -> str:
    text = data.decode("ascii")
    if not text or not text.isprintable():
        raise ValueError("no text")
    return text


def _nothing(data: bytearray) -> None:
    if data:
        raise ValueError("this answer has no data")
