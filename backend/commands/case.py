"""``huimin-backend case``: what a clerk does with a case until the office's own system does it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click
from huimin.v1 import case_pb2, common_pb2
from sqlalchemy import Connection

from backend import clock
from backend.commands import case_replies
from backend.commands.case_work import DATA, need, reference_of, why, write
from backend.commands.clerk import clerk
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage import audit, cases, codes, replies, submissions
from backend.storage.cases import CASE_UNKNOWN, MAX_NOTE, Case, Event
from backend.storage.replies import Answered
from backend_client.forms.reference import group
from backend_client.forms.text import has_bad_character, normalise
from foundation.language import Language, Translate

STATES: dict[str, int] = {
    name.removeprefix("CASE_STATE_").lower().replace("_", "-"): number
    for name, number in case_pb2.CaseState.items()
    if number
}
"""The states by the names that a clerk types: received, in-review, …"""
_NAMES: dict[int, str] = {number: name.replace("-", "_") for name, number in STATES.items()}
_CHANNELS: dict[int, str] = {common_pb2.CHANNEL_TERMINAL: "terminal", common_pb2.CHANNEL_PHONE: "phone"}


@click.group()
def command() -> None:
    """Looks after cases."""


for _also in (case_replies.reply, case_replies.publish, case_replies.unpublish):
    command.add_command(_also)


@command.command(name="set")
@DATA
@click.argument("reference")
@click.argument("state")
@click.option("--note", default="", help="What the office says to the resident.")
@click.pass_obj
def case_set(settings: BackendSettings, data: Path | None, reference: str, state: str, note: str) -> None:
    """Gives the case REFERENCE another STATE.

    STATE is received, accepted, in-review, needs-material, approved, rejected, completed or withdrawn.
    """
    _, translate = words()
    to, said, number = _state(state, translate), _note(note, translate), reference_of(reference, translate)
    now, actor = clock.now(), clerk()

    def change(connection: Connection) -> str:
        moved = cases.move(connection, number, Event(to, now, said), request_id=actor.request_id)
        outcome = "OK" if moved else why(connection, number)
        audit.append(connection, actor.did("case set", f"cases/{number}", now, outcome))
        return outcome

    need(write(settings, data, change, translate), number, translate)
    click.echo(translate("case.set", reference=group(number), state=translate(f"state.{_NAMES[to]}")))


@command.command(name="show")
@DATA
@click.argument("reference")
@click.pass_obj
def case_show(settings: BackendSettings, data: Path | None, reference: str) -> None:
    """Shows the case REFERENCE, without the applicant and the answers."""
    language, translate = words()
    number = reference_of(reference, translate)
    now, actor = clock.now(), clerk()

    def look(connection: Connection) -> tuple[Case | None, Answered, tuple[str, ...]]:
        case = cases.one(connection, number)
        outcome = "OK" if case is not None else CASE_UNKNOWN
        audit.append(connection, actor.did("case show", f"cases/{number}", now, outcome))
        return case, replies.of(connection, number), submissions.problems(connection, number)

    case, answered, problems = write(settings, data, look, translate)
    if case is None:
        give_up(translate("case.unknown", reference=group(number)))
    for line in _lines(case, language, translate):
        click.echo(line)
    for line in _answered(answered, translate):
        click.echo(line)
    for problem in problems:
        click.echo(translate("case.problem", problem=problem))


@command.command(name="code")
@DATA
@click.option(
    "--hours",
    type=click.IntRange(1, 168),
    default=codes.LIFETIME // timedelta(hours=1),
    show_default=True,
    help="How long the code is good.",
)
@click.argument("reference")
@click.pass_obj
def case_code(settings: BackendSettings, data: Path | None, hours: int, reference: str) -> None:
    """Makes a code that opens the case REFERENCE once, at any terminal and by telephone.

    It is for the applicant, who has shown the office who he is. A code given out before opens nothing from
    then on.
    """
    _, translate = words()
    number = reference_of(reference, translate)
    now, actor = clock.now(), clerk()
    end = now + timedelta(hours=hours)

    def give(connection: Connection) -> tuple[str, str]:
        case = cases.one(connection, number)
        outcome = "OK" if case is not None and not case.erased else why(connection, number)
        code = codes.give(connection, number, end) if outcome == "OK" else ""
        audit.append(connection, actor.did("case code", f"cases/{number}", now, outcome))
        return outcome, code

    outcome, code = write(settings, data, give, translate)
    need(outcome, number, translate)
    until = end.astimezone(clock.COUNTY_TIME).strftime("%Y-%m-%d %H:%M")
    half = codes.DIGITS // 2
    shown = f"{code[:half]} {code[half:]}"
    click.echo(translate("case.code", reference=group(number), code=shown, until=until))


def _lines(case: Case, language: Language, translate: Translate) -> list[str]:
    lines = [
        translate("case.reference", reference=group(case.reference)),
        translate("case.title", title=case.title[language]),
        translate("case.channel", channel=translate(f"channel.{_CHANNELS[case.channel]}")),
        translate("case.state", state=translate(f"state.{_NAMES[case.state]}")),
    ]
    if case.erased:
        lines.append(translate("case.erased"))
    for event in case.events:
        local = event.event_time.astimezone(clock.COUNTY_TIME)
        lines.append(
            translate(
                "case.event_note" if event.note else "case.event",
                time=local.strftime("%Y-%m-%d %H:%M"),
                state=translate(f"state.{_NAMES[event.state]}"),
                note=event.note,
            )
        )
    return lines


def _answered(answered: Answered, translate: Translate) -> list[str]:
    lines = [
        translate("case.reply", time=_local(reply.reply_time), text=reply.text) for reply in answered.replies
    ]
    if reopening := answered.reopening:
        why = reopening.reason or translate("case.reopened_spoken", recording=reopening.recording or "")
        due = reopening.due_day.isoformat()
        lines.append(translate("case.reopened", time=_local(reopening.reopen_time), reason=why, due=due))
    return lines


def _local(moment: datetime) -> str:
    return moment.astimezone(clock.COUNTY_TIME).strftime("%Y-%m-%d %H:%M")


def _state(typed: str, translate: Translate) -> int:
    """The number of a state: in-review, IN_REVIEW and in_review are one."""
    found = STATES.get(typed.strip().lower().replace("_", "-"))
    if found is None:
        give_up(translate("case.no_such_state", given=typed[:40], states=", ".join(STATES)))
    return found


def _note(typed: str, translate: Translate) -> str:
    """What the office says to the resident, fit to be shown and said."""
    fit = " ".join(normalise(typed).split())
    if len(fit) > MAX_NOTE:
        give_up(translate("case.note_too_long", longest=MAX_NOTE, length=len(fit)))
    if has_bad_character(fit):
        give_up(translate("case.note_character"))
    return fit
