"""What several classes of devices say of cards and paper."""

from __future__ import annotations

from enum import Enum


class Media(Enum):
    """A card in a reader (XFS4IoT CardReader, media)."""

    PRESENT = "present"
    """In the reader, or in its field."""
    NOT_PRESENT = "notPresent"
    JAMMED = "jammed"
    ENTERING = "entering"
    """In the slot, where its owner can take it."""
    LATCHED = "latched"
    """Held, for work on its chip."""
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class PaperStatus(Enum):
    """Paper in a printer (XFS4IoT Printer, paper supply)."""

    FULL = "full"
    LOW = "low"
    OUT = "out"
    JAMMED = "jammed"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class CoverStatus(Enum):
    """The cover of a printer."""

    CLOSED = "closed"
    OPEN = "open"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"
