"""How payments are taken: table ``[backend.payment]``, variables ``HUIMIN_BACKEND_PAYMENT__…``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class PaymentSettings(BaseModel):
    """What can be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gateway: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,40}$")] = ""
    """Name of the payment gateway's plug-in, such as ``native``; no payments are taken where empty."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What that gateway is given; `docs/payments.md` says what `native` takes."""
    minutes: Annotated[int, Field(ge=3, le=120)] = 15
    """So long a code that was shown can be paid."""
    due_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """So long an order can be paid after it was made."""
