"""What an entry names has to be there, and be fit for it.

This is looked at in what was written, as dicts, lists and strings, and not in the checked entry: so a clerk
sees it together with what is wrong elsewhere in the same file. Whatever has the wrong shape is passed over
here; the schema complains of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backend.authoring.entries import FieldTypeName
from backend.authoring.rules import Violation
from backend.authoring.written import items, part, text
from backend.authoring.yaml_file import Place
from backend_client.forms.form import COMPARABLE, FieldType

_CHOSEN = (FieldTypeName.CHOICE, FieldTypeName.CHOICES)
_COMPARED = {kind.name.lower() for kind in FieldType if kind in COMPARABLE}
_TRUE = ("true", "t", "yes", "y", "on", "1")


_CONTACT = {
    "phone": FieldTypeName.PHONE_NUMBER,
    "email": FieldTypeName.TEXT,
    "consent": FieldTypeName.YES_NO,
}
"""The types of the fields that `contact` names."""


@dataclass(frozen=True, slots=True)
class _Field:
    """What is known of a question. options: what a condition may name, None where it has no choices."""

    position: int
    kind: str
    required: bool
    options: tuple[str, ...] | None


def unknown(
    folder: str, written: Any, topics: Collection[str] | None, known: Mapping[str, Collection[str]]
) -> Iterator[Violation]:
    """Where an entry of a folder names what is not there. topics: None where they are not known; known: the
    identifiers by folder, of those folders that are known."""
    if folder == "policies" and topics is not None:
        topic = text(written, "topic")
        if topic and topic not in topics:
            yield ("topic",), "no_such_topic", {"id": topic[:60]}
    if folder == "services":
        form = text(written, "form")
        if form and form not in known.get("forms", ()):
            yield ("form",), "no_such_form", {"id": form[:60]}
        lookup = text(written, "lookup")
        if lookup and "lookups" in known and lookup not in known["lookups"]:
            yield ("lookup",), "no_such_lookup", {"id": lookup[:60]}
    if folder == "counters" and "services" in known:
        for position, service in enumerate(items(written, "services")):
            if isinstance(service, str) and service not in known["services"]:
                yield ("services", position), "no_such_service", {"id": service[:60]}
    if folder in ("forms", "lookups"):
        yield from _form(written)
        yield from _slots(written, known.get("counters"))


def _form(written: Any) -> Iterator[Violation]:
    raw = items(written, "fields")
    fields: dict[str, _Field] = {}
    for position, field in enumerate(raw):
        if identifier := text(field, "id"):
            fields.setdefault(identifier, _known(position, field))
    yield from _applicant(written, raw, fields)
    yield from _public(written, fields)
    yield from _contact(part(written, "contact"), fields)
    for position, field in enumerate(raw):
        yield from _conditions(position, field, fields)
    for position, rule in enumerate(items(written, "rules")):
        place: Place = ("rules", position)
        yield from _at_most((*place, "at_most"), part(rule, "at_most"), fields)
        yield from _one_of((*place, "one_of", "fields"), part(rule, "one_of"), fields)


def _applicant(written: Any, raw: list[Any], fields: Mapping[str, _Field]) -> Iterator[Violation]:
    name = text(written, "applicant_field")
    if not name:
        return
    field = fields.get(name)
    if field is None:
        yield ("applicant_field",), "no_such_field", {"id": name[:60]}
    elif field.kind != FieldTypeName.IDENTITY_NUMBER or not field.required:
        yield ("applicant_field",), "applicant_field_unfit", {"id": name}
    elif part(raw[field.position], "asked_if") is not None:
        yield ("fields", field.position, "asked_if"), "applicant_field_conditional", {"id": name}


def _public(written: Any, fields: Mapping[str, _Field]) -> Iterator[Violation]:
    name = text(written, "public_field")
    if not name:
        return
    field = fields.get(name)
    if field is None:
        yield ("public_field",), "no_such_field", {"id": name[:60]}
    elif field.kind != FieldTypeName.YES_NO:
        yield ("public_field",), "public_field_unfit", {"id": name}


def _contact(written: Any, fields: Mapping[str, _Field]) -> Iterator[Violation]:
    if written is None:
        return
    for key, needed in _CONTACT.items():
        name = text(written, key)
        field = fields.get(name) if name else None
        if name and field is None:
            yield ("contact", key), "no_such_field", {"id": name[:60]}
        elif name and field is not None and field.kind != needed:
            yield ("contact", key), f"contact_{key}_unfit", {"id": name}
    if not text(written, "phone") and not text(written, "email"):
        yield ("contact",), "contact_empty", {}


def _slots(written: Any, counters: Collection[str] | None) -> Iterator[Violation]:
    for position, field in enumerate(items(written, "fields")):
        name = text(field, "counters")
        if name and counters is not None and name not in counters:
            yield ("fields", position, "counters"), "no_such_counters", {"id": name[:60]}


def _conditions(position: int, field: Any, fields: Mapping[str, _Field]) -> Iterator[Violation]:
    written = part(field, "asked_if")
    single = isinstance(written, dict)
    for number, condition in enumerate([written] if single else items(field, "asked_if")):
        place: Place = (
            ("fields", position, "asked_if") if single else ("fields", position, "asked_if", number)
        )
        name = text(condition, "field")
        if not name:
            continue
        earlier = fields.get(name)
        if earlier is None:
            yield (*place, "field"), "no_such_field", {"id": name[:60]}
        elif earlier.position >= position:
            yield (*place, "field"), "condition_not_earlier", {"id": name}
        elif earlier.options is None:
            yield (*place, "field"), "condition_of_other_type", {"id": name, "type": earlier.kind}
        else:
            for choice, option in enumerate(items(condition, "any_of")):
                if isinstance(option, str) and option not in earlier.options:
                    options = ", ".join(earlier.options)
                    details = {"option": option[:60], "id": name, "options": options}
                    yield (*place, "any_of", choice), "no_such_option", details


def _at_most(place: Place, written: Any, fields: Mapping[str, _Field]) -> Iterator[Violation]:
    names = {key: name for key in ("field", "other") if (name := text(written, key))}
    for key, name in names.items():
        if name not in fields:
            yield (*place, key), "no_such_field", {"id": name[:60]}
    if len(names) < 2 or not fields.keys() >= set(names.values()):
        return
    bounded, bound = fields[names["field"]], fields[names["other"]]
    if bounded is bound:
        yield (*place, "other"), "rule_of_itself", {"id": names["other"]}
    elif bounded.kind != bound.kind or bounded.kind not in _COMPARED:
        yield place, "rule_types", {"type": bounded.kind, "other": bound.kind}


def _one_of(place: Place, written: Any, fields: Mapping[str, _Field]) -> Iterator[Violation]:
    for position, name in enumerate(items(written, "fields")):
        if not isinstance(name, str):
            continue
        if name not in fields:
            yield (*place, position), "no_such_field", {"id": name[:60]}
        elif fields[name].required:
            yield (*place, position), "rule_of_required", {"id": name}


def _known(position: int, field: Any) -> _Field:
    kind = text(field, "type") or ""
    required = (text(field, "required") or "true").lower() in _TRUE
    options: tuple[str, ...] | None = None
    if kind == FieldTypeName.YES_NO:
        options = ("yes", "no")
    elif kind in _CHOSEN:
        options = tuple(found for option in items(field, "options") if (found := text(option, "id")))
    return _Field(position, kind, required, options)
