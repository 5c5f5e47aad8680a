"""``huimin-backend payment``: the county's books of what residents paid."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

import click
from huimin.v1 import payment_pb2
from sqlalchemy import Connection

from backend import clock
from backend.commands.clerk import clerk
from backend.commands.database_work import with_database
from backend.commands.words import give_up, words
from backend.payments import plugins
from backend.payments.gateway import GatewayRefused, GatewayUnavailable, StatementLine
from backend.payments.news import yuan
from backend.payments.reconciling import Difference, differences
from backend.settings import BackendSettings
from backend.storage import attempts, orders
from backend.storage.attempts import Attempt, OrderOver, OrderUnknown
from backend.storage.database import Database
from backend.storage.orders import Order
from backend_client.forms.reference import ReferenceError_, check_reference, group
from foundation.config import ConfigError
from foundation.language import Language, Translate

DIFFERENT = 1
"""Exit code of reconcile where there are differences."""
STATES: dict[str, int] = {
    name.removeprefix("ORDER_STATE_").lower(): number
    for name, number in payment_pb2.OrderState.items()
    if number
}
_NAMES = {number: name for name, number in STATES.items()}


@click.group()
def command() -> None:
    """Looks after payments."""


_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the database that the backend uses; ~/.local/share/huimin by default.",
)


@command.command(name="list")
@_DATA
@click.option("--state", type=click.Choice(list(STATES)), help="Only orders of this state.")
@click.option("--most", type=click.IntRange(1, 10000), default=50, show_default=True, help="So many.")
@click.pass_obj
def payment_list(settings: BackendSettings, data: Path | None, state: str | None, most: int) -> None:
    """Lists orders, the newest first."""
    language, translate = words()
    found = with_database(
        _on(settings, data),
        translate,
        lambda database: database.read(orders.listed, STATES[state] if state else None, most),
    )
    for order in found:
        click.echo(_line(order, language, translate))


@command.command(name="show")
@_DATA
@click.argument("reference")
@click.pass_obj
def payment_show(settings: BackendSettings, data: Path | None, reference: str) -> None:
    """Shows the order REFERENCE, the tries to pay it, and what happened."""
    language, translate = words()
    number = _reference(reference, translate)

    def look(connection: Connection) -> tuple[Order, Iterable[Attempt], list[str]] | None:
        order = orders.one(connection, number)
        if order is None:
            return None
        happened = [
            translate("payment.event", time=_at(when), what=translate(f"payment.what.{what}"))
            for when, _, what, _ in orders.events(connection, number)
        ]
        return order, attempts.of_order(connection, number), happened

    found = with_database(_on(settings, data), translate, lambda database: database.read(look))
    if found is None:
        give_up(translate("payment.unknown", reference=group(number)))
    order, tries, happened = found
    click.echo(_line(order, language, translate))
    click.echo(translate("payment.due", time=_at(order.due_time)))
    for one in tries:
        click.echo(
            translate(
                "payment.try",
                number=one.number,
                state=translate(f"payment.try.{one.state}"),
                transaction=one.transaction or "-",
            )
        )
        if one.problem:
            click.echo(translate("payment.problem", problem=one.problem, paid=yuan(one.paid_fen)))
    for line in happened:
        click.echo(line)


@command.command(name="refund")
@_DATA
@click.argument("reference")
@click.pass_obj
def payment_refund(settings: BackendSettings, data: Path | None, reference: str) -> None:
    """Gives back all that was paid for the order REFERENCE.

    The backend that runs sends it to the gateway, and goes on until the gateway has done it.
    """
    _, translate = words()
    number = _reference(reference, translate)

    async def work(database: Database) -> str:
        try:
            await database.write(attempts.give_back, number, clerk(), clock.now())
        except OrderUnknown:
            return "payment.unknown"
        except OrderOver:
            return "payment.nothing_to_refund"
        return ""

    problem = with_database(_on(settings, data), translate, work)
    if problem:
        give_up(translate(problem, reference=group(number)))
    click.echo(translate("payment.refund", reference=group(number)))


@command.command(name="reconcile")
@_DATA
@click.option(
    "--statement",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The gateway's statement as a file; asked of the gateway where not given.",
)
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.pass_obj
def payment_reconcile(
    settings: BackendSettings, data: Path | None, statement: Path | None, day: datetime
) -> None:
    """Compares the books of DAY with the gateway's statement; exit code 1 where they differ."""
    _, translate = words()
    lines = _statement(settings, translate, day.date(), statement)
    start = clock.midnight(day.date())
    end = start + timedelta(days=1)

    def compare(connection: Connection) -> list[Difference]:
        known = {one.number: one for one in attempts.between(connection, start, end)}
        for line in lines:
            one = None if line.number in known else attempts.one(connection, line.number)
            if one is not None:
                known[one.number] = one
        return differences(known, lines, start, end)

    found = with_database(_on(settings, data), translate, lambda database: database.read(compare))
    for one in found:
        click.echo(
            translate(
                f"payment.difference.{one.kind}",
                number=one.number,
                here=yuan(one.here_fen),
                there=yuan(one.there_fen),
            )
        )
    came = sum(line.amount_fen for line in lines if not line.refund_number)
    back = sum(line.amount_fen for line in lines if line.refund_number)
    click.echo(
        translate(
            "payment.reconciled", lines=len(lines), came=yuan(came), back=yuan(back), differences=len(found)
        )
    )
    if found:
        sys.exit(DIFFERENT)


def _statement(
    settings: BackendSettings, translate: Translate, day: date, file: Path | None
) -> tuple[StatementLine, ...]:
    try:
        gateway = plugins.gateway(settings.payment)
    except ConfigError as error:
        give_up(str(error))
    if gateway is None:
        give_up(translate("payment.no_gateway"))
    if file is not None:
        try:
            return gateway.read_statement(file.read_bytes())
        except (OSError, ValueError) as error:
            give_up(translate("payment.statement_wrong", file=file, reason=error))

    async def fetch() -> tuple[StatementLine, ...]:
        try:
            return await gateway.statement(day)
        finally:
            await gateway.aclose()

    try:
        return asyncio.run(fetch())
    except (GatewayUnavailable, GatewayRefused) as error:
        give_up(translate("payment.no_statement", reason=error))


def _on(settings: BackendSettings, data: Path | None) -> BackendSettings:
    return settings.model_copy(update={"data": data}) if data else settings


def _line(order: Order, language: Language, translate: Translate) -> str:
    return translate(
        "payment.line",
        reference=group(order.reference),
        amount=yuan(order.amount_fen),
        state=translate(f"payment.state.{_NAMES[order.state]}"),
        time=_at(order.create_time),
        title=order.title[language],
    )


def _at(moment: datetime) -> str:
    return moment.astimezone(clock.COUNTY_TIME).strftime("%Y-%m-%d %H:%M:%S")


def _reference(typed: str, translate: Translate) -> str:
    try:
        return check_reference(typed)
    except ReferenceError_:
        give_up(translate("case.not_a_reference", given=typed[:40]))
