"""The language of receipt printers, ESC/POS: what a printer answers, told apart.

A byte says by its fixed bits what it belongs to::

    0xx1xx10        an answer to DLE EOT n
    0xx0xxxx        an answer to GS r n
    0xx1xx00        the first of four bytes that tell the state unasked (GS a n); the other three are 0xx0xxxx
    11, 13          XON and XOFF, which may stand between those four

A printer that is set to tell its state unasked does so when it is switched on, too. Whoever takes the other
three bytes for answers to GS r believes that a job was printed, of which a power failure left nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.protocols.escpos import PrinterStatus, is_paper_in_order, is_status

UNASKED_BYTES = 4
_FLOW = (0x11, 0x13)


@dataclass(frozen=True, slots=True)
class StatusByte:
    """An answer to DLE EOT; to which n, only who asked knows."""

    value: int


@dataclass(frozen=True, slots=True)
class InOrder:
    """An answer to GS r: everything before it is done. near_end, end: the paper's, where 1 was asked."""

    near_end: bool
    end: bool


@dataclass(frozen=True, slots=True)
class Unasked:
    """The printer's state, told because it changed."""

    status: PrinterStatus


@dataclass(frozen=True, slots=True)
class Noise:
    """A byte that no printer sends."""

    value: int


Answer = StatusByte | InOrder | Unasked | Noise


class AnswerReader:
    """Finds answers in a stream of bytes. What it finds depends on the bytes alone, not on their pieces."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        """Takes bytes and gives what they complete, in order. Never raises; holds three bytes at most."""
        found: list[Answer] = []
        for byte in data:
            if byte in _FLOW:
                continue
            if self._held and not is_paper_in_order(byte):
                found += map(Noise, self._held)
                self._held.clear()
            if self._held or _begins_unasked(byte):
                self._held.append(byte)
            else:
                found.append(_alone(byte))
            if len(self._held) == UNASKED_BYTES:
                found.append(Unasked(_decode(self._held)))
                self._held.clear()
        return found

    def clear(self) -> None:
        """Forgets what has come: the line fell silent, or another one begins."""
        self._held.clear()


def encode_unasked(status: PrinterStatus) -> bytes:
    """The four bytes that tell a state unasked."""
    bits = (
        ((0x08, status.offline), (0x20, status.cover_open), (0x40, status.fed_by_button)),
        (
            (0x01, status.waits_for_recovery),
            (0x02, status.feed_button),
            (0x04, status.recoverable_error),
            (0x08, status.cutter_error),
            (0x20, status.unrecoverable_error),
            (0x40, status.passing_error),
        ),
    )
    first, second = (sum(mask for mask, is_set in byte if is_set) for byte in bits)
    return bytes((0x10 | first, second, status.encode_paper_in_order(), 0))


def _decode(block: bytearray) -> PrinterStatus:
    printer, error, paper, _ = block
    return PrinterStatus(
        offline=bool(printer & 0x08),
        cover_open=bool(printer & 0x20),
        fed_by_button=bool(printer & 0x40),
        waits_for_recovery=bool(error & 0x01),
        feed_button=bool(error & 0x02),
        error=bool(error & 0x6C),
        recoverable_error=bool(error & 0x04),
        cutter_error=bool(error & 0x08),
        unrecoverable_error=bool(error & 0x20),
        passing_error=bool(error & 0x40),
        paper_near_end=bool(paper & 0x03),
        paper_end=bool(paper & 0x0C),
    )


def _begins_unasked(byte: int) -> bool:
    return byte & 0b1001_0011 == 0b0001_0000


def _alone(byte: int) -> Answer:
    if is_status(byte):
        return StatusByte(byte)
    if is_paper_in_order(byte):
        return InOrder(bool(byte & 0x03), bool(byte & 0x0C))
    return Noise(byte)
