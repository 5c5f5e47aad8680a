"""A simulated identity card reader: the device's side of GA/T 467, with a reader's behaviour in time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from hardware.protocols import gat467
from hardware.protocols.gat467 import Broken, Command, Fault, Frame, FrameReader, Reply, Status
from hardware.protocols.identity_card import Content
from hardware.simulators import cards, directory
from hardware.simulators.device import Fact, Refused
from hardware.simulators.framed import FramedDevice

SAM_ID = b"HUIMIN-SIMULATED"
NUMBER_END = 122 + 2 * 17
"""Where the last character of the identity number stands in the text record (GA/T 490)."""
_NAMES = {
    Command.RESET_SAM: "reset",
    Command.SAM_STATUS: "status",
    Command.READ_SAM_ID: "id",
    Command.FIND_CARD: "find",
    Command.SELECT_CARD: "select",
    Command.READ_TEXT_PHOTO: "read",
    Command.READ_TEXT_PHOTO_FINGERPRINT: "read",
    Command.READ_APPENDED_ADDRESS: "address",
}


class CardFault(Enum):
    """What is wrong with the reader or its card; the values are the command line's.

    What happens to a card happens once: the second chance succeeds.
    """

    NONE = "none"
    LIFTED_BEFORE_SELECT = "lifted-before-select"
    """The card is taken away after it was found, before it is selected."""
    LIFTED = "lifted"
    """The card is taken away after it was selected, while it is read."""
    UNREADABLE = "unreadable"
    """The card moves while it is read, and stays."""
    REFUSED = "refused"
    """The card is of another kind. It is not found again until it was lifted."""
    WRONG_CONTENT = "wrong-content"
    """The check character of the card's identity number is wrong."""
    SELF_TEST_FAILED = "self-test-failed"
    """The security module is defective, until it is put right."""
    NOT_AUTHORISED = "not-authorised"
    """The security module lost its authorisation, until it is put right."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a reader takes, in seconds, and its line's speed. Zeros are for tests."""

    find: float = 0.03
    select: float = 0.05
    read: float = 0.6
    baud: int = 115200


INSTANT = Pace(0.0, 0.0, 0.0, 0)


class _Card(Enum):
    """What the reader knows of the card in its field."""

    LYING = "lying"
    FOUND = "found"
    SELECTED = "selected"
    SPENT = "spent"
    """Read: it is not found again until it was lifted."""


class SimulatedIdentityCardReader(FramedDevice[Frame | Broken]):
    """Answers on a pseudo-terminal as a reader would."""

    name = directory.IDENTITY_CARD_READER
    own_faults = CardFault
    commands = tuple(dict.fromkeys(_NAMES.values()))
    actions = ("present", "lift")
    fault_at = "read"

    def __init__(self, port: Path, pace: Pace = Pace()) -> None:
        super().__init__(port, pace.baud, FrameReader())
        self.pace = pace
        self.finds: list[float] = []
        """When it was asked for a card, on the loop's clock; the last hundred."""
        self._content: Content | None = None
        self._card: _Card | None = None

    @classmethod
    def in_folder(cls, folder: Path, *, instant: bool) -> SimulatedIdentityCardReader:
        """See `SimulatedDevice`."""
        return cls(folder / cls.name, INSTANT if instant else Pace())

    @property
    def card_present(self) -> bool:
        """Whether a card lies in the field."""
        return self._card is not None

    def present(self, content: Content, fault: Enum | None = None) -> None:
        """Lays a card down, in place of one that lies there. fault: what goes wrong while it is read."""
        if fault is not None:
            self.inflict(fault)
        self._content, self._card = content, _Card.LYING

    def lift(self) -> None:
        """Takes the card away."""
        self._content, self._card = None, None

    def act(self, action: str, given: str) -> None:
        """present, with a card's name or file; lift."""
        if action == "lift":
            self.lift()
        else:
            self.present(_content(given))

    @classmethod
    def check(cls, action: str, given: str) -> None:
        """Whether there is such a card."""
        super().check(action, given)
        if action == "present":
            _content(given)

    def state(self) -> Mapping[str, Fact]:
        """Whether a card lies there."""
        return {"card_present": self.card_present}

    async def _answer(self, found: Frame | Broken) -> None:
        if isinstance(found, Broken):
            await self._say(Status.CHECKSUM_ERROR if found.fault is Fault.CHECKSUM else Status.LENGTH_ERROR)
            return
        command = gat467.command(found.body)
        if command is None:
            await self._say(Status.COMMAND_ERROR)
            return
        self._notice(_NAMES[command])
        if self.fault is CardFault.SELF_TEST_FAILED:
            await self._say(Status.SELF_TEST_FAILED)
        elif self.fault is CardFault.NOT_AUTHORISED and command is not Command.FIND_CARD:
            await self._say(Status.NOT_AUTHORISED)
        else:
            await self._carry_out(command)

    async def _carry_out(self, command: Command) -> None:
        match command:
            case Command.RESET_SAM | Command.SAM_STATUS:
                await self._say(Status.DONE)
            case Command.READ_SAM_ID:
                await self._say(Status.DONE, SAM_ID)
            case Command.FIND_CARD:
                await self._find()
            case Command.SELECT_CARD:
                await self._select()
            case Command.READ_TEXT_PHOTO:
                await self._read(with_fingerprint=False)
            case Command.READ_TEXT_PHOTO_FINGERPRINT:
                await self._read(with_fingerprint=True)
            case Command.READ_APPENDED_ADDRESS:
                await self._say(Status.NO_SUCH_CONTENT)

    async def _find(self) -> None:
        self.finds = [*self.finds[-99:], asyncio.get_running_loop().time()]
        await asyncio.sleep(self.pace.find)
        if self._card in (None, _Card.SPENT):
            await self._say(Status.NO_CARD)
            return
        self._card = _Card.FOUND
        await self._say(Status.CARD_FOUND, bytes(4))

    async def _select(self) -> None:
        await asyncio.sleep(self.pace.select)
        if self._struck(CardFault.LIFTED_BEFORE_SELECT):
            self.lift()
        if self._card is not _Card.FOUND:
            await self._say(Status.SELECT_FAILED)
        elif self._struck(CardFault.REFUSED):
            self._card = _Card.SPENT
            await self._say(Status.UNRECOGNISED_CARD)
        else:
            self._card = _Card.SELECTED
            await self._say(Status.DONE, bytes(8))

    async def _read(self, *, with_fingerprint: bool) -> None:
        await asyncio.sleep(self.pace.read / 2)
        if self._struck(CardFault.LIFTED):
            self.lift()
        await asyncio.sleep(self.pace.read / 2)
        if self._struck(CardFault.UNREADABLE):
            self._card = _Card.LYING
        if self._card is not _Card.SELECTED or self._content is None:
            await self._say(Status.READ_FAILED)
            return
        content = self._content
        if self._struck(CardFault.WRONG_CONTENT):
            content = _with_wrong_number(content)
        self._card = _Card.SPENT
        await self._say(Status.DONE, content.encode(with_fingerprint=with_fingerprint))

    def _struck(self, fault: CardFault) -> bool:
        """Whether this happens to the card now; it is used up then."""
        strikes = self.fault is fault and self._card is not None
        if strikes:
            self._used_up()
        return strikes

    async def _say(self, status: Status, data: bytes = b"") -> None:
        await self.line.send(Reply(status, data).encode())


def _content(card: str) -> Content:
    """What is on a card, by its name or file. Raises Refused."""
    try:
        return cards.load(card or cards.DEFAULT).content()
    except (cards.CardFileError, ValueError) as error:
        names = ", ".join(cards.supplied())
        raise Refused("simulate.card_unusable", reason=str(error), names=names) from None


def _with_wrong_number(content: Content) -> Content:
    """The card's content with another check character, which fits no number that had the right one."""
    right = content.text[NUMBER_END : NUMBER_END + 2].decode("utf-16-le")
    wrong = ("1" if right == "0" else "0").encode("utf-16-le")
    return replace(content, text=content.text[:NUMBER_END] + wrong + content.text[NUMBER_END + 2 :])
