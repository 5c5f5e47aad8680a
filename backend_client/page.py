"""One page of a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list. `next_page_token` asks for the following ones; it is empty at the end.

    as_of: None where it is fresh; else the backend cannot be reached, and this is what was read then.
    """

    items: tuple[T, ...]
    next_page_token: str = ""
    as_of: datetime | None = field(default=None, compare=False)
