"""Demonstration cards: files that say what a simulated identity card holds. Nobody real has one."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hardware.interfaces.identity_card_reader import IdentityCardRecord, Sex
from hardware.protocols import identity_card

SUPPLIED = Path(__file__).parent / "cards"
DEFAULT = "default"
MAX_FILE_BYTES = 16_384
PHOTO = bytes(1024)
"""WLT, the photo's format, has no open encoder: a simulated card carries an empty photo of the usual size."""


class CardFileError(Exception):
    """A card file cannot be used. name: the card asked for; reason: why, for the technician."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class CardFile(BaseModel):
    """What a card file holds; the fields are those of the card (GA/T 490)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    demonstration: Literal[True]
    """Every card file says of itself that nobody real is meant."""
    note: str = ""
    """What the card is good for in a test."""
    full_name: str = Field(min_length=1, max_length=15)
    sex: Literal["male", "female"]
    ethnicity: str = Field(pattern=r"^[0-9]{2}$")
    birth_date: date
    address: str = Field(min_length=1, max_length=35)
    identity_number: str = Field(pattern=r"^[0-9]{17}[0-9X]$")
    issuer: str = Field(min_length=1, max_length=15)
    valid_from: date
    valid_to: date | None
    """None is written as on the card: identity_card.NO_END."""

    @field_validator("valid_to", mode="before")
    @classmethod
    def _no_end(cls, value: object) -> object:
        return None if value == identity_card.NO_END else value

    def content(self) -> identity_card.Content:
        """What the reader sends of this card."""
        record = IdentityCardRecord(
            full_name=self.full_name,
            sex=Sex[self.sex.upper()],
            ethnicity=self.ethnicity,
            birth_date=self.birth_date,
            address=self.address,
            identity_number=self.identity_number,
            issuer=self.issuer,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )
        return identity_card.Content(identity_card.encode(record), PHOTO)


def supplied() -> tuple[str, ...]:
    """Names of the cards that come with the simulator."""
    return tuple(sorted(file.stem for file in SUPPLIED.glob("*.toml")))


def load(name_or_file: str) -> CardFile:
    """Reads a supplied card by its name, or any card file by its path. Raises CardFileError."""
    file = SUPPLIED / f"{name_or_file}.toml" if name_or_file in supplied() else Path(name_or_file)
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise CardFileError(name_or_file, f"larger than {MAX_FILE_BYTES} bytes")
        values = tomllib.loads(file.read_text("utf-8"))
        return CardFile.model_validate(values)
    except OSError as error:
        raise CardFileError(name_or_file, error.strerror or str(error)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CardFileError(name_or_file, f"not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CardFileError(name_or_file, f"{place}: {first['msg']}") from None
