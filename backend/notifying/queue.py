"""The one way in which anything goes out to a resident.

A message is written down in the transaction of its cause: neither is there without the other. `sending`
sends it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from backend.authoring.finding import LOCALE
from backend.notifying.kinds import KINDS
from backend.storage import messages
from backend.storage.messages import Channel, New
from backend_client.forms.text import has_bad_character
from foundation.language import Language, translator

MAX_VALUE = 400
"""Characters of one value; a link is the longest."""
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=[^@]{4,255}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+"
)


class NoSuchRecipient(Exception):
    """It is neither a mobile number, which takes SMS, nor an address of e-mail. Its text does not show it."""


def channel_of(recipient: str) -> Channel:
    """By which somebody is reached. recipient: a mobile number in 11 digits, or an address of e-mail (RFC
    5321, without quoted and non-ASCII parts).

    Raises NoSuchRecipient, also for a fixed line.
    """
    if _MOBILE.fullmatch(recipient):
        return Channel.SMS
    if _EMAIL.fullmatch(recipient):
        return Channel.EMAIL
    raise NoSuchRecipient


def enqueue(
    connection: Connection,
    *,
    key: str,
    recipient: str,
    kind: str,
    language: Language,
    values: Mapping[str, str],
    now: datetime,
    not_before: datetime | None = None,
    expire_time: datetime | None = None,
    reference: str = "",
    request_id: str = "",
) -> bool:
    """Has a message sent once the transaction is committed; False where its cause sent it already.

    key: names the cause, such as ``case-event 17``; one cause sends one message a channel, however often it
    is repeated. recipient: see `channel_of`. kind: one of `KINDS`, filled with `values`. not_before: such as
    for a reminder. expire_time: after which it is of no use, such as that of a link. reference: of the case
    with which it is erased, empty where there is none. request_id: of the touch or key that led to it.
    Raises NoSuchRecipient, and ValueError for values that are not those of the kind, or unfit to be sent.
    """
    channel, written = channel_of(recipient), KINDS[kind]
    if values.keys() != written.values:
        raise ValueError(f"{kind} takes {', '.join(sorted(written.values))}")
    for name, value in values.items():
        if not value or len(value) > MAX_VALUE or has_bad_character(value) or "\n" in value:
            raise ValueError(f"{kind}: {name} cannot be sent")
    text = translator("backend", LOCALE, language)(f"message.{kind}", **values)
    new = New(
        key=f"{key} {channel}",
        channel=channel,
        recipient=recipient,
        kind=kind,
        language=language.value,
        text=text,
        urgent=written.urgent,
        not_before=not_before or now,
        expire_time=expire_time,
        reference=reference,
        request_id=request_id,
    )
    return messages.add(connection, new, now)


def withdraw(connection: Connection, key: str) -> None:
    """Takes back what a cause has not sent yet, such as the reminder of an appointment that is cancelled."""
    for channel in Channel:
        messages.withdraw(connection, f"{key} {channel}")
