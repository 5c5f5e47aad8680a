"""What of a record goes out by SMS: a sentence of the content, and the backend's word that it was told.

A lookup gives a token with each record that may be sent; `TextService.SendText` takes it back. It is sealed,
so nobody makes one or learns what is in it, and it is good for an hour. The backend keeps no record.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from backend.authoring.entries import Hint
from backend.clock import COUNTY_TIME
from backend.storage.vault import Vault
from backend_client.forms.lookup import Column, ColumnType, Lookup, Record, RecordValue, filled
from backend_client.forms.present_record import present_nothing, present_value
from foundation.keys import CannotOpen
from foundation.language import Language, LocalizedText

LIFETIME = timedelta(hours=1)
SHOWN = 4
"""Characters at the end of a number that are sent: whoever reads the telephone may be a stranger."""
_MAX_TOKEN = 2000
_NUMBERS = (ColumnType.DIGITS, ColumnType.PLATE, ColumnType.PHONE_NUMBER)
_PLACE = "record text"


class TextOver(Exception):
    """It is no such token, or one that is too old."""


@dataclass(frozen=True, slots=True)
class RecordText:
    """A record to be sent. lookup: its resource name. Its repr does not show the line."""

    lookup: str
    line: LocalizedText = field(repr=False)


def issue(vault: Vault, lookup: Lookup, sentence: Hint, record: Record, now: datetime) -> str:
    """A token of ASCII letters, digits, ``-`` and ``_``; empty where the record is too long to be sent."""
    zh = _line(lookup, sentence.zh, record, Language.ZH_CN)
    en = _line(lookup, sentence.en, record, Language.EN)
    written = json.dumps([lookup.name, zh, en, int(now.timestamp())], ensure_ascii=False)
    token = base64.urlsafe_b64encode(vault.seal_text(written, _PLACE)).decode().rstrip("=")
    return token if len(token) <= _MAX_TOKEN else ""


def opened(vault: Vault, token: str, now: datetime) -> RecordText:
    """What a token stands for. Raises TextOver."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        name, zh, en, moment = json.loads(vault.open_text(sealed, _PLACE))
    except (binascii.Error, ValueError, CannotOpen):
        raise TextOver from None
    issued = datetime.fromtimestamp(moment, UTC)
    if not issued - timedelta(minutes=1) <= now < issued + LIFETIME:
        raise TextOver
    return RecordText(name, LocalizedText(zh, en))


def _line(lookup: Lookup, sentence: str, record: Record, language: Language) -> str:
    missing = present_nothing(language)
    values = {
        column.id: _value(column, record.values[column.id], language)
        if column.id in record.values
        else missing
        for column in lookup.columns
    }
    return " ".join(filled(sentence, values).split())


def _value(column: Column, value: RecordValue, language: Language) -> str:
    """A value; of a number the end, where it is longer."""
    if column.type in _NUMBERS and isinstance(value, str) and len(value) > SHOWN:
        return f"*{value[-SHOWN:]}"
    return present_value(column, value, language, COUNTY_TIME)
