"""Demonstration persons, none of them real, and what they key."""

from __future__ import annotations

from tests.ivr.conftest import Phone

IDENTITY = "110101199003072033"
IDENTITY_X = "53010019500101102X"
WRONG_CHECK = "110101199003072034"


def keyed(identity: str) -> str:
    """An identity number on the keys of a phone."""
    return identity.replace("X", "*")


def suffix(identity: str) -> str:
    """Its last six."""
    return keyed(identity)[-6:]


async def letter(phone: Phone, identity: str) -> str:
    """Sends the form of two questions by phone; gives the reference."""
    before = set(phone.county.references())
    await phone.call(f"2\n2\n1\n1\n{keyed(identity)}\n1\n1\n1\n*\n!")
    (reference,) = set(phone.county.references()) - before
    return reference
