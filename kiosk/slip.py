"""What stands on a printed slip (回执单)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from backend_client.forms.form import Form
from backend_client.forms.reference import group
from backend_client.submission import Accepted
from foundation.language import Language, LocalizedText, translator
from hardware.interfaces.receipt_printer import Align, QrCode, Rule, SlipPart, TextLine

LOCALE = Path(__file__).parent / "locale"


def local_time(moment: datetime, zone: ZoneInfo, language: Language) -> str:
    """Day and time to the minute, as the county writes it. moment: aware."""
    there = moment.astimezone(zone)
    words = translator("kiosk", LOCALE, language)
    return words(
        "time.minute",
        year=there.year,
        month=words(f"month.{there.month}"),
        day=there.day,
        hour=there.hour,
        minute=f"{there:%M}",
    )


class SlipWriter:
    """Writes the slips of one terminal. A slip holds nothing by which its finder could open the case."""

    def __init__(
        self, office: LocalizedText, terminal: str, zone: ZoneInfo, *, qr_prefix: str, demonstration: bool
    ) -> None:
        self._office = office
        self._terminal = terminal
        self._zone = zone
        self._qr_prefix = qr_prefix
        self._demonstration = demonstration

    def qr_text(self, accepted: Accepted) -> str:
        """What the QR code says, on the screen and on the slip."""
        return self._qr_prefix + accepted.reference

    def acceptance(self, form: Form, accepted: Accepted, language: Language) -> tuple[SlipPart, ...]:
        """The slip for a form that was taken."""
        words = translator("kiosk", LOCALE, language)
        parts: list[SlipPart] = [
            TextLine(self._office[language], Align.CENTRE, bold=True),
            TextLine(words("slip.title"), Align.CENTRE, scale=2, bold=True),
        ]
        if self._demonstration or form.demonstration:
            parts.append(TextLine(words("slip.demonstration"), Align.CENTRE))
        parts += [
            Rule(),
            TextLine(words("slip.matter", title=form.title[language])),
            TextLine(words("slip.time", time=local_time(accepted.accept_time, self._zone, language))),
            TextLine(words("slip.terminal", terminal=self._terminal)),
            Rule(),
            TextLine(words("slip.reference"), Align.CENTRE),
            TextLine(group(accepted.reference), Align.CENTRE, scale=2, bold=True),
            QrCode(self.qr_text(accepted)),
            Rule(),
        ]
        if not accepted.delivered:
            parts += [TextLine(words("slip.later")), Rule()]
        parts += [
            TextLine(words("slip.next"), bold=True),
            TextLine(form.next_steps[language]),
            TextLine(words("slip.ask")),
        ]
        return tuple(parts)
