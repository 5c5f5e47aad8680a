"""What technicians set at this terminal, in the place of the configuration: one private file, versioned.

``terminal.json`` in the terminal's data folder. A value that is absent is the configuration's. A file that
cannot be read changes nothing: it is set aside, and the log says so.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from foundation.language import Language
from foundation.log import logger
from foundation.private_file import write_private
from kiosk.hearing import LEVELS
from kiosk.technician.people import NAME

log = logger(__name__)

FILE = "terminal.json"
MAX_FILE = 1 << 14

Matrix = tuple[float, float, float, float, float, float]
"""a b c d e f of x' = a·x + b·y + c, y' = d·x + e·y + f, in parts of the window from its upper left corner
(libinput, LIBINPUT_CALIBRATION_MATRIX)."""


class Reason(Enum):
    """Why a terminal was taken out of service; the values name texts of the room."""

    REPAIR = "repair"
    SUPPLIES = "supplies"
    """Paper, ink."""
    CLEANING = "cleaning"
    MOVING = "moving"
    """It is moved, or something is built around it."""
    OFFICE = "office"
    """The office wants it so."""


class Withdrawn(BaseModel):
    """The terminal was taken out of service. who: the technician's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Reason
    since: AwareDatetime
    who: Annotated[str, Field(pattern=rf"^{NAME.pattern}$")]


class OwnSettings(BaseModel):
    """What was set. volume: as in `kiosk.hearing`; None stands for the configuration's value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    language: Language | None = None
    volume: Annotated[int, Field(ge=1, le=LEVELS)] | None = None
    touch_matrix: Matrix | None = None
    withdrawn: Withdrawn | None = None

    @field_validator("touch_matrix")
    @classmethod
    def _turns_back(cls, given: Matrix | None) -> Matrix | None:
        if given is not None:
            check_matrix(given)
        return given


def check_matrix(matrix: Matrix) -> None:
    """ValueError where touches would all fall on a line or far away."""
    a, b, _, d, e, _ = matrix
    if not all(math.isfinite(value) and abs(value) <= 10 for value in matrix):
        raise ValueError("six numbers from -10 to 10 are wanted")
    if abs(a * e - b * d) < 0.05:
        raise ValueError("with this matrix touches would fall on one line")


class SettingsKeeper:
    """The owner of the file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self.now = self._read()

    def change(self, **values: Any) -> bool:
        """Sets values, None for the configuration's; whether they could be kept. They count in any case."""
        self.now = OwnSettings.model_validate(self.now.model_dump() | values)
        try:
            write_private(self._file, self.now.model_dump_json(indent=1).encode())
        except OSError as error:
            log.error("own_settings_not_kept", reason=error.strerror)
            return False
        return True

    def withdraw(self, reason: Reason, who: str) -> bool:
        """Takes the terminal out of service, until `change(withdrawn=None)`."""
        return self.change(withdrawn=Withdrawn(reason=reason, since=datetime.now(UTC), who=who))

    def _read(self) -> OwnSettings:
        try:
            with self._file.open("rb") as opened:
                content = opened.read(MAX_FILE + 1)
            return OwnSettings.model_validate_json(content)
        except FileNotFoundError:
            return OwnSettings()
        except OSError as error:
            log.warning("own_settings_unreadable", reason=error.strerror)
        except ValidationError as error:
            log.warning("own_settings_unreadable", reason=error.errors()[0]["type"])
            self._set_aside()
        return OwnSettings()

    def _set_aside(self) -> None:
        try:
            self._file.replace(self._file.with_suffix(".damaged"))
        except OSError as error:
            log.warning("own_settings_not_set_aside", reason=error.strerror)
