"""A backend is killed between any two steps of paying, and started again: an order is paid once.

``python -m tests.payments.killing`` goes through all steps, alone and with a second backend beside;
``make chaos-payments`` does so too. The suite goes through some.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import aiohttp
import click
import grpc
from huimin.v1 import form_pb2, payment_pb2, payment_pb2_grpc

from backend.commands.words import CANNOT
from backend.payments.paying import NOTIFY
from backend.storage import attempts, audit, orders
from backend.storage.attempts import State
from backend.storage.database import database_url, open_database
from deploy.house import table
from tests.backend.house import Stubs
from tests.backend.sample import submission
from tests.keys import VAULT, put_keys
from tests.payments.dying import DIE, STEPS
from tests.payments.shop import (
    CHARGED_FEN,
    CLOSED,
    PAID,
    REFUNDED,
    Gateway,
    charged_content,
    demonstration,
)
from tests.ports import free_port
from tests.postgres import cluster

PATIENCE = 30.0
"""Seconds within which a step comes about, kills and starts included."""
T = TypeVar("T")


@dataclass
class Backend:
    """One backend, which is started again when it was killed."""

    folder: Path
    database: str
    listen: str
    web: str
    process: asyncio.subprocess.Process | None = None
    killed: list[str] = field(default_factory=list)
    ending: bool = False

    async def start(self, die: str = "") -> None:
        with (self.folder.parent / "backend.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.payments.dying", "--listen", self.listen),
                *("--web", self.web, "--data", str(self.folder), "--content"),
                *(str(self.folder.parent / "content"), "--config", str(self.folder.parent / "huimin.toml")),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=os.environ | {DIE: die, "HUIMIN_BACKEND_DATABASE": self.database},
            )
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
        if not line.startswith(b"ready"):
            await self.process.wait()

    async def kept_alive(self, die: str) -> None:
        """Runs it; when it was killed, once more without a step at which it is."""
        await self.start(die)
        while True:
            assert self.process is not None
            code = await self.process.wait()
            if self.ending:
                return
            if code == -signal.SIGKILL:
                self.killed.append(die)
                die = ""
            else:  # somebody else of this machine has its port for a moment
                assert code == CANNOT, f"the backend ended with {code}"
                await asyncio.sleep(0.2)
            await self.start(die)
            self._end_late()

    async def end(self) -> None:
        self.ending = True
        self._end_late()
        if self.process is not None:
            await self.process.wait()

    def _end_late(self) -> None:
        """Ends one that was started while it was to end."""
        if self.ending and self.process is not None and self.process.returncode is None:
            self.process.terminate()


@dataclass
class Resident:
    """Who goes on until it is done, whatever happens to the backends."""

    backends: list[Backend]
    gateway: Gateway
    stubs: list[Stubs]
    turn: int = 0

    async def insist(
        self, call: Callable[[Stubs], Awaitable[T]], done: Callable[[T], bool] | None = None
    ) -> T:
        """Asks one backend after the other until the answer is there, and as it is to be."""
        end = time.monotonic() + PATIENCE
        last: object = None
        while time.monotonic() < end:
            self.turn += 1
            try:
                answer = await call(self.stubs[self.turn % len(self.stubs)])
            except grpc.aio.AioRpcError as error:
                last = error.details()
            else:
                if done is None or done(answer):
                    return answer
                last = answer
            await asyncio.sleep(0.05)
        raise AssertionError(f"not within {PATIENCE} s: {last}")

    async def state(self, reference: str, *wanted: int) -> None:
        request = payment_pb2.GetOrderRequest(name=f"orders/{reference}")
        await self.insist(
            lambda stubs: _stub(stubs).GetOrder(request, timeout=5),
            lambda answer: answer.order.state in wanted,
        )

    async def start(self, reference: str) -> str:
        request = payment_pb2.StartPaymentRequest(name=f"orders/{reference}")
        answer = await self.insist(lambda stubs: _stub(stubs).StartPayment(request, timeout=8))
        return answer.payment.code

    async def go(self) -> str:
        """Applies, begins, gives up, is charged all the same, gets it back, begins again, and pays."""
        asked = form_pb2.GetFormRequest(name="forms/everything")
        form = (await self.insist(lambda stubs: stubs.form.GetForm(asked, timeout=5))).form
        sent = form_pb2.CreateSubmissionRequest(submission=submission(form))
        reference = (await self.insist(lambda stubs: stubs.form.CreateSubmission(sent, timeout=8))).reference
        code = await self.start(reference)
        cancel = payment_pb2.CancelOrderRequest(name=f"orders/{reference}")
        await self.insist(
            lambda stubs: _stub(stubs).CancelOrder(cancel, timeout=8),
            lambda answer: answer.order.state == CLOSED,
        )
        self.gateway.ledger._connection.execute(
            "update trades set state = 'NOTPAY' where token = ?", (code.rpartition("/")[2],)
        )
        await self.told(code)
        await self.state(reference, REFUNDED)
        code = await self.start(reference)
        self.gateway.pay(code)  # and the notification is lost
        await self.state(reference, PAID)
        return reference

    async def told(self, code: str) -> None:
        """The gateway takes the money and tells of it until it is heard."""
        trade = self.gateway.pay(code)
        end = time.monotonic() + PATIENCE
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < end:
                self.turn += 1
                web = self.backends[self.turn % len(self.backends)].web
                body, headers = self.gateway.server.notification(trade, uuid.uuid4().hex)
                try:
                    async with session.post(
                        f"http://{web}{NOTIFY}/native", data=body, headers=headers
                    ) as answer:
                        if answer.status == 204:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError("nobody took the notification")


def _stub(stubs: Stubs) -> payment_pb2_grpc.PaymentServiceAsyncStub:
    return payment_pb2_grpc.PaymentServiceStub(stubs.channel)


@asynccontextmanager
async def _channels(backends: list[Backend]) -> AsyncIterator[list[Stubs]]:
    quick = (("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 200))
    channels = [grpc.aio.insecure_channel(backend.listen, options=quick) for backend in backends]
    try:
        yield [Stubs(channel) for channel in channels]
    finally:
        for channel in channels:
            await channel.close()


async def kill_at(folder: Path, steps: Iterable[str], *, beside: int = 0, database: str = "") -> int:
    """Goes the whole way once for each step, killed there; how many kills. beside: so many backends more.

    Raises AssertionError where an order is not paid exactly once, or the books do not agree.
    """
    kills = 0
    put_keys_in(folder / "data")
    charged_content(folder / "content")
    async with demonstration(folder / "gateway") as gateway:
        options = "[backend.payment]\ngateway = 'native'\n[backend.payment.options]\n"
        (folder / "huimin.toml").write_text(options + table(gateway.options()), "utf-8")
        for die in steps:
            backends = [
                Backend(folder / "data", database, f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}")
                for _ in range(1 + beside)
            ]
            others = [asyncio.create_task(backend.kept_alive("")) for backend in backends[1:]]
            running = [asyncio.create_task(backends[0].kept_alive(die)), *others]
            try:
                async with _channels(backends) as stubs:
                    references = [await Resident(backends, gateway, stubs).go()]
                    killed = backends[0].killed
                    assert killed == [die] or (beside and not killed), f"{die} never came"
                    kills += len(killed)  # none where the other backend did that step
            finally:
                for backend in backends:
                    await backend.end()
                await asyncio.gather(*running)
            await check(folder / "data", database, gateway, references)
    return kills


async def check(data: Path, url: str, gateway: Gateway, references: list[str]) -> None:
    """Here and in the gateway's books: paid once, given back once, of what was paid twice nothing is left."""
    database = await open_database(database_url(url, data), VAULT)
    try:
        for reference in references:
            order = await database.read(orders.need, reference)
            tries = await database.read(attempts.of_order, reference)
            assert order.state == PAID
            assert [one.state for one in tries].count(State.PAID) == 1
            assert {one.state for one in tries} <= {State.PAID, State.CLOSED, State.RETURNED}
            kept = gateway.ledger._connection.execute(
                "select coalesce(sum(total), 0) from trades where pay_time is not null and number like ?",
                (f"{reference}%",),
            ).fetchone()[0]
            back = gateway.ledger._connection.execute(
                "select coalesce(sum(total), 0), count(*) from refunds where trade like ?", (f"{reference}%",)
            ).fetchone()
            assert kept - back[0] == CHARGED_FEN
            assert tuple(back) == (CHARGED_FEN, 1)
            happened = [what for _, _, what, _ in await database.read(orders.events, reference)]
            assert (happened.count("paid"), happened.count("refunded"), happened.count("made")) == (1, 1, 1)
        assert (await database.read(audit.verify)).findings == ()
    finally:
        await database.close()


def put_keys_in(data: Path) -> None:
    data.mkdir(parents=True)
    put_keys(data)


@click.command()
@click.option("--rounds", default=1, show_default=True)
def main(rounds: int) -> None:
    """Kills at every step: one backend on SQLite, two on SQLite, two on PostgreSQL."""
    with cluster() as postgresql:
        for number in range(1, rounds + 1):
            for beside, database in ((0, ""), (1, ""), (1, postgresql.database())):
                folder = Path(tempfile.mkdtemp(prefix="huimin-payments-"))
                kills = asyncio.run(kill_at(folder, STEPS, beside=beside, database=database))
                kind = "PostgreSQL" if database else "SQLite"
                said = f"{kills} kills, {len(STEPS)} orders paid once"
                click.echo(f"round {number}: {1 + beside} backends on {kind}, {said}")


if __name__ == "__main__":
    main()
