"""What is sent next, when again, and what a refusal means. Pure: no clock, no disk, no network.

Submissions of one resident are sent in the order in which they came, one after the other; those of several
residents side by side, the oldest first, and before all others those whose resident stands there and waits.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from backend_client.errors import (
    BackendError,
    BackendFailure,
    Conflict,
    Denied,
    DoorRefused,
    InvalidRequest,
    QueueUnusable,
    SessionEnded,
    TooManyTries,
    Unreachable,
)

FIRST_WAIT = 0.5
LONGEST_WAIT = 15.0
"""Seconds between two tries while the backend cannot be reached."""
LONGEST_WAIT_OF_ONE = 600.0
"""Seconds between two tries of a submission at which a backend fails that answers otherwise."""
MOST_UPLOADS = 3
"""So often files are sent anew of which the backend says that they have not come, or not whole."""


class Next(Enum):
    """What becomes of a submission that was not taken."""

    REFUSE = auto()
    """The resident stands there, is told, and nothing is kept."""
    WAIT_FOR_BACKEND = auto()
    """The backend is away: everything waits a little."""
    WAIT = auto()
    """Something is wrong with this one or this door, which may pass: it waits, others go on."""
    UPLOAD_AGAIN = auto()
    """Its files are sent anew."""
    OTHER_REFERENCE = auto()
    """The reference cannot be given out; the resident was told none yet and gets another."""
    SET_ASIDE = auto()
    """Sending it again is of no use: it is kept for an operator."""


def after(error: BackendError, *, told: bool, deferred: bool, tries: int) -> Next:
    """What becomes of a submission after an error.

    told: the resident has the reference and is gone; deferred: it was sent as such, which the backend may
    take where it did not before; tries: how often it was refused, this time included.
    """
    at_last = (Next.SET_ASIDE if deferred else Next.WAIT) if told else Next.REFUSE
    match error:
        case Unreachable():
            return Next.WAIT_FOR_BACKEND
        case BackendFailure() | Denied() | SessionEnded() | TooManyTries() | QueueUnusable():
            return Next.WAIT
        case DoorRefused() if told:  # until the door is let in again; nobody new is promised anything
            return Next.WAIT
        case Conflict(reason="ATTACHMENT_MISSING") | InvalidRequest(reason="ATTACHMENT_DAMAGED"):
            return Next.UPLOAD_AGAIN if tries < MOST_UPLOADS else at_last
        case InvalidRequest(reason="OFFSET_WRONG"):
            return Next.WAIT
        case Conflict(reason="REFERENCE_NOT_LEASED") if not told:
            return Next.OTHER_REFERENCE
    return at_last


def back_off(failures: int, chance: float, longest: float = LONGEST_WAIT) -> float:
    """Seconds to wait after so many failures; chance: 0 to 1, takes off up to half."""
    return float(min(FIRST_WAIT * 2.0 ** min(max(failures - 1, 0), 30), longest) * (1 - chance / 2))


class Line:
    """The submissions that wait, by number; a smaller number came earlier. Times are of any one clock."""

    def __init__(self) -> None:
        self._residents: dict[bytes, deque[int]] = {}
        self._resident: dict[int, bytes] = {}
        self._under_way: set[int] = set()
        self._urgent: dict[int, None] = {}
        self._not_before: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._resident)

    def __contains__(self, number: int) -> bool:
        return number in self._resident

    @property
    def oldest(self) -> int | None:
        """The smallest number."""
        return min(self._resident, default=None)

    def add(self, number: int, resident: bytes, *, urgent: bool = False) -> None:
        """Lets a submission wait. urgent: its resident stands there."""
        if number in self._resident:
            return
        self._resident[number] = resident
        others = self._residents.setdefault(resident, deque())
        others.append(number)
        if len(others) > 1 and others[-2] > number:
            self._residents[resident] = deque(sorted(others))
        if urgent:
            self._urgent[number] = None

    def calm(self, number: int) -> None:
        """Its resident is gone."""
        self._urgent.pop(number, None)

    def take(self, now: float, *, urgent_only: bool = False) -> int | None:
        """The one to be sent next, which is then under way; None where there is none at this moment.

        An urgent one makes those urgent that the same resident sent before it.
        """
        for number in self._urgent:
            first = self._residents[self._resident[number]][0]
            if self._free(first, now):
                return self._taken(first)
        if urgent_only:
            return None
        heads = (numbers[0] for numbers in self._residents.values())
        number = min((head for head in heads if self._free(head, now)), default=0)
        return self._taken(number) if number else None

    def again(self, number: int, not_before: float) -> None:
        """It was not taken, and waits on."""
        self._under_way.discard(number)
        if number in self._resident:
            self._not_before[number] = not_before

    def all_due(self) -> None:
        """None waits for its time any more."""
        self._not_before.clear()

    def done(self, number: int) -> None:
        """It need not be sent any more."""
        resident = self._resident.pop(number, None)
        if resident is None:
            return
        numbers = self._residents[resident]
        numbers.remove(number)
        if not numbers:
            del self._residents[resident]
        self._under_way.discard(number)
        self._not_before.pop(number, None)
        self._urgent.pop(number, None)

    def next_time(self, now: float) -> float | None:
        """When the next one is to be sent that waits for its time; None where none does."""
        return min((time for number, time in self._not_before.items() if time > now), default=None)

    def _free(self, number: int, now: float) -> bool:
        return number not in self._under_way and self._not_before.get(number, now) <= now

    def _taken(self, number: int) -> int:
        self._under_way.add(number)
        self._not_before.pop(number, None)
        return number
