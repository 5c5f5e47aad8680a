"""What a provider of lookups is: a plug-in that asks somebody who keeps records.

A provider is a class behind an entry point of the group ``huimin.lookup_providers``. It is made once for each
source of the settings, ``[backend.lookups.NAME]``, from what stands there besides `provider`, `seconds` and
`at_once`. `docs/lookups.md` shows how one is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol, Self

from backend.authoring.table_file import Tables

MAX_ROWS = 200
"""Rows that a provider gives at the most; what is beyond is not looked at."""

Given = str | int | None
"""A value for a place in a query: days as ``2026-11-02``, money in fen, yes as 1 and no as 0, chosen options
joined by commas; None where there was no answer."""
Row = Mapping[str, Any]
"""What a source calls its values, and the values: texts, numbers, days, or what JSON has."""


class Failure(StrEnum):
    """Why nothing can be told; the values are reasons of the contract."""

    SLOW = "PROVIDER_SLOW"
    DOWN = "PROVIDER_DOWN"
    NONSENSE = "PROVIDER_NONSENSE"
    UNKNOWN = "PROVIDER_UNKNOWN"


class ProviderFailed(Exception):
    """The source cannot tell now. `detail` is for the log: it holds nothing of what was asked or answered."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure}: {detail}" if detail else str(failure))
        self.failure = failure
        self.detail = detail


class Misconfigured(Exception):
    """A source of the settings cannot be used; the message says which value is wrong, and why."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a source. Its repr shows no answer.

    query, body, records: as they stand in the content; given: a value for each place; at: under which names
    values are looked for in the answer; most: so many rows are wanted; tables: those of the content.
    """

    query: str
    given: Mapping[str, Given] = field(repr=False)
    at: Sequence[str]
    most: int
    today: date
    tables: Tables = field(repr=False)
    body: Mapping[str, str] | None = None
    records: str = ""


class Provider(Protocol):
    """One source. It serves many questions at a time."""

    @classmethod
    def configured(cls, name: str, settings: Mapping[str, Any]) -> Self:
        """The source of that name. Raises Misconfigured."""
        ...

    async def check_config(self) -> None:
        """Tries whether the source is there and can be asked. Raises Misconfigured, ProviderFailed."""
        ...

    async def rows(self, question: Question) -> Sequence[Row]:
        """What was found, in order. It may take as long as it likes: whoever asks breaks it off.

        Raises ProviderFailed.
        """
        ...

    async def close(self) -> None:
        """Ends what it holds."""
        ...
