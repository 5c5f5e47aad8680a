"""What the schema of one file cannot say: how the values of an entry, and the entries, fit together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal

from backend.authoring.entries import (
    Entry,
    FieldEntry,
    FieldTypeName,
    FormEntry,
    NoticeEntry,
    PolicyEntry,
    ServiceEntry,
    ServiceKindName,
)
from backend.authoring.moment import RollingMoment
from backend.authoring.yaml_file import Place
from backend.clock import county_day, now
from backend_client.forms.form import EARLIEST, LATEST, MAX_FEN

Violation = tuple[Place, str, Mapping[str, object]]
"""Where, which message, and what goes into it."""

_BOUNDS: Mapping[str, frozenset[FieldTypeName]] = {
    "min_length": frozenset((FieldTypeName.TEXT, FieldTypeName.DIGITS, FieldTypeName.CHOICES)),
    "max_length": frozenset((FieldTypeName.TEXT, FieldTypeName.DIGITS, FieldTypeName.CHOICES)),
    "min_yuan": frozenset((FieldTypeName.MONEY,)),
    "max_yuan": frozenset((FieldTypeName.MONEY,)),
    "min_date": frozenset((FieldTypeName.DATE,)),
    "max_date": frozenset((FieldTypeName.DATE,)),
    "not_in_future": frozenset((FieldTypeName.DATE,)),
    "options": frozenset((FieldTypeName.CHOICE, FieldTypeName.CHOICES)),
}
_PREFILLS = {
    "name": FieldTypeName.TEXT,
    "sex": FieldTypeName.CHOICE,
    "birth_date": FieldTypeName.DATE,
    "address": FieldTypeName.TEXT,
    "identity_number": FieldTypeName.IDENTITY_NUMBER,
}
_SEXES = frozenset(("male", "female"))


def within(entry: Entry) -> Iterator[Violation]:
    """What is wrong inside one entry."""
    match entry:
        case ServiceEntry():
            yield from _service(entry)
        case FormEntry():
            yield from _form(entry)
        case NoticeEntry():
            yield from _notice(entry)


def references(entry: Entry, topics: Collection[str] | None, forms: Collection[str]) -> Iterator[Violation]:
    """Where an entry names another that is not there. topics: None where they are not known."""
    if isinstance(entry, PolicyEntry) and topics is not None and entry.topic not in topics:
        yield ("topic",), "no_such_topic", {"id": entry.topic}
    if isinstance(entry, ServiceEntry) and entry.form is not None and entry.form not in forms:
        yield ("form",), "no_such_form", {"id": entry.form}


def twice(identifiers: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Position and text of each identifier that stood before."""
    seen: set[str] = set()
    for position, identifier in enumerate(identifiers):
        if identifier in seen:
            yield position, identifier
        seen.add(identifier)


def _service(service: ServiceEntry) -> Iterator[Violation]:
    has_form = service.kind is ServiceKindName.FORM
    if has_form and service.form is None:
        yield ("kind",), "form_needed", {}
    if not has_form and service.form is not None:
        yield ("form",), "form_not_wanted", {"kind": service.kind.value}
    if service.kind in (ServiceKindName.FORM, ServiceKindName.GUIDE) and service.guide is None:
        yield ("kind",), "guide_needed", {"kind": service.kind.value}


def _form(form: FormEntry) -> Iterator[Violation]:
    for position, identifier in twice(field.id for field in form.fields):
        yield ("fields", position, "id"), "id_twice", {"id": identifier}
    for position, field in enumerate(form.fields):
        for place, problem, details in _field(field):
            yield ("fields", position, *place), problem, details
    applicant = next((field for field in form.fields if field.id == form.applicant_field), None)
    if applicant is None:
        yield ("applicant_field",), "no_such_field", {"id": form.applicant_field}
    elif applicant.type is not FieldTypeName.IDENTITY_NUMBER or not applicant.required:
        yield ("applicant_field",), "applicant_field_unfit", {"id": form.applicant_field}


def _field(field: FieldEntry) -> Iterator[Violation]:
    for bound, types in _BOUNDS.items():
        if getattr(field, bound) is not None and field.type not in types:
            yield (bound,), "bound_of_other_type", {"bound": bound, "type": field.type.value}
    if field.type in _BOUNDS["options"]:
        if field.options is None:
            yield ("type",), "options_needed", {}
        else:
            for position, identifier in twice(option.id for option in field.options):
                yield ("options", position, "id"), "id_twice", {"id": identifier}
    yield from _ranges(field)
    if field.prefill is not None:
        wanted = _PREFILLS[field.prefill]
        if field.type is not wanted:
            yield ("prefill",), "prefill_of_other_type", {"prefill": field.prefill, "type": wanted.value}
        elif field.prefill == "sex" and {option.id for option in field.options or ()} != _SEXES:
            yield ("options",), "sex_options", {}


def _ranges(field: FieldEntry) -> Iterator[Violation]:
    """Bounds between which no answer lies."""
    longest = field.max_length
    if field.type is FieldTypeName.CHOICES and field.options is not None:
        longest = min(longest or len(field.options), len(field.options))
    if field.min_length is not None and longest is not None and field.min_length > longest:
        yield ("min_length",), "impossible", {"least": field.min_length, "most": longest}
    least, most = fen(field.min_yuan), fen(field.max_yuan)
    if least is not None and least > (MAX_FEN if most is None else most):
        yield ("min_yuan",), "impossible", {"least": field.min_yuan, "most": field.max_yuan}
    if most is not None and most <= 0:
        yield ("max_yuan",), "impossible", {"least": "0.01", "most": field.max_yuan}
    earliest, latest = field.min_date or EARLIEST, field.max_date or LATEST
    if field.not_in_future:
        latest = min(latest, county_day(now()))
    if earliest > latest:
        yield ("min_date",), "impossible", {"least": earliest, "most": latest}


def fen(yuan: Decimal | None) -> int | None:
    """An amount in fen; None stays None."""
    return None if yuan is None else int(yuan * 100)


def _notice(notice: NoticeEntry) -> Iterator[Violation]:
    today = county_day(now())
    moments = {name: getattr(notice, name) for name in ("publish_time", "start_time", "end_time")}
    for name, moment in moments.items():
        if isinstance(moment, RollingMoment) and not notice.demonstration:
            yield (name,), "rolling_moment_in_earnest", {}
    seen = {name: moment.seen_on(today) for name, moment in moments.items() if moment is not None}
    if "end_time" in seen:
        for before in ("publish_time", "start_time"):
            if before in seen and seen[before] >= seen["end_time"]:
                yield ("end_time",), "ends_before", {"before": before}
