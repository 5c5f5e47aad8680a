"""Creator CRT-188 and CRT-310: card readers with a motor, a shutter, a head for the stripe, and contacts.

What is public of their language, and so what this driver can ask, `hardware.protocols.crt188` says.
"""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar, Literal

from foundation.log import logger
from hardware.drivers.creator_line import CreatorLine
from hardware.drivers.serial_device import SerialDevice, SerialOptions
from hardware.drivers.swipe_reader import card_data, swipe_error
from hardware.interfaces.card_reader import (
    CardData,
    CardReader,
    CardReaderCapabilities,
    CardReaderError,
    CardReaderStatus,
    ChipPower,
    RetainBin,
    Shutter,
)
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceOptions, DeviceStatus
from hardware.interfaces.media import Media
from hardware.protocols import crt188
from hardware.protocols.crt188 import (
    Broken,
    Command,
    Control,
    Done,
    Found,
    Frame,
    FrameReader,
    Position,
    Refusal,
    Refused,
    ReplyError,
    Result,
    Sensors,
    State,
    TrackFault,
)
from hardware.protocols.track2 import SwipeReader, Track2

log = logger(__name__)

POLL_SECONDS = 0.25
"""Time from one question for the card to the next; the reader is asked no faster than every 0.2 s."""
ACKNOWLEDGE_SECONDS = 0.5
"""Longest wait for 06 or 15. At 9600 baud it comes within 20 ms."""
ANSWER_SECONDS = 1.0
"""Longest wait for the reply to a question. The longest takes 0.25 s on the line at 9600 baud."""
MOVE_SECONDS = 8.0
"""Longest wait for the reply to a command that moves the card or the shutter."""
ATTEMPTS = 3
"""So often a command is said, and so often its reply is asked for."""
CHIP_SECONDS = 8.0
"""Longest wait for the reply to what is done with a chip."""
MISSED = 3
"""So many questions without an answer, one after another, mean that no reader is there."""
READ_SECONDS = 8.0
"""Time for a card that has come: its track is asked for, and the entry closed."""
TIDY_SECONDS = 3.0
"""Longest time for closing the entry behind a command that was ended early."""

_REFUSALS = {
    Refusal.UNKNOWN_COMMAND: (CompletionCode.UNSUPPORTED_COMMAND, None),
    Refusal.UNKNOWN_PARAMETER: (CompletionCode.UNSUPPORTED_COMMAND, None),
    Refusal.NOT_POSSIBLE: (CompletionCode.DEVICE_NOT_READY, None),
    Refusal.WRONG_DATA: (CompletionCode.UNSUPPORTED_DATA, None),
    Refusal.ABNORMAL_CARD: (CompletionCode.USER_ERROR, CardReaderError.INVALID_MEDIA),
}
"""Every other refusal lies with the reader."""
_MEDIA = {
    Position.TOO_LONG: Media.JAMMED,
    Position.TOO_SHORT: Media.JAMMED,
    Position.AT_MOUTH: Media.ENTERING,
    Position.HELD_AT_MOUTH: Media.ENTERING,
    Position.INSIDE: Media.PRESENT,
    Position.AT_CONTACTS: Media.LATCHED,
    Position.HELD_BEHIND: Media.PRESENT,
    Position.BEHIND: Media.NOT_PRESENT,
    Position.NONE: Media.NOT_PRESENT,
}
_READABLE = (Position.INSIDE, Position.AT_CONTACTS)
_OF_WRONG_SIZE = {
    Position.TOO_LONG: CardReaderError.CARD_TOO_LONG,
    Position.TOO_SHORT: CardReaderError.CARD_TOO_SHORT,
}


class Crt188Options(SerialOptions):
    """motorised: whether the model moves cards; without a motor the card is put in and taken out by hand."""

    baud: Literal[9600, 19200, 38400, 57600] = 9600
    motorised: bool = True


class _NoAnswer(Exception):
    """Nothing usable came."""


class Crt188Reader(CardReader, SerialDevice):
    """Lets a card in, reads it, and holds it until it is given back or kept.

    A reader without the command that a request needs says so itself: UNSUPPORTED_COMMAND.
    """

    driver = "crt188"
    Options: ClassVar[type[DeviceOptions]] = Crt188Options

    def __init__(self, options: Crt188Options) -> None:
        super().__init__(options)
        self._motorised = options.motorised
        self._line: CreatorLine[Found] = CreatorLine(self._port, FrameReader())
        self._next_poll = 0.0
        self._jammed = False
        """The motor could not move the card; until a movement succeeds or the card is gone."""
        self._shutter_failed = False
        self._tells_sensors = True
        self._exchange: Command | None = None
        """By which command the chip of the card inside is spoken to; None where it has no power."""

    async def _ask_capabilities(self) -> CardReaderCapabilities:
        return CardReaderCapabilities(
            stripe=True, chip=False, transmits=True, ejects=self._motorised, retains=self._motorised
        )

    async def _ask_status(self) -> CardReaderStatus:
        state = await self._state()
        shutter = await self._shutter(state)
        wrong = Shutter.JAMMED is shutter or self._jammed
        return CardReaderStatus(
            device=DeviceStatus.HARDWARE_ERROR if wrong else DeviceStatus.ONLINE,
            media=Media.JAMMED if self._jammed else _MEDIA[state.position],
            shutter=shutter,
            retain_bin=RetainBin.UNKNOWN if self._motorised else RetainBin.NOT_SUPPORTED,
            chip=self._chip_power(state),
        )

    async def _self_test(self) -> tuple[str, ...]:
        """Asks for the reader's serial number; models without one refuse."""
        try:
            reply = await self._ask(Command.READ_SERIAL_NUMBER, ANSWER_SECONDS)
            self._details["serial_number"] = crt188.serial_number(reply.data)
        except DeviceError as error:
            if error.completion is not CompletionCode.UNSUPPORTED_COMMAND:
                raise
        except ReplyError:
            self._details.pop("serial_number", None)  # no number was ever written into it
        return ()

    # Commands of the class.

    async def _read_card(self) -> CardData:
        state = await self._state()
        if state.position in _READABLE:
            return await self._read()
        if not self._motorised:
            await self._wait_for_card()
            return await self._read()
        try:
            await self._let_in()
            await self._wait_for_card()
            return await self._read()
        finally:
            await self._close_entry()

    async def _eject_card(self) -> None:
        await self._move(Command.EJECT)

    async def _retain_card(self) -> None:
        await self._move(Command.RETAIN)

    async def _transmit(self, command: bytes) -> bytes:
        try:
            data = crt188.chip_data(command)
        except ValueError as error:
            raise DeviceError(CompletionCode.UNSUPPORTED_DATA, detail=str(error)) from None
        exchange = self._exchange or await self._power_chip()
        reply = await self._ask(exchange, CHIP_SECONDS, data)
        try:
            answer = crt188.chip_answer(reply.data)
        except ReplyError as error:
            raise DeviceError(CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED, str(error)) from None
        if isinstance(answer, bytes):
            return answer
        self._exchange = None
        if answer is Result.FAILED:
            raise DeviceError(CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED)
        raise DeviceError(CompletionCode.USER_ERROR, CardReaderError.MEDIA_REMOVED)

    async def _power_chip(self) -> Command:
        """Brings the card to the contacts and its chip to life."""
        state = await self._state()
        if state.position not in _READABLE:
            raise DeviceError(CompletionCode.USER_ERROR, CardReaderError.NO_MEDIA)
        if self._motorised and state.position is not Position.AT_CONTACTS:
            await self._move(Command.MOVE_TO_CONTACTS)
        exchange = crt188.chip_protocol((await self._ask(Command.CHIP_TYPE, CHIP_SECONDS)).data)
        if exchange is None:
            raise DeviceError(CompletionCode.USER_ERROR, CardReaderError.CHIP_NOT_SUPPORTED)
        powered = (await self._ask(Command.POWER_ON, CHIP_SECONDS)).result is Result.DONE
        if not powered or not crt188.chip_was_reset((await self._ask(Command.CHIP_RESET, CHIP_SECONDS)).data):
            raise DeviceError(CompletionCode.USER_ERROR, CardReaderError.CHIP_NOT_SUPPORTED)
        self._exchange = exchange
        return exchange

    async def _let_in(self) -> None:
        await self._set(Command.OPEN_ENTRY, crt188.REAR_CLOSED)
        await self._set(Command.STOP_INSIDE)

    async def _wait_for_card(self) -> None:
        missed = 0
        while True:
            try:
                state = await self._state()
                missed = 0
            except DeviceError as error:
                missed += 1
                if error.completion is not CompletionCode.CONNECTION_LOST or error.code or missed == MISSED:
                    raise
                continue
            if state.position in _READABLE:
                self._grant(READ_SECONDS)
                return
            if code := _OF_WRONG_SIZE.get(state.position):
                self._grant(READ_SECONDS)
                await self._ask(Command.RESET_EJECT, MOVE_SECONDS)
                raise DeviceError(CompletionCode.USER_ERROR, code)

    async def _read(self) -> CardData:
        reply = await self._ask(Command.READ_TRACKS, ANSWER_SECONDS, crt188.TRACK_2)
        try:
            track = crt188.track_of(reply.data)
        except ReplyError as error:
            raise DeviceError(CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED, str(error)) from None
        match track:
            case str():
                return _decoded(track)
            case TrackFault.BLANK:
                raise DeviceError(CompletionCode.USER_ERROR, CardReaderError.INVALID_MEDIA, track.name)
            case TrackFault():
                raise DeviceError(CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED, track.name)
            case Result.NO_CARD | Result.WRONG_POSITION:
                raise DeviceError(CompletionCode.USER_ERROR, CardReaderError.MEDIA_REMOVED)
            case _:
                raise DeviceError(CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED, track.name)

    async def _move(self, command: Command) -> None:
        if not self._motorised:
            raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND)
        if self._exchange is not None:
            self._exchange = None
            await self._ask(Command.POWER_OFF, CHIP_SECONDS)
        reply = await self._ask(command, MOVE_SECONDS)
        self._jammed = reply.result in (Result.FAILED, Result.WRONG_POSITION)
        match reply.result:
            case Result.DONE:
                return
            case Result.NO_CARD:
                raise DeviceError(CompletionCode.USER_ERROR, CardReaderError.NO_MEDIA)
            case Result.FAILED | Result.WRONG_POSITION:
                raise DeviceError(CompletionCode.HARDWARE_ERROR, CardReaderError.MEDIA_JAM, reply.result.name)
            case None:
                raise DeviceError(CompletionCode.INVALID_DATA, detail="no result")

    async def _set(self, command: Command, data: bytes = b"") -> None:
        """Opens or closes the entry, or says where a card stops."""
        reply = await self._ask(command, MOVE_SECONDS, data)
        if command is not Command.STOP_INSIDE:
            self._shutter_failed = reply.result is Result.FAILED
        if reply.result is Result.FAILED:
            raise DeviceError(CompletionCode.HARDWARE_ERROR, CardReaderError.SHUTTER_FAIL, command.name)

    async def _close_entry(self) -> None:
        """No further card may enter, however the command ended."""
        try:
            async with asyncio.timeout(TIDY_SECONDS):
                await self._set(Command.CLOSE_ENTRY, crt188.REAR_CLOSED)
        except (DeviceError, TimeoutError) as error:
            log.warning("entry_not_closed", reason=type(error).__name__)

    async def _state(self) -> State:
        """Asks where the card is, no sooner than POLL_SECONDS after the last time."""
        await asyncio.sleep(max(0.0, self._next_poll - time.monotonic()))
        try:
            reply = await self._ask(Command.STATE, ANSWER_SECONDS)
        finally:
            self._next_poll = time.monotonic() + POLL_SECONDS
        try:
            state = State.decode(reply.data)
        except ReplyError as error:
            raise DeviceError(CompletionCode.INVALID_DATA, detail=str(error)) from None
        if state.position is Position.NONE:
            self._jammed = False
        if state.position not in _READABLE:
            self._exchange = None
        return state

    def _chip_power(self, state: State) -> ChipPower:
        if state.position not in _READABLE:
            return ChipPower.NO_CARD
        return ChipPower.POWERED_OFF if self._exchange is None else ChipPower.ONLINE

    async def _shutter(self, state: State) -> Shutter:
        """A shutter is jammed where it did not do as it was told, or stands open without a reason."""
        if not (self._motorised and self._tells_sensors):
            return Shutter.JAMMED if self._shutter_failed else Shutter.NOT_SUPPORTED
        try:
            sensors = Sensors.decode((await self._ask(Command.SENSORS, ANSWER_SECONDS)).data)
        except ReplyError:
            return Shutter.UNKNOWN
        except DeviceError as error:
            if error.completion is not CompletionCode.UNSUPPORTED_COMMAND:
                raise
            self._tells_sensors = False
            return Shutter.NOT_SUPPORTED
        reason = state.entry_open or sensors.card_at_mouth or state.position is not Position.NONE
        if self._shutter_failed or (sensors.shutter_open and not reason):
            return Shutter.JAMMED
        return Shutter.OPEN if sensors.shutter_open else Shutter.CLOSED

    # The line.

    async def _ask(self, command: Command, seconds: float, data: bytes = b"") -> Done:
        """One command from its first byte to its reply. DeviceError where it is refused or none comes."""
        frame = command.encode(data)
        try:
            await self._line.ask(frame)
            await self._understood(frame)
            reply = await self._reply(command, seconds)
        except _NoAnswer as error:
            raise DeviceError(CompletionCode.CONNECTION_LOST, detail=f"{command.name}: {error}") from None
        self._line.answered()
        await self._line.say(Control.ACK.encode())
        if isinstance(reply, Done):
            return reply
        lies_with_reader = (CompletionCode.HARDWARE_ERROR, None)
        completion, code = (
            _REFUSALS.get(reply.reason, lies_with_reader)
            if isinstance(reply.reason, Refusal)
            else lies_with_reader
        )
        detail = reply.reason.name if isinstance(reply.reason, Refusal) else f"{reply.reason:02X}"
        raise DeviceError(completion, code, f"{command.name}: {detail}")

    async def _understood(self, frame: bytes) -> None:
        """Says a command again until it is understood. Until ENQ the reader does not carry it out."""
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._line.say(frame)
            deadline = time.monotonic() + ACKNOWLEDGE_SECONDS
            while (found := await self._line.hear(deadline)) not in (Control.NAK, None):
                if found is Control.ACK:
                    return
        raise _NoAnswer("not acknowledged")

    async def _reply(self, command: Command, seconds: float) -> Done | Refused:
        """Has the command carried out, and the reply said again where it came damaged."""
        for _ in range(ATTEMPTS):
            await self._line.say(Control.ENQ.encode())
            deadline = time.monotonic() + seconds
            while not isinstance(found := await self._line.hear(deadline), Broken):
                if found is None:
                    raise _NoAnswer("silence")
                if isinstance(found, Frame):
                    if reply := crt188.reply_to(command, found.body):
                        return reply
                    log.warning("late_answer_skipped", asked=command.name)
        raise _NoAnswer("damaged")


def _decoded(text: str) -> CardData:
    """A track as the reader tells it, with or without sentinels."""
    swipes = SwipeReader()
    for found in swipes.feed(text.encode("ascii")) + swipes.give_up():
        if isinstance(found, Track2):
            return card_data(found)
        raise swipe_error(found.fault)
    raise DeviceError(CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED, "no track")
