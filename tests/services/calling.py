"""Every kind of service by telephone, by keys alone, from the main menu to its end."""

from __future__ import annotations

import re
import zlib
from collections.abc import Awaitable, Callable, Mapping

from backend_client.catalog import Service, ServiceKind
from ivr.dialogue.lookup import by_keys
from ivr.dialogue.services import offered
from tests.ivr.calling import Heard
from tests.ivr.conftest import Phone
from tests.ivr.people import suffix
from tests.ivr.test_shipped_content import way_to
from tests.services.answering import OWNER, answers_by_keys


async def way(phone: Phone, service: Service) -> str:
    """The keys from the main menu to a service."""
    listed = (await phone.client.list_services(page_size=200)).items
    groups = list(offered(listed).values())
    for number, there in enumerate(groups):
        for position, one in enumerate(there):
            if one.name == service.name:
                return f"2\n{way_to(number)}\n{way_to(position)}"
    raise AssertionError(f"{service.name} is offered nowhere")


def in_order(heard: Heard) -> None:
    """Nothing went wrong in a call."""
    assert not [name for name in heard.prompts if name.startswith(("problem.", "error."))], heard.text


async def apply(phone: Phone, service: Service, _: str) -> str:
    """With a form: the reference."""
    form = await phone.client.get_form(service.form)
    before = set(phone.county.references())
    agreed = "1\n" if form.charge else ""
    keys = f"{await way(phone, service)}\n1\n1\n{answers_by_keys(form)}\n1\n{agreed}*\n!"
    heard = await phone.call(keys)
    in_order(heard)
    new = set(phone.county.references()) - before
    assert len(new) == 1, heard.text
    return new.pop()


async def look_up(phone: Phone, service: Service, reference: str) -> str:
    """With a reference where it is asked for: how many records are told."""
    lookup = await phone.client.get_lookup(service.lookup)
    known = f"{reference}\n{suffix(OWNER)}\n" if lookup.personal else ""
    keys = answers_by_keys(by_keys(lookup.questions))
    heard = await phone.call(f"{await way(phone, service)}\n1\n{known}{keys}\n" + 9 * "2\n" + "!")
    in_order(heard)
    if f"{lookup.name}/nothing" in heard.prompts:
        return "0"
    return str(max(heard.prompts.count("lookup.number"), 1 if f"{lookup.name}/said" in heard.prompts else 0))


async def take_paper(phone: Phone, service: Service, _: str) -> str:
    """By a link to a mobile phone: the form."""
    mobile = f"1380000{zlib.crc32(service.name.encode()) % 10_000:04}"  # one takes only so many links an hour
    heard = await phone.call(f"{await way(phone, service)}\n1\n{mobile}\n1\n!")
    in_order(heard)
    assert "document.sent" in heard.prompts, heard.text
    return service.form


async def read_guide(phone: Phone, service: Service, _: str) -> str:
    """The matter whose guide is heard to its end."""
    heard = await phone.call(f"{await way(phone, service)}\n" + 12 * "~\n" + "!")
    in_order(heard)
    assert "guide.phone" in heard.prompts, heard.text
    return _named(heard, "services")


async def read_policy(phone: Phone, _: Service, __: str) -> str:
    """The newest policy of the first topic."""
    heard = await phone.call("1\n1\n1\n~\n!")
    in_order(heard)
    return _named(heard, "policies")


async def read_notice(phone: Phone, _: Service, __: str) -> str:
    """The first of the notices of the day."""
    heard = await phone.call("4\n1\n!")
    in_order(heard)
    return _named(heard, "notices")


def _named(heard: Heard, collection: str) -> str:
    found = [
        name for name in heard.prompts if re.fullmatch(rf"{collection}/[^/]+/(summary|\d+|section.*)", name)
    ]
    assert found, heard.text
    return found[0].rpartition("/")[0]


async def rate(phone: Phone, service: Service, _: str) -> str:
    """The first service in the list of those that can be rated, with the best level."""
    listed = (await phone.client.list_services(page_size=200)).items
    heard = await phone.call(f"{await way(phone, service)}\n1\n1\n!")
    in_order(heard)
    assert "rating.thanks" in heard.prompts, heard.text
    return next(one.name for one in listed if one.kind is not ServiceKind.RATING)


CALLS: Mapping[ServiceKind, Callable[[Phone, Service, str], Awaitable[str]]] = {
    ServiceKind.FORM: apply,
    ServiceKind.PAYMENT: apply,
    ServiceKind.APPOINTMENT: apply,
    ServiceKind.LOOKUP: look_up,
    ServiceKind.DOCUMENT: take_paper,
    ServiceKind.GUIDE: read_guide,
    ServiceKind.POLICY: read_policy,
    ServiceKind.NOTICE: read_notice,
    ServiceKind.RATING: rate,
}
"""A call of each kind with the reference of a case of the caller's, and what it ends with."""
