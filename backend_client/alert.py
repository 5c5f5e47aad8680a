"""Public alerts as the backend tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, IntEnum

from google.protobuf.message import Message
from huimin.v1 import alert_pb2, common_pb2

from backend_client.forms.wire import Malformed
from foundation.language import Language

MOST = 100
"""Alerts that are taken to be in force at a time; further ones, the least bad, are not looked at."""


class Severity(IntEnum):
    """How bad it is; the values are the numbers of the contract."""

    UNKNOWN = 0
    MINOR = 1
    MODERATE = 2
    SEVERE = 3
    EXTREME = 4


class Acknowledgement(Enum):
    """What became of an alert at a door; the values are the numbers of the contract."""

    RECEIVED = 1
    SHOWN = 2
    SPOKEN = 3
    UNDERSTOOD = 4


class Change(Enum):
    """What happened to the alerts in force; the values are the numbers of the contract."""

    SNAPSHOT = 1
    ISSUED = 2
    UPDATED = 3
    WITHDRAWN = 4
    EXPIRED = 5
    ALIVE = 6


@dataclass(frozen=True, slots=True)
class AlertText:
    """What an alert says to those who read one language. What the sender did not say is empty.

    language: in which it is written, the other one where the sender gave none of this.
    """

    language: Language
    event: str
    headline: str
    instruction: str = ""
    description: str = ""
    area: str = ""
    sender_name: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. `name` is ``alerts/{alert}``; what it says never changes. Times are aware, UTC.

    exercise: it is a drill; replaces: names of those whose place it took.
    """

    name: str
    zh_cn: AlertText
    en: AlertText
    severity: Severity
    sent_time: datetime
    effective_time: datetime
    expire_time: datetime
    onset_time: datetime | None = None
    exercise: bool = False
    replaces: tuple[str, ...] = ()

    def __getitem__(self, language: Language) -> AlertText:
        return self.zh_cn if language is Language.ZH_CN else self.en

    @property
    def serious(self) -> bool:
        """Whether it concerns life or property so that everything else has to wait."""
        return self.severity >= Severity.SEVERE


@dataclass(frozen=True, slots=True)
class AlertNews:
    """A message of the stream. ended: names."""

    change: Change
    alerts: tuple[Alert, ...] = ()
    ended: tuple[str, ...] = ()


def news_from_proto(message: alert_pb2.WatchAlertsResponse) -> AlertNews:
    """Raises Malformed. What a newer backend may say of a change that is not known here is taken as ALIVE."""
    known = {change.value for change in Change}
    change = Change(message.change) if message.change in known else Change.ALIVE
    return AlertNews(
        change, tuple(alert_from_proto(alert) for alert in message.alerts[:MOST]), tuple(message.ended)
    )


def alert_from_proto(message: alert_pb2.Alert) -> Alert:
    """Raises Malformed where it lacks what every alert has."""
    if not message.name.startswith("alerts/"):
        raise Malformed("alert.name: not a name")
    return Alert(
        name=message.name,
        zh_cn=_text(message, "zh_cn"),
        en=_text(message, "en"),
        severity=Severity(message.severity) if int(message.severity) in _SEVERITIES else Severity.UNKNOWN,
        sent_time=_time(message, "sent_time"),
        effective_time=_time(message, "effective_time"),
        expire_time=_time(message, "expire_time"),
        onset_time=_time(message, "onset_time") if message.HasField("onset_time") else None,
        exercise=message.exercise,
        replaces=tuple(message.replaces),
    )


def snapshot_to_proto(alerts: Sequence[Alert]) -> alert_pb2.WatchAlertsResponse:
    """Alerts as the message that tells of all that are in force."""
    return alert_pb2.WatchAlertsResponse(
        change=alert_pb2.ALERT_CHANGE_SNAPSHOT, alerts=[_to_proto(alert) for alert in alerts]
    )


def _to_proto(alert: Alert) -> alert_pb2.Alert:
    numbers = {language: number for number, language in _LANGUAGES.items()}

    def text(given: AlertText) -> alert_pb2.AlertText:
        return alert_pb2.AlertText(
            language=common_pb2.Language.ValueType(numbers[given.language]),
            event=given.event,
            headline=given.headline,
            instruction=given.instruction,
            description=given.description,
            area=given.area,
            sender_name=given.sender_name,
            contact=given.contact,
        )

    message = alert_pb2.Alert(
        name=alert.name,
        zh_cn=text(alert.zh_cn),
        en=text(alert.en),
        severity=alert_pb2.AlertSeverity.ValueType(alert.severity.value),
        exercise=alert.exercise,
        replaces=alert.replaces,
    )
    message.sent_time.FromDatetime(alert.sent_time)
    message.effective_time.FromDatetime(alert.effective_time)
    message.expire_time.FromDatetime(alert.expire_time)
    if alert.onset_time is not None:
        message.onset_time.FromDatetime(alert.onset_time)
    return message


def _text(message: alert_pb2.Alert, field: str) -> AlertText:
    text: alert_pb2.AlertText = getattr(message, field)
    if not text.headline or text.language not in _LANGUAGES:
        raise Malformed(f"alert.{field}: missing")
    return AlertText(
        _LANGUAGES[text.language],
        text.event or text.headline,
        text.headline,
        text.instruction,
        text.description,
        text.area,
        text.sender_name,
        text.contact,
    )


_SEVERITIES = {int(one) for one in Severity}
_LANGUAGES: dict[int, Language] = {
    common_pb2.LANGUAGE_ZH_CN: Language.ZH_CN,
    common_pb2.LANGUAGE_EN: Language.EN,
}


def _time(message: Message, field: str) -> datetime:
    if not message.HasField(field):
        raise Malformed(f"alert.{field}: missing")
    try:
        moment: datetime = getattr(message, field).ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise Malformed(f"alert.{field}: no time") from None
    return moment
