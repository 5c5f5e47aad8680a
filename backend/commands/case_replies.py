"""``huimin-backend case reply|publish|unpublish``: what the office says to a resident, and to everybody."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from huimin.v1 import case_pb2, common_pb2
from sqlalchemy import Connection

from backend import clock
from backend.commands.case_work import DATA, need, reference_of, text_of, why, write
from backend.commands.clerk import clerk
from backend.commands.words import give_up, words
from backend.settings import BackendSettings
from backend.storage import audit, public_cases, replies
from backend.storage.public_cases import Refused, Texts
from backend.storage.replies import MAX_REPLY
from backend_client.forms.reference import group
from foundation.language import Language, LocalizedText, Translate

MAX_TITLE = 60
MAX_SUMMARY = 300
"""Characters of what is made public."""
_NOT_PUBLIC = {
    Refused.NOT_REPLIED: "publish.not_replied",
    Refused.NO_CONSENT: "publish.no_consent",
}


@click.command(name="reply")
@DATA
@click.argument("reference")
@click.argument("text")
@click.option("--keep-open", is_flag=True, help="The case is examined further; else the reply completes it.")
@click.pass_obj
def reply(
    settings: BackendSettings, data: Path | None, reference: str, text: str, *, keep_open: bool
) -> None:
    """Replies TEXT to the case REFERENCE. Its resident reads it at a terminal or hears it by telephone.

    TEXT may be - to take it from the standard input. A resident who is not satisfied may open the case again,
    once.
    """
    _, translate = words()
    number = reference_of(reference, translate)
    written = text_of(sys.stdin.read() if text == "-" else text, MAX_REPLY, translate)
    state = case_pb2.CASE_STATE_IN_REVIEW if keep_open else case_pb2.CASE_STATE_COMPLETED
    now, actor = clock.now(), clerk()

    def change(connection: Connection) -> str:
        done = replies.write(connection, number, written, state, now, request_id=actor.request_id)
        outcome = "OK" if done else why(connection, number)
        audit.append(connection, actor.did("case reply", f"cases/{number}", now, outcome))
        return outcome

    need(write(settings, data, change, translate), number, translate)
    click.echo(translate("reply.done", reference=group(number)))


@click.command(name="publish")
@DATA
@click.argument("reference")
@click.option("--title", default="", help="What it is about, in Chinese, anonymised.")
@click.option("--title-en", default="", help="The same in English.")
@click.option("--summary", default="", help="What was asked, in Chinese, anonymised.")
@click.option("--summary-en", default="", help="The same in English.")
@click.option("--reply", "answer", default="", help="What the office replied, in Chinese, anonymised.")
@click.option("--reply-en", "answer_en", default="", help="The same in English.")
@click.pass_obj
def publish(settings: BackendSettings, /, data: Path | None, reference: str, **given: str) -> None:
    """Makes the case REFERENCE public, in the words given here, at all terminals and by telephone.

    Give all three texts in one language, or in both. It is refused where the resident did not consent, where
    there is no reply yet, and where a text repeats something private of the application.
    """
    _, translate = words()
    number = reference_of(reference, translate)
    texts = _texts(given, translate)
    now, actor = clock.now(), clerk()

    def change(connection: Connection) -> tuple[Refused | None, Sequence[LocalizedText]]:
        named = public_cases.named(connection, number, texts)
        refused = None if named else public_cases.publish(connection, number, texts, now)
        outcome = "NAMED" if named else refused.name if refused else "OK"
        audit.append(connection, actor.did("case publish", f"cases/{number}", now, outcome))
        return refused, named

    refused, named = write(settings, data, change, translate)
    if named:
        labels = translate("list.comma").join(label[words()[0]] for label in named)
        give_up(translate("publish.named", labels=labels))
    if refused in _NOT_PUBLIC:
        give_up(translate(_NOT_PUBLIC[refused], reference=group(number)))
    if refused is not None:
        need("CASE_ERASED" if refused is Refused.ERASED else "CASE_UNKNOWN", number, translate)
    click.echo(translate("publish.done", reference=group(number)))


@click.command(name="unpublish")
@DATA
@click.argument("reference")
@click.pass_obj
def unpublish(settings: BackendSettings, data: Path | None, reference: str) -> None:
    """Makes the case REFERENCE no longer public."""
    _, translate = words()
    number = reference_of(reference, translate)
    now, actor = clock.now(), clerk()

    def change(connection: Connection) -> int:
        gone = public_cases.withdraw(connection, [number])
        outcome = "OK" if gone else "NOT_PUBLIC"
        audit.append(connection, actor.did("case unpublish", f"cases/{number}", now, outcome))
        return gone

    if not write(settings, data, change, translate):
        give_up(translate("publish.not_public", reference=group(number)))
    click.echo(translate("publish.withdrawn", reference=group(number)))


def _texts(given: dict[str, str], translate: Translate) -> Texts:
    """All three in one language, or in both."""
    bounds = {"title": MAX_TITLE, "summary": MAX_SUMMARY, "answer": MAX_REPLY}
    there = {
        language: [name for name in bounds if given[f"{name}{end}"].strip()]
        for language, end in ((Language.ZH_CN, ""), (Language.EN, "_en"))
    }
    if not any(there.values()) or any(len(names) not in (0, len(bounds)) for names in there.values()):
        give_up(translate("publish.three_texts"))

    def text(name: str) -> LocalizedText:
        chinese, english = given[name], given[f"{name}_en"]
        return LocalizedText(
            text_of(chinese or english, bounds[name], translate),
            text_of(english or chinese, bounds[name], translate),
        )

    only = common_pb2.LANGUAGE_UNSPECIFIED
    if not there[Language.EN]:
        only = common_pb2.LANGUAGE_ZH_CN
    elif not there[Language.ZH_CN]:
        only = common_pb2.LANGUAGE_EN
    return Texts(text("title"), text("summary"), text("answer"), only)
