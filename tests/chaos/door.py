"""A door as its own process: the real client and the real queue, and residents who send.

``python -m tests.chaos.door ORDER``, ORDER being JSON (`Order`). What residents are told goes to standard
output, a line each, written before anything else is done:

    tried MARKER
    accepted MARKER REFERENCE
    refused MARKER REASON
    done
    waiting COUNT
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import random
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from huimin.v1 import form_pb2

from backend_client.client import BackendClient
from backend_client.errors import BackendError, NoReference, QueueFull, QueueUnusable
from backend_client.forms.answer import Recording, Value
from backend_client.forms.form import Form
from backend_client.forms.identity_number import check_character
from backend_client.forms.wire import form_from_proto
from backend_client.queue import outbox as queue
from backend_client.queue.store import Store
from backend_client.submission import (
    Accepted,
    Attachment,
    Channel,
    Submission,
    new_attachment_name,
    new_submission_name,
)
from foundation.keys import KeyRing
from foundation.language import Language
from foundation.life import stop_requested
from foundation.log import start_log

RESIDENTS = 3
"""Of a door; each sends one application after the other."""
PATIENCE = 0.4
_AGAIN = 0.25
"""Seconds after which a resident whose application was not taken presses the button again."""


@dataclass(frozen=True)
class Order:
    """What a door is to do.

    backend: HOST:PORT; form: file with a `huimin.v1.Form`; clock: file with the seconds by which this door's
    clock is wrong; markers: one for each application, put into its `origin`; plant: a fault to be built in,
    by which the driver shows that it finds one.
    """

    backend: str
    folder: str
    form: str
    clock: str
    markers: list[str]
    seed: int
    plant: str = ""

    def encode(self) -> str:
        return json.dumps(asdict(self))


def say(*words: str) -> None:
    """One line, in one write, so that a kill leaves none that is cut."""
    os.write(1, (" ".join(words) + "\n").encode())


def resident(number: int) -> str:
    """An identity number that is right by its check digit, and nobody's."""
    body = f"11010119000101{number:03}"
    return body + check_character(body)


class Door:
    """The residents of one door."""

    def __init__(self, order: Order, form: Form, outbox: queue.Outbox) -> None:
        self._order = order
        self._form = form
        self._outbox = outbox
        self._chance = random.Random(order.seed)

    async def serve(self) -> None:
        """Lets every resident send what there is to send."""
        turns: list[list[str]] = [[] for _ in range(RESIDENTS)]
        for marker in self._order.markers:
            turns[who(marker)].append(marker)
        await asyncio.gather(*(self._send_all(number, markers) for number, markers in enumerate(turns)))
        say("done")

    async def _send_all(self, number: int, markers: list[str]) -> None:
        for marker in markers:
            await asyncio.sleep(self._chance.random() * 0.3)
            await self._send(marker, *self._application(number, marker))

    async def _send(self, marker: str, submission: Submission, files: list[Attachment]) -> None:
        say("tried", marker)
        while True:
            try:
                accepted = await self._outbox.send(submission, files)
            except (QueueFull, QueueUnusable, NoReference):
                await asyncio.sleep(_AGAIN)
            except BackendError as error:
                say("refused", marker, error.reason)
                return
            else:
                say("accepted", marker, accepted.reference)
                return

    def _application(self, number: int, marker: str) -> tuple[Submission, list[Attachment]]:
        name = new_submission_name()
        answers: dict[str, Value] = {"identity_number": resident(number), "letter": f"来信 {marker}"}
        files = []
        if self._chance.random() < 0.3:
            content = self._chance.randbytes(self._chance.choice((2_000, 60_000, 300_000)))
            files = [Attachment(new_attachment_name(), name, "audio/wav", content)]
            answers["letter"] = Recording(files[0].name)
        return Submission(
            name, self._form, answers, Channel.TERMINAL, Language.ZH_CN, marker, self.now()
        ), files

    def now(self) -> datetime:
        return wrong_clock(Path(self._order.clock))


def who(marker: str) -> int:
    """Which resident of the door sends an application."""
    return int(marker.rpartition("-")[2]) % RESIDENTS


def wrong_clock(file: Path) -> datetime:
    """The time by a clock that the driver moves."""
    return datetime.now(UTC) + timedelta(seconds=float(file.read_text() or 0))


def plant(fault: str) -> None:
    """Builds a fault in that a driver worth its name finds."""
    if fault == "twice":  # every try is another submission
        really = BackendClient.create_encoded_submission

        async def renamed(self: BackendClient, encoded: bytes, *, deferred: bool) -> Accepted:
            message = form_pb2.Submission.FromString(encoded)
            await really(self, encoded, deferred=deferred)
            message.name, message.reference = new_submission_name(), ""
            return await really(self, message.SerializeToString(), deferred=False)

        BackendClient.create_encoded_submission = renamed  # type: ignore[method-assign]
    elif fault == "forgets":  # what was not delivered at once is not kept
        really_send = queue.Outbox.send

        async def send(self: queue.Outbox, submission: Submission, attachments: Any = ()) -> Accepted:
            accepted = await really_send(self, submission, attachments)
            if not accepted.delivered:
                for entry in await self._disk.run(lambda store: store.entries()):
                    await self._disk.run(functools.partial(Store.remove, number=entry.number))
            return accepted

        queue.Outbox.send = send  # type: ignore[method-assign]


async def main(order: Order) -> None:
    stop = stop_requested()
    plant(order.plant)
    form = form_from_proto(form_pb2.Form.FromString(Path(order.form).read_bytes()))
    keys = KeyRing.find("chaos", file=None, folder=Path(order.folder).parent)
    async with BackendClient(order.backend) as client:
        outbox = await queue.Outbox.open(
            Path(order.folder),
            keys,
            client,
            patience=PATIENCE,
            now=lambda: wrong_clock(Path(order.clock)),
            bounds=queue.Bounds(low=150, wanted=200),
        )
        serving = asyncio.create_task(Door(order, form, outbox).serve())
        stopping = asyncio.create_task(stop.wait())
        said = -1
        while not stopping.done():
            if outbox.waiting != said:
                said = outbox.waiting
                say("waiting", str(said), str(outbox.set_aside))
            await asyncio.wait((stopping,), timeout=0.05)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await outbox.close()


if __name__ == "__main__":
    start_log("chaos-door")
    asyncio.run(main(Order(**json.loads(sys.argv[1]))))
