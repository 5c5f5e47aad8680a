"""A source of alerts for tests: its key, its certificate, and the messages that it signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree

from backend.alerts import signing
from backend.alerts.cap import NAMESPACE
from backend.alerts.signing import Draft, Wording

SENDER = "warn@huimin.example"
CHINESE = Wording(
    event="暴雨",
    headline="暴雨红色预警",
    instruction="请立即转移到高处。",
    description="未来三小时有大暴雨。",
    area="清河镇",
    sender="惠民县气象台（演示）",
)
ENGLISH = Wording(
    event="Rainstorm",
    headline="Red rainstorm alert",
    instruction="Move to higher ground at once.",
    description="Very heavy rain within three hours.",
    area="Qinghe",
)
SEVERE: dict[str, Any] = {
    "status": "Actual",
    "severity": "Severe",
    "urgency": "Immediate",
    "certainty": "Observed",
    "category": "Met",
    "zh": CHINESE,
    "en": ENGLISH,
}


@dataclass(frozen=True)
class Sent:
    """A message that was signed, and how others refer to it."""

    data: bytes
    reference: str


@dataclass(frozen=True)
class Source:
    """Who sends alerts."""

    sender: str
    key: Path
    certificate: Path

    @property
    def trusted(self) -> dict[str, Path]:
        """As the setting `alert_sources`."""
        return {self.sender: self.certificate}

    def plain(self, now: datetime | None = None, identifier: str = "", **changes: Any) -> etree._Element:
        """A message that is not signed yet: a severe one in both languages, with changes of the draft."""
        draft = Draft(**(SEVERE | changes))
        return signing.message(draft, self.sender, now or datetime.now(UTC), identifier)

    def sign(self, message: etree._Element) -> bytes:
        return signing.sign(message, self.key.read_bytes(), self.certificate.read_bytes())

    def send(self, now: datetime | None = None, identifier: str = "", **changes: Any) -> Sent:
        """A signed message."""
        message = self.plain(now, identifier, **changes)
        return Sent(self.sign(message), signing.reference(message))


def source(folder: Path, sender: str = SENDER, now: datetime | None = None) -> Source:
    """A source with a new key."""
    return Source(sender, *signing.make_key(sender, folder, now or datetime.now(UTC)))


def element(message: etree._Element, path: str) -> etree._Element:
    """An element of a message: ``info/urgency``."""
    found = message.find("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))
    assert found is not None, path
    return found
