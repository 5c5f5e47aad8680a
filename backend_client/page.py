"""One page of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list. `next_page_token` asks for the following ones; it is empty at the end."""

    items: tuple[T, ...]
    next_page_token: str = ""
