"""Who may enter the hidden menu: names, and slow hashes of PINs and cards, in one private file.

``technicians.json`` in the terminal's data folder, mode 0600. A PIN or a card's number is never kept: only
what scrypt (RFC 7914) makes of it with a salt of its own, which costs a guesser about a quarter of a second a
try.
"""

from __future__ import annotations

import hmac
import re
import secrets
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from foundation.private_file import open_to_others, write_private

FILE = "technicians.json"
MAX_FILE = 1 << 16
MAX_PEOPLE = 12
SHORTEST, LONGEST = 6, 12
"""Digits of a PIN."""
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
SALT_BYTES = HASH_BYTES = 32
COST, BLOCK, PARALLEL = 1 << 15, 8, 3
"""N, r and p of scrypt: 32 MiB, as OWASP's Password Storage Cheat Sheet has it for passwords."""

Hexadecimal = Annotated[str, Field(pattern=rf"^[0-9a-f]{{{2 * HASH_BYTES}}}$")]


class PeopleUnusable(Exception):
    """The file cannot be read or written; the message says what to do."""


class PinRefused(ValueError):
    """A PIN that is not taken; `problem` names a text of the room."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class Kept(BaseModel):
    """What is kept of a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    salt: Hexadecimal = Field(repr=False)
    hash: Hexadecimal = Field(repr=False)

    @classmethod
    def of(cls, secret: str) -> Self:
        """Made with a new salt."""
        salt = secrets.token_bytes(SALT_BYTES)
        return cls(salt=salt.hex(), hash=_derived(secret, salt).hex())

    def holds(self, secret: str) -> bool:
        """Whether it was made of this secret."""
        return hmac.compare_digest(_derived(secret, bytes.fromhex(self.salt)), bytes.fromhex(self.hash))


class Technician(BaseModel):
    """One of them. name: for the log."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=rf"^{NAME.pattern}$")]
    pin: Kept | None = None
    card: Kept | None = None


class People(BaseModel):
    """All of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    technicians: Annotated[tuple[Technician, ...], Field(max_length=MAX_PEOPLE)] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if len({one.name for one in self.technicians}) != len(self.technicians):
            raise ValueError("two technicians have the same name")
        return self

    def who_has_pin(self, pin: str) -> str | None:
        """Name of the one whose PIN this is. It takes as long whether or not it is anybody's."""
        found = [one.name for one in self.technicians if one.pin is not None and one.pin.holds(pin)]
        return found[0] if found else None

    def who_has_card(self, card: str) -> str | None:
        """Name of the one whose card this is. card: as `card_secret` gives it."""
        found = [one.name for one in self.technicians if one.card is not None and one.card.holds(card)]
        return found[0] if found else None

    @property
    def has_cards(self) -> bool:
        """Whether anybody may enter by card."""
        return any(one.card is not None for one in self.technicians)

    def with_pin(self, name: str, pin: str) -> People:
        """Somebody new, or another PIN for somebody. Raises PinRefused."""
        check_pin(pin)
        if self.who_has_pin(pin) not in (None, name):
            raise PinRefused("pin.taken")
        return self._with(name, pin=Kept.of(pin))

    def with_card(self, name: str, card: str) -> People:
        """Another card for somebody. Raises PinRefused where it is somebody else's."""
        if self.who_has_card(card) not in (None, name):
            raise PinRefused("pin.card_taken")
        return self._with(name, card=Kept.of(card))

    def without_card(self, name: str) -> People:
        """Somebody's card opens nothing any more."""
        return People(
            technicians=tuple(
                one.model_copy(update={"card": None}) if one.name == name else one for one in self.technicians
            )
        )

    def without(self, name: str) -> People:
        """Somebody less."""
        return People(technicians=tuple(one for one in self.technicians if one.name != name))

    def _with(self, name: str, **more: Kept) -> People:
        if not NAME.fullmatch(name):
            raise PinRefused("pin.name")
        known = {one.name: one for one in self.technicians}
        if name not in known and len(known) >= MAX_PEOPLE:
            raise PinRefused("pin.too_many")
        known[name] = known.get(name, Technician(name=name)).model_copy(update=more)
        return People(technicians=tuple(known.values()))


def load(folder: Path) -> People:
    """Those who are enrolled; none where there is no file. Raises PeopleUnusable."""
    file = folder / FILE
    try:
        if not file.exists():
            return People()
        if open_to_others(file):
            raise PeopleUnusable(f"{file}: others may read it; chmod 600 it, and set the PINs anew")
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise PeopleUnusable(f"{file}: larger than {MAX_FILE} bytes; remove it, and set the PINs anew")
        return People.model_validate_json(content)
    except OSError as error:
        raise PeopleUnusable(f"{file}: {error.strerror}") from None
    except ValidationError:
        raise PeopleUnusable(f"{file}: it is damaged; remove it, and set the PINs anew") from None


def save(folder: Path, people: People) -> None:
    """Keeps them; on the disk when it returns. Raises PeopleUnusable."""
    try:
        write_private(folder / FILE, people.model_dump_json(indent=1).encode())
    except OSError as error:
        raise PeopleUnusable(f"{folder / FILE}: {error.strerror}") from None


def check_pin(pin: str) -> None:
    """Raises PinRefused for a PIN that is too short, too long, no digits, or the first that one tries."""
    if not (pin.isascii() and pin.isdigit()):
        raise PinRefused("pin.digits")
    if not SHORTEST <= len(pin) <= LONGEST:
        raise PinRefused("pin.length")
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if len(set(pin)) < 3 or steps in ({1}, {9}):
        raise PinRefused("pin.simple")


def card_secret(kind: str, number: str) -> str:
    """What a card is known by. kind: of the reader, for numbers of two kinds may be the same."""
    return f"{kind}:{number}"


def _derived(secret: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=HASH_BYTES, n=COST, r=BLOCK, p=PARALLEL).derive(secret.encode())
