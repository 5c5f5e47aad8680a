"""What an identity card can answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from backend_client.forms.answer import Value
from backend_client.forms.form import CardItem


@dataclass(frozen=True, slots=True)
class CardAnswers:
    """What was read from an identity card or a service card. Personal data; its repr shows none of it.

    sex: None where the card says neither; address: empty where the card has none, such as a service card.
    """

    full_name: str = field(repr=False)
    sex: Literal["male", "female"] | None = field(repr=False)
    birth_date: date = field(repr=False)
    address: str = field(repr=False)
    identity_number: str = field(repr=False)

    def __getitem__(self, item: CardItem) -> Value | None:
        """The answer to a field that is prefilled with `item`; None where the card does not say."""
        match item:
            case CardItem.NAME:
                return self.full_name
            case CardItem.SEX:
                return self.sex
            case CardItem.BIRTH_DATE:
                return self.birth_date
            case CardItem.ADDRESS:
                return self.address or None
            case CardItem.IDENTITY_NUMBER:
                return self.identity_number
