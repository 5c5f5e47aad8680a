"""What a resident does, as the screens tell it to the visit.

An event that the page shown does not know is a late touch and does nothing.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date

from backend_client.catalog import Service
from backend_client.forms.lookup import Payable, Record
from backend_client.policy import Policy, Topic
from backend_client.rating import Satisfaction
from kiosk.hearing import Hearing
from kiosk.look import Look
from kiosk.visit.pages import Door


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all."""


# Everywhere.


@dataclass(frozen=True, slots=True)
class SwitchLanguage(Event):
    """To the other language."""


@dataclass(frozen=True, slots=True)
class OpenDisplay(Event):
    """Shows the sheet of type size, contrast, height and sound; `Back` leaves it."""


@dataclass(frozen=True, slots=True)
class SetLook(Event):
    """Shows everything in another type size, contrast or height."""

    look: Look


@dataclass(frozen=True, slots=True)
class SetHearing(Event):
    """Reads everything out, or not; at another volume; with the screen dark, or not."""

    hearing: Hearing


@dataclass(frozen=True, slots=True)
class Back(Event):
    """To the page before."""


@dataclass(frozen=True, slots=True)
class GoHome(Event):
    """To the home page, within the visit."""


@dataclass(frozen=True, slots=True)
class OpenHelp(Event):
    """A page in plain words about the page shown; `Back` leads back."""


@dataclass(frozen=True, slots=True)
class CallForHelp(Event):
    """Call a person."""


@dataclass(frozen=True, slots=True)
class HangUp(Event):
    """End that call."""


@dataclass(frozen=True, slots=True)
class Leave(Event):
    """End the visit; asks first where a form would be lost."""


@dataclass(frozen=True, slots=True)
class Stay(Event):
    """Not end it after all."""


@dataclass(frozen=True, slots=True)
class LeaveAnyway(Event):
    """End it, whatever is lost."""


@dataclass(frozen=True, slots=True)
class KeepForLater(Event):
    """End it, and keep what was entered for an hour."""


@dataclass(frozen=True, slots=True)
class TakeUp(Event):
    """Go on with what was entered before the terminal was started anew."""


@dataclass(frozen=True, slots=True)
class StartAnew(Event):
    """Not go on with it."""


@dataclass(frozen=True, slots=True)
class ByOfficeCode(Event):
    """With the code that the office gave out."""


@dataclass(frozen=True, slots=True)
class MoreTime(Event):
    """Still here."""


@dataclass(frozen=True, slots=True)
class Understood(Event):
    """Read the alert that lies over the page."""


@dataclass(frozen=True, slots=True)
class ReadAlerts(Event):
    """Read the alerts in force."""


@dataclass(frozen=True, slots=True)
class TurnAlert(Event):
    """Show the sheet of the alert that begins at `place`."""

    place: float


@dataclass(frozen=True, slots=True)
class TryAgain(Event):
    """Do once more what failed."""


@dataclass(frozen=True, slots=True)
class Noted(Event):
    """Read that the service ends soon."""


@dataclass(frozen=True, slots=True)
class Dismiss(Event):
    """Leave what failed."""


@dataclass(frozen=True, slots=True)
class Turn(Event):
    """To the sheet that begins at a place of the page."""

    place: float


@dataclass(frozen=True, slots=True)
class ShowMore(Event):
    """To the first entry that is not loaded yet."""


@dataclass(frozen=True, slots=True)
class Enter(Event):
    """What stands in the field of the page now."""

    text: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class Insert(Event):
    """A key that adds to the end of the field."""

    text: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class Erase(Event):
    """The last character of the field away."""


@dataclass(frozen=True, slots=True)
class Choose(Event):
    """One option of a question, or, where several can be chosen, that one more or less."""

    option: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class Next(Event):
    """On: take what was entered or read, and go to what follows."""


# Doors and lists.


@dataclass(frozen=True, slots=True)
class OpenDoor(Event):
    """Through a door of the home page."""

    door: Door


@dataclass(frozen=True, slots=True)
class OpenTopic(Event):
    """The policies of a topic."""

    topic: Topic


@dataclass(frozen=True, slots=True)
class OpenSearch(Event):
    """To the search."""


@dataclass(frozen=True, slots=True)
class SearchAsTyped(Event):
    """What was taken for a slip was none."""


@dataclass(frozen=True, slots=True)
class OpenPolicy(Event):
    """A policy to read."""

    policy: Policy


@dataclass(frozen=True, slots=True)
class OpenService(Event):
    """A matter's guide."""

    service: Service


@dataclass(frozen=True, slots=True)
class OpenNotice(Event):
    """A notice to read."""

    name: str


@dataclass(frozen=True, slots=True)
class OpenContents(Event):
    """The headings of the text that is read."""


@dataclass(frozen=True, slots=True)
class Jump(Event):
    """To a part of the text."""

    place: float


@dataclass(frozen=True, slots=True)
class TakeTextAlong(Event):
    """To the ways of taking along what is read."""


@dataclass(frozen=True, slots=True)
class PrintSheets(Event):
    """Print the whole text."""


@dataclass(frozen=True, slots=True)
class OpenCase(Event):
    """A case's history."""

    reference: str = dataclasses.field(repr=False)


# Forms.


@dataclass(frozen=True, slots=True)
class Apply(Event):
    """To the form of a guide."""


@dataclass(frozen=True, slots=True)
class Skip(Event):
    """Leave the question unanswered, or do without the card."""


@dataclass(frozen=True, slots=True)
class Change(Event):
    """Answer one question anew."""

    field: str


@dataclass(frozen=True, slots=True)
class Reveal(Event):
    """Show what is masked, or mask it again."""


@dataclass(frozen=True, slots=True)
class Send(Event):
    """Declare, and send the form."""


@dataclass(frozen=True, slots=True)
class PrintSlip(Event):
    """Print the slip."""


# Paying.


@dataclass(frozen=True, slots=True)
class Pay(Event):
    """Pay what the page shows, or this record of a lookup."""

    payable: Payable | None = None


@dataclass(frozen=True, slots=True)
class RenewCode(Event):
    """A QR code that can be paid for longer."""


@dataclass(frozen=True, slots=True)
class PayLater(Event):
    """Stop paying, for now."""


# Cards and progress.


@dataclass(frozen=True, slots=True)
class ReadCard(Event):
    """Read a card again."""


@dataclass(frozen=True, slots=True)
class UseKnownCard(Event):
    """Use the card that was read earlier in the visit."""


@dataclass(frozen=True, slots=True)
class ByCard(Event):
    """Find cases by card."""


@dataclass(frozen=True, slots=True)
class ByReference(Event):
    """Find a case by its reference."""


# Forms on paper.


@dataclass(frozen=True, slots=True)
class TakeBlank(Event):
    """Print the form blank."""


@dataclass(frozen=True, slots=True)
class TakeBegun(Event):
    """Print the form with what was entered on the screen."""


@dataclass(frozen=True, slots=True)
class TakeLink(Event):
    """Show a code by which the form comes to a phone."""


@dataclass(frozen=True, slots=True)
class ByEmail(Event):
    """Send the form to an address of e-mail."""


# Appointments.


@dataclass(frozen=True, slots=True)
class ChooseDay(Event):
    """The slots of a day."""

    day: date


@dataclass(frozen=True, slots=True)
class TakeTicket(Event):
    """A ticket for the queue of a matter."""

    service: Service


@dataclass(frozen=True, slots=True)
class MoveAppointment(Event):
    """Another time for the appointment of a case."""


@dataclass(frozen=True, slots=True)
class CancelAppointment(Event):
    """No appointment after all; the first time it is asked whether that is meant."""


@dataclass(frozen=True, slots=True)
class KeepAppointment(Event):
    """Not cancel it after all."""


@dataclass(frozen=True, slots=True)
class CheckIn(Event):
    """Here for the appointment of a case."""


# Ratings, replies, and what is public.


@dataclass(frozen=True, slots=True)
class Rate(Event):
    """So satisfied am I."""

    satisfaction: Satisfaction


@dataclass(frozen=True, slots=True)
class SkipRating(Event):
    """Not rate, or give no reason."""


@dataclass(frozen=True, slots=True)
class SayWhy(Event):
    """Write why a rating is low."""


@dataclass(frozen=True, slots=True)
class NotSatisfied(Event):
    """Have the case opened again."""


@dataclass(frozen=True, slots=True)
class OpenPublicCases(Event):
    """To what the office has made public."""


@dataclass(frozen=True, slots=True)
class OpenPublicCase(Event):
    """One of them to read."""

    name: str


# Lookups.


@dataclass(frozen=True, slots=True)
class OpenRecord(Event):
    """A record in full."""

    record: Record = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class SearchAnew(Event):
    """Look something else up."""
