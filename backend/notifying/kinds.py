"""The kinds of messages. The text of each is `message.KIND` in the catalogues, its subject `subject.KIND`.

A text says nothing that a stranger who finds the telephone may not read: no name, no number of a person, no
matter, no note of the office. A case is named by the last four digits of its reference, but for the one
message that brings the reference. Results are what a resident asks for: of public texts, and of the records
that the content lets be sent, they say more.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. values: what its text is filled with.

    urgent: a resident waits for it or asked for it just now, so it goes out in quiet hours too.
    """

    values: frozenset[str] = frozenset()
    urgent: bool = False


def _kind(*values: str, urgent: bool = False) -> Kind:
    return Kind(frozenset(values), urgent)


KINDS: dict[str, Kind] = {
    # A case. reference: 4-4-4, ending: its last four digits.
    "case_received": _kind("reference"),
    "case_accepted": _kind("ending"),
    "case_in_review": _kind("ending"),
    "case_needs_material": _kind("ending"),
    "case_approved": _kind("ending"),
    "case_rejected": _kind("ending"),
    "case_completed": _kind("ending"),
    "case_withdrawn": _kind("ending"),
    "case_note": _kind("ending"),
    "case_replied": _kind("ending"),
    "case_reopened": _kind("ending"),
    # An order. amount: such as 128.50, without a unit; until: a moment of the county in words.
    "payment_link": _kind("ending", "amount", "link", "until", urgent=True),
    "payment_received": _kind("ending", "amount"),
    "payment_refunded": _kind("ending", "amount"),
    # A booked place. time: day and time in words; place: counter and address.
    "appointment_moved": _kind("ending", "time", "place"),
    "appointment_cancelled": _kind("ending", "time"),
    "appointment_reminder": _kind("ending", "time", "place"),
    "appointment_not_confirmed": _kind("ending"),
    # A blank or filled form. hours: so long the link is good.
    "document_link": _kind("link", "hours", urgent=True),
    # What somebody was told just now and wants to keep; see `backend.services.text`.
    "result_sent": _kind("reference", urgent=True),
    "result_booked": _kind("reference", "time", "place", urgent=True),
    "result_case": _kind("ending", "state", "date", urgent=True),
    "result_appointment": _kind("ending", "time", "place", urgent=True),
    "result_record": _kind("title", "line", urgent=True),
    "result_guide": _kind("title", "place", "hours", "phone", urgent=True),
    "result_policy": _kind("title", "summary", urgent=True),
}
