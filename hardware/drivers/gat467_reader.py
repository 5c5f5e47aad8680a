"""Identity card readers that speak GA/T 467 on a serial port."""

from __future__ import annotations

import asyncio
import time

from foundation.log import logger
from hardware.drivers.serial_device import SerialDevice, SerialOptions
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.identity_card_reader import (
    CardError,
    IdentityCardReader,
    IdentityCardReaderCapabilities,
    IdentityCardReaderStatus,
    IdentityCardRecord,
    SecurityModule,
)
from hardware.protocols import gat467, identity_card
from hardware.protocols.gat467 import Broken, Command, Fault, FrameReader, Reply, Status

log = logger(__name__)

POLL_SECONDS = 0.3
"""Time from one question for a card to the next; readers are asked no faster than every 0.2 s."""
ANSWER_SECONDS = 1.0
"""Longest wait for an answer. Usual are 0.1 s for find and select,"""
CONTENT_SECONDS = 5.0
"""and 2 s for the content, whose bytes take 1.4 s more at 9600 baud."""
SILENCE_SECONDS = 0.3
"""A line that falls silent for so long inside a frame has cut it short."""
SETTLE_SECONDS = 0.3
"""After an answer that did not come, the line has to be silent for so long before the next command,"""
LONGEST_SETTLE_SECONDS = 3.0
"""but a line that never falls silent is not waited for longer than this."""
MISSED_FINDS = 3
"""So many questions without an answer, one after another, mean that no reader is there."""
READ_SECONDS = 8.0
"""Time for a card that has come: selected, read, and looked for again where that failed."""

_CARD_ERRORS = {
    Status.UNRECOGNISED_CARD: CardError.INVALID_MEDIA,
    Status.AUTHENTICATION_FAILED_31: CardError.INVALID_MEDIA,
    Status.AUTHENTICATION_FAILED_32: CardError.INVALID_MEDIA,
    Status.VERIFICATION_ERROR: CardError.INVALID_MEDIA,
    Status.NO_SUCH_CONTENT: CardError.INVALID_MEDIA,
    Status.NO_CARD: CardError.MEDIA_REMOVED,
    Status.SELECT_FAILED: CardError.MEDIA_REMOVED,
    Status.READ_FAILED: CardError.READ_FAILED,
    Status.CHECKSUM_ERROR: CardError.READ_FAILED,
    Status.LENGTH_ERROR: CardError.READ_FAILED,
    Status.UNKNOWN_ERROR: CardError.READ_FAILED,
}
"""What lies with the card or with this attempt; every other status lies with the reader."""


class _NoAnswer(Exception):
    """No whole answer came. fault: what was wrong with the bytes that did, None for silence."""

    def __init__(self, fault: Fault | None) -> None:
        super().__init__(fault.value if fault else "silence")


class Gat467Reader(IdentityCardReader, SerialDevice):
    """Asks for a card every POLL_SECONDS, selects it, reads it."""

    driver = "gat467"

    def __init__(self, options: SerialOptions) -> None:
        super().__init__(options)
        self._frames = FrameReader()
        self._unanswered = False
        self._next_find = 0.0

    async def _read_card(self) -> IdentityCardRecord:
        missed = 0
        while True:
            await self._until_next_find()
            try:
                if await self._find():
                    self._grant(READ_SECONDS)
                    return await self._select_and_read()
                missed = 0
            except _NoAnswer:
                missed += 1
            if missed == MISSED_FINDS:
                raise DeviceError(CompletionCode.CONNECTION_LOST, detail="the reader does not answer")

    async def _ask_capabilities(self) -> IdentityCardReaderCapabilities:
        return IdentityCardReaderCapabilities(photo=True, fingerprint=False)

    async def _ask_status(self) -> IdentityCardReaderStatus:
        """Asks the security module. Whether a card lies there is told by looking for one only, and a card
        that was found is not found again."""
        reply = await self._ask(Command.SAM_STATUS)
        if reply.status is Status.DONE:
            return IdentityCardReaderStatus(device=DeviceStatus.ONLINE, security_module=SecurityModule.READY)
        without = reply.status is Status.NOT_AUTHORISED
        module = SecurityModule.NOT_AUTHORISED if without else SecurityModule.FAILED
        return IdentityCardReaderStatus(device=DeviceStatus.HARDWARE_ERROR, security_module=module)

    async def _self_test(self) -> tuple[str, ...]:
        """Asks the security module for its identifier."""
        reply = await self._ask(Command.READ_SAM_ID)
        if reply.status is Status.DONE:
            self._details["sam_id"] = reply.data.hex()
        return ()

    async def _until_next_find(self) -> None:
        await asyncio.sleep(max(0.0, self._next_find - time.monotonic()))
        self._next_find = time.monotonic() + POLL_SECONDS

    async def _find(self) -> bool:
        reply = await self._exchange(Command.FIND_CARD, ANSWER_SECONDS)
        if reply.status in (Status.CARD_FOUND, Status.NO_CARD):
            return reply.status is Status.CARD_FOUND
        if reply.status in (Status.CHECKSUM_ERROR, Status.LENGTH_ERROR, Status.UNKNOWN_ERROR):
            raise _NoAnswer(None)  # the question came to harm on the line: ask again
        raise _refusal(reply)

    async def _select_and_read(self) -> IdentityCardRecord:
        try:
            reply = await self._exchange(Command.SELECT_CARD, ANSWER_SECONDS)
            if reply.status is not Status.DONE:
                raise _refusal(reply)
            reply = await self._exchange(Command.READ_TEXT_PHOTO, CONTENT_SECONDS)
        except _NoAnswer as error:
            raise DeviceError(CompletionCode.INVALID_DATA, CardError.READ_FAILED, str(error)) from None
        if reply.status is Status.READ_FAILED and await self._lifted():
            raise DeviceError(CompletionCode.USER_ERROR, CardError.MEDIA_REMOVED)
        if reply.status is not Status.DONE:
            raise _refusal(reply)
        try:
            return identity_card.decode(identity_card.split(reply.data))
        except identity_card.ContentError as error:
            whole = error.reason is not identity_card.Reason.LENGTHS
            code = CardError.INVALID_CONTENT if whole else CardError.READ_FAILED
            raise DeviceError(CompletionCode.INVALID_DATA, code, str(error)) from None

    async def _lifted(self) -> bool:
        """Whether the card that could not be read is gone."""
        await self._until_next_find()
        try:
            return not await self._find()
        except _NoAnswer:
            return False

    async def _ask(self, command: Command) -> Reply:
        """An exchange that has nothing to do with a card. DeviceError where no answer comes."""
        try:
            return await self._exchange(command, ANSWER_SECONDS)
        except _NoAnswer as error:
            raise DeviceError(CompletionCode.CONNECTION_LOST, detail=str(error)) from None

    async def _exchange(self, command: Command, seconds: float) -> Reply:
        """Asks and waits for the answer. _NoAnswer where none, or a broken one, came."""
        if self._unanswered:
            await self._settle()
        self._frames.clear()
        await self._port.discard_input()
        self._unanswered = True  # stays so where we are cancelled, or no answer comes
        await self._port.write(command.encode())
        reply = await self._answer(command, seconds)
        self._unanswered = False
        return reply

    async def _answer(self, command: Command, seconds: float) -> Reply:
        deadline = time.monotonic() + seconds
        broken: Fault | None = None
        while True:
            left = deadline - time.monotonic()
            inside = self._frames.begun or broken is not None
            data = await self._port.read(min(left, SILENCE_SECONDS) if inside else left)
            over = (inside and not data) or time.monotonic() >= deadline
            for found in self._frames.feed(data) + (self._frames.give_up() if over else []):
                if isinstance(found, Broken):
                    broken = found.fault
                    continue
                reply = Reply.decode(found.body)
                if gat467.can_answer(command, reply):
                    return reply
                log.warning("late_answer_skipped", asked=command.name, status=int(reply.status))
            if over:
                raise _NoAnswer(broken)

    async def _settle(self) -> None:
        """Lets an answer that is still on its way arrive, and forgets it."""
        deadline = time.monotonic() + LONGEST_SETTLE_SECONDS
        while await self._port.read(SETTLE_SECONDS) and time.monotonic() < deadline:
            pass
        self._unanswered = False


def _refusal(reply: Reply) -> DeviceError:
    """What a status other than success means for who asked."""
    code = _CARD_ERRORS.get(reply.status) if isinstance(reply.status, Status) else None
    if code is None:
        return DeviceError(CompletionCode.HARDWARE_ERROR, detail=f"SW3 {reply.status:02X}")
    user = code in (CardError.MEDIA_REMOVED, CardError.INVALID_MEDIA)
    completion = CompletionCode.USER_ERROR if user else CompletionCode.INVALID_DATA
    return DeviceError(completion, code, f"SW3 {reply.status:02X}")
