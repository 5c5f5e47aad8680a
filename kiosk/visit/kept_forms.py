"""A form as it is filled in, as what is kept of it, and back."""

from __future__ import annotations

from backend_client.forms.answer import AnswerError, Recording
from backend_client.forms.filling import Filling
from backend_client.submission import Channel, Submission
from foundation.language import LocalizedText
from kiosk.drafts.record import KeptForm, KeptSubmission, Place, Step
from kiosk.visit.application import Draft
from kiosk.visit.entered import entered
from kiosk.visit.pages import ChargeReview, Declaration, Page, Question, Review


def kept_form(draft: Draft) -> KeptForm:
    """What is kept of one form."""
    filling, sent = draft.filling, draft.sent
    answers = {
        name: entered(value) for name, value in filling.answers.items() if not isinstance(value, Recording)
    }
    sending = (
        KeptSubmission(name=sent.name, language=sent.language, send_time=sent.send_time) if sent else None
    )
    return KeptForm(
        form=draft.form.name,
        revision=draft.form.revision,
        answers=answers,
        entered=dict(draft.entered),
        skipped=tuple(filling.skipped),
        from_card=tuple(filling.prefilled),
        place=_both(draft.place) if draft.place else None,
        materials=tuple(_both(paper) for paper in draft.materials),
        takes=_both(draft.takes) if draft.takes else None,
        sent=sending,
    )


def taken_up(kept: KeptForm, filling: Filling, origin: str) -> Draft:
    """The draft again, in an empty form of today. An answer that is none any more stands where it was
    entered, to be looked at; a field that the form has no more is left out. origin: the terminal's name."""
    draft = Draft(filling)
    for field in filling.form.fields:
        text = kept.answers.get(field.id)
        try:
            if text is not None:
                filling.answer(field.id, text)
            elif field.id in kept.skipped:
                filling.skip(field.id)
        except AnswerError:
            if text is not None and field in filling.asked:
                draft.entered[field.id] = text
        if field.id in kept.entered:
            draft.entered[field.id] = kept.entered[field.id]
    filling.came_from_card(kept.from_card)
    same = filling.form.revision == kept.revision
    if same and kept.place is not None:
        draft.place = LocalizedText(*kept.place)
    draft.materials = tuple(LocalizedText(*paper) for paper in kept.materials)
    draft.takes = LocalizedText(*kept.takes) if kept.takes else None
    if same and kept.sent is not None and not draft.entered:
        draft.sent = Submission(
            name=kept.sent.name,
            form=filling.form,
            answers=filling.answers,
            channel=Channel.TERMINAL,
            language=kept.sent.language,
            origin=origin,
            send_time=kept.sent.send_time,
        )
    return draft


def place_of(form: str, page: Page) -> Place:
    """Where somebody is in a form; elsewhere in the visit: before its first question."""
    match page:
        case Question(field=field, checking=checking):
            return Place(form=form, step=Step.QUESTION, field=field.id, checking=checking)
        case Review():
            return Place(form=form, step=Step.REVIEW)
        case ChargeReview():
            return Place(form=form, step=Step.CHARGE)
        case Declaration():
            return Place(form=form, step=Step.DECLARATION)
        case _:
            return Place(form=form, step=Step.INTRODUCTION)


def _both(text: LocalizedText) -> tuple[str, str]:
    return text.zh_cn, text.en
