"""What residents meet of an entry, as a flat list: a place in the entry, and what stands there.

Places have the names that clerks write (`fields`, `question`, `hint`); questions and options stand by their
id, other parts of a list by their position from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from google.type.date_pb2 import Date
from huimin.v1 import catalog_pb2, common_pb2, notice_pb2, policy_pb2

from backend.authoring import charges
from backend.authoring.contract import DatedNotice
from backend.authoring.counter_entries import CountersEntry
from backend.authoring.lookup_entries import LookupEntry
from backend.authoring.lookup_entries import lookup as contract_of
from backend.authoring.table_file import Table
from backend.calendar import Holiday
from backend_client.forms.form import EARLIEST, LATEST, MAX_FEN, AtMost, Field, Form, OneOf, Rule
from foundation.language import LocalizedText

Words = LocalizedText | str
"""A text in both languages, or a value as clerks write it."""
Described = Mapping[tuple[str, ...], Words]
_Part = tuple[tuple[str, ...], Words]


def topic(message: policy_pb2.Topic) -> Described:
    """A topic of policies."""
    return {("title",): _text(message.title)}


def policy(message: policy_pb2.Policy) -> Described:
    """A policy with its sections."""
    parts: dict[tuple[str, ...], Words] = {
        ("title",): _text(message.title),
        ("topic",): message.topic.removeprefix("topics/"),
        ("document_number",): message.document_number,
        ("issuer",): _text(message.issuer),
        ("issue_date",): _day(message.issue_date),
        ("summary",): _text(message.summary),
    }
    return _without_nothing(parts | dict(_sections(message.sections)) | _demonstration(message.demonstration))


def service(message: catalog_pb2.Service) -> Described:
    """A service with its guide."""
    parts: dict[tuple[str, ...], Words] = {
        ("title",): _text(message.title),
        ("kind",): catalog_pb2.ServiceKind.Name(message.kind).removeprefix("SERVICE_KIND_").lower(),
        ("summary",): _text(message.summary),
        ("department",): _text(message.department),
        ("form",): message.form.removeprefix("forms/"),
        ("lookup",): message.lookup.removeprefix("lookups/"),
    }
    guide = message.guide
    for name in ("eligibility", "duration", "fee", "place", "opening_hours"):
        parts["guide", name] = _text(getattr(guide, name))
    for name in ("materials", "steps"):
        for number, text in enumerate(getattr(guide, name), 1):
            parts["guide", name, str(number)] = _text(text)
    parts["guide", "phone"] = guide.phone
    parts["guide", "working_days"] = str(guide.working_days or "")
    return _without_nothing(parts | _demonstration(message.demonstration))


def notice(dated: DatedNotice) -> Described:
    """A notice with its times, by the county's clock."""
    message = dated.message
    parts: dict[tuple[str, ...], Words] = {
        ("title",): _text(message.title),
        ("category",): notice_pb2.NoticeCategory.Name(message.category)
        .removeprefix("NOTICE_CATEGORY_")
        .lower(),
        ("area",): _text(message.area),
        ("summary",): _text(message.summary),
        ("publish_time",): str(dated.publish),
        ("start_time",): str(dated.start or ""),
        ("end_time",): str(dated.end or ""),
    }
    return _without_nothing(parts | dict(_sections(message.sections)) | _demonstration(message.demonstration))


def form(made: Form, retention: int, public_field: str = "") -> Described:
    """A form with its questions and rules. retention: days; public_field: that consents to publication."""
    parts: dict[tuple[str, ...], Words] = {("title",): made.title, ("introduction",): made.introduction}
    for field in made.fields:
        parts |= {("fields", field.id, *place): words for place, words in _field(field)}
    for number, rule in enumerate(made.rules, 1):
        parts |= {("rules", str(number), *place): words for place, words in _rule(rule)}
    if made.charge:
        parts |= {("charge", *place): words for place, words in charges.described(made.charge)}
    parts |= {
        ("applicant_field",): made.applicant_field,
        ("public_field",): public_field,
        ("contact", "phone"): made.contact.phone if made.contact else "",
        ("contact", "email"): made.contact.email if made.contact else "",
        ("contact", "consent"): made.contact.consent if made.contact else "",
        ("declaration",): made.declaration,
        ("next_steps",): made.next_steps,
        ("retention",): str(retention),
    }
    return _without_nothing(parts | _demonstration(made.demonstration))


def lookup(entry: LookupEntry) -> Described:
    """A lookup with its questions and columns, and where its records come from."""
    made = contract_of(entry)
    parts: dict[tuple[str, ...], Words] = {("title",): made.title, ("access",): entry.access.value}
    for asked in made.questions.fields:
        parts |= {("fields", asked.id, *place): words for place, words in _field(asked)}
    for number, rule in enumerate(made.questions.rules, 1):
        parts |= {("rules", str(number), *place): words for place, words in _rule(rule)}
    for column, told in zip(made.columns, entry.columns, strict=True):
        place = ("columns", column.id)
        parts |= {(*place, "type"): told.type.value, (*place, "label"): column.label}
        parts |= {(*place, "at"): told.at or "", (*place, "unit"): "" if told.unit == "yuan" else told.unit}
        parts |= {(*place, "options", option.id): option.label for option in column.options}
    parts |= {("listed",): made.listed, ("said",): made.said, ("nothing",): made.nothing}
    if entry.sent is not None:
        parts["sent",] = LocalizedText(entry.sent.zh, entry.sent.en)
    for name in ("guess_at", "source", "query", "records", "most"):
        parts[name,] = str(getattr(entry, name) or "")
    for name, text in (entry.body or {}).items():
        parts["body", name] = text
    if entry.payable is not None:
        owed = entry.payable
        parts["payable", "title"] = LocalizedText(owed.title.zh, owed.title.en)
        parts |= {("payable", "record"): owed.record, ("payable", "amount"): owed.amount}
        if owed.only_if is not None:
            parts["payable", "only_if", owed.only_if.column] = ", ".join(owed.only_if.any_of)
    return _without_nothing(parts | _demonstration(entry.demonstration))


def table(made: Table) -> Described:
    """A table of the content, row by row."""
    parts: dict[tuple[str, ...], Words] = {("columns",): ", ".join(made.columns)}
    for number, row in enumerate(made.rows, 1):
        parts["rows", str(number)] = ", ".join(cell or "" for cell in row)
    return _without_nothing(parts)


def counters(entry: CountersEntry) -> Described:
    """A group of counters with its hours, slots and tickets."""
    parts: dict[tuple[str, ...], Words] = {
        ("title",): LocalizedText(entry.title.zh, entry.title.en),
        ("place",): LocalizedText(entry.place.zh, entry.place.en),
        ("services",): ", ".join(entry.services),
        ("windows",): str(entry.windows),
        ("closed_on",): ", ".join(day.isoformat() for day in entry.closed_on),
    }
    for weekday, hours in entry.opening.model_dump().items():
        parts["opening", weekday] = ", ".join(hours)
    for name in ("slots", "tickets"):
        part = getattr(entry, name)
        for key, value in ({} if part is None else part.model_dump()).items():
            parts[name, key] = str(value)
    return _without_nothing(parts | _demonstration(entry.demonstration))


def holiday(one: Holiday) -> Described:
    """A public holiday."""
    return _without_nothing(
        {
            ("title",): one.title,
            ("first",): one.first.isoformat(),
            ("last",): one.last.isoformat(),
            ("worked",): ", ".join(day.isoformat() for day in one.worked),
        }
    )


def _field(field: Field) -> Iterator[_Part]:
    yield ("question",), field.question
    yield ("label",), field.label
    yield ("hint",), field.hint or ""
    yield ("type",), field.type.name.lower()
    yield ("required",), "" if field.required else "false"
    yield ("private",), "true" if field.private else ""
    yield ("prefill",), field.prefill.name.lower() if field.prefill else ""
    for condition in field.asked_if:
        yield ("asked_if", condition.field), ", ".join(condition.any_of)
    for option in field.options:
        yield ("options", option.id), option.label
    yield ("min_length",), _number(field.min_length)
    yield ("max_length",), _number(field.max_length)
    yield ("min_yuan",), _yuan(field.min_fen)
    yield ("max_yuan",), _yuan(field.max_fen if field.max_fen != MAX_FEN else 0)
    yield ("min_date",), "" if field.min_date == EARLIEST else field.min_date.isoformat()
    yield ("max_date",), "" if field.max_date == LATEST else field.max_date.isoformat()
    yield ("not_in_future",), "true" if field.not_in_future else ""
    yield ("counters",), field.counters.removeprefix("counters/")


def _rule(rule: Rule) -> Iterator[_Part]:
    match rule.kind:
        case AtMost(field, other):
            yield ("at_most",), f"{field} ≤ {other}"
        case OneOf(fields, least, most):
            yield ("one_of",), f"{', '.join(fields)}: {least}–{most or len(fields)}"
    yield ("sentence",), rule.sentence


def _sections(sections: Iterable[common_pb2.Section]) -> Iterator[_Part]:
    for number, section in enumerate(sections, 1):
        yield ("sections", str(number), "heading"), _text(section.heading)
        yield ("sections", str(number), "text"), _text(section.text)


def _demonstration(demonstration: bool) -> dict[tuple[str, ...], Words]:
    return {("demonstration",): "true"} if demonstration else {}


def _without_nothing(parts: Mapping[tuple[str, ...], Words]) -> Described:
    return {place: words for place, words in parts.items() if words not in ("", LocalizedText("", ""))}


def _text(message: common_pb2.LocalizedText) -> LocalizedText:
    return LocalizedText(message.zh_cn, message.en)


def _day(day: Date) -> str:
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"


def _number(count: int) -> str:
    return str(count) if count else ""


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}" if fen else ""
