"""What the settings say of a source of lookups."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MAX_SECONDS = 15.0


class SourceSettings(BaseModel):
    """One source, ``[backend.lookups.NAME]``. What else stands there is its provider's.

    provider: name of its entry point; seconds: how long an answer may take; at_once: questions at a time.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    provider: str
    seconds: Annotated[float, Field(gt=0, le=MAX_SECONDS)] = 8.0
    at_once: Annotated[int, Field(ge=1, le=500)] = 16
