"""What callers do by keys alone to finish each kind of service, and the phones that do it.

The phones know nothing of the project: SIPp, baresip and linphone. What a caller says where a form asks for
words is a file that they play from the answer on; a key begins the recording, and ``#`` ends it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend_client.catalog import Service, ServiceKind
from backend_client.client import BackendClient
from backend_client.forms.identity_number import check_character
from foundation.language import Language
from ivr.dialogue.lookup import by_keys
from ivr.dialogue.services import offered
from tests.end_to_end import sipp
from tests.end_to_end.baresip import Baresip
from tests.end_to_end.calls import on_keys
from tests.end_to_end.linphone import Linphone
from tests.ivr.test_shipped_content import way_to
from tests.services.answering import answers_by_keys

GREETED = 1.0
QUESTION = 1.5
"""Seconds of the question for words that are heard before a key begins the recording."""
SPOKEN = 2.5
HEARD = 4.0
"""Seconds that the caller goes on listening at the end."""


@dataclass(frozen=True, slots=True)
class Step:
    """Keys, and then a silence of so many seconds."""

    keys: str
    after: float = 0.4


@dataclass(frozen=True, slots=True)
class Flow:
    """A kind of service: its steps from the main menu on, and how its call record shows that it was done."""

    name: str
    steps: tuple[Step, ...]
    done: Callable[[Sequence[str]], bool]
    """By the names of the record's prompts and events."""

    @property
    def words(self) -> bool:
        """Whether something has to be said."""
        return any(step.after == SPOKEN for step in self.steps)


async def flows(client: BackendClient, reference: str, suffix: str, person: int) -> list[Flow]:
    """One of each kind. reference, suffix: of a case whose state is asked for; person: 0 to 99, since nobody
    books the same matter twice, or gets many links a day."""
    listed = list((await client.list_services(page_size=200)).items)

    def first(kind: ServiceKind, form: str = "") -> Service:
        return next(one for one in listed if one.kind is kind and form in one.form)

    body = f"119999195001011{person:02}"
    identity = body + check_character(body)

    async def applied(kind: ServiceKind, form: str) -> tuple[Step, ...]:
        service = first(kind, form)
        asked = await client.get_form(service.form)
        agreed = "\n1" if asked.charge else ""
        return steps(f"{_way(listed, service)}\n1\n1\n{answers_by_keys(asked, identity)}\n1{agreed}")

    lookup = first(ServiceKind.LOOKUP)
    questions = by_keys((await client.get_lookup(lookup.lookup)).questions)
    guide, document = first(ServiceKind.GUIDE), first(ServiceKind.DOCUMENT)
    mobile = f"138000012{person:02}"
    read_on = (Step("1", 1.5), Step("1", 1.5), Step("1", 1.5))
    return [
        Flow("policy", steps("1\n1\n1"), _any("policies/", "/summary")),
        Flow("guide", (*steps(_way(listed, guide)), Step("", 1.5), *read_on), _any("guide.")),
        Flow(
            "form",
            await applied(ServiceKind.FORM, "labour-registration"),
            _any("submission accepted"),
        ),
        Flow("status", steps(f"3\n{reference}\n{on_keys(suffix)}"), _any("case in_review")),
        Flow("notice", (*steps("4\n1"), Step("", 4.0), Step("1", 1.0)), _any("notices/", "/summary")),
        Flow(
            "lookup",
            steps(f"{_way(listed, lookup)}\n1\n{answers_by_keys(questions)}"),
            _any("lookup answered"),
        ),
        Flow(
            "payment",
            await applied(ServiceKind.PAYMENT, "identity-card-renewal"),
            _any("submission accepted"),
        ),
        Flow("appointment", await applied(ServiceKind.APPOINTMENT, "marriage"), _any("submission accepted")),
        Flow(
            "rating",
            steps(f"{_way(listed, first(ServiceKind.RATING))}\n1\n1"),
            lambda names: "rating" in names,
        ),
        Flow("document", steps(f"{_way(listed, document)}\n1\n{mobile}\n1"), _any("document.sent")),
    ]


def steps(script: str) -> tuple[Step, ...]:
    """What a caller of the text console does, one thing a line, as keys and silences."""
    made: list[Step] = []
    for line in script.split("\n"):
        if not line:
            continue
        if line.isascii():
            made.append(Step(line))
        else:  # words
            made += [Step("", QUESTION), Step("5", SPOKEN), Step("#", 1.0)]
    return tuple(made)


def _way(listed: Sequence[Service], service: Service) -> str:
    for number, there in enumerate(offered(listed).values()):
        for position, one in enumerate(there):
            if one.name == service.name:
                return f"2\n{way_to(number)}\n{way_to(position)}"
    raise AssertionError(f"{service.name} is offered nowhere")


def _any(beginning: str, end: str = "") -> Callable[[Sequence[str]], bool]:
    return lambda names: any(name.startswith(beginning) and name.endswith(end) for name in names)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a phone. number: what the record names them by; voice: a WAV file of 8000 Hz."""

    number: str
    folder: Path
    voice: Path

    async def with_sipp(self, address: str, done: Sequence[Step]) -> None:
        """Signals and speaks; keys by SIP INFO."""
        spoken = self.folder / "voice.al"
        convert = await asyncio.create_subprocess_exec(
            "sox", str(self.voice), "-t", "raw", "-e", "a-law", "-b", "8", str(spoken)
        )
        assert await convert.wait() == 0
        parts = [sipp.INVITE, sipp.ACKNOWLEDGE, sipp.part("speak", file=spoken)]
        for step in done:
            parts += [sipp.keys(step.keys) if step.keys else "", sipp.pause(step.after)]
        outcome = await sipp.call(self.folder, address, [*parts, sipp.HANG_UP], caller=self.number)
        assert outcome.code == 0, outcome.errors

    async def with_baresip(self, address: str, done: Sequence[Step]) -> None:
        """Keys by RFC 4733."""
        async with Baresip(self.folder / "baresip", number=self.number, voice=self.voice) as phone:
            await phone.call(address)
            for step in done:
                await phone.press(step.keys, gap=0.2)
                await asyncio.sleep(step.after)
            await phone.hang_up()
            await phone.ended()

    async def with_linphone(self, address: str, done: Sequence[Step]) -> None:
        """Keys by SIP INFO."""
        async with Linphone(self.folder / "linphone", self.number) as phone:
            await phone.call(address)
            for step in done:
                await phone.press(step.keys)
                await asyncio.sleep(step.after)
            await phone.hang_up()


PHONES: Mapping[str, Callable[[Caller, str, Sequence[Step]], Awaitable[None]]] = {
    "sipp": Caller.with_sipp,
    "baresip": Caller.with_baresip,
    "linphone": Caller.with_linphone,
}


def can(phone: str, flow: Flow) -> bool:
    """Whether a phone has what a flow needs: linphone has no voice where there is no sound card."""
    return phone != "linphone" or not flow.words


async def finish(
    phone: str, caller: Caller, address: str, flow: Flow, *, language: Language, records: Path
) -> None:
    """Calls, goes through a flow, and looks into the call record whether it was done."""
    begin = [Step("", GREETED), *([Step("8", GREETED)] if language is Language.EN else [])]
    await PHONES[phone](caller, address, [*begin, *flow.steps, Step("", HEARD)])
    record = await _record(records, caller.number)
    names = [str(entry.get("prompt", entry.get("event", ""))) for entry in record["timeline"]]
    told = f"{phone}, {flow.name}, {language.value}: {record['timeline']}"
    assert flow.done(names), told
    assert record["language"] == language.value, told
    assert not [name for name in names if name.startswith(("problem.", "error.", "ask.wrong"))], told


async def _record(records: Path, number: str) -> dict[str, Any]:
    for _ in range(200):
        lines = records.read_text("utf-8").splitlines() if records.exists() else []
        for line in lines:
            record: dict[str, Any] = json.loads(line)
            if record["caller"] == number:
                return record
        await asyncio.sleep(0.1)
    raise AssertionError(f"no record of a call from {number}")
