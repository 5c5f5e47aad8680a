"""The work at the counters: who is called, who was served. Each function is one transaction's work.

Tickets are called to a counter that is open; opening one is done by calling the first.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from backend.appointments.changing import served
from backend.storage import tickets
from backend.storage.tickets import Line, State, Ticket


class NotDone(StrEnum):
    """Why nothing was done."""

    NOBODY_WAITS = "nobody_waits"
    NOBODY_HERE = "nobody_here"
    NO_SUCH_TICKET = "no_such_ticket"
    ELSEWHERE = "elsewhere"
    """The ticket is being served at another counter."""


def call_next(connection: Connection, line: Line, window: int, now: datetime) -> Ticket | NotDone:
    """Ends who is at the counter as served, and calls who is next."""
    tickets.open_window(connection, line.counters, window, now)
    before = tickets.at_window(connection, line, window)
    if before is not None:
        served(connection, before, now)
    return tickets.next_called(connection, line, window, now) or NotDone.NOBODY_WAITS


def recall(connection: Connection, line: Line, window: int, number: str, now: datetime) -> Ticket | NotDone:
    """Calls once more who was called to the counter last, or the ticket of a number, also one that was
    skipped."""
    if number:
        ticket = tickets.numbered(connection, line, number)
    else:
        ticket = tickets.last_at_window(connection, line, window)
    if ticket is None or ticket.state is State.DONE:
        return NotDone.NO_SUCH_TICKET if number else NotDone.NOBODY_HERE
    if ticket.state is State.CALLED and ticket.window != window:
        return NotDone.ELSEWHERE
    tickets.open_window(connection, line.counters, window, now)
    here = tickets.at_window(connection, line, window)
    if here is not None and here.name != ticket.name:
        served(connection, here, now)
    return tickets.call(connection, ticket.name, window, now) or NotDone.NO_SUCH_TICKET


def done(connection: Connection, line: Line, window: int, now: datetime) -> Ticket | NotDone:
    """Ends who is at the counter as served; nobody is called."""
    ticket = tickets.at_window(connection, line, window)
    if ticket is None:
        return NotDone.NOBODY_HERE
    served(connection, ticket, now)
    return ticket


def skip(connection: Connection, line: Line, window: int, now: datetime) -> Ticket | NotDone:
    """Ends who was called and did not come; the number can still be recalled today."""
    ticket = tickets.at_window(connection, line, window)
    if ticket is None:
        return NotDone.NOBODY_HERE
    tickets.end(connection, ticket, State.SKIPPED, now)
    return ticket
