"""A source that is slow or broken on purpose, to try what residents meet then.

Its settings are one kind of trouble and its length; its answers never mean anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.lookups.provider import Failure, Misconfigured, ProviderFailed, Question, Row


class Kind(StrEnum):
    """What is the matter with it."""

    SLOW = "slow"
    """Answers that there is nothing, after `length` seconds."""
    DOWN = "down"
    """Cannot be reached."""
    NAMELESS = "nameless"
    """Gives a record that lacks every column."""
    WRONG_TYPE = "wrong_type"
    """Gives a list where every value belongs."""
    ENDLESS = "endless"
    """Gives more and more records, each of a million characters."""
    BROKEN = "broken"
    """Fails in a way that nobody thought of."""


class TroubleSettings(BaseModel):
    """length: seconds for SLOW."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    length: float = Field(default=10.0, ge=0, le=3600)


class Trouble:
    """One kind of trouble."""

    def __init__(self, settings: TroubleSettings) -> None:
        self._settings = settings

    @classmethod
    def configured(cls, name: str, settings: Mapping[str, Any]) -> Self:
        """See `Provider`."""
        try:
            return cls(TroubleSettings.model_validate(settings))
        except ValidationError as error:
            raise Misconfigured(f"{name}: {error.errors()[0]['loc']}: {error.errors()[0]['msg']}") from None

    async def check_config(self) -> None:
        """See `Provider`."""
        if self._settings.kind is Kind.DOWN:
            raise ProviderFailed(Failure.DOWN, "on purpose")

    async def rows(self, question: Question) -> Sequence[Row]:
        """See `Provider`."""
        match self._settings.kind:
            case Kind.SLOW:
                await asyncio.sleep(self._settings.length)
                return []
            case Kind.DOWN:
                raise ProviderFailed(Failure.DOWN, "on purpose")
            case Kind.NAMELESS:
                return [{}]
            case Kind.WRONG_TYPE:
                return [{name: [name] for name in question.at}]
            case Kind.ENDLESS:
                return [dict.fromkeys(question.at, "x" * 1_000_000)] * 10_000
            case Kind.BROKEN:
                raise ZeroDivisionError

    async def close(self) -> None:
        """See `Provider`."""
