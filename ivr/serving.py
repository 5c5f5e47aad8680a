"""One process that answers calls, from its start to its end, and what can be asked and told of it."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

from prometheus_client import generate_latest

from backend_client.credentials import DoorCredentials
from backend_client.door import Door, open_door
from foundation.config import ConfigError
from foundation.language import Language
from foundation.life import beside
from foundation.log import logger
from ivr import alerts, metrics, prompts
from ivr.answering import SIZES, Answering
from ivr.line import Utterance
from ivr.old_messages import deliver_old_messages
from ivr.records.files import RecordFiles
from ivr.records.under_way import InUse, UnderWay
from ivr.settings import IvrSettings
from ivr.sip.endpoint import SipEndpoint
from ivr.sip.library import ListenFailed, RtpPorts
from ivr.speech.speech import Speech
from ivr.workers.left_over import deliver_left_over
from ivr.workers.requests import Refused, Request
from speech.errors import SpeechError

GREETING = "main."
"""Beginning of the names of what a caller hears first, which has to be ready before anybody calls."""
FRESH = 2.0
"""Seconds for which what is public is told again without asking the backend: hundreds of callers ask for the
same few lists, and a key is then answered at once."""
COLLECTIONS = (20_000, 20, 20)
"""New objects after which the youngest are looked at, and how many such looks make one at the older ones. A
call makes some hundreds of objects for each key, hardly any of them in cycles."""

_log = logger(__name__)


class Serving:
    """A line that answers calls. Make it with `serving`."""

    def __init__(self, endpoint: SipEndpoint, number: int) -> None:
        """number: which worker it is."""
        self._endpoint = endpoint
        self._number = number
        self._ending = False

    @property
    def address(self) -> str:
        """Where calls arrive, as a SIP address."""
        return self._endpoint.address

    @property
    def state(self) -> str:
        """``open``, ``draining`` (by an operator) or ``ending``."""
        if self._ending:
            return "ending"
        return "open" if self._endpoint.taking else "draining"

    async def end(self) -> None:
        """Takes no new calls, and lets those in progress end, for so long as the settings say."""
        self._ending = True
        await self._endpoint.drain()

    async def answer_alone(self, request: Request) -> dict[str, Any]:
        """The same for an operator, where there is no supervisor: this line is worker 1. Raises Refused."""
        if request.get("worker", 1) != 1:
            raise Refused("no_such_worker")
        if request.get("do") == "restart":
            raise Refused("no_supervisor")
        return {"workers": [{**await self.answer({"do": request.get("do")}), "process": os.getpid()}]}

    async def answer(self, request: Request) -> dict[str, Any]:
        """What a supervisor or an operator wants to know or done. Raises Refused."""
        match request:
            case {"do": "state"}:
                pass
            case {"do": "figures"}:
                return {"text": generate_latest().decode()}
            case {"do": "drain"}:
                self._endpoint.refuse_calls()
            case {"do": "resume"} if not self._ending:
                self._endpoint.take_calls()
            case _:
                raise Refused("not_a_request")
        return {
            "worker": self._number,
            "state": self.state,
            "address": self.address,
            **metrics.snapshot(),
        }


@asynccontextmanager
async def serving(settings: IvrSettings, credentials: DoorCredentials | None) -> AsyncIterator[Serving]:
    """Answers calls while the block runs. Raises ConfigError where the line cannot be opened."""
    try:
        async with AsyncExitStack() as stack:
            door = await stack.enter_async_context(
                open_door(settings, settings.backend, credentials, SIZES, origin=settings.line, fresh=FRESH)
            )
            speech = await stack.enter_async_context(
                Speech(settings.speech_folder, settings.recordings, engines=settings.voices.engines())
            )
            if settings.worker == 1:
                await stack.enter_async_context(beside(deliver_left_over(settings, door.client)))
                old = deliver_old_messages(settings.messages_folder, door.outbox, settings.line)
                await stack.enter_async_context(beside(old))
                await stack.enter_async_context(beside(RecordFiles(settings).tidy()))
                await stack.enter_async_context(beside(_write_left_over(settings)))
            under_way = stack.enter_context(_under_way(settings.under_way_file))
            if under_way is not None:
                await stack.enter_async_context(beside(RecordFiles(settings).write_lost(under_way)))
            fixed = prompts.always_the_same()
            await speech.prepare(prompt for prompt in fixed if prompt.name.startswith(GREETING))
            endpoint = await stack.enter_async_context(
                SipEndpoint(
                    settings.sip,
                    speech,
                    Answering(door, settings, under_way=under_way),
                    max_calls=settings.max_calls,
                    rtp_ports=RtpPorts(settings.rtp_first, settings.rtp_count),
                    drain_seconds=settings.timing.closing,
                    trunk=settings.trunk,
                    registration=settings.registration,
                    tls=settings.worker_tls,
                    limits=settings.limits,
                )
            )
            await stack.enter_async_context(_preparing(door, speech, settings, fixed))
            _collect_what_calls_leave()
            yield Serving(endpoint, settings.worker)
    except ListenFailed as error:
        raise ConfigError(str(error)) from error


@contextmanager
def _under_way(file: Path) -> Iterator[UnderWay | None]:
    """The owner of a file of calls under way; None where another process owns it, or the disk is full."""
    try:
        under_way = UnderWay(file)
    except (InUse, OSError) as error:
        _log.error("calls_under_way_not_kept", file=file.name, error=type(error).__name__)
        yield None
        return
    with closing(under_way):
        yield under_way


async def _write_left_over(settings: IvrSettings) -> None:
    """The records of calls that workers beyond the number there are now have lost."""
    for file in settings.under_way_left:
        with _under_way(file) as under_way:
            if under_way is not None:
                await RecordFiles(settings).write_lost(under_way)


def _collect_what_calls_leave() -> None:
    """From now on the collector of cycles leaves out what was there before the first call: a look through all
    of that takes 0.1 s, in which no key is answered."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)


@asynccontextmanager
async def _preparing(
    door: Door, speech: Speech, settings: IvrSettings, fixed: list[Utterance]
) -> AsyncIterator[None]:
    """Renders, beside the calls, what they will need: the fixed prompts, and alerts as they come."""
    under_way: set[asyncio.Task[None]] = set()

    def prepare(said: list[Utterance]) -> None:
        task = asyncio.create_task(_prepare(speech, said))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    def prepare_alerts() -> None:
        prepare(alerts.said_of(door.alerts.in_force, tuple(Language), settings.time_zone))

    deaf = door.alerts.listen(prepare_alerts)
    prepare_alerts()
    prepare(fixed)
    try:
        yield
    finally:
        deaf()
        for task in tuple(under_way):
            task.cancel()


async def _prepare(speech: Speech, utterances: list[Utterance]) -> None:
    """What cannot be rendered now is rendered when it is said."""
    try:
        await speech.prepare(utterances)
    except SpeechError as error:
        _log.error("prompts not prepared", reason=str(error))
