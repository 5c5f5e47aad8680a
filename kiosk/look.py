"""What a resident chose of how the screen looks. Pure: `kiosk.theme` makes figures and colours of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class TypeSize(Enum):
    """How large type is."""

    STANDARD = "standard"
    LARGE = "large"
    VERY_LARGE = "very_large"


@dataclass(frozen=True, slots=True)
class Look:
    """How a visit is shown.

    size: of type; contrast: light on black, for eyes that tell colours badly; low: whatever is touched lies
    within reach of somebody who sits.
    """

    size: TypeSize = TypeSize.STANDARD
    contrast: bool = False
    low: bool = False
