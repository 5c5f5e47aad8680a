"""What stands on a printed slip (回执单)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from backend_client.appointment import Counters, Ticket
from backend_client.forms.form import Form
from backend_client.forms.lookup import Lookup, Record
from backend_client.forms.present import present_date, present_money, present_time
from backend_client.forms.present_record import present_record
from backend_client.forms.reference import group
from backend_client.payment import Order, OrderState
from backend_client.submission import Accepted
from foundation.language import Language, LocalizedText, Translate, translator
from hardware.interfaces.receipt_printer import Align, QrCode, Rule, SlipPart, TextLine
from kiosk.visit.leaflet import Leaflet
from kiosk.visit.pages import Booked, Keeping

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


def fours(digits: str) -> str:
    """Digits as they are easily read and compared: 1234 5678."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


class SlipWriter:
    """Writes the slips of one terminal. A slip holds nothing by which its finder could open the case."""

    def __init__(
        self,
        office: LocalizedText,
        terminal: str,
        zone: ZoneInfo,
        *,
        qr_prefix: str,
        demonstration: bool,
        reading_prefix: str = "",
    ) -> None:
        self._office = office
        self._terminal = terminal
        self._zone = zone
        self._qr_prefix = qr_prefix
        self._demonstration = demonstration
        self._reading_prefix = reading_prefix

    def qr_text(self, accepted: Accepted) -> str:
        """What the QR code says, on the screen and on the slip."""
        return self._qr_prefix + accepted.reference

    def acceptance(
        self,
        form: Form,
        accepted: Accepted,
        language: Language,
        *,
        due_fen: int = 0,
        booked: Booked | None = None,
        takes: LocalizedText | None = None,
    ) -> tuple[SlipPart, ...]:
        """The slip for a form that was taken. due_fen: what is still to be paid; takes: how long it takes."""
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
        if booked is not None:
            parts += _booked(booked, words, language, confirmed=accepted.delivered)
        if not accepted.delivered:
            parts += [TextLine(words("slip.later")), Rule()]
        if due_fen:
            amount = present_money(due_fen, language)
            parts += [
                TextLine(words("slip.due", amount=amount), bold=True),
                TextLine(words("slip.pay")),
                Rule(),
            ]
        parts += [
            TextLine(words("slip.next"), bold=True),
            TextLine(form.next_steps[language]),
        ]
        if takes:
            parts.append(TextLine(words("slip.takes", duration=takes[language])))
        if accepted.due_date and not due_fen:
            by = present_date(accepted.due_date, language)
            parts.append(TextLine(words("slip.by", date=by), bold=True))
        parts.append(TextLine(words("slip.ask")))
        return tuple(parts)

    def leaflet(self, leaflet: Leaflet, language: Language) -> tuple[SlipPart, ...]:
        """What a text is, what it means, and the code by which the whole of it is found."""
        words = translator("kiosk", LOCALE, language)
        parts: list[SlipPart] = [
            TextLine(self._office[language], Align.CENTRE, bold=True),
            TextLine(leaflet.title[language], Align.CENTRE, bold=True),
        ]
        if self._demonstration or leaflet.demonstration:
            parts.append(TextLine(words("slip.demonstration_text"), Align.CENTRE))
        parts.append(Rule())
        if leaflet.number:
            parts.append(TextLine(words("slip.number", number=leaflet.number)))
        if leaflet.office:
            parts.append(TextLine(words("slip.office", office=leaflet.office[language])))
        if leaflet.day:
            day = leaflet.day
            said = words("time.day", year=day.year, month=words(f"month.{day.month}"), day=day.day)
            parts.append(TextLine(words("slip.day", day=said)))
        parts += [
            TextLine(words("slip.value", label=label[language], value=said[language]))
            for label, said in leaflet.facts
        ]
        parts += [
            Rule(),
            TextLine(leaflet.summary[language]),
            Rule(),
        ]
        if self._reading_prefix:  # without a portal the code would say what stands above
            parts.append(QrCode(leaflet.code(language, self._reading_prefix)))
        parts.append(TextLine(words("slip.text_whole")))
        return tuple(parts)

    def ticket(self, ticket: Ticket, counters: Counters, language: Language) -> tuple[SlipPart, ...]:
        """A ticket for the queue."""
        words = translator("kiosk", LOCALE, language)
        parts: list[SlipPart] = [
            TextLine(self._office[language], Align.CENTRE, bold=True),
            TextLine(counters.title[language], Align.CENTRE, bold=True),
        ]
        if self._demonstration or counters.demonstration:
            parts.append(TextLine(words("slip.demonstration_ticket"), Align.CENTRE))
        parts += [
            Rule(),
            TextLine(words("slip.ticket"), Align.CENTRE),
            TextLine(ticket.number, Align.CENTRE, scale=2, bold=True),
            TextLine(words("slip.ticket_ahead", count=ticket.ahead), Align.CENTRE, bold=True),
        ]
        if ticket.ahead:
            parts.append(TextLine(words("slip.ticket_wait", minutes=ticket.wait_minutes), Align.CENTRE))
        parts += [
            Rule(),
            TextLine(words("slip.place", place=counters.place[language])),
            TextLine(words("slip.time", time=local_time(ticket.issue_time, self._zone, language))),
        ]
        if ticket.appointment:
            parts.append(TextLine(words("slip.ticket_first")))
        parts.append(TextLine(words("slip.ticket_listen")))
        return tuple(parts)

    def kept(self, keeping: Keeping, until: datetime, language: Language) -> tuple[SlipPart, ...]:
        """How to go on with what was entered: the one slip whose holder can open something, for an hour, at
        this terminal."""
        words = translator("kiosk", LOCALE, language)
        return (
            TextLine(self._office[language], Align.CENTRE, bold=True),
            TextLine(words("slip.kept_title"), Align.CENTRE, scale=2, bold=True),
            Rule(),
            TextLine(words("slip.kept_code"), Align.CENTRE),
            TextLine(fours(keeping.code), Align.CENTRE, scale=2, bold=True),
            TextLine(words("slip.kept_until", time=local_time(until, self._zone, language)), bold=True),
            TextLine(words("slip.terminal", terminal=self._terminal)),
            Rule(),
            TextLine(words("slip.kept_how")),
            TextLine(words("slip.kept_secret")),
        )

    def order(self, order: Order, language: Language) -> tuple[SlipPart, ...]:
        """The receipt of what was paid, or how to pay what is owed."""
        words = translator("kiosk", LOCALE, language)
        paid = order.state is OrderState.PAID
        parts: list[SlipPart] = [
            TextLine(self._office[language], Align.CENTRE, bold=True),
            TextLine(
                words("slip.paid_title" if paid else "slip.due_title"), Align.CENTRE, scale=2, bold=True
            ),
        ]
        if self._demonstration or order.demonstration:
            parts.append(TextLine(words("slip.demonstration_payment"), Align.CENTRE))
        parts += [
            Rule(),
            TextLine(words("slip.matter", title=order.title[language])),
            TextLine(words("slip.state", state=words(f"payment.state.{order.state.name}"))),
        ]
        if order.pay_time is not None:
            parts.append(
                TextLine(words("slip.pay_time", time=local_time(order.pay_time, self._zone, language)))
            )
        elif order.payable:
            parts.append(
                TextLine(words("slip.pay_until", time=local_time(order.due_time, self._zone, language)))
            )
        if order.transaction:
            parts.append(TextLine(words("slip.transaction", number=order.transaction)))
        parts += [
            TextLine(words("slip.terminal", terminal=self._terminal)),
            Rule(),
            TextLine(words("slip.amount"), Align.CENTRE),
            TextLine(present_money(order.amount_fen, language), Align.CENTRE, scale=2, bold=True),
            TextLine(words("slip.payment_reference"), Align.CENTRE),
            TextLine(group(order.reference), Align.CENTRE, scale=2, bold=True),
            QrCode(self._qr_prefix + order.reference),
            Rule(),
            TextLine(words("slip.no_invoice" if paid else "slip.pay")),
        ]
        return tuple(parts)

    def record(self, lookup: Lookup, record: Record, language: Language) -> tuple[SlipPart, ...]:
        """A record that was looked up, for whoever looked it up."""
        words = translator("kiosk", LOCALE, language)
        parts: list[SlipPart] = [
            TextLine(self._office[language], Align.CENTRE, bold=True),
            TextLine(lookup.title[language], Align.CENTRE, scale=2, bold=True),
        ]
        if self._demonstration or lookup.demonstration:
            parts.append(TextLine(words("slip.demonstration_record"), Align.CENTRE))
        parts.append(Rule())
        parts += [
            TextLine(words("slip.value", label=label, value=value))
            for label, value in present_record(lookup, record, language, self._zone)
        ]
        if record.pay_time is not None:
            paid = local_time(record.pay_time, self._zone, language)
            parts.append(TextLine(words("records.paid", time=paid), bold=True))
        parts += [
            Rule(),
            TextLine(words("slip.terminal", terminal=self._terminal)),
            TextLine(words("slip.record_only")),
        ]
        return tuple(parts)


def _booked(booked: Booked, words: Translate, language: Language, *, confirmed: bool) -> list[SlipPart]:
    """When and where to come, and with what."""
    parts: list[SlipPart] = [
        TextLine(words("slip.booked" if confirmed else "slip.wished"), Align.CENTRE),
        TextLine(present_time(booked.at, language), Align.CENTRE, bold=True),
    ]
    if booked.place:
        parts.append(TextLine(words("slip.place", place=booked.place[language])))
    if not confirmed:
        parts.append(TextLine(words("slip.not_confirmed"), bold=True))
    if booked.materials:
        parts.append(TextLine(words("slip.bring"), bold=True))
        parts += [TextLine(words("slip.bring_one", paper=paper[language])) for paper in booked.materials]
    return [*parts, Rule()]
