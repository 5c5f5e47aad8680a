"""What a resident is told where a slip was not printed: why, and what they have all the same."""

from __future__ import annotations

from typing import Literal

from foundation.language import Translate
from hardware.interfaces.device import DeviceError
from hardware.interfaces.receipt_printer import PrintError

Kept = Literal["form", "payment", "record", "ticket", "text", "code"]


def not_printed(fault: DeviceError | None, kept: Kept, words: Translate) -> str:
    """The sentences. kept: what the slip was of."""
    code = fault.code if fault else None
    trouble = words(f"print.{code.name}" if isinstance(code, PrintError) else "print.printer")
    return words(f"print.kept.{kept}", trouble=trouble)
