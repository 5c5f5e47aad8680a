"""Checked entries as the contract's messages, and forms as `backend_client.forms` knows them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from google.type.date_pb2 import Date
from huimin.v1 import catalog_pb2, common_pb2, notice_pb2, policy_pb2

from backend.authoring import charges
from backend.authoring.entries import (
    ContactEntry,
    FieldEntry,
    FormEntry,
    GuideEntry,
    NoticeCategoryName,
    NoticeEntry,
    PartEntry,
    PolicyEntry,
    RuleEntry,
    ServiceEntry,
    ServiceKindName,
    Text,
)
from backend.authoring.moment import Moment
from backend.authoring.rules import fen
from backend.clock import county_day, timestamp
from backend_client.forms.form import (
    EARLIEST,
    LATEST,
    MAX_FEN,
    AtMost,
    CardItem,
    Condition,
    Contact,
    Field,
    FieldType,
    Form,
    OneOf,
    Option,
    Rule,
)
from backend_client.forms.wire import form_to_proto
from foundation.language import LocalizedText

_KINDS = {
    ServiceKindName.POLICY: catalog_pb2.SERVICE_KIND_POLICY,
    ServiceKindName.GUIDE: catalog_pb2.SERVICE_KIND_GUIDE,
    ServiceKindName.FORM: catalog_pb2.SERVICE_KIND_FORM,
    ServiceKindName.STATUS: catalog_pb2.SERVICE_KIND_STATUS,
    ServiceKindName.NOTICE: catalog_pb2.SERVICE_KIND_NOTICE,
    ServiceKindName.PAYMENT: catalog_pb2.SERVICE_KIND_PAYMENT,
    ServiceKindName.LOOKUP: catalog_pb2.SERVICE_KIND_LOOKUP,
    ServiceKindName.RATING: catalog_pb2.SERVICE_KIND_RATING,
    ServiceKindName.APPOINTMENT: catalog_pb2.SERVICE_KIND_APPOINTMENT,
    ServiceKindName.DOCUMENT: catalog_pb2.SERVICE_KIND_DOCUMENT,
}
_CATEGORIES = {
    NoticeCategoryName.POWER_CUT: notice_pb2.NOTICE_CATEGORY_POWER_CUT,
    NoticeCategoryName.WATER_CUT: notice_pb2.NOTICE_CATEGORY_WATER_CUT,
    NoticeCategoryName.TRAFFIC: notice_pb2.NOTICE_CATEGORY_TRAFFIC,
    NoticeCategoryName.HEALTH: notice_pb2.NOTICE_CATEGORY_HEALTH,
    NoticeCategoryName.EMPLOYMENT: notice_pb2.NOTICE_CATEGORY_EMPLOYMENT,
    NoticeCategoryName.GOVERNMENT: notice_pb2.NOTICE_CATEGORY_GOVERNMENT,
    NoticeCategoryName.PROCUREMENT: notice_pb2.NOTICE_CATEGORY_PROCUREMENT,
    NoticeCategoryName.GAZETTE: notice_pb2.NOTICE_CATEGORY_GAZETTE,
    NoticeCategoryName.QUESTION: notice_pb2.NOTICE_CATEGORY_QUESTION,
    NoticeCategoryName.PROJECT: notice_pb2.NOTICE_CATEGORY_PROJECT,
    NoticeCategoryName.PRODUCT: notice_pb2.NOTICE_CATEGORY_PRODUCT,
}


@dataclass(frozen=True, slots=True)
class DatedNotice:
    """A notice whose times are known once the day is."""

    message: notice_pb2.Notice
    publish: Moment
    start: Moment | None
    end: Moment | None

    def published(self, now: datetime) -> bool:
        """Whether it may be read."""
        return self.publish.seen_on(county_day(now)) <= now

    def in_force(self, now: datetime) -> bool:
        """Whether it is listed: published, and what it announces has not ended."""
        return self.published(now) and (self.end is None or now < self.end.seen_on(county_day(now)))

    def seen_on(self, today: date) -> notice_pb2.Notice:
        """The notice with the times that it has on that day of the county."""
        dated = notice_pb2.Notice()
        dated.CopyFrom(self.message)
        dated.publish_time.CopyFrom(timestamp(self.publish.seen_on(today)))
        if self.start is not None:
            dated.start_time.CopyFrom(timestamp(self.start.seen_on(today)))
        if self.end is not None:
            dated.end_time.CopyFrom(timestamp(self.end.seen_on(today)))
        return dated


def localized(text: Text) -> common_pb2.LocalizedText:
    """A text in both languages."""
    return common_pb2.LocalizedText(zh_cn=text.zh, en=text.en)


def policy(entry: PolicyEntry) -> policy_pb2.Policy:
    """A policy with its sections."""
    day = entry.issue_date
    return policy_pb2.Policy(
        name=f"policies/{entry.id}",
        topic=f"topics/{entry.topic}",
        title=localized(entry.title),
        document_number=entry.document_number,
        issuer=localized(entry.issuer),
        issue_date=Date(year=day.year, month=day.month, day=day.day),
        summary=localized(entry.summary),
        sections=_sections(entry.sections),
        demonstration=entry.demonstration,
    )


def service(entry: ServiceEntry, counters: str = "") -> catalog_pb2.Service:
    """A service with its guide. counters: resource name of those that serve it."""
    return catalog_pb2.Service(
        name=f"services/{entry.id}",
        kind=_KINDS[entry.kind],
        title=localized(entry.title),
        summary=localized(entry.summary),
        department=localized(entry.department),
        form=f"forms/{entry.form}" if entry.form else "",
        lookup=f"lookups/{entry.lookup}" if entry.lookup else "",
        guide=_guide(entry.guide) if entry.guide else None,
        demonstration=entry.demonstration,
        counters=counters,
        feedback=entry.feedback,
    )


def notice(entry: NoticeEntry) -> DatedNotice:
    """A notice with its sections."""
    message = notice_pb2.Notice(
        name=f"notices/{entry.id}",
        category=_CATEGORIES[entry.category],
        title=localized(entry.title),
        area=localized(entry.area) if entry.area else None,
        summary=localized(entry.summary),
        sections=_sections(entry.sections),
        demonstration=entry.demonstration,
    )
    return DatedNotice(message, entry.publish_time, entry.start_time, entry.end_time)


def form(entry: FormEntry) -> Form:
    """A form; its revision is a hash of all that a door receives of it."""
    made = Form(
        name=f"forms/{entry.id}",
        revision="",
        title=_text(entry.title),
        introduction=_text(entry.introduction),
        fields=tuple(field(one) for one in entry.fields),
        declaration=_text(entry.declaration),
        next_steps=_text(entry.next_steps),
        applicant_field=entry.applicant_field,
        demonstration=entry.demonstration,
        rules=tuple(rule(one) for one in entry.rules),
        charge=charges.charge(entry.charge) if entry.charge else None,
        contact=_contact(entry.contact) if entry.contact else None,
    )
    content = form_to_proto(made).SerializeToString(deterministic=True)
    return replace(made, revision=hashlib.sha256(content).hexdigest()[:16])


def _contact(entry: ContactEntry) -> Contact:
    return Contact(entry.phone or "", entry.email or "", entry.consent or "")


def _text(text: Text) -> LocalizedText:
    return LocalizedText(text.zh, text.en)


def _sections(parts: Iterable[PartEntry]) -> list[common_pb2.Section]:
    return [common_pb2.Section(heading=localized(part.heading), text=localized(part.text)) for part in parts]


def _guide(entry: GuideEntry) -> catalog_pb2.Guide:
    return catalog_pb2.Guide(
        eligibility=localized(entry.eligibility),
        materials=[localized(paper) for paper in entry.materials],
        steps=[localized(step) for step in entry.steps],
        duration=localized(entry.duration),
        fee=localized(entry.fee),
        place=localized(entry.place),
        opening_hours=localized(entry.opening_hours),
        phone=entry.phone,
        working_days=entry.working_days,
    )


def field(entry: FieldEntry) -> Field:
    """A question."""
    most = fen(entry.max_yuan)
    return Field(
        id=entry.id,
        type=FieldType[entry.type.name],
        label=_text(entry.label),
        question=_text(entry.question),
        hint=_text(entry.hint) if entry.hint else None,
        required=entry.required,
        prefill=CardItem[entry.prefill.upper()] if entry.prefill else None,
        private=entry.private,
        options=tuple(Option(option.id, _text(option.label)) for option in entry.options or ()),
        min_length=entry.min_length or 0,
        max_length=entry.max_length or 0,
        min_fen=fen(entry.min_yuan) or 0,
        max_fen=MAX_FEN if most is None else most,
        min_date=entry.min_date or EARLIEST,
        max_date=entry.max_date or LATEST,
        not_in_future=entry.not_in_future or False,
        counters=f"counters/{entry.counters}" if entry.counters else "",
        asked_if=tuple(Condition(one.field, one.any_of) for one in entry.asked_if),
    )


def rule(entry: RuleEntry) -> Rule:
    """A rule. The check has seen to it that there is exactly one kind."""
    if entry.at_most:
        return Rule(_text(entry.sentence), AtMost(entry.at_most.field, entry.at_most.other))
    assert entry.one_of
    return Rule(_text(entry.sentence), OneOf(entry.one_of.fields, entry.one_of.min, entry.one_of.max or 0))
