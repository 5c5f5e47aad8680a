"""``huimin-backend message``: what has gone out by SMS and e-mail, and what could not."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy import Connection

from backend import clock
from backend.commands.clerk import clerk
from backend.commands.database_work import with_database
from backend.commands.words import give_up, words
from backend.notifying.gateway import gateways
from backend.notifying.outgoing import GatewayWrong
from backend.settings import BackendSettings
from backend.storage import audit, messages
from backend.storage.messages import Kept, State
from foundation.language import Translate

MOST = 50


@click.group()
def command() -> None:
    """Looks after the messages to residents."""


@command.command(name="list")
@click.option("--state", default="", help="waiting, sent, dead or expired; all by default.")
@click.option("--most", type=click.IntRange(1, 10_000), default=MOST, help="So many, the newest first.")
@click.pass_obj
def message_list(settings: BackendSettings, state: str, most: int) -> None:
    """Lists messages without recipients and texts."""
    _, translate = words()
    if state and state not in list(State):
        give_up(translate("sent.no_such_state", given=state[:40], states=", ".join(State)))
    wanted = State(state) if state else None
    found = with_database(
        settings, translate, lambda database: database.read(messages.listed, wanted, most + 1)
    )
    if not found:
        click.echo(translate("sent.none"))
    for kept in found[:most]:
        click.echo(_line(kept, translate))
    if len(found) > most:
        click.echo(translate("sent.more"))


@command.command(name="show")
@click.argument("name")
@click.pass_obj
def message_show(settings: BackendSettings, name: str) -> None:
    """Shows the message NAME with its recipient and text, which the audit trail notes."""
    _, translate = words()
    now, actor = clock.now(), clerk()

    def look(connection: Connection) -> Kept | None:
        kept = messages.opened(connection, name)
        if kept is not None:
            audit.append(connection, actor.did("message show", f"messages/{name}", now))
        return kept

    kept = with_database(settings, translate, lambda database: database.write(look))
    if kept is None:
        give_up(translate("sent.unknown", name=name[:40]))
    click.echo(_line(kept, translate))
    if kept.state is State.WAITING:
        click.echo(translate("sent.next", time=_local(kept.due_time)))
    if kept.recipient is None or kept.text is None:
        click.echo(translate("sent.wiped"))
    else:
        click.echo(translate("sent.recipient", recipient=kept.recipient))
        click.echo(translate("sent.text", text=kept.text))


@command.command(name="retry")
@click.argument("name")
@click.pass_obj
def message_retry(settings: BackendSettings, name: str) -> None:
    """Has the message NAME, which was given up, sent again."""
    _, translate = words()
    now, actor = clock.now(), clerk()

    def again(connection: Connection) -> bool | None:
        if messages.opened(connection, name) is None:
            return None
        retried = messages.retry(connection, name, now)
        outcome = "OK" if retried else "NOT_DEAD"
        audit.append(connection, actor.did("message retry", f"messages/{name}", now, outcome))
        return retried

    retried = with_database(settings, translate, lambda database: database.write(again))
    if retried is None:
        give_up(translate("sent.unknown", name=name[:40]))
    if not retried:
        give_up(translate("sent.not_dead", name=name))
    click.echo(translate("sent.retried", name=name))


@command.command(name="check")
@click.pass_obj
def message_check(settings: BackendSettings) -> None:
    """Looks whether the message gateways can work with their configuration, without sending anything."""
    _, translate = words()
    try:
        made = gateways(settings.message_gateways, settings.data)
    except GatewayWrong as wrong:
        give_up(translate("start.gateway", reason=wrong))
    for channel, gateway in made.items():
        sentence = "sent.gateway_simulated" if gateway.simulated else "sent.gateway"
        click.echo(translate(sentence, channel=translate(f"sent.channel.{channel}")))


def _line(kept: Kept, translate: Translate) -> str:
    return translate(
        "sent.line_problem" if kept.problem else "sent.line",
        name=kept.name,
        time=_local(kept.create_time),
        channel=translate(f"sent.channel.{kept.channel}"),
        kind=kept.kind,
        state=translate(f"sent.state.{kept.state}"),
        attempts=kept.attempts,
        problem=kept.problem,
    )


def _local(moment: datetime) -> str:
    return moment.astimezone(clock.COUNTY_TIME).strftime("%Y-%m-%d %H:%M")
