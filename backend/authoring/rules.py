"""What the schema of one file cannot say: how the values of an entry fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from backend.authoring import charge_checks
from backend.authoring.entries import (
    Entry,
    FieldEntry,
    FieldTypeName,
    FormEntry,
    NoticeEntry,
    RuleEntry,
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
    "counters": frozenset((FieldTypeName.SLOT,)),
}
_PREFILLS = {
    "name": FieldTypeName.TEXT,
    "sex": FieldTypeName.CHOICE,
    "birth_date": FieldTypeName.DATE,
    "address": FieldTypeName.TEXT,
    "identity_number": FieldTypeName.IDENTITY_NUMBER,
}
_WITH_FORM = frozenset(
    (
        ServiceKindName.FORM,
        ServiceKindName.PAYMENT,
        ServiceKindName.APPOINTMENT,
        ServiceKindName.DOCUMENT,
    )
)
_WITH_GUIDE = frozenset(
    (
        ServiceKindName.FORM,
        ServiceKindName.GUIDE,
        ServiceKindName.PAYMENT,
        ServiceKindName.APPOINTMENT,
        ServiceKindName.LOOKUP,
    )
)
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


def twice(identifiers: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Position and text of each identifier that stood before."""
    seen: set[str] = set()
    for position, identifier in enumerate(identifiers):
        if identifier in seen:
            yield position, identifier
        seen.add(identifier)


def _service(service: ServiceEntry) -> Iterator[Violation]:
    has_form = service.kind in _WITH_FORM
    if has_form and service.form is None:
        yield ("kind",), "form_needed", {"kind": service.kind.value}
    if not has_form and service.form is not None:
        yield ("form",), "form_not_wanted", {"kind": service.kind.value}
    has_lookup = service.kind is ServiceKindName.LOOKUP
    if has_lookup and service.lookup is None:
        yield ("kind",), "lookup_needed", {}
    if not has_lookup and service.lookup is not None:
        yield ("lookup",), "lookup_not_wanted", {"kind": service.kind.value}
    if service.kind in _WITH_GUIDE and service.guide is None:
        yield ("kind",), "guide_needed", {"kind": service.kind.value}


def _form(form: FormEntry) -> Iterator[Violation]:
    yield from questions(form.fields, form.rules)
    yield from charge_checks.unsound(form)


def questions(fields: Sequence[FieldEntry], rules: Sequence[RuleEntry]) -> Iterator[Violation]:
    """What is wrong within the questions of a form or a lookup, and its rules."""
    for position, identifier in twice(field.id for field in fields):
        yield ("fields", position, "id"), "id_twice", {"id": identifier}
    for position, field in enumerate(fields):
        for place, problem, details in _field(field):
            yield ("fields", position, *place), problem, details
    slots = [position for position, field in enumerate(fields) if field.type is FieldTypeName.SLOT]
    for position in slots[1:]:
        yield ("fields", position, "type"), "slot_twice", {}
    for position, rule in enumerate(rules):
        for place, problem, details in _rule(rule):
            yield ("rules", position, *place), problem, details


def _rule(rule: RuleEntry) -> Iterator[Violation]:
    if (rule.at_most is None) == (rule.one_of is None):
        yield (), "rule_of_one_kind", {}
    if rule.one_of is None:
        return
    for position, identifier in twice(rule.one_of.fields):
        yield ("one_of", "fields", position), "id_twice", {"id": identifier}
    most = len(rule.one_of.fields) if rule.one_of.max is None else rule.one_of.max
    if rule.one_of.min > most:
        yield ("one_of", "min"), "impossible", {"least": rule.one_of.min, "most": most}
    if rule.one_of.min == 0 and rule.one_of.max is None:
        yield ("one_of", "min"), "rule_without_bound", {}


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
    if field.type is FieldTypeName.SLOT:
        if field.counters is None:
            yield ("type",), "counters_needed", {}
        if not field.required or field.asked_if:
            yield ("asked_if",) if field.asked_if else ("required",), "slot_always", {}
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
