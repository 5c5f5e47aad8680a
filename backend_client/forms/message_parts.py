"""Parts that messages of the contract share: texts in both languages, identifiers, enumerations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import TypeVar

from huimin.v1 import common_pb2

from foundation.language import LocalizedText

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Malformed(ValueError):
    """A message that breaks the contract; the text says which field of it, and carries no data."""


E = TypeVar("E", bound=Enum)


def enum_from_proto(kind: type[E], number: int, place: str) -> E:
    """The member of that number. Raises Malformed, naming `place`, where there is none."""
    try:
        return kind(number)
    except ValueError:
        raise Malformed(f"{place}: no {kind.__name__} has the number {number}") from None


def localized_to_proto(text: LocalizedText) -> common_pb2.LocalizedText:
    """One text in both languages."""
    return common_pb2.LocalizedText(zh_cn=text.zh_cn, en=text.en)


def localized_from_proto(message: common_pb2.LocalizedText, place: str) -> LocalizedText:
    """One text in both languages. Raises Malformed, naming `place`, where one of them is empty."""
    zh_cn, en = message.zh_cn, message.en  # each reading makes the text anew
    if not (zh_cn and en):
        raise Malformed(f"{place}: a text lacks a language")
    return LocalizedText(zh_cn, en)


def optional_localized_from_proto(message: common_pb2.LocalizedText, place: str) -> LocalizedText | None:
    """The same, None where it is empty in both languages."""
    return localized_from_proto(message, place) if message.zh_cn or message.en else None


def is_identifier(text: str) -> bool:
    """Whether it can name a field, an option or a line of a charge."""
    return _IDENTIFIER.fullmatch(text) is not None


def distinct(identifiers: Iterable[str], place: str) -> None:
    """Raises Malformed, naming `place`, where an identifier is malformed or there twice."""
    seen: set[str] = set()
    for identifier in identifiers:
        if not is_identifier(identifier) or identifier in seen:
            raise Malformed(f"{place}: an identifier is malformed or there twice")
        seen.add(identifier)
