"""Pages of lookups for the gallery, with what the demonstration's records give."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from backend_client import errors
from backend_client.case import Session
from backend_client.catalog import Service
from backend_client.client import BackendClient
from backend_client.forms.lookup import Found, Lookup
from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.receipt_printer import PrintError
from kiosk.visit import pages
from kiosk.visit.pages import Page

ANSWERS = {
    "lookups/phone-bill": {"phone": "13900000101", "password": "246810"},
    "lookups/traffic-violations": {"plate_digits": "0101", "frame_end": "2468"},
    "lookups/business-registration": {"name": "示例"},
}
OWNER = "11999919900307102X"
TURN, TURNS = 0.1, 100
"""Seconds from one try to the next while another gallery asks, and how many tries."""


@dataclass(frozen=True)
class Looked:
    """A lookup and what it found."""

    service: Service
    lookup: Lookup
    found: Found


async def look_up(client: BackendClient, services: Sequence[Service]) -> tuple[Looked, ...]:
    """Looks up whatever a backend has of the demonstration; nothing where it has another content."""
    made = []
    session = await client.sign_in_with_card(OWNER, "示范居民")
    for service in services:
        if not service.lookup:
            continue
        lookup = await client.get_lookup(service.lookup)
        with suppress(errors.InvalidAnswers):
            found = await _in_turn(client, lookup, session if lookup.personal else None)
            made.append(Looked(service, lookup, found))
    await client.sign_out(session)
    return tuple(made)


async def _in_turn(client: BackendClient, lookup: Lookup, session: Session | None) -> Found:
    """Asks until it is its turn: a backend lets nobody guess at the same record twice at a time."""
    answers = ANSWERS.get(lookup.name, {})
    for _ in range(TURNS - 1):
        with suppress(errors.TooManyTries):
            return await client.run_lookup(lookup, answers, session=session)
        await asyncio.sleep(TURN)
    return await client.run_lookup(lookup, answers, session=session)


def lookup_pages(looked: Sequence[Looked]) -> Iterator[Page]:
    """Each page in each state."""
    for one in looked:
        if len(one.found.records) > 1:
            yield pages.LookupRecords(one.service, one.lookup, one.found)
        for record in one.found.records[:1]:
            yield pages.LookupRecord(one.service, one.lookup, record, one.found, pages.Slip.OFFERED)
        owed = next((record for record in one.found.records if record.payable), None)
        if owed is not None:
            paid = replace(owed, payable=None, pay_time=one.found.ask_time)
            yield pages.LookupRecords(one.service, one.lookup, replace(one.found, records=(paid, owed)))
            yield pages.LookupRecord(one.service, one.lookup, paid, one.found, pages.Slip.OFFERED)
    if not looked:
        return
    one = max(looked, key=lambda one: len(one.found.records))
    yield pages.LookupRecords(one.service, one.lookup, replace(one.found, more=True))
    yield pages.LookupRecords(one.service, one.lookup, replace(one.found, records=()))
    for slip in (pages.Slip.NO_PRINTER, pages.Slip.PRINTING, pages.Slip.PRINTED):
        yield pages.LookupRecord(one.service, one.lookup, one.found.records[0], one.found, slip)
    fault = DeviceError(CompletionCode.HARDWARE_ERROR, PrintError.PAPER_OUT)
    yield pages.LookupRecord(
        one.service, one.lookup, one.found.records[0], one.found, pages.Slip.FAILED, fault
    )
    longest = max(looked, key=lambda one: len(one.service.department.en)).service
    for reason in ("PROVIDER_SLOW", "PROVIDER_NONSENSE"):
        yield pages.LookupTrouble(longest, errors.ProviderFailed(reason))
    yield pages.LookupTrouble(longest, None)
    yield pages.ServiceGuide(longest)
    yield pages.ServiceList(pages.Door.LOOKUPS, tuple(one.service for one in looked))
